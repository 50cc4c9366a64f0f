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
