"""The end of a MultiCasskop: what goes, in which order, who is waited for, and what is left on record."""

import os
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from multicasskop.crds.names import FINALIZER, PVC_FINALIZER, RELEASE
from multicasskop.world import accounts
from multicasskop.world.accounts import ACCOUNT
from multicasskop.world.audit import account_of, entries
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS, NAMESPACES
from multicasskop.world.operators import HOME_RULES, Operator
from multicasskop.world.play import PATIENCE, QUICK, Play, eventually
from multicasskop.world.recorder import Recorder
from multicasskop.world.scenario import child, condition, parent, ready, ring
from multicasskop.world.simulators.casskop import CassKop
from multicasskop.world.simulators.modes import Mode, SimulatorOptions
from multicasskop.world.world import World

pytestmark = pytest.mark.planes3

Json = dict[str, Any]
HOME, OTHER, THIRD = MEMBERS = ("k8s-cluster1", "k8s-cluster2", "k8s-cluster3")
ORPHAN = {"onDark": "Orphan", "deadline": "1s"}


@pytest.fixture
def play(world: World, namespace: str, recorder: Recorder, start_operator: Callable[..., Operator]) -> Play:
    """An operator over three members, and nothing for it to do yet."""
    return Play(world, namespace, recorder, start_operator(*QUICK))


def abandoned(play: Play) -> Json:
    """Delete it while the third member is dark, by hand: what was left behind there, and is on record."""
    left = play.child(THIRD)
    assert left is not None
    play.delete()
    play.release(THIRD)
    play.gone()
    (record,) = play.records()
    assert record["uid"] == left["metadata"]["uid"]
    return left


def deletes(play: Play) -> list[tuple[str, str]]:
    """When the operator deleted a child in which member, as the API servers tell, the first one first."""
    user, found = account_of(play.namespace, ACCOUNT), []
    for member in MEMBERS:
        for entry in entries(play.world.audit_log(member), user, '"verb":"delete"', '"cassandraclusters"'):
            assert entry["responseStatus"]["code"] == 200
            found.append((entry["requestReceivedTimestamp"], member))
    return sorted(found, key=lambda each: datetime.fromisoformat(each[0]))


def test_children_go_in_reverse_order_one_request_each(play: Play, casskop: Callable[..., None]) -> None:
    """The last member's child is deleted first, the first one's last, each by one request; then the object goes."""
    casskop()
    play.begin()
    play.delete()
    play.gone()
    assert [play.child(member) for member in MEMBERS] == [None] * 3
    eventually(lambda: [member for _, member in deletes(play)] == [THIRD, OTHER, HOME])
    play.told("DeletionStarted")
    for member in MEMBERS:
        play.told("ChildDeleted", member)


def test_child_that_waits_for_its_claims_is_told_of(play: Play, casskop: Callable[..., None]) -> None:
    """Without a living CassKop a child with its finalizer stays, and the condition says so; paused, nothing goes."""
    casskop(members=(HOME, OTHER))
    mortal = CassKop(play.world.admin(THIRD), SimulatorOptions(Mode.INSTANT, namespace=play.namespace))
    mortal.start()
    play.begin()
    mortal.stop()
    play.edit_child(THIRD, {"metadata": {"finalizers": [PVC_FINALIZER]}})
    play.change({"paused": True})
    play.delete()
    play.says("Paused", "True")
    play.told("DeletionStarted")
    assert deletes(play) == []
    play.change({"paused": False})
    found = play.recorder.wait_for(
        lambda e: (
            parent(play.namespace, "demo")(e)
            and "take its claims away" in condition(e.object, "Ready").get("message", "")
        )
    )
    assert found.object["metadata"]["finalizers"] == [FINALIZER]
    assert f"{THIRD}: {play.namespace}/demo is being deleted" in condition(found.object, "Ready")["message"]
    play.edit_child(THIRD, {"metadata": {"finalizers": None}})
    play.gone()


def test_dark_member_is_waited_for(play: Play, casskop: Callable[..., None]) -> None:
    """By default a dark member keeps the finalizer, and the condition says so; when it is back all ends by itself."""
    casskop()
    play.begin()
    with play.dark(OTHER):
        play.delete()
        found = play.says("Degraded", "True", "DeletionBlocked")
        play.told("DeletionBlocked", f"{RELEASE}={OTHER}")
        eventually(lambda: play.child(HOME) is None and play.child(THIRD) is None)
        assert found["metadata"]["finalizers"] == [FINALIZER]
        assert play.child(OTHER) is not None
    play.gone()
    assert play.child(OTHER) is None
    assert play.records() == []


def test_orphan_is_recorded_after_the_deadline_and_swept_when_its_member_is_back(
    play: Play, casskop: Callable[..., None]
) -> None:
    """With Orphan the child of a stopped member goes on record, which outlives the operator, and is deleted later."""
    casskop()
    play.begin(deletion=ORPHAN)
    left = play.child(OTHER)
    assert left is not None
    play.world.stop(OTHER)
    try:
        play.delete()
        play.gone()
        play.told("OrphanRecorded", left["metadata"]["uid"])
        (record,) = play.records()
        assert (record["member"], record["namespace"], record["name"]) == (OTHER, play.namespace, "demo")
        assert f'multicasskop_orphans{{member="{OTHER}"}} 1.0' in play.operator.metrics()
        play.operator.kill()
        play.operator.start()
    finally:
        play.world.restore(OTHER)
    eventually(lambda: play.child(OTHER) is None and play.records() == [])
    play.told("OrphanSwept", OTHER)


def test_child_made_again_by_hand_is_left_alone(play: Play, casskop: Callable[..., None]) -> None:
    """Where another child of that name stands when the member is back, nothing is deleted, and an event says why."""
    casskop()
    play.begin()
    with play.dark(THIRD):
        left = abandoned(play)
        there = play.world.admin(THIRD)
        there.delete(CASSANDRACLUSTERS, play.namespace, "demo")
        made = there.create(
            CASSANDRACLUSTERS,
            play.namespace,
            {
                "apiVersion": "db.orange.com/v2",
                "kind": "CassandraCluster",
                "metadata": {"name": "demo", "annotations": left["metadata"]["annotations"]},
                "spec": left["spec"],
            },
        )
    play.told("OrphanKept", "another one")
    eventually(lambda: play.records() == [])
    found = play.child(THIRD)
    assert found is not None
    assert found["metadata"]["uid"] == made["metadata"]["uid"]
    assert "deletionTimestamp" not in found["metadata"]


def test_child_that_a_new_object_takes_over_is_left_alone(play: Play, casskop: Callable[..., None]) -> None:
    """Made again under the same name while the member is dark, the MultiCasskop finds its child there."""
    casskop()
    play.begin()
    with play.dark(THIRD):
        left = abandoned(play)
        again = ring("demo", MEMBERS)
        play.home.create(MULTICASSKOPS, play.namespace, again)
        play.recorder.wait_for(child(play.namespace, "demo", OTHER, "ADDED"), PATIENCE)
    eventually(lambda: play.records() == [])
    eventually(lambda: condition(play.parent() or {}, "Ready").get("status") == "True")
    found = play.child(THIRD)
    assert found is not None
    assert found["metadata"]["uid"] == left["metadata"]["uid"]


def test_flag_changed_in_the_middle_lets_go(play: Play, casskop: Callable[..., None]) -> None:
    """The cascade called off while a dark member is waited for: the object goes, the child there lives on."""
    casskop()
    play.begin()
    with play.dark(THIRD):
        play.delete()
        play.says("Degraded", "True", "DeletionBlocked")
        play.change({"deleteCassandraCluster": False})
        play.gone()
    play.home.create(MULTICASSKOPS, play.namespace, ring("later", MEMBERS))
    play.recorder.wait_for(ready(play.namespace, "later"), PATIENCE)
    assert play.records() == []
    found = play.child(THIRD)
    assert found is not None
    assert "deletionTimestamp" not in found["metadata"]


def test_namespace_deleted(
    world: World, namespace: str, recorder: Recorder, start_operator: Callable[..., Operator]
) -> None:
    """The object's namespace deleted in home takes the children of all members with it, and goes itself."""
    tenant = f"tenant-{os.urandom(3).hex()}"
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": tenant}}
    casskops = []
    for member in MEMBERS:
        admin = world.admin(member)
        admin.create(NAMESPACES, "", body)
        accounts.grant(admin, namespace, ACCOUNT, HOME_RULES, cluster_wide=True)
        casskops.append(CassKop(admin, SimulatorOptions(Mode.INSTANT, namespace=tenant)))
        casskops[-1].start()
    try:
        start_operator(*QUICK, WATCH_NAMESPACE=tenant)
        home = world.admin(HOME)
        home.create(MULTICASSKOPS, tenant, ring("demo", MEMBERS))
        recorder.wait_for(ready(tenant, "demo"), PATIENCE)
        home.delete(NAMESPACES, "", tenant)
        recorder.wait_for(parent(tenant, "demo", "DELETED"), PATIENCE)
        assert all(world.admin(member).items(CASSANDRACLUSTERS, tenant) == [] for member in MEMBERS)
        eventually(lambda: home.find(NAMESPACES, "", tenant) is None)
    finally:
        for casskop in casskops:
            casskop.stop()
        for member in MEMBERS[1:]:
            world.admin(member).delete(NAMESPACES, "", tenant)
