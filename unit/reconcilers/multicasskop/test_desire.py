"""What each child is to be."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.crds.multicasskop import MultiCasskopSpec, SeedMode
from multicasskop.informers.key import Key
from multicasskop.reconcilers.multicasskop.desire import (
    Datacenter,
    Desired,
    Rack,
    desire,
    desired_child,
    merged_children,
    normal_form,
    too_deep,
    topology,
)
from multicasskop.reconcilers.multicasskop.policy import Policy, rollout_order

Json = dict[str, Any]
PARENT = Key("ns", "demo")


def child(merged: Json, **policy: Any) -> Desired:  # noqa: ANN401  any field of the policy
    """What a merged child leads to."""
    return desired_child(PARENT, Policy(**policy), "c1", merged)


@pytest.mark.parametrize(
    ("merged", "key"),
    [
        pytest.param({}, Key("ns", "demo"), id="both from the parent"),
        pytest.param({"metadata": {"name": "own"}}, Key("ns", "own"), id="own name"),
        pytest.param(
            {"metadata": {"namespace": "there"}}, Key("ns", "demo"), id="another namespace is not for it to name"
        ),
        pytest.param({"metadata": {"name": ""}}, Key("ns", "demo"), id="an empty name is none"),
    ],
)
def test_key(merged: Json, key: Key) -> None:
    """Name and namespace are the parent's unless the merged child has its own."""
    assert child(merged).key == key


def test_namespace_by_configuration() -> None:
    """Only where the operator's own configuration allows it a child may name another namespace than its parent's."""
    merged = {"metadata": {"namespace": "there"}}
    assert desired_child(PARENT, Policy(), "c1", merged, allow_cross_namespace=True).key == Key("there", "demo")


@pytest.mark.parametrize(
    ("spec", "normal"),
    [
        pytest.param(
            {"resources": {"requests": {"cpu": "0.1", "memory": "131072Ki"}}},
            {"resources": {"requests": {"cpu": "100m", "memory": "128Mi"}}},
            id="quantities",
        ),
        pytest.param(
            {"resources": {"limits": {"cpu": 1}}}, {"resources": {"limits": {"cpu": "1"}}}, id="quantities as numbers"
        ),
        pytest.param(
            {"sidecarConfigs": [{"resources": {"limits": {"cpu": "0.5"}}}]},
            {"sidecarConfigs": [{"resources": {"limits": {"cpu": "500m"}}}]},
            id="quantities of sidecars",
        ),
        pytest.param(
            {"storageConfigs": [{"pvcSpec": {"resources": {"requests": {"storage": "1024Mi"}}}}]},
            {"storageConfigs": [{"pvcSpec": {"resources": {"requests": {"storage": "1Gi"}}}}]},
            id="quantities of claims",
        ),
        pytest.param(
            {"resources": {"requests": {"cpu": "many"}}},
            {"resources": {"requests": {"cpu": "many"}}},
            id="what is no quantity stays for the check",
        ),
        pytest.param({"dataCapacity": "1024Mi"}, {"dataCapacity": "1024Mi"}, id="capacities as they are"),
        pytest.param(
            {"config": {"resources": {"requests": {"cpu": "0.1"}}, "x": None}},
            {"config": {"resources": {"requests": {"cpu": "0.1"}}, "x": None}},
            id="free-form config as it is",
        ),
        pytest.param(
            {"unlockNextOperation": True, "topology": {"dc": [{"name": "a", "rack": [{"rollingRestart": True}]}]}},
            {"topology": {"dc": [{"name": "a", "rack": [{}]}]}},
            id="triggers are out",
        ),
        pytest.param({"autoUpdateSeedList": True, "a": 1}, {"a": 1}, id="autoUpdateSeedList is out"),
        pytest.param(
            {"a": None, "b": {"c": None}, "d": 0, "e": False}, {"b": {}, "d": 0, "e": False}, id="nulls are out"
        ),
    ],
)
def test_normal_form(spec: Json, normal: Json) -> None:
    """A spec is compared and sent in one spelling, without triggers and without what this operator owns."""
    before = deepcopy(spec)
    assert normal_form(spec) == normal
    assert spec == before


@given(st.dictionaries(st.text("ab", min_size=1, max_size=2), st.integers() | st.text("ab") | st.booleans()))
def test_normal_form_is_stable(spec: Json) -> None:
    """A spec in normal form stays as it is."""
    assert normal_form(normal_form(spec)) == normal_form(spec)


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        pytest.param({}, (Datacenter("dc1", (Rack("rack1", 1),)),), id="CassKop's defaults"),
        pytest.param({"nodesPerRacks": 3}, (Datacenter("dc1", (Rack("rack1", 3),)),), id="nodes of the spec"),
        pytest.param(
            {"nodesPerRacks": 3, "topology": {"dc": [{"name": "a", "nodesPerRacks": 0, "rack": [{"name": "r"}]}]}},
            (Datacenter("a", (Rack("r", 0),)),),
            id="a datacenter's own number counts, also zero",
        ),
        pytest.param(
            {"topology": {"dc": [{"name": "a"}, {"name": "b", "rack": [{"name": "x"}, {"name": "y"}]}]}},
            (Datacenter("a", (Rack("rack1", 1),)), Datacenter("b", (Rack("x", 1), Rack("y", 1)))),
            id="racks in order, one by default",
        ),
        pytest.param({"nodesPerRacks": 0}, (Datacenter("dc1", (Rack("rack1", 1),)),), id="zero means one"),
    ],
)
def test_topology(spec: Json, found: tuple[Datacenter, ...]) -> None:
    """The topology is read with the defaults that CassKop gives it."""
    assert topology(spec) == found


def test_nodes_are_added_up() -> None:
    """A child wants the nodes of all racks of all its datacenters."""
    racks = [{"name": "x"}, {"name": "y"}]
    dc = [{"name": "a", "rack": racks}, {"name": "b", "rack": racks, "nodesPerRacks": 1}]
    assert child({"spec": {"nodesPerRacks": 2, "topology": {"dc": dc}}}).nodes == 6


def test_05_reserved_labels_and_annotations_are_left_out() -> None:
    """Labels and annotations of Kubernetes, kubectl, CassKop and of our own are left out of a child."""
    names = (
        "multicasskop.db.orange.com/owner",
        "cassandraclusters.db.orange.com/last-applied-configuration",
        "kubectl.kubernetes.io/last-applied-configuration",
        "example.com/mine",
    )
    labels = {"a": "b", "c": None, "app": "x", "cassandracluster": "x", "k8s.io/x": "y"}
    found = child({"metadata": {"annotations": dict.fromkeys(names, "x"), "labels": labels}})
    assert found.annotations == {"example.com/mine": "x"}
    assert found.labels == {"a": "b"}


def test_hash_follows_what_is_wanted() -> None:
    """The hash changes with spec, annotations and name; not with labels, seeds or the order of keys."""
    spec = {"a": 1, "b": {"c": 2, "d": 3}}
    first = child({"spec": spec})
    assert child({"spec": {"b": {"d": 3, "c": 2}, "a": 1}, "status": {"seedlist": ["x"]}}).hash == first.hash
    assert child({"spec": spec, "metadata": {"labels": {"a": "b"}}}).hash == first.hash
    others: list[Json] = [{"spec": {"a": 2}}, {"spec": spec, "metadata": {"annotations": {"a": "b"}}}]
    others += [{"spec": spec, "metadata": {"name": "x"}}]
    assert len({first.hash, *(child(other).hash for other in others)}) == 4


@pytest.mark.parametrize(
    ("given_mode", "base", "mode"),
    [
        pytest.param({}, {}, SeedMode.AUTO, id="computed without a list"),
        pytest.param({}, {"status": {"seedlist": ["a"]}}, SeedMode.MANUAL, id="given with a list"),
        pytest.param({"mode": "Auto"}, {"status": {"seedlist": ["a"]}}, SeedMode.AUTO, id="computed when asked so"),
        pytest.param({"mode": "Manual"}, {}, SeedMode.MANUAL, id="given when asked so"),
    ],
)
def test_seed_mode(given_mode: Json, base: Json, mode: SeedMode) -> None:
    """Seeds are given where there is a list and nothing else is said, else computed."""
    spec = {"base": base, "override": {"c1": {}}, "seeds": given_mode}
    policy = Policy.of(MultiCasskopSpec.model_validate(spec))
    assert desire(PARENT, policy, merged_children(spec, policy, ["c1"])).seed_mode is mode


def test_status_beside_seeds_is_ignored() -> None:
    """Of the status of base only the seed list counts, without duplicates and in its order."""
    found = child({"status": {"phase": "Running", "seedlist": ["b", "a", "b"]}})
    assert found.seeds == ("b", "a")


@pytest.mark.parametrize(
    ("listed", "registered", "wanted", "order"),
    [
        pytest.param((), ("h", "a", "b"), "bah", ("h", "a", "b"), id="home first, then as registered"),
        pytest.param(("b",), ("h", "a", "b"), "bah", ("b", "h", "a"), id="listed ones before"),
        pytest.param(("x",), ("h", "a"), "ah", ("h", "a"), id="listed ones without override are no members"),
        pytest.param((), ("h",), "zyh", ("h", "y", "z"), id="unknown ones last, by name"),
        pytest.param((), ("h", "a"), "", (), id="none"),
    ],
)
def test_order(listed: tuple[str, ...], registered: tuple[str, ...], wanted: str, order: tuple[str, ...]) -> None:
    """Members stand in the order in which they are changed, each of them once."""
    assert rollout_order(listed, registered, dict.fromkeys(wanted)) == order


def test_depth_is_found_without_recursion() -> None:
    """Nesting is measured whatever its depth."""
    deep: Any = 1
    for _ in range(5000):
        deep = [{"a": deep}]
    assert too_deep(deep)
    assert not too_deep({"a": [{"b": 1}]})
