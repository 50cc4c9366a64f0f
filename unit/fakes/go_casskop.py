"""Objects as the Go CassKop has made them and the API server has stored them.

Written down from what is known of that operator, flaws included, and on purpose without anything of our generator: the
two are compared with each other.
"""

import base64
import io
import json
import zipfile
from copy import deepcopy
from typing import Any

from fakes.go_pod import DATACENTER_LABEL, RACK_LABEL, cluster_labels, pod
from fakes.server_defaults import stored

Json = dict[str, Any]
NAMESPACE = "cassandra"
UID = "5c0f3a52-0000-4000-8000-000000000001"
ANNOTATION = "banzaicloud.com/last-applied"
APPLIED = "cassandraclusters.db.orange.com/last-applied-configuration"
# what the Go CassKop writes into the object when it first sees it, and with later writes
SPEC: Json = {
    "nodesPerRacks": 1,
    "maxPodUnavailable": 1,
    "cassandraImage": "cassandra:3.11.10",
    "bootstrapImage": "ghcr.io/cscetbon/casskop-bootstrap:0.1.21",
    "configBuilderImage": "datastax/cass-config-builder:1.0.4",
    "imagepullpolicy": "Always",
    "serviceAccountName": "cassandra-cluster-node",
    "readOnlyRootFilesystem": True,
    "runAsUser": 999,
    "fsGroup": 1,
    "serverType": "cassandra",
    "livenessInitialDelaySeconds": 120,
    "livenessHealthCheckTimeout": 20,
    "livenessHealthCheckPeriod": 10,
    "readinessInitialDelaySeconds": 60,
    "readinessHealthCheckTimeout": 10,
    "readinessHealthCheckPeriod": 10,
    "backRestSidecar": {"enabled": True, "image": "ghcr.io/cscetbon/instaclustr-icarus:1.1.3"},
    "topology": {"dc": [{"name": "dc1", "rack": [{"name": "rack1"}]}]},
}


def go_cluster(spec: Json | None = None, labels: Json | None = None, seeds: tuple[str, ...] = ()) -> Json:
    """A CassandraCluster that the Go CassKop has run for a while, with its annotation and status."""
    given = {**deepcopy(SPEC), **(spec or {})}
    meta = {"name": "demo", "namespace": NAMESPACE, "labels": labels or {}}
    head = {"kind": "CassandraCluster", "apiVersion": "db.orange.com/v2"}
    applied = {**head, "metadata": {**meta, "creationTimestamp": None}, "spec": given, "status": {}}
    racks = [f"{dc['name']}-{rack['name']}" for dc in given["topology"]["dc"] for rack in dc["rack"]]
    action = {"name": "Initializing", "status": "Done", "endTime": "2026-11-01T10:00:00Z"}
    status = {
        "phase": "Running",
        "lastClusterAction": "Initializing",
        "lastClusterActionStatus": "Done",
        "seedlist": list(seeds),
        "cassandraNodeStatus": {"demo-dc1-rack1-0": {"hostId": "ca716bef", "nodeIp": "10.0.0.1"}},
        "cassandraRackStatus": {rack: {"phase": "Running", "cassandraLastAction": action} for rack in racks},
    }
    stamps = {"uid": UID, "resourceVersion": "41", "generation": 2, "annotations": {APPLIED: json.dumps(applied)}}
    return {**head, "metadata": {**meta, **stamps}, "spec": given, "status": status}


def go_statefulset(
    cluster: Json, dc: str = "dc1", rack: str = "rack1", *, replicas: int = 1, ahead: tuple[str, ...] = ()
) -> Json:
    """A rack's StatefulSet; `ahead` are seeds that have reached everything but the bootstrap container."""
    generated = _generated(cluster, dc, rack, replicas, ahead)
    found = stored(generated)
    found["metadata"]["annotations"] = {ANNOTATION: _packed(generated)}
    return found


def go_services(cluster: Json) -> list[Json]:
    """The two services."""
    labels = cluster_labels(cluster)
    annotations = (cluster["spec"].get("service") or {}).get("annotations") or {}
    nodes = {
        **_headless({"name": "cql", "port": 9042, "protocol": "TCP", "targetPort": 9042}, labels),
        "publishNotReadyAddresses": True,
    }
    metrics = _headless({"name": "promjmx", "port": 9500, "protocol": "TCP", "targetPort": 9500}, labels)
    exporter = labels | {"k8s-app": "exporter-cassandra-jmx"}
    return [
        {"metadata": _head(cluster, "demo", labels) | {"annotations": annotations}, "spec": nodes},
        {"metadata": _head(cluster, "demo-exporter-jmx", exporter), "spec": metrics},
    ]


def go_budget(cluster: Json) -> Json:
    """The disruption budget."""
    labels = cluster_labels(cluster)
    spec = {"maxUnavailable": cluster["spec"]["maxPodUnavailable"], "selector": {"matchLabels": labels}}
    return {"metadata": _head(cluster, "demo", labels), "spec": spec, "status": {"disruptionsAllowed": 1}}


def _headless(port: Json, labels: Json) -> Json:
    return {
        "type": "ClusterIP",
        "clusterIP": "None",
        "clusterIPs": ["None"],
        "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
        "sessionAffinity": "None",
        "internalTrafficPolicy": "Cluster",
        "ports": [port],
        "selector": labels,
    }


def _head(cluster: Json, name: str, labels: Json) -> Json:
    owner = {"apiVersion": "db.orange.com/v2", "kind": "CassandraCluster", "name": "demo", "uid": UID}
    return {
        "name": name,
        "namespace": cluster["metadata"]["namespace"],
        "labels": labels,
        "ownerReferences": [{**owner, "controller": True}],
    }


def _packed(generated: Json) -> str:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("original", json.dumps(generated))
    return base64.b64encode(buffer.getvalue()).decode()


def _generated(cluster: Json, dc: str, rack: str, replicas: int, ahead: tuple[str, ...]) -> Json:
    own = {"dc-rack": f"{dc}-{rack}", DATACENTER_LABEL: dc, RACK_LABEL: rack}
    labels = {**cluster_labels(cluster), **own}
    chosen = next(each for each in cluster["spec"]["topology"]["dc"] if each["name"] == dc)
    partition = next(each for each in chosen["rack"] if each["name"] == rack).get("rollingPartition", 0)
    template = {
        "metadata": {"labels": labels, **_annotations(cluster["spec"])},
        "spec": pod(cluster, chosen, rack, ahead),
    }
    spec = {
        "replicas": replicas,
        "selector": {"matchLabels": labels},
        "serviceName": "demo",
        "template": template,
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": partition}},
        **_claims(cluster["spec"], chosen, labels),
    }
    status = {"replicas": 0, "availableReplicas": 0}
    kind = {"kind": "StatefulSet", "apiVersion": "apps/v1"}
    return {**kind, "metadata": _head(cluster, f"demo-{dc}-{rack}", labels), "spec": spec, "status": status}


def _annotations(spec: Json) -> Json:
    found = (spec.get("pod") or {}).get("annotations")
    return {"annotations": found} if found else {}


def _claims(spec: Json, dc: Json, labels: Json) -> Json:
    capacity = dc.get("dataCapacity") or spec.get("dataCapacity")
    if not capacity:
        return {}
    # the class of the cluster is not looked at where the datacenter has a capacity
    storage_class = dc.get("dataStorageClass") if dc.get("dataCapacity") else spec.get("dataStorageClass")
    data: Json = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": capacity}}}
    data |= {"storageClassName": storage_class} if storage_class else {}
    specs = {"data": data} | {each["name"]: each["pvcSpec"] for each in spec.get("storageConfigs") or ()}
    claims = [{"metadata": {"name": name, "labels": labels}, "spec": claim} for name, claim in specs.items()]
    return {"volumeClaimTemplates": claims}
