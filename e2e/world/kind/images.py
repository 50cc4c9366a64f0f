"""The images that run in the clusters: the operator, simulated CassKop and Cassandra, built from the checkout.

An image's tag is made from the contents of what goes into it, so an unchanged tree is never built again, and a test
cannot run yesterday's operator.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from multicasskop.world.errors import ProgramsError, WorldError, tail
from multicasskop.world.kind import docker
from multicasskop.world.kind.bases import base_image, base_of, folder, log_of
from multicasskop.world.kind.docker import BuildOptions
from multicasskop.world.progress import ProgressSink, silent, telling

ROOT = Path(__file__).resolve().parents[3]
OPERATOR = ROOT / "images" / "operator" / "Dockerfile"
SIMULATOR = ROOT / "e2e" / "world" / "images" / "simulator.Dockerfile"
CASSANDRA = ROOT / "e2e" / "world" / "images" / "cassandra.Dockerfile"
LOCK = ROOT / "images" / "operator" / "requirements.lock"
WHEELS = ROOT / "build" / "wheels"
PYTHON = "3.11"
SOURCES = ("LICENSE", "README.md", "setup.cfg", "setup.py", "pyproject.toml", ".dockerignore", "images/operator")
# of Cassandra: one to begin with, and one to change to
RELEASES = ("4.1.10", "4.1.11")
PACKAGES = ("crds", "informers", "reconcilers", "operator")


def operator_image(progress: ProgressSink = silent) -> str:
    """Return the name of the operator's image, in the engine of DOCKER_HOST; it is built unless it is there.

    Raises WorldError outside a checkout, ProgramsError when there is no engine or it cannot be built.
    """
    check_checkout()
    image = f"multicasskop/operator:{digest_of(*SOURCES, *PACKAGES)}"
    with one_at_a_time():
        if not docker.is_there(image):
            base_image(base_of(OPERATOR), progress)
            with telling(progress, f"building {image}"):
                docker.build(image, OPERATOR, ROOT, log_of(image), wheelhouse())
    return image


def simulator_image(progress: ProgressSink = silent) -> str:
    """Return the name of the image that plays CassKop in the cluster that it runs in; as `operator_image` else."""
    return world_image("casskop", SIMULATOR, progress)


def cassandra_image(progress: ProgressSink = silent) -> str:
    """Return the name of the image that answers like Cassandra in the pods of a CassandraCluster.

    It stands for the images of Cassandra, of the builder of its configuration and of the bootstrap.
    """
    return world_image("cassandra", CASSANDRA, progress)


def cassandra_images(progress: ProgressSink = silent) -> tuple[str, ...]:
    """The same image under a name for each release that it is taken for: CassKop reads the release from the tag."""
    image = cassandra_image(progress)
    name, _, digest = image.rpartition(":")
    names = tuple(f"{name}:{release}-{digest}" for release in RELEASES)
    for each in names:
        docker.run(["tag", image, each], log_of(each), f"{image} was not tagged")
    return names


def all_images(progress: ProgressSink = silent) -> tuple[str, ...]:
    """Whatever of ours runs in the clusters."""
    return (operator_image(progress), simulator_image(progress), *cassandra_images(progress))


def world_image(name: str, dockerfile: Path, progress: ProgressSink) -> str:
    """An image of the world, on top of the operator's."""
    operator = operator_image(progress)
    image = f"multicasskop/world-{name}:{digest_of(*SOURCES, *PACKAGES, 'e2e/world')}"
    with one_at_a_time():
        if not docker.is_there(image):
            with telling(progress, f"building {image}"):
                docker.build(image, dockerfile, ROOT, log_of(image), BuildOptions({"OPERATOR": operator}))
    return image


def wheelhouse(lock: Path = LOCK) -> BuildOptions:
    """Fetch a lock file's wheels by this machine's pip, with its index and certificates; a container's knows neither.

    Elsewhere than on Linux the wheels would be the wrong ones: there the container fetches them.
    """
    if sys.platform != "linux":
        return BuildOptions(network="default")
    shutil.rmtree(WHEELS, ignore_errors=True)
    kind = [f"--python-version={PYTHON}", "--only-binary=:all:", "--no-deps", "--require-hashes"]
    command = [sys.executable, "-m", "pip", "download", *kind, f"--requirement={lock}", f"--dest={WHEELS}"]
    log = folder() / "wheels.log"
    with log.open("wb") as output:
        done = subprocess.run(command, stdout=output, stderr=output, check=False)
    if done.returncode:
        raise ProgramsError(f"pip could not fetch the packages of {lock}; the end of {log}:\n{tail(log)}")
    return BuildOptions({"PIP_NO_INDEX": "1"})


def digest_of(*parts: str) -> str:
    """A short name of the contents of files and folders of the checkout, and of where they stand."""
    digest = hashlib.sha256()
    for path in files(parts):
        digest.update(f"{path.relative_to(ROOT)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def files(parts: Iterable[str]) -> Iterator[Path]:
    """All files, each folder's in order of their names; no byte code."""
    for part in parts:
        found = ROOT / part
        below = sorted(found.rglob("*")) if found.is_dir() else [found]
        yield from (path for path in below if path.is_file() and "__pycache__" not in path.parts)


def check_checkout() -> None:
    """Raise WorldError where this was installed without the rest of the repository."""
    if not OPERATOR.exists():
        raise WorldError(f"images are built from a checkout of the repository, and {ROOT} is none")


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Keep other programs of this machine from building the same."""
    folder().mkdir(parents=True, exist_ok=True)
    with (folder() / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
