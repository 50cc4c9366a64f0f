"""Members that are dark while a MultiCasskop goes: who is waited for, what is written down, and what is done later."""

import json

import pytest
from fakes.orphaned import ORPHAN, hold, left_behind, running
from fakes.server import forbidden
from fakes.stage import CHILDREN, CONFIGMAPS, NAMESPACE, OPERATORS, OTHER, PARENTS
from multicasskop.crds.names import FINALIZER, ORPHANS

# who is waited for


def test_wait_is_for_ever() -> None:
    """Without a policy a dark member is waited for, and the status says by what command a person lets it go."""
    stage = running()
    stage.members[OTHER].go_dark()
    stage.run()
    stage.delete()
    stage.wait(100 * 3600, steps=10)
    assert stage.parent()["metadata"]["finalizers"] == [FINALIZER]
    stalled = stage.condition("Stalled")["message"]
    assert "c2 is dark (connect timeout), and cassandra/demo may still be there" in stalled
    assert f"kubectl -n {NAMESPACE} annotate mck demo multicasskop.db.orange.com/release=c2 --overwrite" in stalled
    assert stage.orphans() == ()


def test_orphan_waits_for_its_deadline() -> None:
    """With Orphan a dark member is waited for until the deadline, which the status names, and nobody has to act."""
    stage = running(deletion=ORPHAN)
    stage.members[OTHER].go_dark()
    stage.run()
    stage.delete()
    stage.wait(3500, steps=5)
    assert stage.has_parent()
    assert stage.status()["waitingFor"].endswith("goes on record as orphan, and is let go, at 2030-01-01T01:00:00Z")
    assert stage.condition("Degraded")["reason"] == "DeletionBlocked"
    assert stage.condition("Stalled") == {}
    assert stage.tape.reasons.count("DeletionBlocked") == 1


def test_orphan_goes_on_record_before_the_parent_goes() -> None:
    """After the deadline what is left behind is written down first, and then the parent goes, with an event."""
    stage = running(deletion=ORPHAN)
    child, parent = stage.child(OTHER), stage.parent()
    assert child is not None
    stage.members[OTHER].go_dark()
    stage.run()
    stage.delete()
    stage.wait(3700, steps=10)
    (orphan,) = stage.orphans()
    assert (orphan.member, orphan.child, orphan.uid) == (OTHER, (NAMESPACE, "demo"), child["metadata"]["uid"])
    assert orphan.owner.uid == parent["metadata"]["uid"]
    assert orphan.time.startswith("2030-01-01T01:")
    order = [call.plural for _, call in stage.writes(CONFIGMAPS, PARENTS) if not call.subresource]
    assert order[-2:] == [CONFIGMAPS, PARENTS]
    assert "OrphanRecorded" in stage.tape.reasons


def test_record_holds_no_secret() -> None:
    """A record holds none of the child's spec."""
    stage = left_behind()
    found = stage.home.server.find(CONFIGMAPS, OPERATORS, ORPHANS)
    assert found is not None
    assert "cassandra:4.1.4" not in json.dumps(found)


def test_member_that_stopped_just_now_is_not_given_up() -> None:
    """Long after the deadline, a member that has only just stopped to answer is given some seconds."""
    stage = running(deletion=ORPHAN)
    hold(stage, OTHER)
    stage.delete()
    stage.wait(4000, steps=4)
    stage.members[OTHER].go_dark()
    stage.run()
    stage.wait(5)
    assert stage.has_parent()
    stage.wait(6)
    assert not stage.has_parent()


def test_slow_child_of_a_member_that_answers_is_no_orphan() -> None:
    """The deadline is for dark members: a child that waits for its finalizers is waited for, with its event."""
    stage = running(deletion=ORPHAN)
    hold(stage, OTHER)
    stage.delete()
    stage.wait(8000, steps=4)
    assert stage.has_parent()
    assert stage.orphans() == ()
    assert stage.tape.reasons.count("ChildGoing") == 1


def test_home_s_clock_decides() -> None:
    """An operator whose clock is ahead of home's leaves nothing behind before its time."""
    stage = running(deletion=ORPHAN)
    stage.members[OTHER].go_dark()
    stage.run()
    stage.delete()
    stage.home.server._clock = type(stage.clock)()  # home's clock stands where this one began
    stage.wait(4000, steps=4)
    assert stage.has_parent()
    assert stage.orphans() == ()
    stage.home.server._clock = stage.clock
    stage.wait(60, steps=6)
    assert not stage.has_parent()


def test_member_that_is_not_registered_any_more_is_dark_too() -> None:
    """A member that was taken out of the operator's flags can be left behind like one that does not answer."""
    stage = running(deletion=ORPHAN)
    stage.clusters.remove(OTHER)
    stage.delete()
    stage.wait(3700, steps=10)
    assert not stage.has_parent()
    assert [orphan.member for orphan in stage.orphans()] == [OTHER]


@pytest.mark.parametrize("failing", ["get", "create"])
def test_parent_stays_while_the_record_cannot_be_written(failing: str) -> None:
    """When the ConfigMap may not be written the parent is kept, the status says why, and it heals by itself."""
    stage = running(deletion=ORPHAN)
    fault = stage.home.server.fail(failing, forbidden, plural=CONFIGMAPS)
    stage.members[OTHER].go_dark()
    stage.run()
    stage.delete()
    stage.wait(3700, steps=30)
    assert stage.has_parent()
    assert "may not get, create or patch configmaps in operators" in stage.condition("Stalled")["message"]
    assert 1_000_000 - fault.times < 30
    fault.times = 0
    stage.wait(30, steps=3)
    assert not stage.has_parent()
    assert len(stage.orphans()) == 1


def test_answer_that_is_lost_costs_no_second_record() -> None:
    """When the finalizer's removal fails after the record was written, the next try writes the same record."""
    stage = running(deletion=ORPHAN)
    stage.members[OTHER].go_dark()
    stage.run()
    stage.delete()
    is_removal = {"plural": PARENTS, "subresource": ""}
    stage.home.server.fail("patch", forbidden, times=1, **is_removal)
    stage.wait(3700, steps=10)
    stage.wait(60, steps=10)
    assert not stage.has_parent()
    assert len(stage.orphans()) == 1


# by hand


def test_release_lets_go_at_once() -> None:
    """The annotation lets a dark member go now, whatever the policy, and leaves a record."""
    stage = running()
    stage.members[OTHER].go_dark()
    stage.run()
    stage.delete()
    assert stage.has_parent()
    stage.annotate(release=f"nobody, {OTHER}")
    assert not stage.has_parent()
    assert [orphan.member for orphan in stage.orphans()] == [OTHER]
    assert "OrphanRecorded" in stage.tape.reasons


def test_release_is_for_deletions_only() -> None:
    """On a living object the annotation does nothing, and in a deletion nothing to a child that can be deleted."""
    stage = running()
    stage.annotate(release=OTHER)
    assert stage.writes(CHILDREN, CONFIGMAPS) == []
    stage.delete()
    assert not stage.has_parent()
    assert stage.child(OTHER) is None
    assert stage.orphans() == ()


def test_release_of_a_child_that_waits_for_its_claims() -> None:
    """A child that cannot go because nobody takes its claims away is released too, and swept when it has gone."""
    stage = running()
    hold(stage, OTHER)
    stage.delete()
    stage.annotate(release=OTHER)
    assert not stage.has_parent()
    assert len(stage.orphans()) == 1
    stage.edit_child(OTHER, {"metadata": {"finalizers": None}})
    assert stage.orphans() == ()
    assert stage.tape.reasons[-1] == "OrphanSwept"


def test_paused_deletion_lets_nobody_go() -> None:
    """While paused neither deadline nor annotation lets a member go."""
    stage = running(deletion=ORPHAN)
    stage.members[OTHER].go_dark()
    stage.change({"spec": {"paused": True}})
    stage.delete()
    stage.annotate(release=OTHER)
    stage.wait(8000, steps=4)
    assert stage.has_parent()
    assert stage.orphans() == ()
