"""Members that are dark while a MultiCasskop goes: who is waited for, what is written down, and what is done later."""

import json
from typing import Any

import pytest
from fakes.cluster import Call, forbidden
from fakes.spans import Film
from fakes.stage import CHILDREN, CONFIGMAPS, HOME, NAMESPACE, OPERATORS, OTHER, PARENTS, Stage, ring
from multicasskop.crds.names import FINALIZER, ORPHANS, OWNER

ORPHAN = {"onDark": "Orphan", "deadline": "1h"}


def running(film: Film | None = None, **spec: Any) -> Stage:  # noqa: ANN401  any field of the spec
    """A stage on which the demo runs in two members."""
    stage = Stage(traces=film.traces) if film else Stage()
    stage.apply(ring(**spec))
    stage.own_casskop(HOME)
    stage.own_casskop(OTHER)
    stage.forget_calls()
    return stage


def left_behind(film: Film | None = None) -> Stage:
    """A stage on which the demo was deleted while the other member was dark, which still is."""
    stage = running(film, deletion=ORPHAN)
    stage.members[OTHER].go_dark()
    stage.run()
    stage.delete()
    stage.wait(3700, steps=10)
    assert not stage.has_parent()
    return stage


def back(stage: Stage) -> None:
    """Let the other member answer again."""
    stage.members[OTHER].come_back()
    stage.run()


def deletes(stage: Stage, member: str) -> list[Call]:
    """The deletes of children in a member."""
    return [call for name, call in stage.writes(CHILDREN) if (name, call.verb) == (member, "delete")]


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
    assert "kubectl annotate mck ... multicasskop.db.orange.com/release=c2" in stalled
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


def hold(stage: Stage, member: str) -> None:
    """Let a child wait for a finalizer of its own when it is deleted."""
    stage.edit_child(member, {"metadata": {"finalizers": ["kubernetes.io/pvc-to-delete"]}})


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


# when the member is back


def test_sweep_deletes_what_was_left_behind() -> None:
    """A member that is back loses the child that was left there, by UID and version, and the record goes after it."""
    stage = left_behind()
    child = stage.child(OTHER)
    assert child is not None
    back(stage)
    assert stage.child(OTHER) is None
    assert [call.body["uid"] for call in deletes(stage, OTHER)] == [child["metadata"]["uid"]]
    assert stage.orphans() == ()
    assert stage.tape.reasons[-1] == "OrphanSwept"


def test_sweep_outlives_a_restart() -> None:
    """A process that knows of nothing but the records sweeps them."""
    stage = left_behind()
    stage.restart()
    stage.run()
    back(stage)
    assert stage.child(OTHER) is None
    assert stage.orphans() == ()


def test_sweep_ends_the_trace_of_the_deletion() -> None:
    """What was left behind ends in the trace of the deletion that left it, though that was sent long before."""
    film = Film()
    stage = left_behind(film)
    assert [span.attributes["multicasskop.member"] for span in film.named("delete child")] == [HOME]  # type: ignore[index]
    stage.restart()
    stage.run()
    back(stage)
    deletion, swept = film.one("deletion"), film.named("delete child")[-1]
    assert swept.attributes["multicasskop.member"] == OTHER  # type: ignore[index]
    assert swept.parent is not None
    assert swept.parent.span_id == deletion.context.span_id
    assert swept.context.trace_id == deletion.context.trace_id


def test_child_made_again_by_hand_is_kept() -> None:
    """A child of that name with another UID is none of ours: it stays, the record goes, and an event says why."""
    stage = left_behind()
    server = stage.members[OTHER].server
    server.remove(CHILDREN, NAMESPACE, "demo")
    server.put(CHILDREN, {"metadata": {"name": "demo", "namespace": NAMESPACE}, "spec": {}})
    back(stage)
    assert stage.child(OTHER) is not None
    assert deletes(stage, OTHER) == []
    assert stage.orphans() == ()
    assert stage.tape.reasons[-1] == "OrphanKept"


def test_child_without_its_mark_is_kept() -> None:
    """A child from which somebody took the mark is left alone."""
    stage = left_behind()
    stage.members[OTHER].server.edit(CHILDREN, NAMESPACE, "demo", {"metadata": {"annotations": {OWNER: None}}})
    back(stage)
    assert stage.child(OTHER) is not None
    assert stage.orphans() == ()


def test_child_that_a_new_object_adopts_is_kept() -> None:
    """The MultiCasskop made again under the same name takes the child over: it is not deleted, and off the record."""
    stage = left_behind()
    stage.apply(ring())
    stage.own_casskop(HOME)
    back(stage)
    stage.run()
    assert deletes(stage, OTHER) == []
    assert stage.child(OTHER) is not None
    assert stage.orphans() == ()
    stage.wait(120, steps=4)
    assert stage.entry(OTHER)["uid"] == stage.child(OTHER)["metadata"]["uid"]  # type: ignore[index]


def test_child_that_a_new_object_may_not_have_waits() -> None:
    """While a new MultiCasskop wants the child and it differs, nothing is done; it is swept when nobody wants it."""
    stage = left_behind()
    other = ring()
    other["spec"]["base"]["spec"]["cassandraImage"] = "cassandra:5"
    stage.apply(other)
    stage.own_casskop(HOME)
    back(stage)
    stage.wait(300, steps=5)
    assert stage.entry(OTHER)["state"] == "Conflict"
    assert stage.child(OTHER) is not None
    assert len(stage.orphans()) == 1
    stage.delete()
    assert not stage.has_parent()
    assert stage.child(OTHER) is None
    assert stage.orphans() == ()


def test_forged_record_deletes_nothing() -> None:
    """A record of a child whose MultiCasskop lives does nothing, whoever wrote it."""
    stage = left_behind()
    found = stage.home.server.find(CONFIGMAPS, OPERATORS, ORPHANS)
    stage.home.server.remove(CONFIGMAPS, OPERATORS, ORPHANS)
    stage = running()
    child, parent = stage.child(OTHER), stage.parent()
    assert child is not None
    assert found is not None
    (text,) = found["data"].values()
    record = json.loads(text) | {"uid": child["metadata"]["uid"]}
    record["owner"]["uid"] = parent["metadata"]["uid"]
    forge(stage, record)
    stage.restart()
    stage.run()
    assert len(stage.orphans()) == 1
    assert deletes(stage, OTHER) == []


def forge(stage: Stage, record: dict[str, Any]) -> None:
    """Write a record as somebody would who knows its key."""
    from multicasskop.reconcilers.multicasskop.orphans import Orphan
    from multicasskop.reconcilers.multicasskop.ownership import Mark

    orphan = Orphan(**record | {"owner": Mark(**record["owner"])})
    data = {orphan.key: orphan.text(), "junk": "{"}
    stage.home.server.put(CONFIGMAPS, {"metadata": {"name": ORPHANS, "namespace": OPERATORS}, "data": data})


def test_refused_sweep_is_tried_again() -> None:
    """A member that does not let us delete keeps the record, without a hot loop."""
    stage = left_behind()
    fault = stage.members[OTHER].server.fail("delete", forbidden)
    back(stage)
    stage.wait(100, steps=10)
    assert len(stage.orphans()) == 1
    assert len(deletes(stage, OTHER)) <= 3
    fault.times = 0
    stage.wait(100, steps=10)
    assert stage.orphans() == ()


def test_nothing_is_swept_while_home_cannot_be_seen() -> None:
    """Without a fresh view of the MultiCasskops nothing is deleted: one of them may want the child."""
    stage = left_behind()
    stage.home.refuse("Forbidden", "may not list")
    back(stage)
    stage.wait(100, steps=3)
    assert deletes(stage, OTHER) == []
    stage.home.refuse("", "")
    stage.wait(100, steps=3)
    assert stage.orphans() == ()


def test_child_that_changes_while_it_is_judged_is_left() -> None:
    """Adopted between our look and our delete: the version in the precondition keeps it."""
    stage = left_behind()
    server = stage.members[OTHER].server

    def adopt(call: Call) -> None:
        if call.verb == "delete":
            mark = json.dumps({"uid": "new", "namespace": NAMESPACE, "name": "demo", "origin": "adopted"})
            server.before = lambda call: None
            server.edit(CHILDREN, NAMESPACE, "demo", {"metadata": {"annotations": {OWNER: mark}}})

    server.before = adopt
    back(stage)
    stage.wait(100, steps=3)
    assert stage.child(OTHER) is not None
    assert len(deletes(stage, OTHER)) == 1
    assert stage.orphans() == ()


# mind changed


def test_flag_switched_off_strikes_what_was_recorded() -> None:
    """Called off after the record was written, but before the parent could go: nothing is swept any more."""
    stage = running(deletion=ORPHAN)
    stage.members[OTHER].go_dark()
    stage.run()
    stage.delete()
    fault = stage.home.server.fail("patch", forbidden, plural=PARENTS, subresource="")
    stage.wait(3700, steps=10)
    assert len(stage.orphans()) == 1
    fault.times = 0
    stage.change({"spec": {"deleteCassandraCluster": False}})
    assert not stage.has_parent()
    assert stage.orphans() == ()
    back(stage)
    assert stage.child(OTHER) is not None


def test_member_back_before_the_parent_has_gone_is_treated_as_ever() -> None:
    """Recorded, and back while the parent is still there: the parent deletes the child itself, the record ends."""
    stage = running(deletion=ORPHAN)
    stage.members[OTHER].go_dark()
    stage.run()
    stage.delete()
    fault = stage.home.server.fail("patch", forbidden, plural=PARENTS, subresource="")
    stage.wait(3700, steps=10)
    back(stage)
    fault.times = 0
    stage.wait(60, steps=10)
    assert not stage.has_parent()
    assert stage.child(OTHER) is None
    assert stage.orphans() == ()
