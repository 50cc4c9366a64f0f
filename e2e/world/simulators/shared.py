"""What CassKop makes once per cluster, beside the racks."""

from typing import Any

from multicasskop.world.kinds import BUDGETS, SERVICES, Kind
from multicasskop.world.simulators.statefulsets import cluster_labels, owner

Json = dict[str, Any]


def shared(cluster: Json) -> list[tuple[Kind, Json]]:
    """Return both services and the disruption budget."""
    name = cluster["metadata"]["name"]
    return [
        (SERVICES, service(cluster, name, "cql", 9042)),
        (SERVICES, service(cluster, f"{name}-exporter-jmx", "promjmx", 9500)),
        (BUDGETS, budget(cluster)),
    ]


def service(cluster: Json, name: str, port: str, number: int) -> Json:
    """A headless service of all pods, ready or not."""
    annotations = (cluster["spec"].get("service") or {}).get("annotations") or {}
    spec = {
        "clusterIP": "None",
        "publishNotReadyAddresses": True,
        "selector": cluster_labels(cluster),
        "ports": [{"name": port, "port": number}],
    }
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata(cluster, name, annotations), "spec": spec}


def budget(cluster: Json) -> Json:
    """The disruption budget."""
    spec = {
        "maxUnavailable": cluster["spec"].get("maxPodUnavailable", 1),
        "selector": {"matchLabels": cluster_labels(cluster)},
    }
    name = cluster["metadata"]["name"]
    body = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata(cluster, name, {})}
    return {**body, "spec": spec}


def metadata(cluster: Json, name: str, annotations: dict[str, str]) -> Json:
    """The metadata of something that belongs to the cluster."""
    return {
        "name": name,
        "namespace": cluster["metadata"]["namespace"],
        "labels": cluster_labels(cluster),
        "annotations": annotations,
        "ownerReferences": [owner(cluster)],
    }
