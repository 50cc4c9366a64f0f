"""Which nodes of Kubernetes take the pods."""

import pytest
from fakes.cassandra import dc, generated, pod, topology
from multicasskop.reconcilers.cassandracluster.statefulset.affinity import node_affinity, pod_anti_affinity

KEYS = ["a", "b", "c", "d", "e"]
LABELS = {"app": "cassandracluster", "cassandracluster": "demo"}
TERM = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": LABELS}}


@pytest.mark.parametrize("keys", [KEYS, KEYS[::-1]], ids=["sorted", "reversed"])
def test_scenario_13_node_affinity(keys: list[str]) -> None:
    """Five labels are one term with five expressions, sorted whatever their order was."""
    found = node_affinity({key: f"of {key}" for key in keys})
    (term,) = found["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert term == {"matchExpressions": [{"key": key, "operator": "In", "values": [f"of {key}"]} for key in KEYS]}


def test_no_labels_are_no_affinity() -> None:
    """Without labels any node will do."""
    assert node_affinity({}) == {}


def test_scenario_14_hard_anti_affinity() -> None:
    """Pods are never on one machine with others of exactly these labels."""
    assert pod_anti_affinity(LABELS, hard=True) == {"requiredDuringSchedulingIgnoredDuringExecution": [TERM]}


def test_soft_anti_affinity() -> None:
    """By default they are kept apart where that is possible."""
    weighted = {"weight": 100, "podAffinityTerm": TERM}
    assert pod_anti_affinity(LABELS, hard=False) == {"preferredDuringSchedulingIgnoredDuringExecution": [weighted]}


@pytest.mark.parametrize("hard", [True, False])
def test_d20_pods_are_kept_apart_by_what_never_changes(hard: bool) -> None:
    """Racks made under other labels of the cluster are kept apart, too; the datacenter's labels choose the nodes."""
    found = pod(generated({"hardAntiAffinity": hard, **topology(dc(labels={"site": "a"}))}))["affinity"]
    assert found == {
        "nodeAffinity": node_affinity({"site": "a"}),
        "podAntiAffinity": pod_anti_affinity(LABELS, hard=hard),
    }
