"""The engine and kind's programs: found, missing, failing."""

import sys
from pathlib import Path

import pytest
from fakes.docker import Engine
from multicasskop.world.errors import ProgramsError, WorldError
from multicasskop.world.kind import engine as programs


def test_engine_that_answers_is_not_missing(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a docker that knows its server's version, kind and kubectl, tier kind can be had."""
    for name in ("KIND_PATH", "KUBECTL_PATH"):
        monkeypatch.setenv(name, "/bin/sh")
    assert programs.missing() == ""


@pytest.mark.parametrize("absent", ["KIND_PATH", "KUBECTL_PATH"])
def test_missing_program_is_a_reason(engine: Engine, monkeypatch: pytest.MonkeyPatch, absent: str) -> None:
    """An engine alone is not enough: the program that is nowhere is named by its variable."""
    monkeypatch.setenv("PATH", f"{engine.folder}:{engine.folder / 'python'}")
    (engine.folder / "python").mkdir()
    (engine.folder / "python" / "python3").symlink_to(sys.executable)
    (engine.folder / "python" / "env").symlink_to("/usr/bin/env")
    for name in {"KIND_PATH", "KUBECTL_PATH"} - {absent}:
        monkeypatch.setenv(name, "/bin/sh")
    monkeypatch.delenv(absent, raising=False)
    assert programs.missing() == f"no kind or kubectl in PATH; set {absent}"


def test_engine_that_does_not_answer_is_told_in_its_own_words(engine: Engine) -> None:
    """A docker command without an engine is a reason, with what it said."""
    engine.refuse(version="Cannot connect to the Docker daemon")
    assert programs.missing() == "no container engine answers: Cannot connect to the Docker daemon"


def test_no_docker_at_all_is_a_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where there is no docker command, that is what is said."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert programs.missing() == "there is no docker in PATH"


def test_command_that_fails_is_named_with_its_last_words(engine: Engine) -> None:
    """What docker complains about is in the error, with the command."""
    engine.refuse(pause="no such container")
    with pytest.raises(WorldError, match=r"docker pause node ended with 1: no such container"):
        programs.docker("pause", "node")


def test_command_that_hangs_is_given_up() -> None:
    """A program that does not end in its time is an error, and not waited for."""
    with pytest.raises(WorldError, match="sleep 60 did not end within"):
        programs.run("sleep", "60", seconds=0.05)


@pytest.mark.parametrize(
    ("find", "variable", "name"),
    [(programs.kind_path, "KIND_PATH", "kind"), (programs.kubectl_path, "KUBECTL_PATH", "kubectl")],
    ids=["kind", "kubectl"],
)
def test_variable_wins_over_path(tmp_path: Path, find: object, variable: str, name: str) -> None:
    """What a variable names is taken, else what stands in PATH, else nothing is found."""
    assert callable(find)
    path = {"PATH": str(tmp_path)}
    assert find(path) is None
    (tmp_path / name).touch(0o755)
    assert find(path) == tmp_path / name
    (tmp_path / "own").touch(0o755)
    assert find({**path, variable: str(tmp_path / "own")}) == tmp_path / "own"
    with pytest.raises(ProgramsError, match=f"{variable}=/nowhere is no program"):
        find({**path, variable: "/nowhere"})
