"""What becomes of a node that is to leave the ring when people change their minds."""

from typing import Any

import pytest
from fakes.kop_kubernetes import NORMAL, PODS
from fakes.kop_world import KopWorld

Json = dict[str, Any]
LEAVER = "demo-dc1-rack1-1"
CLEANUP = {"operation-name": "cleanup", "operation-status": "ToDo"}


def topology(nodes: int) -> Json:
    """One rack of so many nodes."""
    return {"topology": {"dc": [{"name": "dc1", "nodesPerRacks": nodes, "rack": [{"name": "rack1"}]}]}}


def ring(*stubborn: str) -> KopWorld:
    """A ring of two nodes, of which one is to leave; some refuse what they are told."""
    world = KopWorld(stubborn={*stubborn})
    world.submit({"cassandraImage": "cassandra:4.1.10", "dataCapacity": "1Gi", **topology(2)})
    world.settle()
    world.change(topology(1))
    return world


def runs(world: KopWorld) -> bool:
    """Whether both nodes are in the ring, and nothing is due."""
    status = (world.status["phase"], world.status["lastClusterActionStatus"])
    modes = list(world.kubernetes.modes.values())
    return status == ("Running", "Done") and modes == [NORMAL, NORMAL] and not world.broken


def operation(world: KopWorld) -> Json:
    """The last operation on pods, as the status has it."""
    found: Json = world.status["cassandraRackStatus"]["dc1-rack1"]["podLastOperation"]
    return found


def labels(world: KopWorld, name: str) -> Json:
    """The labels of a pod."""
    found = world.store.find(PODS, name)
    assert found is not None
    return dict(found["metadata"]["labels"])


def test_node_that_has_begun_to_leave_leaves_and_comes_again() -> None:
    """A decommission cannot be stopped: when the node is wanted after all, a new one takes its place."""
    world = ring()
    while not world.kubernetes.left:
        world.look()
    world.change(topology(2))
    world.settle()
    assert runs(world)
    assert world.replicas() == {"dc1-rack1": 2}


def test_node_that_was_to_leave_and_refused_stays() -> None:
    """When it is wanted after all, that it failed is said, of the pod and in the status."""
    world = ring(LEAVER)
    world.settle()
    assert operation(world)["status"] == "Ongoing"
    world.change(topology(2))
    world.settle()
    assert runs(world)
    assert (operation(world)["status"], operation(world)["podsKO"]) == ("Done", [LEAVER])
    assert labels(world, LEAVER)["operation-status"] == "Error"


@pytest.mark.parametrize("looks", [1, 2, 3, 6], ids=lambda looks: f"after {looks} looks")
def test_operations_go_on_after_a_node_that_stays(looks: int) -> None:
    """However far it had got, an operation is done once then, and is over."""
    world = ring(LEAVER)
    for _ in range(looks):
        world.look()
    world.change(topology(2))
    world.settle()
    world.stubborn.clear()
    world.written.clear()
    world.store.patch(PODS, "demo-dc1-rack1-0", {"metadata": {"labels": CLEANUP}})
    world.settle()
    assert runs(world)
    assert labels(world, "demo-dc1-rack1-0")["operation-status"] == "Done"
    assert world.written.count("Run demo-dc1-rack1-0") == 1


def two_datacenters(nodes: int) -> Json:
    """One of one node, and one of two racks with so many nodes each."""
    racks = [{"name": "rack1"}, {"name": "rack2"}]
    given = (
        {"name": "dc1", "nodesPerRacks": 1, "rack": racks[:1]},
        {"name": "dc2", "nodesPerRacks": nodes, "rack": racks},
    )
    return {"topology": {"dc": [*given]}}


@pytest.fixture
def pair() -> KopWorld:
    """Two datacenters, each of which has the roles twice, and nothing else is in the second one."""
    world = KopWorld(roles=2)
    world.submit({"cassandraImage": "cassandra:4.1.10", "dataCapacity": "1Gi", **two_datacenters(2)})
    world.settle()
    return world


def test_datacenter_goes_although_the_roles_stay(pair: KopWorld) -> None:
    """The roles cannot be taken out of a datacenter that has nodes: what Cassandra makes of that is passed over."""
    pair.change(two_datacenters(0))
    pair.settle()
    assert pair.replicas() == {"dc1-rack1": 1, "dc2-rack1": 0, "dc2-rack2": 0}
    assert pair.status["phase"] == "Running"
    assert not pair.broken


def test_nodes_that_are_needed_for_the_roles_stay(pair: KopWorld) -> None:
    """Of a datacenter that keeps nodes, none leaves that Cassandra wants for its replicas."""
    pair.roles = 4
    pair.change(two_datacenters(1))
    pair.settle()
    assert pair.replicas()["dc2-rack1"] == 2
    assert "does not leave the ring" in pair.status["conditions"][0]["message"]


def test_keyspace_that_came_meanwhile_keeps_the_datacenter(pair: KopWorld) -> None:
    """What has data there when the next node is to leave is in the way, also if it came after the change was taken."""
    pair.change(two_datacenters(0))
    while not pair.kubernetes.left:
        pair.look()
    pair.replicated["dc2"] = "shop"
    pair.settle()
    assert len(pair.kubernetes.left) == 1
    assert "keyspace shop has replicas in dc2" in pair.status["conditions"][0]["message"]
    pair.replicated.clear()
    pair.settle()
    assert pair.replicas()["dc2-rack1"] == pair.replicas()["dc2-rack2"] == 0
