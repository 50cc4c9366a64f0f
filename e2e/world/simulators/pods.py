"""Pods of simulated clusters become ready: there is no node and no kubelet, only their status is written."""

import zlib
from datetime import datetime
from typing import Any

from multicasskop.world.simulators.status import timestamp

Json = dict[str, Any]

LABEL = "cassandracluster"
CONDITIONS = ("PodScheduled", "Initialized", "ContainersReady", "Ready")


def is_waiting(pod: Json) -> bool:
    """Whether a pod belongs to a cluster of ours, may live, and is not ready yet."""
    metadata = pod["metadata"]
    if LABEL not in (metadata.get("labels") or {}) or "deletionTimestamp" in metadata:
        return False
    conditions = (pod.get("status") or {}).get("conditions") or []
    return not any(found["type"] == "Ready" and found["status"] == "True" for found in conditions)


def ready(pod: Json, at: datetime) -> Json:
    """The status of a pod that runs and is ready."""
    since = timestamp(at)
    return {
        "phase": "Running",
        "startTime": since,
        "podIP": address(pod["metadata"]["uid"]),
        "podIPs": [{"ip": address(pod["metadata"]["uid"])}],
        "conditions": [{"type": kind, "status": "True", "lastTransitionTime": since} for kind in CONDITIONS],
        "containerStatuses": [container(described, since) for described in pod["spec"]["containers"]],
    }


def container(described: Json, since: str) -> Json:
    """The status of a container that runs."""
    return {
        "name": described["name"],
        "image": described["image"],
        "imageID": described["image"],
        "ready": True,
        "started": True,
        "restartCount": 0,
        "state": {"running": {"startedAt": since}},
    }


def address(uid: str) -> str:
    """An address of 10/8 that is the pod's own, as far as 24 bits go."""
    number = zlib.crc32(uid.encode())
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
