"""The services and the disruption budget of a cluster, and how living ones are corrected."""

from typing import Any

import pytest
from fakes.cassandra import cluster
from fakes.patches import apply_merge_patch
from multicasskop.reconcilers.cassandracluster.corrections import correction
from multicasskop.reconcilers.cassandracluster.disruption import budget
from multicasskop.reconcilers.cassandracluster.services import is_headless, services

Json = dict[str, Any]
FOUND_BY = {"app": "cassandracluster", "cassandracluster": "demo"}
ANNOTATIONS = {"external-dns.alpha.kubernetes.io/hostname": "ring.example."}


def test_scenario_17_the_headless_service() -> None:
    """It has the cluster's labels and the annotations of the spec, and names each pod from its first moment on."""
    nodes, _ = services(cluster({"service": {"annotations": ANNOTATIONS}}, labels={"team": "a"}))
    owner = nodes["metadata"].pop("ownerReferences")
    assert nodes == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "demo",
            "namespace": "cassandra",
            "labels": {"team": "a", **FOUND_BY},
            "annotations": ANNOTATIONS,
        },
        "spec": {
            "type": "ClusterIP",
            "clusterIP": "None",
            "ports": [{"name": "cql", "port": 9042, "protocol": "TCP"}],
            "selector": FOUND_BY,
            "publishNotReadyAddresses": True,
        },
    }
    assert [each["uid"] for each in owner] == ["u1"]


def test_the_service_of_the_metrics() -> None:
    """It is told from the other by its name and one more label, by which it does not select."""
    _, metrics = services(cluster({"service": {"annotations": ANNOTATIONS}}))
    assert metrics["metadata"]["name"] == "demo-exporter-jmx"
    assert metrics["metadata"]["labels"] == {**FOUND_BY, "k8s-app": "exporter-cassandra-jmx"}
    assert "annotations" not in metrics["metadata"]
    assert metrics["spec"]["ports"] == [{"name": "promjmx", "port": 9500, "protocol": "TCP"}]
    assert metrics["spec"]["selector"] == FOUND_BY
    assert "publishNotReadyAddresses" not in metrics["spec"]


@pytest.mark.parametrize(("address", "expected"), [("None", True), ("10.0.0.1", False)])
def test_headless(address: str, expected: bool) -> None:
    """A service with an address of its own names no pods."""
    assert is_headless({"spec": {"clusterIP": address}}) is expected


@pytest.mark.parametrize(
    ("spec", "most"),
    [pytest.param({}, 1, id="by default"), pytest.param({"maxPodUnavailable": 2}, 2, id="as the spec says")],
)
def test_the_budget(spec: Json, most: int) -> None:
    """The budget covers all pods of the cluster, those of every rack."""
    found = budget(cluster(spec, labels={"team": "a"}))
    assert found["apiVersion"] == "policy/v1"
    assert found["metadata"]["name"] == "demo"
    assert found["metadata"]["labels"] == {"team": "a", **FOUND_BY}
    assert found["spec"] == {"maxUnavailable": most, "selector": {"matchLabels": FOUND_BY}}


SERVICE: Json = {
    "metadata": {"labels": {**FOUND_BY, "other": "x"}, "annotations": {"tool": "y"}},
    "spec": {
        "clusterIP": "None",
        "type": "ClusterIP",
        "ports": [{"name": "cql", "port": 9042, "protocol": "TCP", "targetPort": 9042}],
        "selector": FOUND_BY,
        "publishNotReadyAddresses": True,
    },
}
BUDGET: Json = {
    "metadata": {"labels": FOUND_BY},
    "spec": {"maxUnavailable": 1, "selector": {"matchLabels": FOUND_BY}},
}

NARROW: Json = {"matchLabels": {**FOUND_BY, "team": "a"}, "matchExpressions": [{"key": "x"}]}


def with_spec(live: Json, **fields: object) -> Json:
    """The object with another value for these fields of its spec; None takes one away."""
    spec = {key: value for key, value in {**live["spec"], **fields}.items() if value is not None}
    return {**live, "spec": spec}


@pytest.mark.parametrize(
    ("live", "patch"),
    [
        pytest.param(SERVICE, {}, id="what others added"),
        pytest.param(with_spec(SERVICE, clusterIP="10.0.0.1"), {}, id="an address that cannot be changed"),
        pytest.param(
            with_spec(SERVICE, publishNotReadyAddresses=None), {"publishNotReadyAddresses": True}, id="pods not ready"
        ),
        pytest.param(
            with_spec(SERVICE, selector={**FOUND_BY, "a": "b", "app": "x"}),
            {"selector": {"app": "cassandracluster", "a": None}},
            id="another selector",
        ),
        pytest.param(with_spec(SERVICE, selector=None), {"selector": FOUND_BY}, id="no selector"),
    ],
)
def test_corrections_of_a_service(live: Json, patch: Json) -> None:
    """Only what differs is written, and the selector is exactly ours afterwards."""
    wanted, _ = services(cluster())
    found = correction(live, wanted)
    assert found == ({"spec": patch} if patch else None)
    assert correction(apply_merge_patch(live, found or {}), wanted) is None


def test_annotations_of_the_spec_reach_a_living_service() -> None:
    """A DNS zone that is given later is written, and annotations of others stay."""
    wanted, _ = services(cluster({"service": {"annotations": ANNOTATIONS}}, labels={"team": "a"}))
    assert correction(SERVICE, wanted) == {"metadata": {"labels": {"team": "a"}, "annotations": ANNOTATIONS}}


@pytest.mark.parametrize(
    ("live", "patch"),
    [
        pytest.param(BUDGET, {}, id="nothing to do"),
        pytest.param(with_spec(BUDGET, maxUnavailable=0), {"maxUnavailable": 1}, id="another number"),
        pytest.param(
            with_spec(BUDGET, maxUnavailable=None, minAvailable=2),
            {"maxUnavailable": 1, "minAvailable": None},
            id="the other kind of number",
        ),
        pytest.param(
            with_spec(BUDGET, selector=NARROW),
            {"selector": {"matchLabels": {"team": None}, "matchExpressions": None}},
            id="another selector",
        ),
    ],
)
def test_corrections_of_a_budget(live: Json, patch: Json) -> None:
    """Only what differs is written, and what would contradict it is taken away."""
    found = correction(live, budget(cluster()))
    assert found == ({"spec": patch} if patch else None)
    assert correction(apply_merge_patch(live, found or {}), budget(cluster())) is None
