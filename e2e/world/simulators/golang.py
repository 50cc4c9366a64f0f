"""How an object looks after the Go CassKop has read it and written it back.

It decodes into structs and encodes them again: zero values that are marked `omitempty` vanish, fields it doesn't know
vanish, quantities are spelled in their canonical way, and a datacenter gets an empty `resources`.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from multicasskop.crds.names import LAST_APPLIED
from multicasskop.crds.quantity import canonical_quantity

Json = dict[str, Any]


def names(text: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(text.split())


SPEC_FIELDS = names(
    """nodesPerRacks cassandraImage imagepullpolicy envVars bootstrapImage configBuilderImage runAsUser fsGroup
    readOnlyRootFilesystem resources hardAntiAffinity pod service deletePVC debug autoPilot noCheckStsAreEqual
    autoUpdateSeedList maxPodUnavailable restartCountBeforePodDeletion unlockNextOperation dataCapacity
    dataStorageClass storageConfigs sidecarConfigs configMapName serverVersion serverType config imagePullSecret
    imageJolokiaSecret keyspaceCleanupThreads topology livenessInitialDelaySeconds livenessHealthCheckTimeout
    livenessHealthCheckPeriod livenessFailureThreshold livenessSuccessThreshold readinessInitialDelaySeconds
    readinessHealthCheckTimeout readinessHealthCheckPeriod readinessFailureThreshold readinessSuccessThreshold
    shareProcessNamespace backRestSidecar serviceAccountName jmxConfiguration"""
)
DC_FIELDS = names("name labels config nodesPerRacks dataCapacity dataStorageClass resources rack")
RACK_FIELDS = names("name labels config rollingRestart rollingPartition")
# kept as they are, whatever is in them
FREE = names("config")
# pointers in Go: zero is a value of theirs. `nodesPerRacks` is one in a datacenter only
POINTERS = names(
    """readOnlyRootFilesystem shareProcessNamespace enabled runAsUser runAsNonRoot privileged allowPrivilegeEscalation
    livenessInitialDelaySeconds livenessHealthCheckTimeout livenessHealthCheckPeriod livenessFailureThreshold
    livenessSuccessThreshold readinessInitialDelaySeconds readinessHealthCheckTimeout readinessHealthCheckPeriod
    readinessFailureThreshold readinessSuccessThreshold jmxRemoteEnable jmxRemoteSSL jmxRemoteAuthenticate"""
)
QUANTITIES = frozenset({"limits", "requests"})


def as_written(spec: Mapping[str, Any]) -> Json:
    """Return a spec as the Go CassKop writes it back."""
    known = {name: value for name, value in spec.items() if name in SPEC_FIELDS and name != "topology"}
    written = compact(known)
    if "topology" in spec:
        written["topology"] = {"dc": [datacenter(dc) for dc in (spec["topology"] or {}).get("dc") or []]}
    return written


def datacenter(dc: Mapping[str, Any]) -> Json:
    """One datacenter of a topology, its racks included."""
    known = {name: value for name, value in dc.items() if name in DC_FIELDS - {"rack", "nodesPerRacks"}}
    written = {"resources": {}, **compact(known)}
    if dc.get("nodesPerRacks") is not None:
        written["nodesPerRacks"] = dc["nodesPerRacks"]
    if dc.get("rack"):
        written["rack"] = [compact({k: v for k, v in rack.items() if k in RACK_FIELDS}) for rack in dc["rack"]]
    return written


def compact(content: Mapping[str, Any]) -> Json:
    """Return a map without zero values, quantities respelled."""
    return {name: value for name, found in content.items() if keeps(name, value := one(name, found))}


def one(name: str, value: object) -> object:
    """Return a single value as it is written back."""
    match value:
        case _ if name in FREE:
            return value
        case dict() if name in QUANTITIES:
            return {resource: canonical_quantity(str(amount)) for resource, amount in value.items()}
        case dict():
            return compact(value)
        case list():
            return [compact(item) if isinstance(item, dict) else item for item in value]
        case _:
            return value


def keeps(name: str, value: object) -> bool:
    """Whether a value survives `omitempty`."""
    if value is None:
        return False
    return name in POINTERS or value not in (False, 0, "", [], {})


def last_applied(cluster: Json, *, managed_fields: bool = True) -> str:
    """Return the annotation: the whole object as read, without annotations, version and status.

    Go leaves the managed fields in, which makes the annotation the largest part of the object.
    """
    left_out = {"annotations", "resourceVersion"} | (set() if managed_fields else {"managedFields"})
    metadata = {name: value for name, value in cluster["metadata"].items() if name not in left_out}
    content = {
        "kind": cluster["kind"],
        "apiVersion": cluster["apiVersion"],
        "metadata": metadata,
        "spec": as_written(cluster.get("spec") or {}),
        "status": {},
    }
    return msgspec.json.encode(content, order="deterministic").decode()


def applied(cluster: Json) -> Json | None:
    """Return the object inside the annotation, or None when there is none that can be read."""
    text = (cluster["metadata"].get("annotations") or {}).get(LAST_APPLIED)
    if not text:
        return None
    try:
        content = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return None
    return content if isinstance(content, dict) else None


def applied_generation(cluster: Json) -> int:
    """The generation of the last pass that ended, 0 before the first."""
    content = applied(cluster) or {}
    return int((content.get("metadata") or {}).get("generation") or 0)
