"""Which stage a demonstration has."""

from pathlib import Path

import pytest
from multicasskop.operator.demo import choice
from multicasskop.operator.demo.choice import Pods, choose
from multicasskop.operator.demo.real import RealStage
from multicasskop.operator.demo.stage import Stage
from multicasskop.operator.output.exit_codes import CommandError, ExitCode

NO_ENGINE = "there is no docker in PATH"


@pytest.mark.parametrize(
    ("pods", "trace", "missing", "expected", "reason"),
    [
        pytest.param("auto", False, "", RealStage, "", id="real-where-it-can-be"),
        pytest.param("auto", False, NO_ENGINE, Stage, NO_ENGINE, id="simulated-elsewhere"),
        pytest.param("auto", True, "", Stage, "--trace goes with simulated pods", id="trace"),
        pytest.param("simulated", False, "", Stage, "", id="simulated-as-asked-for"),
        pytest.param("simulated", True, NO_ENGINE, Stage, "", id="simulated-as-asked-for-with-trace"),
        pytest.param("real", False, "", RealStage, "", id="real-as-asked-for"),
    ],
)
def test_choice(
    monkeypatch: pytest.MonkeyPatch, pods: Pods, trace: bool, missing: str, expected: type[Stage], reason: str
) -> None:
    """Without a word the ring is real where it can be, and else it is said why it is not."""
    monkeypatch.setattr(choice, "missing", lambda: missing)
    found = choose(Path("demo"), pods, trace=trace)
    assert (type(found.stage), found.reason) == (expected, reason)


@pytest.mark.parametrize(("trace", "missing"), [(False, NO_ENGINE), (True, "")], ids=["no engine", "trace"])
def test_real_ring_that_cannot_be_had(monkeypatch: pytest.MonkeyPatch, trace: bool, missing: str) -> None:
    """Who asks for a real ring where there can be none is told why."""
    monkeypatch.setattr(choice, "missing", lambda: missing)
    with pytest.raises(CommandError, match=missing or "--trace") as raised:
        choose(Path("demo"), "real", trace=trace)
    assert raised.value.exit_code == ExitCode.USAGE


def test_driver_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a real ring needs beside an engine is named by its package."""
    monkeypatch.setattr(choice, "find_spec", lambda module: None if module == "dns" else object())
    assert choice.missing() == "dnspython is not installed; it comes with multicasskop[dev]"
