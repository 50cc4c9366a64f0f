"""Reading audit logs while API servers write them."""

import json
from pathlib import Path

import pytest
from multicasskop.world.audit import account_of, entries

US = account_of("ns", "operator")


def line(user: str, verb: str) -> str:
    """One request, as a log has it."""
    return json.dumps({"user": {"username": user}, "verb": verb}) + "\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of two users."""
    path = tmp_path / "audit.log"
    path.write_text(line(US, "get") + line("somebody", "get") + line(US, "delete"))
    return path


@pytest.mark.parametrize(
    ("words", "verbs"),
    [((), ["get", "get", "delete"]), ((US,), ["get", "delete"]), ((US, "delete"), ["delete"]), (("nobody",), [])],
    ids=["everybody", "a user", "a user and a word", "somebody who asked nothing"],
)
def test_requests_are_chosen(log: Path, words: tuple[str, ...], verbs: list[str]) -> None:
    """The requests of a user are found by the words that their lines have, in the log's order."""
    assert [entry["verb"] for entry in entries(log, *words)] == verbs


def test_user_who_is_only_spoken_of_has_asked_nothing(log: Path) -> None:
    """A name in somebody else's request is not the name of who asked."""
    log.write_text(line("somebody", f"impersonate {US}"))
    assert entries(log, US) == []


def test_half_written_line_comes_next_time(log: Path) -> None:
    """What the API server is just writing is left for later, and then it is there."""
    before = log.stat().st_size
    written = line(US, "patch")
    with log.open("a") as out:
        out.write(written[:20])
        out.flush()
        assert entries(log, US, since=before) == []
        out.write(written[20:])
    assert [entry["verb"] for entry in entries(log, US, since=before)] == ["patch"]
