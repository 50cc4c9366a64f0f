"""Real Cassandra and the bootstrap image: which image, and made from what."""

import sys
from pathlib import Path

import pytest
from fakes.docker import Engine
from multicasskop.world.errors import ProgramsError
from multicasskop.world.kind import bases, cassandra, images

BASE = "python:3.11-slim-bookworm"
MAVEN = """\
#!/bin/sh
echo "$@" >> {folder}/maven
echo no such artifact
exit {code}
"""


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, engine: Engine) -> Path:
    """A pip and an mvn that fetch nothing, and write down what they are asked."""
    monkeypatch.setattr(images, "WHEELS", tmp_path / "wheels")
    maven(engine, tmp_path)
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/pip\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    return tmp_path


def maven(engine: Engine, folder: Path, code: int = 0) -> None:
    """Put an mvn into the path, which ends with that code."""
    program = engine.folder / "mvn"
    program.write_text(MAVEN.format(folder=folder, code=code))
    program.chmod(0o755)


def test_published_image_is_taken(engine: Engine) -> None:
    """Where Cassandra's image can be pulled, or is there, tests run with it."""
    assert cassandra.cassandra_image("4.1.10") == "cassandra:4.1.10"
    assert cassandra.cassandra_image("4.1.10") == "cassandra:4.1.10"
    assert len(engine.asked("pull")) == 1
    assert engine.asked("build") == []


@pytest.mark.parametrize(
    ("release", "java", "thrift"),
    [
        ("3.11.19", "8-sid", True),
        ("4.0.19", "11-bullseye", False),
        ("4.1.10", "17-bookworm", False),
        ("5.0.6", "17-bookworm", False),
    ],
)
def test_image_is_made_from_jars(engine: Engine, programs: Path, release: str, java: str, thrift: bool) -> None:
    """Elsewhere the release's jars become an image that CassKop reads the same release from; made once."""
    runtime = f"multicasskop/world-jre:{java}"
    engine.have(runtime)
    engine.refuse(pull="no route to host", buildx="unknown")
    name = cassandra.cassandra_image(release)
    assert name == cassandra.cassandra_image(release)
    assert name.startswith(f"multicasskop/cassandra:{release}-")
    (asked,) = (programs / "maven").read_text().splitlines()
    assert f"-Drelease={release}" in asked
    assert ("-Pthrift" in asked) is thrift
    (built,) = engine.asked("build")
    assert {f"RELEASE={release}", f"JRE={runtime}"} <= set(built)


def test_bootstrap_image(engine: Engine, programs: Path) -> None:
    """It is built once for a tree, on the base that it names, with wheels and agents of this machine's programs."""
    engine.have(BASE)
    name = cassandra.bootstrap_image()
    assert cassandra.bootstrap_image() == name
    assert [asked[asked.index("--tag") + 1] for asked in engine.asked("build")] == [name]
    assert "images/bootstrap/requirements.lock" in (programs / "pip").read_text()
    assert "package" in (programs / "maven").read_text()
    assert bases.base_of(cassandra.BOOTSTRAP / "Dockerfile") == BASE


def test_failed_maven_is_told(engine: Engine, programs: Path) -> None:
    """When jars cannot be fetched the error has mvn's last words, and nothing is built."""
    engine.have(BASE)
    maven(engine, programs, 1)
    with pytest.raises(ProgramsError, match=r"mvn failed with code 1(?s:.*)no such artifact"):
        cassandra.bootstrap_image()
    assert engine.asked("build") == []
