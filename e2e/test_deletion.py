"""The end of a MultiCasskop and of a member: what goes, in which order, who is waited for, and what is never lost."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from multicasskop.crds.names import FINALIZER, ORPHANS, PVC_FINALIZER, RELEASE
from multicasskop.world import accounts
from multicasskop.world.kinds import CASSANDRACLUSTERS, CONFIGMAPS, MULTICASSKOPS, NAMESPACES
from multicasskop.world.operators import ACCOUNT, HOME_RULES, Operator
from multicasskop.world.processes import wait_until
from multicasskop.world.recorder import Recorder
from multicasskop.world.scenario import child, condition, event, has_condition, parent, ready, ring, seeds
from multicasskop.world.simulators.casskop import CassKop
from multicasskop.world.simulators.modes import REPLICATES, Contract, Mode, SimulatorOptions
from multicasskop.world.world import World

pytestmark = pytest.mark.planes3

Json = dict[str, Any]
HOME, OTHER, THIRD = MEMBERS = ("k8s-cluster1", "k8s-cluster2", "k8s-cluster3")
QUICK = (
    "--probe-interval=300ms",
    "--dark-after=2s",
    "--lease-duration=3s",
    "--renew-deadline=2s",
    "--retry-period=500ms",
)
GO = SimulatorOptions(Mode.NORMAL, scale=0.02)
OWN = SimulatorOptions(Mode.NORMAL, Contract.OWN, scale=0.02)
ORPHAN = {"onDark": "Orphan", "deadline": "1s"}
DRAIN = {"onOverrideRemoved": "Drain"}
SETTLE = {"settle": "2s"}
PATIENCE = 30.0


class Play:
    """One MultiCasskop over three members, in a namespace of its own."""

    def __init__(self, world: World, namespace: str, recorder: Recorder, start: Callable[..., Operator]) -> None:
        self.world, self.namespace, self.recorder = world, namespace, recorder
        self.home = world.admin(HOME)
        self.operator = start(*QUICK)

    def begin(self, **spec: Any) -> None:  # noqa: ANN401  any field of the spec
        """Bring it to all members."""
        self.home.create(MULTICASSKOPS, self.namespace, ring("demo", MEMBERS, **spec))
        self.recorder.wait_for(ready(self.namespace, "demo"), PATIENCE)

    def child(self, member: str) -> Json | None:
        """The child in a member, seen past all faults."""
        return self.world.admin(member).find(CASSANDRACLUSTERS, self.namespace, "demo")

    def parent(self) -> Json | None:
        """The MultiCasskop."""
        return self.home.find(MULTICASSKOPS, self.namespace, "demo")

    def change(self, spec: Json, **annotations: str) -> None:
        """Change its spec or annotations."""
        body = {"spec": spec, "metadata": {"annotations": annotations}}
        self.home.patch(MULTICASSKOPS, self.namespace, "demo", body)

    def edit_child(self, member: str, body: Json) -> None:
        """Change a child by hand."""
        self.world.admin(member).patch(CASSANDRACLUSTERS, self.namespace, "demo", body)

    def delete(self) -> None:
        """Delete it."""
        self.home.delete(MULTICASSKOPS, self.namespace, "demo")

    def release(self, member: str) -> None:
        """Let it go without a member."""
        self.change({}, **{RELEASE: member})

    def records(self) -> list[Json]:
        """The records of what was left behind."""
        found = self.home.find(CONFIGMAPS, self.namespace, ORPHANS) or {}
        return [json.loads(text) for text in (found.get("data") or {}).values()]

    def gone(self) -> None:
        """Wait until it is gone."""
        self.recorder.wait_for(parent(self.namespace, "demo", "DELETED"), PATIENCE)

    def told(self, reason: str, text: str = "") -> None:
        """Wait for an event about it."""
        self.recorder.wait_for(event(self.namespace, "demo", reason, text), PATIENCE)

    def says(self, type_: str, status: str, reason: str = "") -> Json:
        """Wait for a condition of it, and return the object."""
        fits = has_condition(self.namespace, "demo", type_, status, reason)
        return self.recorder.wait_for(fits, PATIENCE).object

    @contextmanager
    def dark(self, member: str) -> Iterator[None]:
        """The operator's packets to a member vanish, until the end."""
        self.world.black_hole(member)
        try:
            self.says("MembersReachable", "False")
            yield
        finally:
            self.world.restore(member)

    def abandoned(self) -> Json:
        """Delete it while the third member is dark, by hand: what was left behind, and its record."""
        left = self.child(THIRD)
        assert left is not None
        self.delete()
        self.release(THIRD)
        self.gone()
        (record,) = self.records()
        assert record["uid"] == left["metadata"]["uid"]
        return left


@pytest.fixture
def play(world: World, namespace: str, recorder: Recorder, start_operator: Callable[..., Operator]) -> Play:
    """An operator over three members, and nothing for it to do yet."""
    return Play(world, namespace, recorder, start_operator)


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    assert wait_until(holds, PATIENCE)


# with the parent


def deletes(play: Play) -> list[tuple[str, str]]:
    """When the operator deleted a child in which member, as the API servers tell, the first one first."""
    user = f"system:serviceaccount:{play.namespace}:{ACCOUNT}"
    found = []
    for member in MEMBERS:
        for line in play.world.audit_log(member).read_text().splitlines():
            if '"verb":"delete"' in line and user in line and '"cassandraclusters"' in line:
                entry = json.loads(line)
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
        left = play.abandoned()
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
        left = play.abandoned()
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


# without an override


def nodes(play: Play, member: str) -> list[int | None]:
    """The nodes per rack that each datacenter of a child has of its own."""
    found = play.child(member) or {"spec": {}}
    return [dc.get("nodesPerRacks") for dc in found["spec"].get("topology", {}).get("dc", [])]


def state(play: Play, member: str) -> str:
    """What the status says of a member."""
    clusters = ((play.parent() or {}).get("status") or {}).get("clusters") or []
    return next((str(each["state"]) for each in clusters if each["name"] == member), "")


def test_retained_child_is_left_alone(play: Play, casskop: Callable[..., None]) -> None:
    """Without a policy the child of a member whose override was taken out stays, and is listed, the cascade too."""
    casskop()
    play.begin()
    before = play.child(THIRD)
    assert before is not None
    play.change({"override": {THIRD: None}})
    play.told("OverrideRemoved", "is kept")
    eventually(lambda: state(play, THIRD) == "Retained")
    eventually(lambda: condition(play.parent() or {}, "Ready").get("status") == "True")
    play.delete()
    play.gone()
    after = play.child(THIRD)
    assert after is not None
    assert after["metadata"]["generation"] == before["metadata"]["generation"]
    assert "deletionTimestamp" not in after["metadata"]


@pytest.mark.parametrize("contract", [GO, OWN], ids=["go", "own"])
def test_drained_member_leaves_the_ring_and_its_child_goes(
    play: Play, casskop: Callable[..., None], contract: SimulatorOptions
) -> None:
    """With Drain its seeds leave the others first, then its nodes, one after the other, then the child."""
    casskop(contract)
    play.begin(deletion=DRAIN, rollout=SETTLE)
    began = play.recorder.wait_for(child(play.namespace, "demo", THIRD)).at
    play.change({"override": {THIRD: None}})
    gone = play.recorder.wait_for(child(play.namespace, "demo", THIRD, "DELETED"), PATIENCE, after=began)
    history = [entry for entry in play.recorder.entries() if child(play.namespace, "demo", THIRD)(entry)]
    emptied = next(e for e in history if e.object["spec"]["topology"]["dc"][0].get("nodesPerRacks") == 0)
    assert any((e.object.get("status") or {}).get("lastClusterAction") == "ScaleDown" for e in history)
    for member in (HOME, OTHER):
        kept = seeds("demo", MEMBERS[:2])
        fits = child(play.namespace, "demo", member)
        told = play.recorder.wait_for(
            lambda e, fits=fits, kept=kept: fits(e) and (e.object.get("status") or {}).get("seedlist") == kept  # type: ignore[misc]
        )
        assert told.at < emptied.at < gone.at
    eventually(lambda: condition(play.parent() or {}, "Ready").get("status") == "True")
    assert state(play, THIRD) == ""


def test_refused_drain_is_told_and_goes_on_when_nothing_replicates_there(
    play: Play, casskop: Callable[..., None]
) -> None:
    """While keyspaces replicate to it CassKop puts the nodes back: nothing is deleted, and it says what to do."""
    casskop(OWN)
    play.begin(deletion=DRAIN, rollout=SETTLE)
    play.edit_child(THIRD, {"metadata": {"annotations": {REPLICATES: "dc3"}}})
    play.change({"override": {THIRD: None}})
    play.told("ChildRefused", "ALTER KEYSPACE")
    assert nodes(play, THIRD) == [None]
    play.edit_child(THIRD, {"metadata": {"annotations": {REPLICATES: None}}})
    play.operator.restart()  # which tries at once; else it does in five minutes
    play.recorder.wait_for(child(play.namespace, "demo", THIRD, "DELETED"), PATIENCE)


def test_override_put_back_while_draining_keeps_the_child(play: Play, casskop: Callable[..., None]) -> None:
    """A member that is wanted again while its nodes go gets them back, and its child is never deleted."""
    casskop(OWN, members=(HOME, OTHER))
    casskop(SimulatorOptions(Mode.NORMAL, Contract.OWN, scale=0.1), members=[THIRD])
    play.begin(deletion=DRAIN, rollout=SETTLE)
    override = ring("demo", MEMBERS)["spec"]["override"][THIRD]
    left = play.child(THIRD)
    assert left is not None
    play.change({"override": {THIRD: None}})
    eventually(lambda: nodes(play, THIRD) == [0])
    play.change({"override": {THIRD: override}})
    eventually(partial(is_whole, play))
    found = play.child(THIRD)
    assert found is not None
    assert found["metadata"]["uid"] == left["metadata"]["uid"]


def is_whole(play: Play) -> bool:
    """Whether all three members are Ready, the third with its node."""
    found = play.parent() or {}
    whole = (found.get("status") or {}).get("ready") == "3/3"
    return whole and nodes(play, THIRD) == [1] and condition(found, "Ready").get("status") == "True"
