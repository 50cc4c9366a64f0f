"""The base that our Dockerfile builds on: found, pulled, or where no image registry can be reached made on the spot.

What is made has the same contract as the published one: Debian with a Python of the same version, called `python3`, and
pip. It is imported under the very name, so the Dockerfile is tested as it is.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from multicasskop.world import programs
from multicasskop.world.errors import ProgramsError, tail
from multicasskop.world.kind import docker
from multicasskop.world.progress import ProgressSink, silent, telling

SUITE = re.compile(r"-(?P<suite>bookworm|bullseye|sid)$")
FIRST = re.compile(r"^FROM (\S+)", re.MULTILINE)
# beside what is not of the image: what nothing reads in a container, which every node would have to unpack
LEFT_OUT = (
    *("./dev/*", "./proc/*", "./sys/*", "./var/cache/apt/*", "./var/lib/apt/lists/*", "./var/log/*"),
    *(f"./usr/share/{folder}/*" for folder in ("doc", "i18n", "info", "locale", "man", "perl")),
)


class Root(NamedTuple):
    """What is in a root file system beside Debian's own minimum; links by the path where they stand."""

    packages: tuple[str, ...]
    links: Mapping[str, str]


# where the published image has its Python; Debian's own stands in /usr/bin
PYTHON = Root(
    ("ca-certificates", "python3", "python3-pip"),
    {"usr/local/bin/python": "/usr/bin/python3", "usr/local/bin/python3": "/usr/bin/python3"},
)
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def java(version: int) -> Root:
    """Debian with that version of Java."""
    return Root(("ca-certificates", f"openjdk-{version}-jre-headless"), {})


def base_of(dockerfile: Path) -> str:
    """The image that the Dockerfile's first stage builds on."""
    found = FIRST.search(dockerfile.read_text())
    if found is None:
        raise ProgramsError(f"{dockerfile} has no FROM")
    return found[1]


def base_image(name: str, progress: ProgressSink = silent) -> str:
    """Return the name when the engine has that image, after pulling or making it if need be; else ProgramsError."""
    if docker.is_there(name):
        return name
    with telling(progress, f"pulling {name}"):
        refused = docker.pull(name)
    return root_image(name, PYTHON, refused, progress) if refused else name


def root_image(name: str, root: Root, refused: str, progress: ProgressSink = silent) -> str:
    """Return the name of an image with that root file system, made here unless the engine has it; else ProgramsError.

    `refused` says why it is not fetched.
    """
    if not docker.is_there(name):
        with made_here(name, root, refused, progress).open("rb") as feed:
            change = ["--message", "made by debootstrap", "--change", f"ENV {PATH}", "--change", 'CMD ["bash"]']
            docker.run(["import", *change, "-", name], log_of(name), f"{name} could not be imported", feed)
    return name


def made_here(name: str, root: Root, refused: str, progress: ProgressSink) -> Path:
    """The archive of a root file system for that image, made once per machine."""
    archive = folder() / f"{plain(name)}-trimmed.tar"
    if not archive.exists():
        check(name, refused)
        with telling(progress, f"making {name} by debootstrap (once per machine; {refused})"):
            make(name, root, archive)
    return archive


def check(name: str, refused: str) -> None:
    """Raise ProgramsError with what to do, unless this machine can make that base."""
    wanted = "debootstrap can stand in on a Debian machine as root"
    if SUITE.search(name) is None:
        raise ProgramsError(f"{name} can neither be pulled ({refused}) nor made: its name tells no Debian release")
    if shutil.which("debootstrap") is None:
        raise ProgramsError(f"{name} cannot be pulled ({refused}); {wanted}, but it is not installed")
    if os.geteuid() != 0:
        raise ProgramsError(f"{name} cannot be pulled ({refused}); {wanted}, and this is not root")


def make(name: str, root: Root, archive: Path) -> None:
    """Make the archive, which appears when it is complete."""
    found = SUITE.search(name)
    suite = found["suite"] if found else ""
    archive.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="base-", dir=archive.parent) as place:
        run(name, ["debootstrap", "--variant=minbase", f"--include={','.join(root.packages)}", suite, place])
        for link, target in root.links.items():
            Path(place, link).symlink_to(target)
        Path(place).chmod(0o755)
        unfinished = archive.with_suffix(".unfinished")
        excluded = [f"--exclude={pattern}" for pattern in LEFT_OUT]
        run(name, ["tar", "--create", f"--file={unfinished}", *excluded, f"--directory={place}", "."])
        unfinished.rename(archive)


def run(name: str, command: list[str]) -> None:
    """Run a command; ProgramsError with the end of what it said."""
    log = log_of(name)
    with log.open("ab") as output:
        done = subprocess.run(command, stdout=output, stderr=output, check=False)
    if done.returncode:
        raise ProgramsError(f"{name}: {command[0]} failed with code {done.returncode}; the end of {log}:\n{tail(log)}")


def folder() -> Path:
    """Where archives and logs of images lie, outside the checkout."""
    return programs.caches() / "images"


def log_of(name: str) -> Path:
    """The log of what is done about an image."""
    folder().mkdir(parents=True, exist_ok=True)
    return folder() / f"{plain(name)}.log"


def plain(name: str) -> str:
    """An image's name as that of a file."""
    return re.sub(r"[^a-z0-9.-]+", "-", name)
