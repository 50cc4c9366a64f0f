"""What counts against a recorded history of racks, and what does not."""

from typing import Any

import pytest
from fakes.simulated import record
from msgspec.structs import replace
from multicasskop.world.cassandra.ring import DECOMMISSIONED, JOINING, LEAVING, NORMAL, REMOVED, Node
from multicasskop.world.kinds import CASSANDRACLUSTERS, CLAIMS, STATEFULSETS
from multicasskop.world.rack_oracles import History, judge
from multicasskop.world.recorder import Entry

Json = dict[str, Any]
RACK, POD = "demo-dc1-rack1", "demo-dc1-rack1-1"
CLUSTER, SETS, PVCS = CASSANDRACLUSTERS.plural, STATEFULSETS.plural, CLAIMS.plural
WALL = 1000.0


def entry(at: float, plural: str, name: str, type_: str = "MODIFIED", *, owner: str = "demo", **body: Json) -> Entry:
    """A version of an object of a cluster."""
    metadata = {"name": name, "namespace": "ns", "labels": {"cassandracluster": owner}, **body.pop("metadata", {})}
    return Entry(at, "c1", plural, type_, {"metadata": metadata, **body})


def rack(at: float, replicas: int, type_: str = "MODIFIED", **more: Any) -> Entry:  # noqa: ANN401 - as of entry
    """A version of the rack's StatefulSet."""
    return entry(at, SETS, RACK, type_, spec={"replicas": replicas}, **more)


def node(at: float, mode: str, seconds: float = 0.0, then: str = "") -> Node:
    """What the pod's node does from a moment of the recorder on."""
    return replace(record(1, mode, seconds=seconds, then=then), pod=f"ns/{POD}", at=at + WALL)


ENDING = {"deletionTimestamp": "2030-01-01T00:00:00Z"}
IN, OUT = (node(0, NORMAL),), (node(0, NORMAL), node(3, LEAVING, 1.0, DECOMMISSIONED))
SHRINKS, CLAIM_GOES = (rack(1, 2), rack(5, 1)), (rack(1, 2), entry(5, PVCS, f"data-{POD}", "DELETED"))
COMES_BACK = (rack(1, 2), rack(4, 2, "DELETED"), rack(5, 1, "ADDED"))
MARKED = (rack(1, 2), entry(4, PVCS, f"data-{POD}"), entry(5, PVCS, f"data-{POD}", metadata=ENDING))
GOING = entry(4, CLUSTER, "demo", metadata=ENDING)
SMALLER = f"{RACK} went from 2 to 1 while the node of {POD} was in the ring"
ROBBED = f"claim data-{POD} was deleted while the node of {POD} was in the ring"


@pytest.mark.parametrize(
    ("entries", "nodes", "says"),
    [
        pytest.param(SHRINKS, IN, (SMALLER,), id="shrinks with the node in the ring"),
        pytest.param(SHRINKS, (node(0, NORMAL), node(4.5, LEAVING, 9, DECOMMISSIONED)), (SMALLER,), id="leaves"),
        pytest.param(SHRINKS, (*OUT, node(4.5, JOINING, 9, NORMAL)), (SMALLER,), id="has joined again"),
        pytest.param(COMES_BACK, IN, (SMALLER,), id="comes back smaller"),
        pytest.param(CLAIM_GOES, IN, (ROBBED,), id="claim is deleted"),
        pytest.param(MARKED, IN, (ROBBED,), id="claim is to be deleted"),
        pytest.param((*SHRINKS, GOING), IN, (), id="the whole cluster goes"),
        pytest.param((*SHRINKS, entry(6, CLUSTER, "demo", metadata=ENDING)), IN, (SMALLER,), id="goes later"),
    ],
)
def test_what_counts_against_it(entries: tuple[Entry, ...], nodes: tuple[Node, ...], says: tuple[str, ...]) -> None:
    """A node that is in the ring keeps its pod and its claims, unless the whole cluster goes."""
    history = History("demo", sorted(entries, key=lambda each: each.at), nodes, WALL)
    assert judge(history) == says


@pytest.mark.parametrize(
    ("entries", "nodes"),
    [
        pytest.param((*SHRINKS, *CLAIM_GOES[1:]), OUT, id="decommissioned before"),
        pytest.param(SHRINKS, (node(0, NORMAL), node(2, REMOVED)), id="removed by another node"),
        pytest.param(SHRINKS, (), id="never was a node"),
        pytest.param((rack(1, 1), rack(5, 2)), IN, id="grows"),
        pytest.param((rack(1, 2), rack(5, 2)), IN, id="as large as before"),
        pytest.param((rack(1, 2, owner="demo-dc1"), rack(5, 1, owner="demo-dc1")), IN, id="a namesake's"),
        pytest.param((rack(1, 2), entry(5, PVCS, "data-other-1", "DELETED")), IN, id="a claim of no pod of ours"),
    ],
)
def test_what_does_not(entries: tuple[Entry, ...], nodes: tuple[Node, ...]) -> None:
    """A node that has left, or never came, needs neither."""
    assert judge(History("demo", entries, nodes, WALL)) == ()
