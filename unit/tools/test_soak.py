"""The laws tested for long, part by part."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


def load_soak() -> ModuleType:
    """The tool, which is a script and not part of the distribution."""
    spec = importlib.util.spec_from_file_location("soak", ROOT / "tools" / "soak.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


soak = load_soak()


@pytest.mark.parametrize("text", ["", "3", "0/20", "21/20", "a/b", "3/"])
def test_no_slice(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is no part of anything is refused before anything runs."""
    assert soak.main(text) == 2
    assert "3/20" in capsys.readouterr().err


def test_broken_law_is_named_with_its_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each law is tested from the seed; one that does not hold comes with the command that finds it again."""
    tested: list[tuple[str, int]] = []

    def holds(law: str, seed: int) -> bool:
        tested.append((law, seed))
        return "queue" not in law

    monkeypatch.setattr(soak, "holds", holds)
    assert soak.main("3/20") == 1
    assert {seed for _, seed in tested} == {3}
    assert "unit/laws/test_rollout_laws.py" in {law for law, _ in tested}
    again = capsys.readouterr().out.splitlines()[-1]
    assert again.startswith("again: LAW_FACTOR=25 .venv/bin/python -m pytest unit/laws/test_queue_laws.py")
    assert "--hypothesis-seed=3" in again


def test_all_laws_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part in which all laws hold is a success."""
    monkeypatch.setattr(soak, "holds", lambda law, seed: True)
    assert soak.main("20/20") == 0
