"""The StatefulSet of a rack as a whole."""

from typing import Any

import pytest
from fakes.cassandra import SEEDS, cluster, container, dc, generated, mounts, names, plan, pod, topology
from multicasskop.reconcilers.cassandracluster.statefulset import UnusableSpec, statefulset

Json = dict[str, Any]
FOUND_BY = {"app": "cassandracluster", "cassandracluster": "demo"}
LABELS = {
    **FOUND_BY,
    "dc-rack": "dc1-rack1",
    "cassandraclusters.db.orange.com.dc": "dc1",
    "cassandraclusters.db.orange.com.rack": "rack1",
}
LIMITS = {"limits": {"cpu": "3", "memory": "3Gi"}, "requests": {"cpu": "3", "memory": "3Gi"}}
BACKREST = {"limits": {"cpu": "2", "memory": "3Gi"}, "requests": {"cpu": "2", "memory": "3Gi"}}
STORAGE = {"name": "gc-logs", "mountPath": "/gc", "pvcSpec": {"resources": {"requests": {"storage": "200Mi"}}}}
SIDECAR = {
    "name": "logs",
    "image": "busybox",
    "args": ["tail", "-F"],
    "resources": {"limits": {"cpu": "50m"}},
    "volumeMounts": [{"name": "gc-logs", "mountPath": "/gc"}],
}


def test_the_head() -> None:
    """Name, namespace, labels and owner are those of the rack and its cluster."""
    found = cluster(labels={"team": "a"})
    head = statefulset(found, plan(found), replicas=1, seeds=SEEDS)["metadata"]
    assert (head["name"], head["namespace"]) == ("demo-dc1-rack1", "cassandra")
    assert head["labels"] == {"team": "a", **LABELS}
    assert [each["uid"] for each in head["ownerReferences"]] == ["u1"]
    assert list(head["annotations"]) == ["banzaicloud.com/last-applied"]


def test_the_frame() -> None:
    """Pods are made one by one, named by the cluster's service, and updated down to the rack's partition."""
    rack = {"name": "rack1", "rollingPartition": 2}
    found = cluster(topology(dc() | {"rack": [rack]}))
    spec = statefulset(found, plan(found), replicas=3, seeds=SEEDS)["spec"]
    assert spec["replicas"] == 3
    assert spec["serviceName"] == "demo"
    assert spec["updateStrategy"] == {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}
    assert spec["selector"] == {"matchLabels": LABELS}
    assert spec["template"]["metadata"]["labels"] == LABELS
    assert "podManagementPolicy" not in spec


def test_a_rolling_restart_is_a_label_of_the_pods() -> None:
    """The label of the last restart stands on the pods only: the selector must not have it."""
    spec = generated(restarted="20261101T100000")["spec"]
    assert spec["template"]["metadata"]["labels"] == {**LABELS, "rolling-restart": "20261101T100000"}
    assert spec["selector"] == {"matchLabels": LABELS}


def test_scenario_2_a_cluster_with_a_sidecar() -> None:
    """Claims, init containers and containers come in their order, and the sidecar is as it was given."""
    spec = {"dataCapacity": "256Mi", "dataStorageClass": "local-path"}
    found = generated({**spec, "storageConfigs": [STORAGE], "sidecarConfigs": [SIDECAR], "configBuilderImage": "b:1"})
    data, logs = found["spec"]["volumeClaimTemplates"]
    assert data["metadata"] == {"name": "data", "labels": LABELS}
    assert data["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "256Mi"}},
        "storageClassName": "local-path",
    }
    assert logs == {"metadata": {"name": "gc-logs", "labels": LABELS}, "spec": STORAGE["pvcSpec"]}
    assert names(pod(found)["initContainers"]) == ["base-config-builder", "config-builder", "bootstrap"]
    assert names(pod(found)["containers"]) == ["logs", "cassandra", "backrest-sidecar"]
    assert container(found, "config-builder")["image"] == "b:1"
    assert container(found, "logs").items() >= SIDECAR.items()


def test_scenario_18_everything_overridden() -> None:
    """What the spec says of users, probes, storage, resources, annotations and tolerations stands in the object."""
    found = generated(
        {
            "runAsUser": 1001,
            "fsGroup": 1002,
            "livenessInitialDelaySeconds": 1010,
            "livenessHealthCheckTimeout": 201,
            "livenessHealthCheckPeriod": 32,
            "livenessFailureThreshold": 7,
            "livenessSuccessThreshold": 9,
            "readinessInitialDelaySeconds": 1205,
            "readinessHealthCheckTimeout": 151,
            "readinessHealthCheckPeriod": 17,
            "readinessFailureThreshold": 50,
            "readinessSuccessThreshold": 30,
            "dataCapacity": "3Gi",
            "resources": {"limits": {"cpu": "1"}},
            "backRestSidecar": {"resources": BACKREST},
            "pod": {"annotations": {"a/b": "c"}, "tolerations": [{"key": "x", "operator": "Exists"}]},
            **topology(dc(dataCapacity="10Gi", dataStorageClass="fast", resources=LIMITS)),
        }
    )
    cassandra, (claim,) = container(found, "cassandra"), found["spec"]["volumeClaimTemplates"]
    assert pod(found)["securityContext"] == {"runAsUser": 1001, "runAsNonRoot": True, "fsGroup": 1002}
    assert list(cassandra["livenessProbe"].values())[1:] == [1010, 201, 32, 7, 9]
    assert list(cassandra["readinessProbe"].values())[1:] == [1205, 151, 17, 50, 30]
    assert claim["spec"]["resources"]["requests"] == {"storage": "10Gi"}
    assert claim["spec"]["storageClassName"] == "fast"
    assert claim["metadata"]["labels"] == LABELS
    assert cassandra["resources"] == LIMITS
    assert container(found, "backrest-sidecar")["resources"] == BACKREST
    assert found["spec"]["template"]["metadata"]["annotations"] == {"a/b": "c"}
    assert pod(found)["tolerations"] == [{"key": "x", "operator": "Exists"}]


def test_scenario_18_nothing_overridden() -> None:
    """Without all of these the defaults stand in the object."""
    found = generated()
    cassandra = container(found, "cassandra")
    assert pod(found)["securityContext"] == {"runAsUser": 999, "runAsNonRoot": True, "fsGroup": 1}
    assert pod(found)["serviceAccountName"] == "cassandra-cluster-node"
    assert pod(found)["terminationGracePeriodSeconds"] == 1800
    assert list(cassandra["livenessProbe"].values())[1:] == [120, 20, 10]
    assert list(cassandra["readinessProbe"].values())[1:] == [60, 10, 10]
    assert cassandra["resources"] == {}
    assert found["spec"]["volumeClaimTemplates"] == []
    assert pod(found)["tolerations"] == []
    assert "shareProcessNamespace" not in pod(found)
    assert "imagePullSecrets" not in pod(found)


def test_what_is_only_there_when_it_is_set() -> None:
    """A shared process namespace, also when it is refused, and a Secret for pulling images."""
    found = generated({"shareProcessNamespace": False, "imagePullSecret": {"name": "pull"}})
    assert pod(found)["shareProcessNamespace"] is False
    assert pod(found)["imagePullSecrets"] == [{"name": "pull"}]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        pytest.param(
            {"storageConfigs": [{"name": "x", "mountPath": "/x"}]},
            "storageConfigs: x has no pvcSpec",
            id="scenario 18: no pvcSpec",
        ),
        pytest.param({"storageConfigs": [{}]}, "storageConfigs: an entry has no name and no mountPath", id="nothing"),
        pytest.param({"sidecarConfigs": [{"name": "x", "env": {}}]}, r"sidecarConfigs\[0\]: .*\.env", id="variables"),
        pytest.param(
            {"sidecarConfigs": [SIDECAR, {"name": "x", "env": [{"value": "y"}]}]},
            r"sidecarConfigs\[1\]: .*name.*\.env\[0\]",
            id="a variable without a name",
        ),
        pytest.param(
            {"backRestSidecar": {"volumeMount": [{"name": "x"}]}},
            r"backRestSidecar.volumeMount\[0\]: .*mountPath",
            id="a mount without a path",
        ),
    ],
)
def test_scenario_18_what_cannot_be_made(spec: Json, message: str) -> None:
    """A spec that no StatefulSet can be made of is an error that names the place."""
    with pytest.raises(UnusableSpec, match=message):
        generated(spec)


def test_d2_a_datacenter_with_a_smaller_capacity() -> None:
    """A datacenter that is added with less capacity than the cluster has claims of its own size."""
    spec = {"dataCapacity": "3Gi", **topology(dc("dc1"), dc("dc2", dataCapacity="1Gi"))}
    sizes = [
        generated(spec, rack)["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"]
        for rack in ("dc1-rack1", "dc2-rack1")
    ]
    assert sizes == ["3Gi", "1Gi"]


def test_d9_a_new_datacenter_with_new_resources() -> None:
    """Resources that are changed in the edit that adds a datacenter reach the pods of both."""
    spec = {"resources": LIMITS, **topology(dc("dc1"), dc("dc2"))}
    racks = ("dc1-rack1", "dc2-rack1")
    assert [container(generated(spec, rack), "cassandra")["resources"] for rack in racks] == [LIMITS, LIMITS]


def test_d6_the_capacity_of_a_datacenter_is_mounted() -> None:
    """Where only the datacenter has a capacity, its claim is mounted for Cassandra and for backups."""
    found = generated(topology(dc(dataCapacity="1Gi")))
    for name in ("cassandra", "backrest-sidecar"):
        assert mounts(container(found, name))["/var/lib/cassandra"] == "data"


def test_d17_all_seeds_come_from_one_list() -> None:
    """The list that is handed over stands in configuration, bootstrap and sidecars, and no other does."""
    listed = cluster({"sidecarConfigs": [SIDECAR | {"volumeMounts": []}]}, status={"seedlist": ["z.example"]})
    found = str(statefulset(listed, plan(listed), replicas=1, seeds=SEEDS)["spec"])
    assert found.count("a.example,b.example") == 4
    assert "z.example" not in found
