"""Racks of a topology, and the seeds that CassKop computes from them."""

import json
from typing import Any

import pytest
from multicasskop.crds.names import SEEDLIST
from multicasskop.world.simulators.modes import Contract
from multicasskop.world.simulators.seeds import own_seeds, wanted_seeds
from multicasskop.world.simulators.topology import racks

Json = dict[str, Any]


def dc(name: str, count: int, **fields: object) -> Json:
    """A datacenter with so many racks."""
    return {"name": name, "rack": [{"name": f"r{number + 1}"} for number in range(count)], **fields}


def spec(*datacenters: Json, nodes: int = 1) -> Json:
    """A spec with these datacenters."""
    return {"nodesPerRacks": nodes, "topology": {"dc": list(datacenters)}}


def test_without_topology_there_is_one_rack() -> None:
    """No topology means dc1 with rack1, no racks mean rack1."""
    assert [rack.id for rack in racks({})] == ["dc1-rack1"]
    assert [rack.id for rack in racks({"topology": {"dc": [{"name": "a"}]}})] == ["a-rack1"]


def test_datacenter_may_have_its_own_number_of_nodes() -> None:
    """A datacenter's number wins over that of the spec, 0 included."""
    found = racks(spec(dc("a", 1), dc("b", 1, nodesPerRacks=0), dc("c", 1, nodesPerRacks=5), nodes=2))
    assert [rack.nodes for rack in found] == [2, 0, 5]


@pytest.mark.parametrize(
    ("described", "pods"),
    [
        pytest.param({"nodesPerRacks": 8}, ["dc1-rack1-0", "dc1-rack1-1", "dc1-rack1-2"], id="no topology, 8 nodes"),
        pytest.param(spec(dc("a", 1)), ["a-r1-0"], id="one node"),
        pytest.param(spec(dc("a", 2), nodes=7), ["a-r1-0", "a-r1-1", "a-r2-0"], id="two racks of seven"),
        pytest.param(spec(dc("a", 2)), ["a-r1-0", "a-r2-0"], id="two racks of one"),
        pytest.param(
            spec(dc("a", 5), dc("b", 4)),
            ["a-r1-0", "a-r2-0", "a-r3-0", "b-r1-0", "b-r2-0", "b-r3-0"],
            id="two datacenters of many racks",
        ),
        pytest.param(
            spec(dc("a", 2, nodesPerRacks=6), dc("b", 2, nodesPerRacks=2)),
            ["a-r1-0", "a-r1-1", "a-r2-0", "b-r1-0", "b-r1-1", "b-r2-0"],
            id="two datacenters of two racks",
        ),
    ],
)
def test_own_seeds_are_three_pods_per_datacenter(described: Json, pods: list[str]) -> None:
    """At most three pods per datacenter, spread over its racks, in the order of the topology."""
    assert own_seeds("demo", "ns", described) == [f"demo-{pod}.demo.ns" for pod in pods]


def cluster(*, stored: list[str] | None = None, annotation: str | None = None, **fields: object) -> Json:
    """A CassandraCluster that was given seeds in one way or another."""
    annotations = {} if annotation is None else {SEEDLIST: annotation}
    return {
        "metadata": {"name": "demo", "namespace": "ns", "annotations": annotations},
        "spec": {**spec(dc("a", 1), nodes=2), **fields},
        "status": {} if stored is None else {"seedlist": stored},
    }


OWN = ["demo-a-r1-0.demo.ns", "demo-a-r1-1.demo.ns"]


@pytest.mark.parametrize(
    ("found", "contract", "seeds"),
    [
        pytest.param(cluster(), Contract.GO, OWN, id="none given"),
        pytest.param(cluster(stored=["x", "y"]), Contract.GO, ["x", "y"], id="status wins"),
        pytest.param(cluster(stored=["x"], annotation='["z"]'), Contract.GO, ["x"], id="Go knows no annotation"),
        pytest.param(cluster(stored=["x"], annotation='["z"]'), Contract.OWN, ["z"], id="annotation wins for our own"),
        pytest.param(cluster(annotation="a, b"), Contract.OWN, ["a", "b"], id="annotation as text"),
        pytest.param(
            cluster(stored=[OWN[1], "gone"], autoUpdateSeedList=True),
            Contract.GO,
            [OWN[1], OWN[0]],
            id="updated in place",
        ),
    ],
)
def test_seeds_come_from_who_may_give_them(found: Json, contract: Contract, seeds: list[str]) -> None:
    """Annotation, status, CassKop itself: in this order, as far as the contract knows them."""
    assert wanted_seeds(found, contract) == seeds


def test_annotation_is_json() -> None:
    """The annotation as the operator writes it."""
    assert wanted_seeds(cluster(annotation=json.dumps(["a", "b"])), Contract.OWN) == ["a", "b"]
