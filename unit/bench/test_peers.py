"""The peers: one that is built, and one that cannot take part."""

from pathlib import Path

import pytest
from multicasskop.world.errors import ProgramsError

from bench.peers.go_program import build, client_go, digest
from bench.peers.official import shared_informer_failure


def source(folder: Path, text: str) -> Path:
    """A folder with one file."""
    folder.mkdir()
    (folder / "main.go").write_text(text)
    return folder


def test_program_is_known_by_its_source(tmp_path: Path) -> None:
    """Every change of the source is another program, and equal sources are one."""
    one, same = source(tmp_path / "a", "package main"), source(tmp_path / "b", "package main")
    assert digest(one) == digest(same)
    assert digest(one) != digest(source(tmp_path / "c", "package other"))


def test_program_is_built_once(tmp_path: Path) -> None:
    """What is in the cache is taken from there, without a toolchain."""
    folder = source(tmp_path / "source", "no go at all")
    program = tmp_path / f"client-go-peer-{digest(folder)}"
    program.touch()
    assert client_go(tmp_path, folder) == program


def test_failed_build_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    """The log of go is in the error, and the cache holds no half of a program."""
    go = tmp_path / "go"
    go.write_text("#!/bin/sh\necho main.go is broken; exit 1\n")
    go.chmod(0o755)
    with pytest.raises(ProgramsError, match=r"main\.go is broken"):
        build(str(go), source(tmp_path / "source", ""), tmp_path / "program")
    assert not (tmp_path / "program").exists()


def test_shared_informer_of_the_official_client_cannot_list_custom_objects() -> None:
    """It takes the items of a plain dictionary for an attribute, which is a method, and tries again for ever."""
    failure = shared_informer_failure(lambda **_: {"items": [], "metadata": {"resourceVersion": "1"}})
    assert isinstance(failure, TypeError)
    assert "not iterable" in str(failure)
