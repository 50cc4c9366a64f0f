"""The volumes of the pods and where they are mounted."""

from typing import Any

import pytest
from fakes.cassandra import container, generated, mounts, names, pod
from multicasskop.reconcilers.cassandracluster.statefulset.volumes import without_claims

Json = dict[str, Any]
EMPTY = ["bootstrap", "extra-lib", "tools", "log", "tmp"]
PERSISTENT: Json = {"dataCapacity": "1Gi", "dataStorageClass": "fast"}
LOGS: Json = {"name": "logs", "mountPath": "/var/log/cassandra", "pvcSpec": {"accessModes": ["ReadWriteOnce"]}}
BESIDE: Json = {"name": "gc", "mountPath": "/gc", "pvcSpec": {"accessModes": ["ReadWriteOnce"]}}
TAIL: Json = {"name": "tail", "image": "x", "volumeMounts": [{"name": "log", "mountPath": "/in", "readOnly": True}]}
CONFIG = {"/etc/cassandra": "bootstrap", "/extra-lib": "extra-lib"}
CASSANDRA = {**CONFIG, "/opt/bin": "tools", "/tmp": "tmp", "/var/log/cassandra": "log"}  # noqa: S108
BACKUPS = {**CONFIG, "/tmp": "tmp"}  # noqa: S108
DATA = {"/var/lib/cassandra": "data"}
SCRIPTS = {"name": "cassandra-config", "configMap": {"name": "scripts", "defaultMode": 0o755}}


@pytest.mark.parametrize(
    ("spec", "name", "expected"),
    [
        pytest.param({}, "base-config-builder", {"/bootstrap": "bootstrap"}, id="scenario 16: 1 for an init container"),
        pytest.param({}, "config-builder", {"/bootstrap": "bootstrap"}, id="scenario 16: 1 for the other"),
        pytest.param({}, "bootstrap", {**CONFIG, "/opt/bin": "tools"}, id="scenario 16: 3 for bootstrap"),
        pytest.param(
            {"configMapName": "scripts"},
            "bootstrap",
            {**CONFIG, "/opt/bin": "tools", "/configmap": "cassandra-config"},
            id="scenario 16: 4 with a ConfigMap",
        ),
        pytest.param(PERSISTENT, "cassandra", {**CASSANDRA, **DATA}, id="scenario 16: 6 for a persistent Cassandra"),
        pytest.param({}, "cassandra", CASSANDRA, id="5 for another one"),
        pytest.param({"storageConfigs": [BESIDE]}, "cassandra", {**CASSANDRA, "/gc": "gc"}, id="another storage"),
        pytest.param(
            {**PERSISTENT, "backRestSidecar": {"volumeMount": [{"name": "v", "mountPath": "/v"}]}},
            "backrest-sidecar",
            {"/v": "v", **BACKUPS, **DATA},
            id="scenario 19: 5 for backups",
        ),
        pytest.param({}, "backrest-sidecar", BACKUPS, id="3 for backups of what is not kept"),
    ],
)
def test_scenarios_16_19_mounts(spec: Json, name: str, expected: dict[str, str]) -> None:
    """Each container mounts what it needs, and nothing else."""
    assert mounts(container(generated(spec), name)) == expected


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param({}, EMPTY, id="those of each pod"),
        pytest.param({"configMapName": "scripts"}, [*EMPTY, "cassandra-config"], id="a ConfigMap"),
        pytest.param({"configMapName": ""}, EMPTY, id="no ConfigMap"),
        pytest.param({"storageConfigs": [LOGS]}, ["bootstrap", "extra-lib", "tools", "tmp"], id="a claim instead"),
    ],
)
def test_volumes(spec: Json, expected: list[str]) -> None:
    """A pod has its volumes, and the ConfigMap with its scripts ready to be run."""
    found = pod(generated(spec))["volumes"]
    assert names(found) == expected
    assert [each for each in found if "emptyDir" not in each] == [SCRIPTS] * ("cassandra-config" in expected)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param({}, [], id="nothing is kept"),
        pytest.param(PERSISTENT, ["data"], id="data"),
        pytest.param({**PERSISTENT, "storageConfigs": [BESIDE]}, ["data", "gc"], id="data and more"),
        pytest.param({"storageConfigs": [BESIDE]}, ["gc"], id="more without data"),
    ],
)
def test_claims(spec: Json, expected: list[str]) -> None:
    """Every storage has a claim; one without data is no reason to leave out the others that are mounted."""
    claims = generated(spec)["spec"]["volumeClaimTemplates"]
    assert [each["metadata"]["name"] for each in claims] == expected


def test_no_class_is_named_where_the_spec_has_none() -> None:
    """Without a class Kubernetes takes its default one; an empty one would mean something else."""
    (claim,) = generated({"dataCapacity": "1Gi"})["spec"]["volumeClaimTemplates"]
    assert "storageClassName" not in claim["spec"]


def test_a_claim_takes_the_place_of_a_volume() -> None:
    """A claim at the path of a volume replaces it: once for Cassandra, and in every other container."""
    found = generated({"storageConfigs": [LOGS], "sidecarConfigs": [TAIL]})
    assert mounts(container(found, "cassandra")) == {**CASSANDRA, "/var/log/cassandra": "logs"}
    assert len(container(found, "cassandra")["volumeMounts"]) == len(CASSANDRA)
    assert container(found, "tail")["volumeMounts"] == [{"name": "logs", "mountPath": "/in", "readOnly": True}]


def test_a_claim_for_what_is_configured_reaches_the_init_containers() -> None:
    """A claim in the place of a volume that init containers fill is filled by them."""
    config = {**LOGS, "mountPath": "/etc/cassandra"}
    found = generated({"storageConfigs": [config]})
    assert mounts(container(found, "base-config-builder")) == {"/bootstrap": "logs"}
    assert mounts(container(found, "bootstrap"))["/etc/cassandra"] == "logs"


@pytest.mark.parametrize("storage", [LOGS, BESIDE], ids=["in the place of a volume", "beside the volumes"])
def test_a_pod_without_its_claims(storage: Json) -> None:
    """Without the claims that cannot be had, a pod is the one of a spec that has none of them."""
    spec = pod(generated({**PERSISTENT, "storageConfigs": [storage]}))
    found = without_claims(spec, frozenset({"data", str(storage["name"])}))
    plain = pod(generated())
    assert sorted(names(found["volumes"])) == sorted(names(plain["volumes"]))
    for one, other in zip(found["containers"], plain["containers"], strict=True):
        assert mounts(one) == mounts(other)


def test_a_pod_that_has_its_claims() -> None:
    """Where no claim is missing, nothing is changed."""
    spec = pod(generated({**PERSISTENT, "storageConfigs": [LOGS]}))
    assert without_claims(spec, frozenset()) == spec
    assert mounts(without_claims(spec, frozenset({"gc"}))["containers"][0]) == mounts(spec["containers"][0])
