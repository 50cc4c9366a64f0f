"""What an API server and the StatefulSet controller fill into a StatefulSet that was created."""

from copy import deepcopy
from typing import Any

Json = dict[str, Any]
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_UNPACKED = {"0.5": "500m", "0.5Gi": "512Mi", "1024Mi": "1Gi"}


def stored(generated: Json) -> Json:
    """The object as it is read back: all defaults are there, quantities have their usual spelling."""
    found = deepcopy(generated)
    found["metadata"] |= {
        "uid": "9b1f0000-0000-4000-8000-000000000002",
        "resourceVersion": "77",
        "generation": 1,
        "creationTimestamp": "2026-11-01T09:00:00Z",
        "managedFields": [{"manager": "casskop", "operation": "Update"}],
    }
    spec = found["spec"]
    spec |= {
        "podManagementPolicy": "OrderedReady",
        "revisionHistoryLimit": 10,
        "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
    }
    _fill_template(spec["template"])
    claims = [_claim(each) for each in spec.pop("volumeClaimTemplates", ())]
    spec |= {"volumeClaimTemplates": claims} if claims else {}
    revision = {"currentRevision": "demo-1", "updateRevision": "demo-1", "observedGeneration": 1, "collisionCount": 0}
    found["status"] = {"replicas": spec["replicas"], "readyReplicas": spec["replicas"], **revision}
    respelled: Json = _without_empty(found)
    return respelled


def _fill_template(template: Json) -> None:
    template["metadata"]["creationTimestamp"] = None
    pod = template["spec"]
    filled = {
        "dnsPolicy": "ClusterFirst",
        "schedulerName": "default-scheduler",
        "serviceAccount": pod["serviceAccountName"],
    }
    pod |= filled
    for container in [*pod["initContainers"], *pod["containers"]]:
        _fill_container(container)


def _fill_container(container: Json) -> None:
    tag = container["image"].rpartition("/")[2].partition(":")[2]
    policy = "Always" if tag in ("", "latest") else "IfNotPresent"
    container["imagePullPolicy"] = container.get("imagePullPolicy") or policy
    container |= {"terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"}
    container["ports"] = [{"protocol": "TCP", **port} for port in container.get("ports") or ()]
    for probe in filter(None, map(container.get, _PROBES)):
        filled = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
        probe |= {key: value for key, value in filled.items() if not probe.get(key)}
        if "httpGet" in probe:
            probe["httpGet"] = {"scheme": "HTTP", **probe["httpGet"]}


def _claim(template: Json) -> Json:
    head = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "status": {"phase": "Pending"}}
    metadata = {**template["metadata"], "creationTimestamp": None}
    return {**head, "metadata": metadata, "spec": {"volumeMode": "Filesystem", **template["spec"]}}


def _without_empty(value: Any, key: str = "") -> Any:  # noqa: ANN401  plain data
    """The value without what Go leaves out, and with quantities respelled."""
    match value:
        case dict():
            kept = {name: _without_empty(inner, name) for name, inner in value.items()}
            return {name: inner for name, inner in kept.items() if inner not in ([], "") or name == "clusterIP"}
        case list():
            return [_without_empty(inner) for inner in value]
        case str() if key in ("cpu", "memory", "storage"):
            return _UNPACKED.get(value, value)
        case _:
            return value
