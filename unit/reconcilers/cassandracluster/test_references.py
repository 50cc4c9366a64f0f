"""What a spec refers to, and what is said of references that lead nowhere."""

from dataclasses import replace
from typing import Any

import pytest
from fakes.cassandra import cluster, dc, topology
from fakes.spec_change import changed_spec
from multicasskop.reconcilers.cassandracluster.facts import Facts
from multicasskop.reconcilers.cassandracluster.references import LOGIN, Found, Thing, missing, references
from multicasskop.reconcilers.cassandracluster.sets import Claim

Json = dict[str, Any]
ACCOUNT = Thing("ServiceAccount", "cassandra-cluster-node")
CLASS = {"dataCapacity": "1Gi", "dataStorageClass": "fast"}
FAST, SLOW = Thing("StorageClass", "fast"), Thing("StorageClass", "slow")
ENV = [
    {"name": "A", "value": "plain"},
    {"name": "B", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "b"}}},
    {"name": "C", "valueFrom": {"configMapKeyRef": {"name": "more", "key": "c", "optional": True}}},
    {"name": "D", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
]
SIDECAR = {
    "name": "s",
    "env": [{"name": "E", "valueFrom": {"configMapKeyRef": {"name": "given", "key": "e"}}}, "odd"],
    "envFrom": [{"configMapRef": {"name": "all"}}, {"secretRef": {"name": "may", "optional": True}}, {"secretRef": 1}],
}


@pytest.mark.parametrize(
    ("spec", "path", "thing", "keys"),
    [
        pytest.param({}, "spec.serviceAccountName", ACCOUNT, (), id="the account by default"),
        pytest.param({"configMapName": "c"}, "spec.configMapName", Thing("ConfigMap", "c"), (), id="scripts"),
        pytest.param(
            {"imagePullSecret": {"name": "p"}}, "spec.imagePullSecret.name", Thing("Secret", "p"), (), id="pulling"
        ),
        pytest.param(
            {"imageJolokiaSecret": {"name": "j"}},
            "spec.imageJolokiaSecret.name",
            Thing("Secret", "j"),
            LOGIN,
            id="login",
        ),
        pytest.param(
            {"envVars": ENV}, "spec.envVars[1].valueFrom.secretKeyRef", Thing("Secret", "keys"), ("b",), id="variable"
        ),
        pytest.param(
            {"backRestSidecar": {"envVars": ENV}},
            "spec.backRestSidecar.envVars[1].valueFrom.secretKeyRef",
            Thing("Secret", "keys"),
            ("b",),
            id="variable for backups",
        ),
        pytest.param(
            {"sidecarConfigs": [SIDECAR]},
            "spec.sidecarConfigs[0].env[0].valueFrom.configMapKeyRef",
            Thing("ConfigMap", "given"),
            ("e",),
            id="variable of a sidecar",
        ),
        pytest.param(
            {"sidecarConfigs": [SIDECAR]},
            "spec.sidecarConfigs[0].envFrom[0].configMapRef",
            Thing("ConfigMap", "all"),
            (),
            id="all variables of a sidecar",
        ),
        pytest.param(CLASS, "spec.dataStorageClass", FAST, (), id="class"),
        pytest.param(
            CLASS | topology(dc(), dc("dc2", dataStorageClass="slow")),
            "spec.topology.dc[1].dataStorageClass",
            SLOW,
            (),
            id="class of a datacenter",
        ),
        pytest.param(
            {"storageConfigs": [{"name": "logs", "mountPath": "/l", "pvcSpec": {"storageClassName": "slow"}}]},
            "spec.storageConfigs[0].pvcSpec.storageClassName",
            SLOW,
            (),
            id="class of another volume",
        ),
    ],
)
def test_references(spec: Json, path: str, thing: Thing, keys: tuple[str, ...]) -> None:
    """Each place that names an object is known, with the keys that are needed of it."""
    found = {each.path: each for each in references(cluster(spec))}
    assert (found[path].thing, found[path].keys) == (thing, frozenset(keys))
    facts = changed_spec(spec, spec)
    assert any(
        each.startswith(f"{path}: {thing.kind} {thing.name} is not there; ") for each in missing(facts, {thing: None})
    )


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({"configMapName": "", "imagePullSecret": {}, "imageJolokiaSecret": {}}, id="empty"),
        pytest.param({"envVars": [ENV[0], ENV[2], ENV[3]]}, id="nothing that must be there"),
        pytest.param({"dataStorageClass": "fast"}, id="a class and no volumes"),
        pytest.param({"sidecarConfigs": [{"name": "s"}]}, id="a sidecar without variables"),
    ],
)
def test_no_references(spec: Json) -> None:
    """What names nothing, or what may be missing, is no reference."""
    assert [each.thing for each in references(cluster(spec))] == [ACCOUNT]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param({}, (), id="nobody may look"),
        pytest.param({Thing("Secret", "j"): LOGIN}, (), id="all there"),
        pytest.param(
            {Thing("Secret", "j"): frozenset({"password"})},
            ("spec.imageJolokiaSecret.name: Secret j has no key username; add it, or name another",),
            id="a key is missing",
        ),
        pytest.param(
            {Thing("Secret", "j"): None, ACCOUNT: None},
            (
                "spec.imageJolokiaSecret.name: Secret j is not there; make it, or name another",
                "spec.serviceAccountName: ServiceAccount cassandra-cluster-node is not there; make it, or name another",
            ),
            id="two are missing",
        ),
    ],
)
def test_missing(found: Found, expected: tuple[str, ...]) -> None:
    """What is known to be missing is said, in the order of the spec; of the rest nothing is said."""
    spec = {"imageJolokiaSecret": {"name": "j"}}
    assert missing(changed_spec(spec, spec), found) == expected


def claimed(facts: Facts, **fields: Any) -> Facts:  # noqa: ANN401
    """Every node of every rack has a claim."""
    racks = [
        replace(rack, claims=tuple(Claim(f"data-{n}", f"c{n}", "1", n, **fields) for n in range(rack.plan.nodes)))
        for rack in facts.racks
    ]
    return replace(facts, racks=tuple(racks))


def test_class_of_volumes_that_are_there() -> None:
    """A class that is gone is of no matter to volumes that exist; a claim that waits for one needs it."""
    facts = changed_spec(CLASS, CLASS, nodes={"dc1-rack1": 1})
    assert missing(claimed(facts, bound=True), {FAST: None}) == ()
    assert len(missing(claimed(facts, bound=False), {FAST: None})) == 1
    assert len(missing(facts, {FAST: None})) == 1


def test_class_of_a_datacenter_that_has_its_volumes() -> None:
    """A class is looked at for the datacenters that use it and no others."""
    spec = CLASS | topology(dc(), dc("dc2", dataStorageClass="slow"))
    facts = claimed(changed_spec(spec, spec), bound=True)
    lacking = replace(facts, racks=(facts.racks[0], replace(facts.racks[1], claims=())))
    assert [each.split(":")[0] for each in missing(lacking, {FAST: None, SLOW: None})] == [
        "spec.topology.dc[1].dataStorageClass"
    ]
