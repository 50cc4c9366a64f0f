"""What is sent for each write, and what is refused because the world has moved on."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from fakes.clock import FakeClock
from fakes.deltas import advance
from fakes.server import FakeServer
from multicasskop.informers.client import Client
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import ApiError, is_conflict
from multicasskop.informers.key import Key
from multicasskop.informers.store import Store
from multicasskop.reconcilers.cassandracluster.act import Actor, NameTaken
from multicasskop.reconcilers.cassandracluster.jolokia.questions import Decommission
from multicasskop.reconcilers.cassandracluster.kinds import CLAIMS, STATEFULSETS
from multicasskop.reconcilers.cassandracluster.own_writes import OwnWrites
from multicasskop.reconcilers.cassandracluster.pods import Pod
from multicasskop.reconcilers.cassandracluster.scope import Scope
from multicasskop.reconcilers.cassandracluster.writes import Create, Delete, Edit, Guard, Patch, Run, Write

CLUSTER = Key("ns", "demo")
SET: dict[str, Any] = {"metadata": {"name": "demo-dc1-rack1", "namespace": "ns"}, "spec": {"replicas": 2}}
CLAIM: dict[str, Any] = {"metadata": {"name": "data-demo-dc1-rack1-1", "namespace": "ns"}, "spec": {}}


class Commands:
    """Remembers what nodes were to be told."""

    def __init__(self) -> None:
        self.orders: list[tuple[Key, Run]] = []

    def order(self, cluster: Key, run: Run) -> None:
        """Take an order."""
        self.orders.append((cluster, run))


class Rig:
    """An actor before a server in memory."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.server = FakeServer("k8s-cluster1", self.clock)
        self.own, self.commands = OwnWrites("k8s-cluster1", self.clock), Commands()
        self.actor = Actor(cast(Client, self.server), self.own, self.commands)

    def act(self, *writes: Write) -> None:
        """Carry out writes of the cluster `demo`."""
        self.actor.act(CLUSTER, writes, Deadline(self.clock, 60.0))

    def put(self, plural: str, obj: dict[str, Any]) -> tuple[str, str]:
        """Have an object on the server; return its UID and version."""
        found = self.server.put(plural, obj)["metadata"]
        return found["uid"], found["resourceVersion"]


@pytest.fixture
def rig() -> Rig:
    """An actor before an empty server."""
    return Rig()


def test_what_is_made_is_remembered_until_the_cache_shows_it(rig: Rig) -> None:
    """After a create the cache counts as behind, until it has seen the version that was answered."""
    key, cache = Key("ns", "demo-dc1-rack1"), Store()
    scope = cast(Scope, SimpleNamespace(informer=lambda resource, namespace: SimpleNamespace(store=cache)))
    cache.replace([], "10")
    rig.act(Create(STATEFULSETS, SET))
    assert not rig.own.shown(CLUSTER, scope)
    assert rig.own.shown(Key("ns", "other"), scope)
    made = rig.server.find("statefulsets", *key)
    assert made is not None
    advance(cache, made["metadata"]["resourceVersion"])
    assert rig.own.shown(CLUSTER, scope)


def test_object_that_is_there_already_is_left_alone(rig: Rig) -> None:
    """A create of what was made meanwhile is refused, and nothing after it is sent; our own shows in the cache soon."""
    ours = {**SET, "metadata": {**SET["metadata"], "ownerReferences": [{"uid": "u1"}]}}
    rig.put("statefulsets", ours)
    with pytest.raises(ApiError, match="already exists"):
        rig.act(Create(STATEFULSETS, ours), Create(STATEFULSETS, {**SET, "metadata": {"name": "other"}}))
    assert len(rig.server.writes) == 1


@pytest.mark.parametrize("owners", [[], [{"uid": "another"}]], ids=["nobody's", "another cluster's"])
def test_name_that_somebody_else_has_is_said(rig: Rig, owners: list[dict[str, str]]) -> None:
    """What stands there is not in the caches, which hold what carries our labels: a live read shows it."""
    rig.put("statefulsets", {**SET, "metadata": {**SET["metadata"], "ownerReferences": owners}})
    ours = {**SET, "metadata": {**SET["metadata"], "ownerReferences": [{"uid": "u1"}]}}
    with pytest.raises(NameTaken, match="StatefulSet ns/demo-dc1-rack1 is there, and belongs to somebody else"):
        rig.act(Create(STATEFULSETS, ours))


def test_patch_changes_what_was_compared(rig: Rig) -> None:
    """A patch of the right UID and version is merged."""
    uid, version = rig.put("statefulsets", SET)
    rig.act(Patch(STATEFULSETS, "demo-dc1-rack1", uid, {"spec": {"replicas": 1}}, version=version))
    found = rig.server.find("statefulsets", "ns", "demo-dc1-rack1")
    assert found is not None
    assert found["spec"]["replicas"] == 1


@pytest.mark.parametrize(
    ("uid", "version"),
    [
        pytest.param("another", "", id="made anew under the same name"),
        pytest.param("", "1", id="changed since"),
    ],
)
def test_patch_of_another_is_refused(rig: Rig, uid: str, version: str) -> None:
    """Neither a namesake nor a later version is changed by what was decided about another."""
    own, own_version = rig.put("statefulsets", SET)
    patch = {"spec": {"replicas": 1}}
    with pytest.raises(ApiError):
        rig.act(Patch(STATEFULSETS, "demo-dc1-rack1", uid or own, patch, version=version or own_version))
    found = rig.server.find("statefulsets", "ns", "demo-dc1-rack1")
    assert found is not None
    assert found["spec"]["replicas"] == 2


def test_edit_changes_one_place(rig: Rig) -> None:
    """Of the object that was compared one place is changed; of a namesake, or of a later version, nothing."""
    uid, version = rig.put("statefulsets", SET)
    change = {"op": "replace", "path": "/spec/replicas", "value": 1}
    for stale in (Edit(STATEFULSETS, "demo-dc1-rack1", "another", (change,)), _edit(uid, "1", change)):
        with pytest.raises(ApiError):
            rig.act(stale)
    rig.act(_edit(uid, version, change))
    found = rig.server.find("statefulsets", "ns", "demo-dc1-rack1")
    assert found is not None
    assert found["spec"]["replicas"] == 1


def _edit(uid: str, version: str, change: dict[str, Any]) -> Edit:
    return Edit(STATEFULSETS, "demo-dc1-rack1", uid, (change,), version=version)


def test_d21_claim_of_another_uid_is_kept(rig: Rig) -> None:
    """A claim that was made anew under the same name is not deleted (D21, #316)."""
    rig.put("persistentvolumeclaims", CLAIM)
    with pytest.raises(ApiError) as refused:
        rig.act(Delete(CLAIMS, CLAIM["metadata"]["name"], "of the one before"))
    assert is_conflict(refused.value)
    assert rig.server.find("persistentvolumeclaims", "ns", CLAIM["metadata"]["name"]) is not None


def test_claim_is_kept_when_its_guard_has_changed(rig: Rig) -> None:
    """A claim is deleted only while the StatefulSet, read live, is as it was when that was decided."""
    uid, version = rig.put("statefulsets", SET)
    claim, _ = rig.put("persistentvolumeclaims", CLAIM)
    rig.server.edit("statefulsets", "ns", "demo-dc1-rack1", {"spec": {"replicas": 3}})
    guard = Guard(STATEFULSETS, "demo-dc1-rack1", uid, version)
    with pytest.raises(ApiError, match="has changed since it was looked at") as refused:
        rig.act(Delete(CLAIMS, CLAIM["metadata"]["name"], claim, guards=(guard,)))
    assert is_conflict(refused.value)
    assert rig.server.find("persistentvolumeclaims", "ns", CLAIM["metadata"]["name"]) is not None


def test_claim_goes_when_its_guard_is_as_it_was(rig: Rig) -> None:
    """With the guard as it was seen the claim is deleted; that it is gone already is all right."""
    uid, version = rig.put("statefulsets", SET)
    claim, _ = rig.put("persistentvolumeclaims", CLAIM)
    guard = Guard(STATEFULSETS, "demo-dc1-rack1", uid, version)
    gone = Delete(CLAIMS, CLAIM["metadata"]["name"], claim, guards=(guard,))
    rig.act(gone)
    rig.act(gone)
    assert rig.server.find("persistentvolumeclaims", "ns", CLAIM["metadata"]["name"]) is None


@pytest.mark.parametrize(("orphan", "propagation"), [(True, "Orphan"), (False, "Background")])
def test_pods_outlive_a_statefulset_that_is_made_again(rig: Rig, orphan: bool, propagation: str) -> None:
    """What belongs to a deleted object stays exactly when that was asked for."""
    uid, version = rig.put("statefulsets", SET)
    rig.act(Delete(STATEFULSETS, "demo-dc1-rack1", uid, version, orphan=orphan))
    assert rig.server.writes[-1].body["propagation"] == propagation


def test_command_goes_to_the_node_and_not_to_the_server(rig: Rig) -> None:
    """A command is handed on with the cluster it belongs to."""
    run = Run(Pod("demo-dc1-rack1-1", "uid", 1, ip="127.0.0.9"), Decommission())
    rig.act(run)
    assert rig.commands.orders == [(CLUSTER, run)]
    assert rig.server.writes == []
