"""The images of the operator and of the simulated CassKop: when they are built, and from what."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.docker import Engine
from multicasskop.world.errors import ProgramsError, WorldError
from multicasskop.world.kind import docker, images
from multicasskop.world.kind.bases import base_of

BASE = "python:3.11-slim-bookworm"


PIP = """\
#!/bin/sh
echo "$@" > {folder}/asked
echo no route to host >&2
exit {code}
"""


@pytest.fixture(autouse=True)
def pip(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[int], None]:
    """A pip that fetches nothing: it writes down what it is asked, and ends with the code that is set."""
    monkeypatch.setattr(images, "WHEELS", tmp_path / "wheels")

    def end_with(code: int) -> None:
        python = tmp_path / "python"
        python.write_text(PIP.format(folder=tmp_path, code=code))
        python.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(python))

    end_with(0)
    return end_with


def test_wheels_come_from_this_machine_s_pip_with_their_hashes(engine: Engine, tmp_path: Path) -> None:
    """What goes into the image is fetched by the machine's own pip, for the image's Python, hashes checked."""
    engine.have(BASE)
    images.operator_image()
    asked = (tmp_path / "asked").read_text()
    for part in ("-m pip download", "--require-hashes", f"--python-version={images.PYTHON}", str(images.LOCK)):
        assert part in asked


def test_image_s_python_is_that_of_its_base() -> None:
    """Wheels are fetched for the Python that the Dockerfile's base has."""
    assert base_of(images.OPERATOR).startswith(f"python:{images.PYTHON}-")


def test_wheels_that_cannot_be_fetched_are_told(engine: Engine, pip: Callable[[int], None]) -> None:
    """When pip fails the error has its last words, and nothing is built."""
    engine.have(BASE)
    pip(1)
    with pytest.raises(ProgramsError, match=r"requirements.lock(?s:.*)no route to host"):
        images.operator_image()
    assert engine.asked("build") == []


def test_unchanged_tree_is_built_once(engine: Engine) -> None:
    """The second time the image is there, and nothing is built."""
    engine.have(BASE)
    first = images.operator_image()
    assert images.operator_image() == first
    assert [asked[asked.index("--tag") + 1] for asked in engine.asked("build")] == [first]


@pytest.mark.parametrize("image", [images.simulator_image, images.cassandra_image])
def test_images_of_the_world_build_on_the_operator(engine: Engine, image: Callable[[], str]) -> None:
    """Simulated CassKop and Cassandra are the operator's image and the world, so that is built first."""
    engine.have(BASE)
    name = image()
    first, second = engine.asked("build")
    assert second[second.index("--tag") + 1] == name
    assert f"OPERATOR={first[first.index('--tag') + 1]}" in second


def test_cassandra_is_called_by_the_releases_that_it_plays(engine: Engine) -> None:
    """One image has a name for each release, whose tag begins with it and ends with the image's own."""
    engine.have(BASE)
    names = images.cassandra_images()
    image = images.cassandra_image()
    name, _, digest = image.rpartition(":")
    assert names == tuple(f"{name}:{release}-{digest}" for release in images.RELEASES)
    assert engine.asked("tag") == [["tag", image, each] for each in names]


def test_build_sees_no_network(engine: Engine) -> None:
    """With the wheels from this machine's pip no step needs a network, and none is given."""
    engine.have(BASE)
    images.operator_image()
    (asked,) = engine.asked("build")
    assert asked[asked.index("--network") + 1] == "none"
    assert "PIP_NO_INDEX=1" in asked


@pytest.mark.parametrize(
    ("refused", "given", "seen"),
    [({"buildx": "unknown command"}, None, "0"), ({}, None, None), ({"buildx": "unknown command"}, "1", "1")],
    ids=["no buildx: the old builder", "buildx: docker's choice", "the user's choice"],
)
def test_builder(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, refused: dict[str, str], given: str | None, seen: str | None
) -> None:
    """Where docker has no buildx the old builder is asked for, unless the user said otherwise."""
    engine.have(BASE)
    engine.refuse(**refused)
    if given is not None:
        monkeypatch.setenv("DOCKER_BUILDKIT", given)
    images.operator_image()
    assert engine.buildkit() == {seen}


def test_failed_build_is_told_with_the_end_of_its_log(engine: Engine) -> None:
    """A build that fails names the Dockerfile and ends with the engine's words."""
    engine.have(BASE)
    engine.refuse(build="no space left on device", buildx="unknown")
    with pytest.raises(ProgramsError, match=r"images/operator/Dockerfile was not built(?s:.*)no space left"):
        images.operator_image()


def test_engine_that_does_not_answer_is_told(engine: Engine) -> None:
    """Without an engine the error says so and what to do, and nothing is taken for a missing image."""
    engine.refuse(image="Cannot connect to the Docker daemon")
    with pytest.raises(ProgramsError, match=r"Cannot connect.*DOCKER_HOST"):
        docker.is_there(BASE)


def test_machine_without_docker_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a docker command the error says so."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ProgramsError, match="no docker command"):
        docker.is_there(BASE)


@pytest.mark.parametrize("change", ["content", "name", "new file"])
def test_tag_follows_the_contents(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, change: str) -> None:
    """Another content, another name or one more file is another tag; byte code is not looked at."""
    monkeypatch.setattr(images, "ROOT", tmp_path)
    (tmp_path / "crds" / "__pycache__").mkdir(parents=True)
    (tmp_path / "crds" / "a.py").write_text("a = 1")
    before = images.digest_of("crds")
    (tmp_path / "crds" / "__pycache__" / "a.pyc").write_bytes(b"new")
    assert images.digest_of("crds") == before
    match change:
        case "content":
            (tmp_path / "crds" / "a.py").write_text("a = 2")
        case "name":
            (tmp_path / "crds" / "a.py").rename(tmp_path / "crds" / "b.py")
        case _:
            (tmp_path / "crds" / "b.py").write_text("")
    assert images.digest_of("crds") != before


def test_outside_a_checkout_nothing_can_be_built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where the package was installed without the repository the error says that a checkout is needed."""
    monkeypatch.setattr(images, "OPERATOR", tmp_path / "Dockerfile")
    with pytest.raises(WorldError, match="checkout"):
        images.operator_image()
