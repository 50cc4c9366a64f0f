"""The world itself: what every other test stands on."""

from collections.abc import Callable

import pytest
from multicasskop.world import kubeconfig, oracles
from multicasskop.world.accounts import rule
from multicasskop.world.api import Api
from multicasskop.world.errors import ApiError
from multicasskop.world.kinds import CASSANDRACLUSTERS, NAMESPACES, PODS
from multicasskop.world.recorder import Entry, Recorder
from multicasskop.world.world import World

pytestmark = pytest.mark.planes

CHILD = {
    "apiVersion": "db.orange.com/v2",
    "kind": "CassandraCluster",
    "metadata": {"name": "demo"},
    "spec": {"nodesPerRacks": 2, "cassandraImage": "cassandra:4.1.5"},
}


def through_relay(world: World, member: str) -> Api:
    """A client as a user has it."""
    entry = kubeconfig.read(world.kubeconfig, member)
    return Api(member, entry.server, entry.authority, entry.token)


def test_each_member_is_a_cluster_of_its_own(world: World, namespace: str) -> None:
    """What is created in one member is not seen in the other."""
    here, there = (world.admin(member) for member in world.members)
    here.create(CASSANDRACLUSTERS, namespace, CHILD)
    assert there.items(CASSANDRACLUSTERS, namespace) == []


def test_kubeconfig_has_a_context_per_member(world: World) -> None:
    """The kubeconfig's contexts are named like the members and reach them with verified certificates."""
    for member in world.members:
        assert through_relay(world, member).get(NAMESPACES, "", "default")["metadata"]["name"] == "default"


def test_account_may_do_only_what_it_was_given(world: World, namespace: str) -> None:
    """A service account's token works for its rules and for nothing else."""
    member = world.members[0]
    entry = world.service_account(member, namespace, "reader", [rule("list", "pods")])
    api = Api(member, entry.server, entry.authority, entry.token)
    assert api.items(PODS, namespace) == []
    with pytest.raises(ApiError) as refused:
        api.items(CASSANDRACLUSTERS, namespace)
    assert refused.value.status == 403


@pytest.mark.parametrize("verb", ["stop", "pause", "black_hole"])
def test_member_fails_alone_and_comes_back(world: World, verb: str) -> None:
    """A member that was stopped, paused or cut off answers nobody, the other one does, and restore undoes it."""
    failed, other = world.members
    api = through_relay(world, failed)
    getattr(world, verb)(failed)
    try:
        with pytest.raises(ApiError):
            api.request("GET", "/livez", timeout=0.5)
        assert through_relay(world, other).request("GET", "/livez").body == b"ok"
    finally:
        world.restore(failed)
    assert api.request("GET", "/livez").body == b"ok"


def test_recorder_tells_what_happened_in_order(
    world: World, namespace: str, casskop: Callable[..., None], recorder: Recorder
) -> None:
    """A child goes from nothing to Running and Done, and the oracles find the two members' order right."""
    casskop()
    for member in world.members:
        world.admin(member).create(CASSANDRACLUSTERS, namespace, CHILD)
        recorder.wait_for(lambda entry, member=member: settled_in(entry, member, namespace))
    history = oracles.children(recorder.entries(), namespace, "demo")
    assert oracles.created_in_order(history, world.members) == ()
    assert oracles.created_once(history) == ()
    assert oracles.one_in_change(history) == ()


def settled_in(entry: Entry, member: str, namespace: str) -> bool:
    """Whether the entry shows a settled child of that member."""
    return (entry.member, entry.namespace) == (member, namespace) and oracles.is_settled(entry.object)
