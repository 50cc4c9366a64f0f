"""The annotation with the spec that was last accepted."""

import json
from typing import Any

import pytest
from fakes.cassandra import bare, dc, topology
from fakes.go_casskop import go_cluster
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.crds.cassandracluster import CassandraCluster
from multicasskop.crds.names import LAST_APPLIED
from multicasskop.reconcilers.cassandracluster.accepted import accepted, annotation, is_kept
from multicasskop.world.simulators.golang import last_applied

Json = dict[str, Any]
GO = CassandraCluster.model_validate(go_cluster())
WHOLE = {"dataCapacity": "10Gi", "resources": {"requests": {"cpu": "0.1"}}, **topology(dc(nodesPerRacks=0))}


def noted(spec: Json, text: str) -> CassandraCluster:
    """A cluster with this text in its annotation."""
    return bare(spec, annotations={LAST_APPLIED: text})


def test_what_go_has_accepted_is_read() -> None:
    """Of a cluster of the Go CassKop the accepted spec is known, and that it is as it was accepted."""
    found = accepted(GO)
    assert found is not None
    assert found.spec == GO.spec
    assert found.metadata == GO.metadata
    assert is_kept(GO, found)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("{", id="no JSON"),
        pytest.param("[]", id="no object"),
        pytest.param("{}", id="no spec"),
        pytest.param('{"spec":null}', id="spec is null"),
        pytest.param('{"spec":{"nodesPerRacks":"many"}}', id="a value of another type"),
        pytest.param('{"spec":{"config":' + "[" * 5000 + "]" * 5000 + "}}", id="nested without end"),
        pytest.param('{"spec":{"serverVersion":"' + "x" * 600_000 + '"}}', id="without end"),
    ],
)
def test_garbled_is_nothing(text: str) -> None:
    """What cannot be read counts as nothing accepted yet, and is to be written anew."""
    found = accepted(noted({}, text))
    assert found is None
    assert not is_kept(noted({}, text), found)


def test_nothing_is_noted() -> None:
    """Before the first look nothing was accepted."""
    assert accepted(bare()) is None


def test_format() -> None:
    """The annotation holds the object without annotations, version and status; what is empty is not there."""
    given = bare(WHOLE, annotations={"a": "b"}, resourceVersion="7", generation=3, labels={"l": "1"})
    assert json.loads(annotation(given)) == {
        "kind": "CassandraCluster",
        "apiVersion": "db.orange.com/v2",
        "metadata": {
            "name": "demo",
            "namespace": "cassandra",
            "uid": "u1",
            "generation": 3,
            "labels": {"l": "1"},
            "creationTimestamp": None,
        },
        "spec": WHOLE,
        "status": {},
    }


@pytest.mark.parametrize(
    "spec", [{}, WHOLE, {"deletePVC": False, "dataStorageClass": ""}], ids=["bare", "whole", "zero"]
)
def test_round_trip(spec: Json) -> None:
    """What is written is read as the same spec, and then nothing is to be written any more."""
    found = accepted(noted(spec, annotation(bare(spec))))
    assert found is not None
    assert found.spec == bare(spec).spec
    assert is_kept(bare(spec), found)


SPECS = st.fixed_dictionaries(
    {},
    optional={
        "nodesPerRacks": st.integers(0, 3),
        "dataCapacity": st.sampled_from(["1Gi", "1024Mi"]),
        "resources": st.just({"limits": {"cpu": "0.1"}}),
        "unlockNextOperation": st.booleans(),
        "topology": st.just({"dc": [dc(nodesPerRacks=0)]}),
    },
)


@given(spec=SPECS)
def test_what_go_writes_is_kept_law(spec: Json) -> None:
    """Whatever spelling the Go CassKop has given a spec in its annotation, the spec counts as accepted."""
    text = last_applied(bare(spec).to_json() | {"kind": "CassandraCluster", "apiVersion": "db.orange.com/v2"})
    found = noted(spec, text)
    assert is_kept(found, accepted(found))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({}, {"cassandraImage": "cassandra:4"}, id="set"),
        pytest.param({"cassandraImage": "cassandra:4"}, {}, id="taken out"),
        pytest.param(topology(dc()), topology(dc(), dc("dc2")), id="a datacenter more"),
        pytest.param(topology(dc()), topology(dc(nodesPerRacks=0)), id="no node is not the usual number"),
        pytest.param(topology(dc(nodesPerRacks=0)), topology(dc()), id="the usual number is not no node"),
    ],
)
def test_change_is_to_be_written(before: Json, after: Json) -> None:
    """What means something else is not as it was accepted."""
    assert not is_kept(bare(after), accepted(noted(after, annotation(bare(before)))))
