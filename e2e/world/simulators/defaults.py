"""What CassKop fills in: once, into the stored object, and again in memory on every pass."""

from typing import Any

Json = dict[str, Any]

IN_MEMORY: Json = {
    "cassandraImage": "cassandra:3.11.10",
    "bootstrapImage": "ghcr.io/cscetbon/casskop-bootstrap:0.1.21",
    "configBuilderImage": "datastax/cass-config-builder:1.0.4",
    "imagepullpolicy": "Always",
    "serviceAccountName": "cassandra-cluster-node",
    "readOnlyRootFilesystem": True,
    "livenessInitialDelaySeconds": 120,
    "livenessHealthCheckTimeout": 20,
    "livenessHealthCheckPeriod": 10,
    "readinessInitialDelaySeconds": 60,
    "readinessHealthCheckTimeout": 10,
    "readinessHealthCheckPeriod": 10,
    "backRestSidecar": {"enabled": True, "image": "ghcr.io/cscetbon/instaclustr-icarus:1.1.3"},
}
"""These reach the stored object with the next write, whatever caused that."""


def at_first(spec: Json) -> Json:
    """Return the spec as the first pass stores it: numbers, limits and a topology are there."""
    stored = {**spec, "nodesPerRacks": spec.get("nodesPerRacks") or 1}
    stored["maxPodUnavailable"] = spec.get("maxPodUnavailable") or 1
    resources = spec.get("resources") or {}
    if resources.get("requests") and not resources.get("limits"):
        stored["resources"] = {**resources, "limits": resources["requests"]}
    stored["topology"] = topology(spec)
    return stored


def topology(spec: Json) -> Json:
    """The topology, or the default one. A datacenter without racks replaces all of it by itself with rack1."""
    described = (spec.get("topology") or {}).get("dc") or [{"name": "dc1"}]
    bare = next((dc for dc in described if not dc.get("rack")), None)
    return {"dc": [{**bare, "rack": [{"name": "rack1"}]}] if bare is not None else described}


def on_every_pass(spec: Json) -> Json:
    """Return the spec with the defaults that are filled in memory."""
    sidecar = {**IN_MEMORY["backRestSidecar"], **(spec.get("backRestSidecar") or {})}
    return {**IN_MEMORY, **spec, "backRestSidecar": sidecar}
