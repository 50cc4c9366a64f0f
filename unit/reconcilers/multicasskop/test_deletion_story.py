"""The end of a MultiCasskop, seen from outside."""

from typing import Any

from fakes.server import Call, forbidden
from fakes.stage import CHILDREN, HOME, NAMESPACE, OTHER, PARENTS, Stage, ring
from multicasskop.crds.names import FINALIZER


def running(**spec: Any) -> Stage:  # noqa: ANN401  any field of the spec
    """A stage on which the demo runs in two members."""
    stage = Stage()
    stage.apply(ring(**spec))
    stage.own_casskop(HOME)
    stage.own_casskop(OTHER)
    stage.forget_calls()
    return stage


def deletes(stage: Stage) -> list[tuple[str, Call]]:
    """The deletes so far."""
    return [(member, call) for member, call in stage.writes(CHILDREN) if call.verb == "delete"]


def hold(stage: Stage, member: str) -> None:
    """Let a child wait for a finalizer of its own when it is deleted."""
    patch = {"metadata": {"finalizers": ["kubernetes.io/pvc-to-delete"]}}
    stage.members[member].server.edit(CHILDREN, NAMESPACE, "demo", patch)
    stage.run()


def release(stage: Stage, member: str) -> None:
    """Let a child's own finalizer go."""
    stage.members[member].server.edit(CHILDREN, NAMESPACE, "demo", {"metadata": {"finalizers": None}})
    stage.run()


def test_cascade_takes_the_children_in_reverse_order() -> None:
    """Children go in reverse order, each by one request with its UID, and the parent goes when all are gone."""
    stage = running()
    uids = [stage.child(member)["metadata"]["uid"] for member in (OTHER, HOME)]  # type: ignore[index]
    order: list[str] = []
    for member in (HOME, OTHER):
        stage.members[member].server.before = lambda call, name=member: (  # type: ignore[misc]
            order.append(name) if call.verb == "delete" else None
        )
    stage.delete()
    assert order == [OTHER, HOME]
    assert {call.body["uid"] for _, call in deletes(stage)} == set(uids)
    assert {call.body["propagation"] for _, call in deletes(stage)} == {"Background"}
    assert not stage.has_parent()
    assert stage.tape.reasons == ["DeletionStarted", "ChildDeleted", "ChildDeleted"]


def test_recorder_learns_that_nothing_more_is_told() -> None:
    """When the parent is gone its events need not be remembered, and not before."""
    stage = running()
    hold(stage, OTHER)
    stage.delete()
    assert stage.tape.gone == []
    release(stage, OTHER)
    assert set(stage.tape.gone) == {("MultiCasskop", NAMESPACE, "demo")}


def test_parent_waits_until_every_child_is_gone() -> None:
    """That a delete was accepted is not enough: the finalizer stays until the child is seen to be gone."""
    stage = running()
    hold(stage, OTHER)
    stage.delete()
    assert stage.child(HOME) is None
    assert stage.parent()["metadata"]["finalizers"] == [FINALIZER]
    assert stage.status()["phase"] == "Deleting"
    waiting = "c2: cassandra/demo is being deleted (its own CassKop must take its claims away), since 2030-01-01"
    assert stage.status()["waitingFor"].startswith(waiting)
    assert stage.condition("Ready")["reason"] == "Deleting"
    stage.wait(60, steps=3)
    assert len(deletes(stage)) == 2
    release(stage, OTHER)
    assert not stage.has_parent()


def test_dark_member_keeps_the_finalizer() -> None:
    """A member that cannot be seen keeps the parent, which says so; it goes by itself when the member is back."""
    stage = running()
    stage.members[OTHER].go_dark()
    stage.run()
    stage.delete()
    stage.wait(600, steps=5)
    assert stage.child(HOME) is None
    assert stage.parent()["metadata"]["finalizers"] == [FINALIZER]
    assert stage.condition("Degraded")["reason"] == "DeletionBlocked"
    assert OTHER in stage.condition("Degraded")["message"]
    assert stage.condition("Stalled")["reason"] == "DeletionBlocked"
    assert stage.tape.reasons.count("DeletionBlocked") == 1
    stage.members[OTHER].come_back()
    stage.run()
    assert not stage.has_parent()
    assert stage.child(OTHER) is None


def test_forbidden_delete_is_told_and_tried_again() -> None:
    """A member that does not let us delete keeps the finalizer, without a hot loop, and heals by itself."""
    stage = running()
    fault = stage.members[OTHER].server.fail("delete", forbidden)
    stage.delete()
    stage.wait(10, steps=100)
    assert stage.has_parent()
    assert len(deletes(stage)) <= 7
    assert "may not delete cassandraclusters" in stage.condition("Ready")["message"]
    fault.times = 0
    stage.wait(600, steps=20)
    assert not stage.has_parent()


def test_flag_switched_off_lets_go() -> None:
    """The cascade switched off during a deletion stops it: the finalizer goes, what is left stays."""
    stage = running()
    hold(stage, OTHER)
    stage.delete()
    stage.change({"spec": {"deleteCassandraCluster": False}})
    assert not stage.has_parent()
    assert stage.child(OTHER) is not None


def test_finalizer_follows_the_flag() -> None:
    """The finalizer is there exactly while the cascade is wanted, and others' are not touched."""
    stage = running()
    stage.change({"metadata": {"finalizers": [FINALIZER, "example.com/keep"]}})
    stage.change({"spec": {"deleteCassandraCluster": False}})
    assert stage.parent()["metadata"]["finalizers"] == ["example.com/keep"]
    stage.change({"spec": {"deleteCassandraCluster": True}})
    assert stage.parent()["metadata"]["finalizers"] == ["example.com/keep", FINALIZER]


def test_without_cascade_nothing_is_written() -> None:
    """Without the cascade a delete makes no call at all."""
    stage = running(deleteCassandraCluster=False)
    stage.delete()
    assert not stage.has_parent()
    assert stage.writes() == []
    assert stage.child(HOME) is not None


def test_paused_deletion_waits() -> None:
    """A paused object deletes nothing, and says that it waits; it goes on when it is not paused any more."""
    stage = running()
    stage.change({"spec": {"paused": True}})
    stage.delete()
    stage.wait(60)
    assert deletes(stage) == []
    assert stage.has_parent()
    assert stage.status()["waitingFor"] == "spec.paused: nothing is deleted while it is true"
    stage.change({"spec": {"paused": False}})
    assert not stage.has_parent()


def test_child_of_a_removed_override_is_left() -> None:
    """The child of a member whose override was taken out is left alone, also by the cascade, with a warning."""
    stage = running()
    stage.change({"spec": {"override": {OTHER: None}}})
    assert stage.child(OTHER) is not None
    assert "OverrideRemoved" in stage.tape.reasons
    stage.delete()
    assert not stage.has_parent()
    assert stage.child(OTHER) is not None


def test_stale_deletion_mark_destroys_nothing() -> None:
    """A parent that is seen in the past, with a deletion mark, does not cost the children of the present one."""
    stage = running()
    informer = stage.home.informer_of(PARENTS)
    stage.home.server.before = lambda call: None
    old = stage.parent()
    informer.lagging = True
    stage.delete()
    informer.lagging = False
    # what the operator is shown: the old object with a mark, while the server has a new one
    stage.home.server.objects.clear()
    new = ring()
    stage.home.server.put(PARENTS, new)
    marked = old["metadata"] | {"deletionTimestamp": "2030-01-01T00:00:00Z", "resourceVersion": "999999"}
    informer.pending.clear()
    informer.hear(old | {"metadata": marked}, gone=False)
    stage.run()
    stage.wait(5, steps=5)
    assert deletes(stage) == []
    assert stage.child(OTHER) is not None


def test_child_that_was_replaced_is_not_deleted() -> None:
    """A live read before the delete finds that the child is another one, and leaves it."""
    stage = running()
    informer = stage.members[OTHER].informer_of(CHILDREN)
    informer.lagging = True
    server = stage.members[OTHER].server
    server.remove(CHILDREN, NAMESPACE, "demo")
    server.put(CHILDREN, {"metadata": {"name": "demo", "namespace": NAMESPACE}, "spec": {}})
    stage.delete()
    stage.wait(5, steps=5)
    assert [member for member, _ in deletes(stage)] == [HOME]
    assert stage.child(OTHER) is not None
    assert stage.has_parent()
    informer.lagging = False
    informer.deliver()
    stage.wait(5, steps=5)
    assert not stage.has_parent()
    assert stage.child(OTHER) is not None


def test_last_live_read_finds_a_child_that_the_cache_does_not_show() -> None:
    """A child that came back unseen keeps the parent: the cache's word that it is gone is not enough."""
    stage = running()
    child = stage.child(OTHER)
    assert child is not None
    server, informer = stage.members[OTHER].server, stage.members[OTHER].informer_of(CHILDREN)
    server.remove(CHILDREN, NAMESPACE, "demo")
    informer.lagging = True
    kept = {name: child["metadata"][name] for name in ("name", "namespace", "annotations")}
    server.put(CHILDREN, {"metadata": kept, "spec": child["spec"]})
    stage.queue.ready.clear()
    stage.delete()
    stage.wait(5, steps=5)
    assert stage.parent()["metadata"]["finalizers"] == [FINALIZER]
    informer.lagging = False
    informer.deliver()
    stage.wait(5, steps=5)
    assert not stage.has_parent()
    assert stage.child(OTHER) is None


def test_restart_in_the_middle_ends_the_same() -> None:
    """A new process goes on with a deletion where the last one was."""
    stage = running()
    hold(stage, OTHER)
    stage.delete()
    stage.restart()
    stage.run()
    assert stage.has_parent()
    release(stage, OTHER)
    assert not stage.has_parent()
