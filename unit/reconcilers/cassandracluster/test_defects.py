"""Stories in which the Go CassKop went wrong, by the number of the defect or of the issue, from beginning to end."""

from typing import Any

import pytest
from fakes.kop_kubernetes import GONE
from fakes.kop_world import KopWorld

Json = dict[str, Any]
SETS, CLAIMS, BUDGETS, PODS = "statefulsets", "persistentvolumeclaims", "poddisruptionbudgets", "pods"


def racks(nodes: int) -> Json:
    """A datacenter of two racks with so many nodes each."""
    return {"dc": [{"name": "dc1", "nodesPerRacks": nodes, "rack": [{"name": "rack1"}, {"name": "rack2"}]}]}


def ring(nodes: int = 2, **spec: Any) -> KopWorld:  # noqa: ANN401 - any field of the spec
    """A cluster that runs."""
    world = KopWorld()
    world.submit({"cassandraImage": "cassandra:4.1.10", "dataCapacity": "1Gi", "topology": racks(nodes), **spec})
    world.settle()
    world.written.clear()
    return world


def runs(world: KopWorld) -> bool:
    """Whether all of it runs as it is asked for, and nothing was that must not be."""
    said = (world.status["phase"], world.status["lastClusterActionStatus"])
    return said == ("Running", "Done") and not world.broken


def names(world: KopWorld, plural: str) -> list[str]:
    """The objects of a kind."""
    return sorted(each["metadata"]["name"] for each in world.store.all(plural))


def valid(world: KopWorld) -> tuple[str, str]:
    """What is said of the spec: the reason and the message."""
    (found,) = (each for each in world.status["conditions"] if each["type"] == "Valid")
    return found["reason"], found["message"]


def test_d3_disruption_while_a_node_has_left_holds_up_nothing() -> None:
    """The budget allows no disruption in the very look in which the node is seen to have left: its rack shrinks."""
    world = ring()
    world.change({"topology": racks(1)})
    while not world.kubernetes.left:
        world.look()
    world.store.patch(
        BUDGETS, "demo", {"status": {"disruptionsAllowed": 0, "disruptedPods": {"demo-dc1-rack1-1": "now"}}}
    )
    world.settle()
    assert runs(world)
    assert world.replicas() == {"dc1-rack1": 1, "dc1-rack2": 1}


def test_d4_node_that_has_left_before_it_was_told_is_not_waited_for() -> None:
    """A decommission by hand, or of a CassKop that died before it said so, is taken as it is."""
    world = ring()
    (pod,) = (each for each in world.store.all(PODS) if each["metadata"]["name"] == "demo-dc1-rack1-1")
    world.kubernetes.modes[pod["metadata"]["uid"]] = GONE
    world.kubernetes.left.add("demo-dc1-rack1-1")
    world.change({"topology": racks(1)})
    world.settle()
    assert runs(world)
    assert not [each for each in world.written if each == "Run demo-dc1-rack1-1"]
    assert world.replicas() == {"dc1-rack1": 1, "dc1-rack2": 1}


def test_321_budget_is_changed_in_place() -> None:
    """`maxPodUnavailable` up and down again: the budget is the same object, and never away."""
    world = ring(maxPodUnavailable=4)
    (before,) = world.store.all(BUDGETS)
    for wanted in (1, 4):
        world.change({"maxPodUnavailable": wanted})
        world.settle()
        (found,) = world.store.all(BUDGETS)
        assert (found["spec"]["maxUnavailable"], found["metadata"]["uid"]) == (wanted, before["metadata"]["uid"])
    assert not [each for each in world.written if each.startswith(("Create", "Delete"))]


def test_342_no_nodes_after_fewer_that_nobody_saw_takes_no_node() -> None:
    """From two nodes to one and, before anybody looked, to none: the last is refused, said, and no node leaves."""
    world = ring(nodesPerRacks=2, topology={"dc": [{"name": "dc1", "rack": [{"name": "rack1"}]}]})
    world.change({"nodesPerRacks": 1})
    world.change({"nodesPerRacks": 0})
    world.settle()
    reason, message = valid(world)
    assert reason == "ChangeRefused"
    assert message.startswith("spec.nodesPerRacks: 2 -> 0 is refused")
    assert not world.kubernetes.left
    world.change({"nodesPerRacks": 1})
    world.settle()
    assert runs(world)
    assert world.replicas() == {"dc1-rack1": 1}


@pytest.mark.parametrize("later", [0, 1, 2], ids=["before the size", "after the size", "after the status"])
def test_370_killed_between_the_size_and_the_status(later: int) -> None:
    """The next CassKop takes the claim away, ends the action, and does what is asked for then."""
    reference = ring()
    reference.change({"topology": racks(1)})
    reference.settle()
    size = reference.written.index("Patch demo-dc1-rack1")
    world = ring()
    world.crash = size + later
    world.change({"topology": racks(1)})
    world.settle()
    assert runs(world)
    assert names(world, CLAIMS) == ["data-demo-dc1-rack1-0", "data-demo-dc1-rack2-0"]
    world.change({"cassandraImage": "cassandra:4.1.11"})
    world.settle()
    assert set(world.actions().values()) == {("UpdateDockerImage", "Done")}
