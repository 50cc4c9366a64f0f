"""The machine's limit of inotify instances, which clusters reach without a word."""

from pathlib import Path

import pytest
from multicasskop.world.kind.limits import NAME, NEEDED, allow_watches, allowed, hint
from multicasskop.world.progress import Progress


@pytest.fixture
def setting(tmp_path: Path) -> Path:
    """A machine that allows as few as many do."""
    found = tmp_path / "max_user_instances"
    found.write_text("128\n")
    return found


def test_a_low_limit_is_raised_and_said(setting: Path) -> None:
    """Who may raise the limit does, and the progress says from what to what."""
    told: list[Progress] = []
    allow_watches(told.append, setting)
    assert allowed(setting) == NEEDED
    assert [each.subject for each in told] == [f"{NAME} raised from 128 to {NEEDED}"]


@pytest.mark.parametrize("found", [NEEDED, NEEDED * 8], ids=["just enough", "more"])
def test_a_limit_that_is_enough_is_left_alone(setting: Path, found: int) -> None:
    """It is never lowered, and nothing is said."""
    told: list[Progress] = []
    setting.write_text(f"{found}\n")
    allow_watches(told.append, setting)
    assert (allowed(setting), told, hint(setting)) == (found, [], "")


def test_who_may_not_raise_it_goes_on(setting: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it cannot be written nothing is claimed, and the hint stays true."""

    def refuse(*_: object) -> int:
        raise PermissionError

    told: list[Progress] = []
    monkeypatch.setattr(Path, "write_text", refuse)
    allow_watches(told.append, setting)
    assert told == []
    assert hint(setting)


def test_the_hint_names_the_command(setting: Path) -> None:
    """The end of the error is a command that a person can copy."""
    assert hint(setting) == f"; {NAME} is 128, which may be too little: sudo sysctl {NAME}={NEEDED}"


def test_where_there_is_no_such_limit_nothing_is_said(tmp_path: Path) -> None:
    """Other systems have other limits: nothing is raised, nothing hinted at."""
    assert (allowed(tmp_path / "none"), hint(tmp_path / "none")) == (NEEDED, "")
