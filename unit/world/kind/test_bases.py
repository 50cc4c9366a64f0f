"""The base of our images, where it comes from."""

import os
import shutil
from pathlib import Path

import pytest
from fakes.docker import Engine
from multicasskop.world.errors import ProgramsError
from multicasskop.world.kind import bases, images

NAME = "python:3.11-slim-bookworm"
REFUSED = "dial tcp: no route to host"


def test_base_is_the_one_that_the_dockerfile_names() -> None:
    """What the Dockerfile builds on is read from it, and it is one that can be made where none can be pulled."""
    assert bases.SUITE.search(bases.base_of(images.OPERATOR))


def test_both_stages_build_on_the_same() -> None:
    """The environment that the first stage makes runs in the last one: they have the same Python."""
    assert len(set(bases.FIRST.findall(images.OPERATOR.read_text()))) == 1


def test_present_base_is_used(engine: Engine) -> None:
    """An image that the engine has is neither pulled nor made."""
    engine.have(NAME)
    assert bases.base_image(NAME) == NAME
    assert engine.asked("pull", "import") == []


def test_published_base_is_pulled(engine: Engine) -> None:
    """Where a registry answers, the published image is taken."""
    assert bases.base_image(NAME) == NAME
    assert engine.asked("pull", "import") == [["pull", "--quiet", NAME]]


def test_base_that_was_made_is_imported_under_the_name(engine: Engine) -> None:
    """Where nothing can be pulled, the archive of this machine becomes the image, under the name that is asked for."""
    engine.refuse(pull=REFUSED)
    archive = bases.folder() / f"{bases.plain(NAME)}-trimmed.tar"
    archive.parent.mkdir(parents=True)
    archive.write_bytes(b"a root file system")
    assert bases.base_image(NAME) == NAME
    assert engine.asked("import")[0][-2:] == ["-", NAME]


@pytest.mark.parametrize(
    ("name", "debootstrap", "user", "words"),
    [
        ("python:3.11-alpine", True, 0, "tells no Debian release"),
        (NAME, False, 0, "debootstrap .* is not installed"),
        (NAME, True, 1000, "this is not root"),
    ],
    ids=["no Debian", "no debootstrap", "not root"],
)
def test_what_cannot_be_made_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, name: str, debootstrap: bool, user: int, words: str
) -> None:
    """A base that can be neither pulled nor made is an error with the registry's words and what would help."""
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/sbin/debootstrap" if debootstrap else None)
    monkeypatch.setattr(os, "geteuid", lambda: user)
    with pytest.raises(ProgramsError, match=f"no route to host.*{words}"):
        bases.check(name, REFUSED)


def test_failed_program_is_told_with_the_end_of_its_log(engine: Engine, tmp_path: Path) -> None:
    """When making a base fails the error has the program's last words."""
    with pytest.raises(ProgramsError, match=r"sh failed with code 3(?s:.*)no space"):
        bases.run(NAME, ["sh", "-c", "echo no space; exit 3"])
