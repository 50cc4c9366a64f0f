"""The CassandraCluster as programs read and write it."""

from typing import Any

import pytest
from multicasskop.crds.cassandracluster import CassandraCluster, CassandraClusterSpec, CassandraClusterStatus
from pydantic import ValidationError

Json = dict[str, Any]
WHOLE: Json = {
    "apiVersion": "db.orange.com/v2",
    "kind": "CassandraCluster",
    "metadata": {"name": "demo", "namespace": "cassandra", "labels": {"cluster": "k8s.pic"}},
    "spec": {
        "nodesPerRacks": 2,
        "cassandraImage": "cassandra:4.1.10",
        "imagepullpolicy": "IfNotPresent",
        "envVars": [
            {"name": "A", "value": "b"},
            {"name": "C", "valueFrom": {"fieldRef": {"fieldPath": "x"}}},
        ],
        "runAsUser": 999,
        "resources": {"limits": {"cpu": 1, "memory": "1Gi"}, "requests": {"cpu": "500m"}},
        "pod": {"annotations": {"a/b": "c"}, "tolerations": [{"key": "x", "operator": "Exists"}]},
        "service": {"annotations": {"external-dns.alpha.kubernetes.io/hostname": "zone.example."}},
        "deletePVC": True,
        "noCheckStsAreEqual": False,
        "dataCapacity": "1Gi",
        "storageConfigs": [{"mountPath": "/x", "name": "x", "pvcSpec": {"accessModes": ["ReadWriteOnce"]}}],
        "sidecarConfigs": [{"name": "y", "image": "z", "ports": [{"containerPort": 1}]}],
        "config": {"cassandra-yaml": {"num_tokens": 16}},
        "imageJolokiaSecret": {"name": "jolokia"},
        "topology": {
            "dc": [
                {
                    "name": "dc1",
                    "nodesPerRacks": 3,
                    "labels": {"site": "a"},
                    "rack": [{"name": "rack1", "rollingRestart": True, "rollingPartition": 1}, {"name": "rack2"}],
                }
            ]
        },
        "backRestSidecar": {"enabled": False, "imagePullPolicy": "Always", "volumeMount": [{"name": "v"}]},
        "jmxConfiguration": {"jmxRemoteEnable": True, "jmxRemotePort": 7199, "jmxRemoteSSL": False},
    },
    "status": {
        "phase": "Running",
        "lastClusterAction": "Initializing",
        "lastClusterActionStatus": "Done",
        "seedlist": ["a.example"],
        "cassandraNodeStatus": {"demo-dc1-rack1-0": {"hostId": "h", "nodeIp": "10.0.0.1"}},
        "cassandraRackStatus": {
            "dc1-rack1": {
                "phase": "Running",
                "cassandraLastAction": {"name": "Initializing", "status": "Done", "endTime": "2026-11-23T14:03:12Z"},
                "podLastOperation": {"name": "cleanup", "podsOK": ["p"], "podsKO": [], "operatorName": "o"},
            }
        },
        "observedGeneration": 3,
    },
}


def test_object_survives_reading_and_writing() -> None:
    """An object with every sort of field comes out as it went in."""
    assert CassandraCluster.model_validate(WHOLE).to_json() == WHOLE


def test_fields_are_read_by_their_python_names() -> None:
    """Odd names on the wire have plain ones in Python."""
    spec = CassandraCluster.model_validate(WHOLE).spec
    assert (spec.image_pull_policy, spec.delete_pvc) == ("IfNotPresent", True)
    assert spec.jmx_configuration is not None
    assert spec.jmx_configuration.jmx_remote_ssl is False
    assert spec.topology is not None
    assert spec.topology.dc is not None
    assert [rack.name for rack in spec.topology.dc[0].rack or ()] == ["rack1", "rack2"]


def test_status_of_racks_is_read() -> None:
    """A rack's status is found under its datacenter and name."""
    status = CassandraCluster.model_validate(WHOLE).status
    assert status.cassandra_rack_status is not None
    rack = status.cassandra_rack_status["dc1-rack1"]
    assert rack.pod_last_operation is not None
    assert (rack.phase, rack.pod_last_operation.pods_ok) == ("Running", ("p",))


def test_nothing_is_defaulted() -> None:
    """What CassKop defaults is CassKop's: an empty spec stays empty."""
    assert CassandraClusterSpec().to_json() == {}
    assert all(value is None for value in CassandraClusterSpec().model_dump().values())


def test_any_status_can_be_read() -> None:
    """A status of nulls, and one with fields of a later version, is read."""
    fields = CassandraClusterStatus.model_json_schema()["properties"]
    assert CassandraClusterStatus.model_validate(dict.fromkeys(fields)) == CassandraClusterStatus()
    assert CassandraClusterStatus.model_validate({"later": {"a": 1}, "phase": "New"}).phase == "New"


@pytest.mark.parametrize("kind", ["Pod", "MultiCasskop", ""])
def test_another_kind_is_refused(kind: str) -> None:
    """A CassandraCluster is not read from an object of another kind."""
    with pytest.raises(ValidationError):
        CassandraCluster.model_validate({**WHOLE, "kind": kind})
