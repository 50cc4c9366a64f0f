"""What was left behind is deleted once its member is back, if it is still what was meant."""

import json
from typing import Any

from fakes.orphaned import ORPHAN, back, deletes, left_behind, running
from fakes.server import Call, forbidden
from fakes.spans import Film
from fakes.stage import CHILDREN, CONFIGMAPS, HOME, NAMESPACE, OPERATORS, OTHER, PARENTS, Stage, ring
from multicasskop.crds.names import ORPHANS, OWNER

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
