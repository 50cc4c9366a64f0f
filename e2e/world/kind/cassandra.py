"""Real Cassandra in the clusters: its image of a release, and ours that prepares its pods.

Cassandra's published image is taken where it can be pulled. Elsewhere its jars become one with the same contract; they
come by mvn, which like pip knows the machine's mirrors and certificates.
"""

import shutil
import subprocess
from pathlib import Path

from multicasskop.world.errors import ProgramsError, tail
from multicasskop.world.kind import bases, docker
from multicasskop.world.kind.docker import BuildOptions
from multicasskop.world.kind.images import ROOT, check_checkout, digest_of, one_at_a_time, wheelhouse
from multicasskop.world.progress import ProgressSink, silent, telling

BOOTSTRAP = ROOT / "images" / "bootstrap"
FILES = "e2e/world/images/cassandra"
RING = ROOT / "e2e" / "world" / "images" / "ring.Dockerfile"
# the newest Java on which a release runs, and the suite of Debian that has it
OLD_JAVA = {"3.11": (8, "sid"), "4.0": (11, "bullseye")}
JAVA = (17, "bookworm")
MAVEN_SECONDS = 600.0


def missing() -> str:
    """Say why there can be no real Cassandra here, given a container engine; empty when there can."""
    return "" if shutil.which("mvn") else "agents and jars come from Maven's repository, and there is no mvn in PATH"


def bootstrap_image(progress: ProgressSink = silent) -> str:
    """Return the name of the image that runs before Cassandra; it is built unless the engine has it.

    Raises WorldError outside a checkout, ProgramsError when it cannot be built.
    """
    check_checkout()
    image = f"multicasskop/bootstrap:{digest_of('images/bootstrap', 'bootstrap')}"
    with one_at_a_time():
        if not docker.is_there(image):
            dockerfile = BOOTSTRAP / "Dockerfile"
            bases.base_image(bases.base_of(dockerfile), progress)
            with telling(progress, f"building {image}"):
                maven(image, "-f", str(BOOTSTRAP / "pom.xml"), "package")
                docker.build(image, dockerfile, ROOT, bases.log_of(image), wheelhouse(BOOTSTRAP / "requirements.lock"))
    return image


def cassandra_image(release: str, progress: ProgressSink = silent) -> str:
    """Return the name of an image of that release of Cassandra: the published one, or one made here from its jars.

    Raises ProgramsError when neither is to be had.
    """
    check_checkout()
    published = f"cassandra:{release}"
    made = f"multicasskop/cassandra:{release}-{digest_of(FILES, str(RING.relative_to(ROOT)))}"
    with one_at_a_time():
        for image in (published, made):
            if docker.is_there(image):
                return image
        with telling(progress, f"pulling {published}"):
            refused = docker.pull(published)
        return make(made, release, refused, progress) if refused else published


def make(image: str, release: str, refused: str, progress: ProgressSink) -> str:
    """Make the image from the release's jars."""
    version, suite = java_of(release)
    runtime = bases.root_image(f"multicasskop/world-jre:{version}-{suite}", bases.java(version), refused, progress)
    jars = ROOT / "build" / "cassandra" / release
    with telling(progress, f"building {image}"):
        shutil.rmtree(jars, ignore_errors=True)
        # 3.11 does not start without what it once served
        profile = ["-Pthrift"] if release.startswith("3.") else []
        where = [f"-Drelease={release}", "-DincludeScope=runtime", f"-DoutputDirectory={jars}", *profile]
        maven(image, "-f", str(ROOT / FILES / "pom.xml"), *where, "dependency:copy-dependencies")
        docker.build(image, RING, ROOT, bases.log_of(image), BuildOptions({"JRE": runtime, "RELEASE": release}))
    return image


def java_of(release: str) -> tuple[int, str]:
    """The version of Java for a release of Cassandra, and the suite of Debian that has it."""
    return OLD_JAVA.get(release.rpartition(".")[0], JAVA)


def maven(name: str, *arguments: str) -> None:
    """Run mvn; ProgramsError with the end of what it said."""
    if shutil.which("mvn") is None:
        raise ProgramsError(f"{name} is made from packages of Maven's repository, and there is no mvn in PATH")
    log = bases.log_of(f"{name}-maven")
    with log.open("wb") as output:
        command = ["mvn", "--batch-mode", "--no-transfer-progress", *arguments]
        done = subprocess.run(command, stdout=output, stderr=output, check=False, timeout=MAVEN_SECONDS, cwd=Path("/"))
    if done.returncode:
        raise ProgramsError(f"{name}: mvn failed with code {done.returncode}; the end of {log}:\n{tail(log, 20)}")
