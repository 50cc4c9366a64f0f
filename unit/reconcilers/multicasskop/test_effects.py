"""What a change means: its path and values, whether pods restart, CassKop's word for it, and what is put back."""

from typing import Any

import pytest
from multicasskop.crds.names import RESTART as RESTART_ANNOTATION
from multicasskop.reconcilers.multicasskop.effects import (
    Change,
    Effect,
    action_of,
    changes,
    effect_of,
    restarted,
)
from multicasskop.reconcilers.multicasskop.facts import Child
from multicasskop.reconcilers.patch import merged

Json = dict[str, Any]
BEFORE: Json = {
    "cassandraImage": "cassandra:4.1.4",
    "nodesPerRacks": 2,
    "dataCapacity": "10Gi",
    "dataStorageClass": "fast",
    "configMapName": "one",
    "maxPodUnavailable": 1,
    "service": {"annotations": {"a": "b"}},
    "resources": {"limits": {"memory": "1024Mi"}},
    "envVars": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
    "config": {"cassandra-yaml": {"num_tokens": 16}},
    "topology": {"dc": [{"name": "dc1", "rack": [{"name": "r1"}, {"name": "r2"}]}]},
}
DC: Json = BEFORE["topology"]["dc"][0]


def child(spec: Json, *, seeds: tuple[str, ...] = ("s",), **annotations: str) -> Child:
    """A child with this spec."""
    metadata = {"name": "demo", "namespace": "ns", "annotations": annotations}
    return Child.of({"metadata": metadata, "spec": spec, "status": {"seedlist": list(seeds)}})


def change(**spec: Any) -> tuple[Change, ...]:  # noqa: ANN401  any field of a child's spec
    """The changes that a merge patch of the spec makes."""
    return changes(child(BEFORE), child(merged(BEFORE, spec)))


def dcs(*items: Json) -> Json:
    """A topology."""
    return {"dc": list(items)}


RESTART, SCALE, RESIZE, QUIET = Effect.RESTART, Effect.SCALE, Effect.RESIZE, Effect.QUIET
UPDATE, RESOURCES = "UpdateStatefulSet", "UpdateResources"
TOKENS: Json = {"cassandra-yaml": {"num_tokens": 8}}
ONE, OTHER = {"name": "A", "value": "1"}, {"name": "B", "value": "3"}


def limits(**amounts: str) -> Json:
    """A spec with these limits."""
    return {"resources": {"limits": amounts}}


def dc(*items: Json) -> Json:
    """A spec with this topology."""
    return {"topology": dcs(*items)}


CHANGES = [
    ("image", {"cassandraImage": "x"}, "cassandraImage", "replace", RESTART, "UpdateDockerImage"),
    ("config map", {"configMapName": "two"}, "configMapName", "replace", RESTART, "UpdateConfigMap"),
    ("removed", {"configMapName": None}, "configMapName", "remove", RESTART, "UpdateConfigMap"),
    ("memory", limits(memory="2Gi"), "resources.limits.memory", "replace", RESTART, RESOURCES),
    ("more cpu", limits(cpu="1"), "resources.limits.cpu", "add", RESTART, RESOURCES),
    ("bigger", {"dataCapacity": "20Gi"}, "dataCapacity", "replace", RESIZE, "StorageUpsize"),
    ("more nodes", {"nodesPerRacks": 3}, "nodesPerRacks", "replace", SCALE, "ScaleUp"),
    ("less nodes", {"nodesPerRacks": 1}, "nodesPerRacks", "replace", SCALE, "ScaleDown"),
    ("budget", {"maxPodUnavailable": 2}, "maxPodUnavailable", "replace", QUIET, ""),
    ("claims", {"deletePVC": True}, "deletePVC", "add", QUIET, ""),
    ("service", {"service": {"annotations": {"a": "c"}}}, "service.annotations.a", "replace", QUIET, ""),
    ("config", {"config": TOKENS}, "config.cassandra-yaml.num_tokens", "replace", RESTART, UPDATE),
    ("variable", {"envVars": [ONE, OTHER]}, "envVars[1]", "replace", RESTART, UPDATE),
    ("variable gone", {"envVars": [ONE]}, "envVars[1]", "remove", RESTART, UPDATE),
    ("datacenter", dc(DC, {"name": "dc2"}), "topology.dc[1]", "add", SCALE, "Initializing"),
    ("datacenter gone", dc({"name": "dc2"}), "topology.dc[0]", "add", SCALE, "Initializing"),
    ("dc nodes", dc({**DC, "nodesPerRacks": 1}), "topology.dc[0].nodesPerRacks", "add", SCALE, "ScaleUp"),
    ("dc emptied", dc({**DC, "nodesPerRacks": 0}), "topology.dc[0].nodesPerRacks", "add", SCALE, "ScaleDown"),
    ("dc label", dc({**DC, "labels": {"z": "1"}}), "topology.dc[0].labels.z", "add", RESTART, UPDATE),
]  # fmt: skip


@pytest.mark.parametrize(
    ("spec", "path", "op", "effect", "action"), [case[1:] for case in CHANGES], ids=[case[0] for case in CHANGES]
)
def test_change(spec: Json, path: str, op: str, effect: Effect, action: str) -> None:
    """A field that differs is told with its path, what happens to it, and what CassKop makes of it."""
    first = change(**spec)[0]
    assert (first.path, first.op, first.effect, first.action) == (f"spec.{path}", op, effect, action)


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"resources": {"limits": {"memory": "1Gi"}}}, id="another spelling"),
        pytest.param({"hardAntiAffinity": False, "autoPilot": None, "pod": {}}, id="zero and absent"),
    ],
)
def test_what_is_the_same_is_no_change(spec: Json) -> None:
    """Zero values, absent fields and other spellings of a quantity are no changes."""
    assert change(**spec) == ()


def test_seeds_and_annotations() -> None:
    """Other seeds restart pods, another order of them does not count, and an annotation is quiet; ours are not told."""
    old = child(BEFORE, seeds=("a", "b"), team="x")
    assert changes(old, child(BEFORE, seeds=("b", "a"), team="x")) == ()
    found = changes(old, child(BEFORE, seeds=("a",), team="y", **{"multicasskop.db.orange.com/owner": "z"}))
    assert [(item.path, item.effect) for item in found] == [
        ("metadata.annotations.team", Effect.QUIET),
        ("status.seedlist", Effect.RESTART),
    ]


def test_the_gravest_effect_counts() -> None:
    """All of a change comes to its gravest effect; a child that is made is a creation; nothing told is quiet."""
    assert effect_of(child(BEFORE), change(cassandraImage="x", maxPodUnavailable=2)) is Effect.RESTART
    assert effect_of(child(BEFORE), change(cassandraImage="x", nodesPerRacks=3)) is Effect.SCALE
    assert effect_of(child(BEFORE), ()) is Effect.QUIET
    assert effect_of(None, changes(None, child(BEFORE))) is Effect.CREATE


def test_nodes_that_restart() -> None:
    """All running nodes restart when something restarts pods, and none for a scale, a quiet change or a creation."""
    assert restarted(child(BEFORE), change(cassandraImage="x")) == 4
    assert restarted(child(BEFORE), change(nodesPerRacks=3)) == 0
    assert restarted(child(BEFORE), change(maxPodUnavailable=2)) == 0
    assert restarted(None, changes(None, child(BEFORE))) == 0


@pytest.mark.parametrize(
    ("spec", "action"),
    [
        pytest.param({"cassandraImage": "x", "resources": {"limits": {"cpu": "1"}}}, "UpdateResources", id="resources"),
        pytest.param({"cassandraImage": "x", "configMapName": "y"}, "UpdateDockerImage", id="image"),
        pytest.param({"cassandraImage": "x", "debug": True}, "UpdateDockerImage", id="something else"),
        pytest.param({}, "", id="nothing"),
    ],
)
def test_name_of_several_changes(spec: Json, action: str) -> None:
    """One restart carries several changes, and CassKop calls it by one of them."""
    assert action_of(change(**spec)) == action


def test_restart_is_a_change_of_its_own() -> None:
    """Triggers that are newly set are told as the value they are set for; one that stood there is not."""
    told: Any = {RESTART_ANNOTATION: "monday"}
    racks = [{"name": "r1", "rollingRestart": True}, {"name": "r2"}]
    after = merged(BEFORE, {"topology": {"dc": [{"name": "dc1", "rack": racks}]}})
    found = changes(child(BEFORE), child(after, **told))
    assert found == (Change("spec.restart", None, "monday", Effect.RESTART, "RollingRestart"),)
    assert (effect_of(child(BEFORE), found), restarted(child(BEFORE), found)) == (Effect.RESTART, 4)
    assert changes(child(after), child(after, **told)) == ()
