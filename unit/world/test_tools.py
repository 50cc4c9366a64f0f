"""Helm and Jaeger: named, found or built."""

from pathlib import Path

import pytest
from multicasskop.world import building, tools
from multicasskop.world.errors import ProgramsError
from multicasskop.world.programs import caches
from multicasskop.world.progress import ProgressSink
from multicasskop.world.recipes import Order

BOTH = pytest.mark.parametrize("tool", [tools.HELM, tools.JAEGER], ids=lambda tool: tool.name)


def program(path: Path) -> str:
    """Make an empty program."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(0o755)
    return str(path)


@BOTH
def test_variable_wins_over_path_and_path_over_cache(tool: tools.Tool, tmp_path: Path) -> None:
    """What a user names is taken, else what is installed, else what was built before."""
    environment = {"PATH": str(tmp_path / "bin"), "XDG_CACHE_HOME": str(tmp_path)}
    assert tools.find(tool, environment) is None
    built = program(tool.folder(environment) / tool.name)
    assert tools.find(tool, environment) == built
    installed = program(tmp_path / "bin" / tool.name)
    assert tools.find(tool, environment) == installed
    named = program(tmp_path / "own")
    assert tools.find(tool, {**environment, tool.variable: named}) == named


@BOTH
def test_variable_that_names_nothing_is_an_error(tool: tools.Tool, tmp_path: Path) -> None:
    """A variable that leads nowhere is not passed over: who set it expects that program to run."""
    with pytest.raises(ProgramsError, match=f"{tool.variable}=/nowhere is no program; unset it"):
        tools.find(tool, {tool.variable: "/nowhere"})


@BOTH
def test_program_is_built_when_it_is_nowhere(tool: tools.Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is nowhere is built into the cache, under its version, and found there from then on."""
    ordered: list[Order] = []

    def build(folder: Path, order: Order, progress: ProgressSink) -> None:
        ordered.append(order)
        program(folder / order.names[0])

    monkeypatch.setattr(building, "build", build)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(tool.variable, raising=False)
    path = tools.find_or_build(tool)
    assert path == str(caches() / f"{tool.name}-{tool.version}" / tool.name) == tools.find_or_build(tool)
    assert ordered == [tool.order]
    assert f"set {tool.variable}" in ordered[0].instead
