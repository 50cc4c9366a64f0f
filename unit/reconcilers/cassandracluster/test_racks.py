"""The racks that a cluster asks for."""

from typing import Any

import pytest
from fakes.cassandra import cluster, dc, plan, topology
from multicasskop.reconcilers.cassandracluster.racks import racks

Json = dict[str, Any]
LIMITS = {"limits": {"cpu": "1"}}
REQUESTS = {"requests": {"cpu": "2"}}


def test_racks_stand_in_topology_order() -> None:
    """Racks come datacenter by datacenter, as they are written."""
    found = racks(cluster(topology(dc("dc2", 2), dc("dc1"))))
    assert [each.rack.id for each in found] == ["dc2-rack1", "dc2-rack2", "dc1-rack1"]


@pytest.mark.parametrize(
    ("spec", "nodes"),
    [
        pytest.param({}, 1, id="nobody says"),
        pytest.param({"nodesPerRacks": 3}, 3, id="the cluster says"),
        pytest.param({"nodesPerRacks": 3, **topology(dc())}, 3, id="the datacenter does not say"),
        pytest.param({"nodesPerRacks": 3, **topology(dc(nodesPerRacks=2))}, 2, id="the datacenter says"),
        pytest.param({"nodesPerRacks": 3, **topology(dc(nodesPerRacks=0))}, 0, id="the datacenter says none"),
    ],
)
def test_scenario_11_nodes(spec: Json, nodes: int) -> None:
    """A datacenter's number of nodes wins over the cluster's, and zero counts."""
    assert plan(cluster(spec)).nodes == nodes


@pytest.mark.parametrize(
    ("spec", "capacity", "storage_class"),
    [
        pytest.param({}, "", "", id="nothing is kept"),
        pytest.param({"dataCapacity": "1Gi", "dataStorageClass": "slow"}, "1Gi", "slow", id="of the cluster"),
        pytest.param(
            {"dataCapacity": "3Gi", **topology(dc(dataCapacity="1Gi"))},
            "1Gi",
            "",
            id="D2: a smaller one of the datacenter",
        ),
        pytest.param(
            {"dataCapacity": "1Gi", **topology(dc(dataCapacity="3Gi"))},
            "3Gi",
            "",
            id="D5: a larger one of the datacenter",
        ),
        pytest.param(topology(dc(dataCapacity="1Gi")), "1Gi", "", id="D6: only of the datacenter"),
        pytest.param(
            {"dataCapacity": "1Gi", **topology(dc(dataStorageClass="fast"))},
            "1Gi",
            "fast",
            id="D6: a class without a capacity",
        ),
        pytest.param(
            {"dataCapacity": "1Gi", "dataStorageClass": "slow", **topology(dc(dataCapacity="3Gi"))},
            "3Gi",
            "slow",
            id="a capacity without a class",
        ),
    ],
)
def test_d2_d5_d6_storage(spec: Json, capacity: str, storage_class: str) -> None:
    """Capacity and class are each the datacenter's own where it has one, and the cluster's where not."""
    found = plan(cluster(spec))
    assert (found.capacity, found.storage_class) == (capacity, storage_class)


@pytest.mark.parametrize(
    ("spec", "resources"),
    [
        pytest.param({}, {}, id="nobody says"),
        pytest.param({"resources": LIMITS}, LIMITS, id="the cluster says"),
        pytest.param({"resources": LIMITS, **topology(dc(resources=REQUESTS))}, REQUESTS, id="the datacenter says"),
        pytest.param({"resources": LIMITS, **topology(dc(resources={}))}, LIMITS, id="the datacenter says nothing"),
        pytest.param({"resources": LIMITS, **topology(dc(resources={"limits": {}}))}, {"limits": {}}, id="no limits"),
    ],
)
def test_resources(spec: Json, resources: Json) -> None:
    """A datacenter that sets limits or requests has its own resources, both parts of them."""
    assert plan(cluster(spec, status={"phase": "Running"})).resources.to_json() == resources


def test_d9_resources_changed_with_a_new_datacenter() -> None:
    """Resources of the cluster hold for a datacenter that was added in the same edit."""
    found = cluster({"resources": REQUESTS, **topology(dc("dc1"), dc("dc2"))}, status={"phase": "Running"})
    assert plan(found, "dc2-rack1").resources.to_json() == REQUESTS


def test_scenario_15_labels() -> None:
    """The nodes' labels are those of the datacenter, overlaid by those of the rack; without any, every node will do."""
    rack = {"name": "rack1", "labels": {"disk": "nvme", "row": "7"}}
    spec = topology(dc(labels={"site": "a", "disk": "ssd"}) | {"rack": [rack]}, dc("dc2"))
    assert plan(cluster(spec)).labels == {"site": "a", "disk": "nvme", "row": "7"}
    assert plan(cluster(spec), "dc2-rack1").labels == {}
    assert plan(cluster()).labels == {}


def test_triggers() -> None:
    """Partition and restart are the rack's, and off when it says nothing."""
    rack = {"name": "rack1", "rollingPartition": 2, "rollingRestart": True}
    found = plan(cluster(topology(dc() | {"rack": [rack]})))
    assert (found.partition, found.restart) == (2, True)
    assert (plan(cluster()).partition, plan(cluster()).restart) == (0, False)
