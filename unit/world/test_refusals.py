"""What CassKop refuses and puts back."""

from typing import Any

import pytest
from multicasskop.world.simulators.refusals import corrected

Json = dict[str, Any]


def dc(name: str, *names: str, **fields: object) -> Json:
    """A datacenter with these racks."""
    return {"name": name, "rack": [{"name": rack} for rack in names or ("r1",)], **fields}


def spec(*datacenters: Json, **fields: object) -> Json:
    """A spec."""
    return {"nodesPerRacks": 1, "topology": {"dc": list(datacenters or (dc("dc1"),))}, **fields}


ZERO = dc("dc2", nodesPerRacks=0)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(spec(), spec(), id="nothing changed"),
        pytest.param(spec(), spec(nodesPerRacks=3), id="more nodes"),
        pytest.param(spec(dataCapacity="1Gi"), spec(dataCapacity="2Gi"), id="more capacity"),
        pytest.param(spec(dataCapacity="1024Mi"), spec(dataCapacity="1Gi"), id="capacity respelled"),
        pytest.param(spec(), spec(dc("dc1"), dc("dc2")), id="a datacenter added"),
        pytest.param(spec(dc("dc1"), ZERO), spec(dc("dc1")), id="a datacenter of 0 nodes taken out"),
        pytest.param(spec(dc("dc1")), spec(dc("dc1", nodesPerRacks=0)), id="a datacenter scaled to 0"),
        pytest.param(spec(), spec(dc("dc1", labels={"a": "b"})), id="labels of a datacenter"),
        pytest.param(spec(dataStorageClass="fast"), spec(dataStorageClass="fast"), id="same class"),
    ],
)
def test_accepted(before: Json, after: Json) -> None:
    """These changes are CassKop's daily work."""
    assert corrected(before, after) is None


@pytest.mark.parametrize(
    ("before", "after", "asked"),
    [
        pytest.param(spec(dc("dc1"), dc("dc2")), spec(dc("dc1"), ZERO), "dc2", id="the one that loses its nodes"),
        pytest.param(spec(dc("dc1"), ZERO), spec(dc("dc1", nodesPerRacks=0), ZERO), "dc1", id="the first of two"),
    ],
)
def test_datacenter_that_keyspaces_replicate_to_keeps_its_nodes(before: Json, after: Json, asked: str) -> None:
    """A datacenter goes to 0 nodes only when no keyspace has replicas there; all others are not asked about."""
    assert corrected(before, after, replicated=lambda name: name == asked) == before
    assert corrected(before, after, replicated=lambda name: name != asked) is None


def test_only_the_first_empty_datacenter_is_asked_about() -> None:
    """The hole that CassKop leaves: behind a datacenter without nodes another one goes unasked."""
    before, after = spec(ZERO, dc("dc3")), spec(ZERO, dc("dc3", nodesPerRacks=0))
    assert corrected(before, after, replicated=lambda name: True) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(spec(), spec(nodesPerRacks=0), id="no nodes"),
        pytest.param(spec(dataCapacity="2Gi"), spec(dataCapacity="1Gi"), id="less capacity"),
        pytest.param(spec(dataStorageClass="fast"), spec(dataStorageClass="slow"), id="another class"),
        pytest.param(spec(dc("dc1")), spec(dc("dcA")), id="a datacenter renamed"),
        pytest.param(spec(dc("dc1", "r1")), spec(dc("dc1", "rA")), id="a rack renamed"),
        pytest.param(spec(dc("dc1", "r1")), spec(dc("dc1", "r1", "r2")), id="a rack added"),
        pytest.param(spec(dc("dc1", "r1", "r2")), spec(dc("dc1", "r1")), id="a rack taken out"),
        pytest.param(spec(dc("dc1"), dc("dc2")), spec(dc("dc1")), id="a datacenter with nodes taken out"),
        pytest.param(spec(dc("dc1"), ZERO, dc("dc3", nodesPerRacks=0)), spec(dc("dc1")), id="two datacenters at once"),
    ],
)
def test_refused(before: Json, after: Json) -> None:
    """These are put back to what they were."""
    assert corrected(before, after) == before


def test_datacenters_own_capacity_is_put_back() -> None:
    """The value of the datacenter is restored where it was the datacenter's."""
    before = spec(dc("dc1", dataCapacity="2Gi"), dc("dc2"), dataCapacity="1Gi")
    after = spec(dc("dc1", dataCapacity="1Gi"), dc("dc2"), dataCapacity="1Gi")
    assert corrected(before, after) == before


def test_other_changes_of_the_same_edit_stay() -> None:
    """Only what is refused is put back."""
    after = spec(nodesPerRacks=0, cassandraImage="cassandra:5")
    assert corrected(spec(cassandraImage="cassandra:4"), after) == spec(cassandraImage="cassandra:5")
    assert after["nodesPerRacks"] == 0


@pytest.mark.parametrize("path", ["spec.cassandraImage", "cassandraImage"])
def test_given_path_is_refused_too(path: str) -> None:
    """A path may be named whose changes are put back, others are accepted."""
    before, after = spec(cassandraImage="c:4"), spec(cassandraImage="c:5", debug=True)
    assert corrected(before, after, path) == spec(cassandraImage="c:4", debug=True)
    assert corrected(before, spec(cassandraImage="c:4", debug=True), path) is None


def test_given_path_may_be_deep_and_new() -> None:
    """A field that was not there goes again."""
    before, after = spec(), spec(pod={"annotations": {"a": "b"}})
    assert corrected(before, after, "pod.annotations") == spec(pod={})
