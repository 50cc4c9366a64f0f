"""`wait`: conditions, exit codes, and what it says on the way."""

import json

import pytest
from fakes.home import HomeCluster, mck
from multicasskop.operator import main
from multicasskop.operator.commands.wait import condition
from multicasskop.operator.output.exit_codes import CommandError, ExitCode
from multicasskop.operator.output.report import report_of

Capture = pytest.CaptureFixture[str]


def run(home: HomeCluster, *words: str) -> int:
    """Run the verb with the flags for the home cluster."""
    return main.run(["wait", "demo", *words, *home.flags])


@pytest.mark.parametrize("goal", ["ready", "member=c1"])
def test_what_holds_already_is_not_waited_for(home: HomeCluster, capsys: Capture, goal: str) -> None:
    """A condition that holds at once ends the wait at once, and the state is said on stderr."""
    home.holds(mck())
    assert run(home, "--for", goal) == ExitCode.OK
    assert capsys.readouterr() == ("", "cassandra/demo  ✔ Ready  1/1\n")


def test_deleted_holds_when_it_never_was(home: HomeCluster) -> None:
    """Waiting for the deletion of what is not there succeeds."""
    home.holds()
    assert run(home, "--for", "deleted") == ExitCode.OK


def test_time_limit(home: HomeCluster, capsys: Capture) -> None:
    """When the time is over, the exit code and the line say so."""
    home.holds(mck(phase="Progressing"))
    assert run(home, "--timeout", "100ms") == ExitCode.TIMEOUT
    assert "demo: not ready within 100ms" in capsys.readouterr().err


def test_ready_needs_the_object(home: HomeCluster, capsys: Capture) -> None:
    """Waiting for an object that does not exist is not done for ever."""
    home.holds()
    home.lacks("demo")
    assert run(home) == ExitCode.NOT_FOUND


def test_home_that_does_not_answer(home: HomeCluster, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home that does not answer is said with its reason."""
    monkeypatch.setattr("multicasskop.operator.watching.FIRST_SECONDS", 0.3)
    home.server.stop()
    assert run(home) == ExitCode.HOME


@pytest.mark.parametrize(
    ("goal", "phase", "gone", "holds"),
    [
        pytest.param("ready", "Ready", False, True, id="ready"),
        pytest.param("ready", "Degraded", False, False, id="not-ready"),
        pytest.param("ready", "Ready", True, False, id="gone-is-not-ready"),
        pytest.param("deleted", "Deleting", False, False, id="still-deleting"),
        pytest.param("deleted", "Deleting", True, True, id="deleted"),
        pytest.param("member=c1", "Ready", False, True, id="member-ready"),
        pytest.param("member=c2", "Ready", False, False, id="another-member"),
        pytest.param("member=c1", "Progressing", False, False, id="member-not-ready"),
    ],
)
def test_conditions(goal: str, phase: str, gone: bool, holds: bool) -> None:
    """Each goal holds exactly for the states that it names."""
    assert condition(goal)(report_of(mck(phase=phase)), gone) is holds


def test_ready_is_meant_for_the_present_generation() -> None:
    """Ready for an older generation is not ready."""
    assert not condition("ready")(report_of(mck(generation=2)), False)


@pytest.mark.parametrize("goal", ["happy", "member=", "member", "ready=now"])
def test_unknown_goals(goal: str) -> None:
    """Another goal is wrong use, and the allowed ones are named."""
    with pytest.raises(CommandError, match="allowed: ready, deleted, member=NAME") as raised:
        condition(goal)
    assert raised.value.exit_code == ExitCode.USAGE


@pytest.mark.parametrize(
    ("goal", "there", "status"),
    [
        pytest.param("ready", True, "Ready", id="ready"),
        pytest.param("member=c1", True, "Ready", id="member"),
        pytest.param("deleted", False, None, id="deleted"),
    ],
)
def test_document(home: HomeCluster, capsys: Capture, goal: str, there: bool, status: str | None) -> None:
    """As a document a wait tells what was waited for, that it came, and the status then; every line is a document."""
    home.holds(*[mck()] * there)
    assert run(home, "--for", goal, "-o", "json") == ExitCode.OK
    written = capsys.readouterr()
    report = json.loads(written.out)
    assert (report["kind"], report["namespace"], report["name"]) == ("WaitReport", "cassandra", "demo")
    assert (report["for"], report["reached"], report["context"]) == (goal, True, "c1")
    assert (report["status"] and report["status"]["phase"]) == status
    assert [json.loads(line)["kind"] for line in written.err.splitlines()] == ["StatusReport"] * there


def test_document_of_a_wait_in_vain(home: HomeCluster, capsys: Capture) -> None:
    """When the time is over the document tells the status that there is, and the error is one on stderr."""
    home.holds(mck(phase="Progressing"))
    assert run(home, "--timeout", "100ms", "-o", "json") == ExitCode.TIMEOUT
    written = capsys.readouterr()
    report = json.loads(written.out)
    assert (report["reached"], report["status"]["phase"]) == (False, "Progressing")
    assert report["next"] == "multicasskop status demo -n cassandra"
    assert json.loads(written.err.splitlines()[-1])["exitCode"] == ExitCode.TIMEOUT
