"""Names and labels of what belongs to a CassandraCluster."""

import pytest
from fakes.cassandra import bare
from multicasskop.reconcilers.cassandracluster.naming import (
    Rack,
    claim_name,
    cluster_labels,
    head,
    owner_reference,
    pod_name,
    rack_labels,
    rack_selector,
    selector,
    statefulset_name,
)

RACK = Rack("dc1", "rack2")
FOUND_BY = {"app": "cassandracluster", "cassandracluster": "demo"}


def test_names() -> None:
    """The names of a rack's set, of its pods and of their claims are built on each other."""
    assert RACK.id == "dc1-rack2"
    assert statefulset_name("demo", RACK) == "demo-dc1-rack2"
    assert pod_name("demo", RACK, 10) == "demo-dc1-rack2-10"
    assert claim_name("gc-logs", "demo", RACK, 0) == "gc-logs-demo-dc1-rack2-0"


@pytest.mark.parametrize(
    ("rack", "valid"),
    [
        pytest.param(Rack("online", "rack1"), True, id="scenario 12, valid"),
        pytest.param(Rack("online", "Rack1"), False, id="scenario 12, a capital"),
        pytest.param(Rack("1a", "rack1"), False, id="begins with a number"),
        pytest.param(Rack("dc1", "rack1\n"), False, id="a line break"),
        pytest.param(Rack("dc1", ""), False, id="nothing after the dash"),
    ],
)
def test_scenario_12_ids(rack: Rack, valid: bool) -> None:
    """An id is valid if Kubernetes takes it as a name."""
    assert rack.valid is valid


def test_labels() -> None:
    """Labels of the cluster are passed on, and cannot take the place of those that objects are found by."""
    meta = bare(labels={"team": "a", "app": "mine", "dc-rack": "x"}).metadata
    assert cluster_labels(meta) == {"team": "a", "dc-rack": "x", **FOUND_BY}
    assert rack_labels(meta, RACK) == {
        "team": "a",
        **FOUND_BY,
        "dc-rack": "dc1-rack2",
        "cassandraclusters.db.orange.com.dc": "dc1",
        "cassandraclusters.db.orange.com.rack": "rack2",
    }


def test_d20_nothing_is_found_by_labels_of_the_cluster() -> None:
    """Selectors hold the cluster's and the rack's name, and nothing that people may change."""
    assert selector("demo") == FOUND_BY
    assert rack_selector("demo", RACK) == {**FOUND_BY, "dc-rack": "dc1-rack2"}


def test_owner() -> None:
    """What belongs to a cluster goes with it: the cluster is its one controller, by UID."""
    reference = owner_reference(bare())
    assert reference == {
        "apiVersion": "db.orange.com/v2",
        "kind": "CassandraCluster",
        "name": "demo",
        "uid": "u1",
        "controller": True,
    }
    assert head(bare(), "x", {"a": "b"}) == {
        "name": "x",
        "namespace": "cassandra",
        "labels": {"a": "b"},
        "ownerReferences": [reference],
    }
