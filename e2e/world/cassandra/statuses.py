"""What a kubelet and a scheduler write into a pod's status, as values."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

Json = dict[str, Any]

CASSANDRA = "cassandra"
CONDITIONS = ("PodScheduled", "Initialized", "ContainersReady", "Ready")
COMPLETED = {"terminated": {"exitCode": 0, "reason": "Completed"}}


def unschedulable(pod: Json, at: datetime) -> Json:
    """No node has room; as with a real scheduler other conditions may stand beside it."""
    message = "0/3 nodes are available: 3 Insufficient memory."
    found = condition("PodScheduled", at, "False", "Unschedulable", message)
    return {"phase": "Pending", "conditions": [found]}


def pull_fails(pod: Json, at: datetime, host: str) -> Json:
    """The Cassandra container waits for an image that cannot be had; the others run."""
    waits = {"waiting": {"reason": "ImagePullBackOff", "message": f'Back-off pulling image "{image_of(pod)}"'}}
    body = {"phase": "Pending", **unready(at, host), "containerStatuses": containers(pod, at, waits)}
    return {**body, "initContainerStatuses": initialized(pod)}


def boots(pod: Json, at: datetime, host: str, address: str, restarts: int = 0) -> Json:
    """All containers run, and Cassandra's is not ready yet."""
    return running(pod, at, host, address, ready=False, restarts=restarts)


def ready(pod: Json, at: datetime, host: str, address: str, restarts: int = 0) -> Json:
    """All containers run and are ready."""
    return running(pod, at, host, address, ready=True, restarts=restarts)


def running(pod: Json, at: datetime, host: str, address: str, *, ready: bool, restarts: int = 0) -> Json:
    """All containers run."""
    runs = {"running": {"startedAt": text(at)}}
    conditions = [condition(kind, at) for kind in CONDITIONS] if ready else unready(at, host)["conditions"]
    return {
        "phase": "Running",
        "startTime": text(at),
        "hostIP": host,
        "podIP": address,
        "podIPs": [{"ip": address}],
        "conditions": conditions,
        "initContainerStatuses": initialized(pod),
        "containerStatuses": containers(pod, at, runs, ready=ready, restarts=restarts),
    }


def crashes(pod: Json, at: datetime, host: str, address: str, restarts: int, why: str) -> Json:
    """Cassandra's process has ended once more, and is not started again at once."""
    waits = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off restarting failed container"}}
    last = {"terminated": {"exitCode": 3, "reason": "Error", "message": why, "finishedAt": text(at)}}
    found = running(pod, at, host, address, ready=False, restarts=restarts)
    found["containerStatuses"] = containers(pod, at, waits, restarts=restarts, last=last)
    return found


def unready(at: datetime, host: str) -> Json:
    """Scheduled and initialized, not ready."""
    of_no_use = condition("Ready", at, "False", "ContainersNotReady", f"containers with unready status: [{CASSANDRA}]")
    conditions = [condition("PodScheduled", at), condition("Initialized", at), of_no_use]
    return {"hostIP": host, "conditions": [*conditions, {**of_no_use, "type": "ContainersReady"}]}


def containers(
    pod: Json, at: datetime, state: Json, *, ready: bool = False, restarts: int = 0, last: Json | None = None
) -> list[Json]:
    """The states of the containers: that of Cassandra's is given, the others run."""
    runs = {"running": {"startedAt": text(at)}}
    return [
        container(described, state, ready=ready, restarts=restarts, last=last)
        if described["name"] == CASSANDRA
        else container(described, runs, ready=True)
        for described in pod["spec"]["containers"]
    ]


def container(described: Json, state: Json, *, ready: bool, restarts: int = 0, last: Json | None = None) -> Json:
    """The status of one container."""
    return {
        "name": described["name"],
        "image": described["image"],
        "imageID": described["image"],
        "ready": ready,
        "started": "running" in state,
        "restartCount": restarts,
        "state": state,
        "lastState": last or {},
    }


def initialized(pod: Json) -> list[Json]:
    """The init containers, which have done their work."""
    return [container(each, COMPLETED, ready=True) for each in pod["spec"].get("initContainers") or []]


def condition(kind: str, at: datetime, status: str = "True", reason: str = "", message: str = "") -> Json:
    """One condition."""
    more = {name: value for name, value in (("reason", reason), ("message", message)) if value}
    return {"type": kind, "status": status, "lastTransitionTime": text(at), **more}


def text(at: datetime) -> str:
    """A time as Kubernetes writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def image_of(pod: Json) -> str:
    """The image of the Cassandra container; empty where there is none."""
    return next((str(each["image"]) for each in pod["spec"]["containers"] if each["name"] == CASSANDRA), "")


def is_ready(pod: Json) -> bool:
    """Whether a pod's status says that it is ready."""
    conditions: Iterable[Json] = (pod.get("status") or {}).get("conditions") or []
    return any(found["type"] == "Ready" and found["status"] == "True" for found in conditions)
