"""What the labels of pods ask for."""

import pytest
from fakes.operations import World, asked
from multicasskop.reconcilers.cassandracluster.jolokia.operations import (
    CleanupAll,
    RebuildFrom,
    RemoveAddress,
    UpgradeAllSstables,
)
from multicasskop.reconcilers.cassandracluster.wishes import Wish, rack_of, wishes

ZERO, ONE = "demo-dc1-rack1-0", "demo-dc1-rack1-1"


def wish(labels: dict[str, str], world: World | None = None) -> Wish:
    """What is read of a pod's labels."""
    given = world or World()
    given.label(ZERO, labels)
    facts = given.see()
    (found,) = wishes(facts, facts.racks[0])
    return found


@pytest.mark.parametrize(
    ("name", "argument", "work", "lost"),
    [
        pytest.param("cleanup", "", CleanupAll(3), "", id="cleanup"),
        pytest.param("upgradesstables", "", UpgradeAllSstables(), "", id="upgradesstables"),
        pytest.param("rebuild", "dc2", RebuildFrom("dc2"), "", id="rebuild"),
        pytest.param("remove", f"{ONE}_10.9.8.7", RemoveAddress("10.9.8.7"), ONE, id="pod and address"),
        pytest.param("remove", "_10.9.8.7", RemoveAddress("10.9.8.7"), "", id="address only"),
        pytest.param("remove", ONE, RemoveAddress("10.0.1.1"), ONE, id="pod that is there"),
        pytest.param("remove", "demo-dc1-rack1-7_::1", RemoveAddress("::1"), "demo-dc1-rack1-7", id="pod that is gone"),
    ],
)
def test_work(name: str, argument: str, work: object, lost: str) -> None:
    """Each operation becomes the work for the node, with the threads that the spec gives to clean-ups."""
    found = wish(asked(name, argument), World(spec={"keyspaceCleanupThreads": 3}))
    assert (found.name, found.work, found.lost, found.problem) == (name, work, lost, "")


@pytest.mark.parametrize(
    ("name", "argument", "problem"),
    [
        pytest.param("", "", "there is no operation ''", id="none"),
        pytest.param("compact", "", "there is no operation 'compact'", id="unknown"),
        pytest.param("decommission", "", "nodesPerRacks", id="decommission"),
        pytest.param("rebuild", "", "must name the datacenter", id="rebuild from nowhere"),
        pytest.param("remove", "", "must be the lost pod", id="remove nothing"),
        pytest.param("remove", "_", "must be the lost pod", id="remove an empty thing"),
        pytest.param("remove", "_here", "here is no IP address", id="no address"),
        pytest.param("remove", "demo-dc9-rack1-0", "is no pod of this cluster", id="pod of another"),
        pytest.param("remove", "demo-dc1-rack1-x", "is no pod of this cluster", id="no pod"),
        pytest.param("remove", ZERO, "does not remove itself", id="itself"),
        pytest.param("remove", "demo-dc1-rack1-7", "is not known", id="gone, without an address"),
    ],
)
def test_problem(name: str, argument: str, problem: str) -> None:
    """What cannot be understood is said, and not ignored."""
    found = wish(asked(name, argument))
    assert problem in found.problem
    assert found.work is None


@pytest.mark.parametrize(
    "labels",
    [
        pytest.param({}, id="none"),
        pytest.param(asked("cleanup", status="Manual"), id="left to a person"),
        pytest.param(asked("cleanup", status="Done"), id="done"),
        pytest.param(asked("cleanup", status="Error"), id="failed"),
        pytest.param(asked("cleanup", status="Paused"), id="paused"),
        pytest.param(asked("decommission", status="Ongoing"), id="of a scale-down"),
    ],
)
def test_no_wish(labels: dict[str, str]) -> None:
    """Labels that ask for nothing now are let be."""
    world = World()
    world.label(ZERO, labels)
    facts = world.see()
    assert wishes(facts, facts.racks[0]) == ()


def test_rack_of() -> None:
    """The rack of a pod is known by its name, whether the pod is there or not."""
    facts = World(racks=2).see()
    assert rack_of(facts, "demo-dc1-rack2-9") is facts.racks[1]
    assert rack_of(facts, "demo-dc1-rack3-0") is None
    assert rack_of(facts, "") is None
