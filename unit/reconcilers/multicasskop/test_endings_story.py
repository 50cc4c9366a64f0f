"""Credentials of a member that end soon: said in time, by member, with when and what to do, and nothing else."""

import pytest
from fakes.rings import NAMES, rest
from fakes.stage import Stage, ring

ENDS = "MCK305 its credentials end at 2030-01-02T00:00:00Z and are not renewed here: why; next: renew them"


@pytest.fixture
def stage() -> Stage:
    """Three members at rest."""
    found = rest(*NAMES)
    found.forget_calls()
    return found


def warn(stage: Stage, member: str, text: str = ENDS) -> None:
    """Let a member's credentials end soon."""
    stage.members[member].tell_ending(text)
    stage.run()


def test_condition_names_member_time_and_remedy(stage: Stage) -> None:
    """Degraded says which member's credentials end, when, and what to do; the ring is Ready all the same."""
    warn(stage, "eu-north")
    degraded = stage.condition("Degraded")
    assert (degraded["status"], degraded["reason"]) == ("True", "CredentialExpiring")
    assert degraded["message"] == f"eu-north: {ENDS}"
    assert stage.condition("Ready")["status"] == "True"
    assert stage.status()["phase"] == "Ready"


def test_event_is_told_once(stage: Stage) -> None:
    """One warning event per member tells it, however often the ring is looked at afterwards."""
    warn(stage, "eu-north")
    stage.wait(3600, 4)
    stage.restart()
    warn(stage, "eu-north")
    stage.wait(60)
    told = [each for each in stage.tape.events if each.reason == "CredentialExpiring"]
    assert [(each.type, each.note, each.member) for each in told] == [("Warning", f"eu-north: {ENDS}", "eu-north")]


def test_renewed_credentials_are_no_trouble(stage: Stage) -> None:
    """Once the credentials are good again the condition is as before."""
    warn(stage, "eu-north")
    warn(stage, "eu-north", "")
    assert stage.condition("Degraded")["reason"] == "AsExpected"


def test_nothing_is_written_but_the_status(stage: Stage) -> None:
    """No child is touched for it."""
    warn(stage, "us-east")
    assert {(member, call.plural) for member, call in stage.writes()} == {("eu-west", "multicasskops")}


def test_several_troubles_are_told_together(stage: Stage) -> None:
    """Beside another trouble each has its clause; of a dark member only the darkness is told."""
    warn(stage, "eu-north")
    stage.members["us-east"].go_dark()
    warn(stage, "us-east")
    degraded = stage.condition("Degraded")
    assert degraded["reason"] == "Several"
    assert f"eu-north: {ENDS}" in degraded["message"]
    assert f"us-east: {ENDS}" not in degraded["message"]


def test_member_of_another_ring_is_none_of_ours() -> None:
    """A ring that has nothing in the member says nothing of it."""
    stage = Stage(*NAMES)
    stage.apply(ring(*NAMES[:2]))
    stage.all_running()
    warn(stage, "us-east")
    assert stage.condition("Degraded")["reason"] != "CredentialExpiring"
