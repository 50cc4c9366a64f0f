"""What one pod of a rack shows: read once from the object, whatever is missing in it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Self

Json = dict[str, Any]

CASSANDRA: Final = "cassandra"
REVISION: Final = "controller-revision-hash"
# why a container waits that will not get going by itself
_STUCK: Final = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "ErrImageNeverPull",
        "CreateContainerConfigError",
        "CreateContainerError",
        "RunContainerError",
        "CrashLoopBackOff",
    }
)
# phases in which containers have run, or may have, although nothing is said of them any more
_PAST: Final = frozenset({"Succeeded", "Failed", "Unknown"})
_NO_LABELS: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a pod does not get going by itself: Kubernetes' word for it, and its sentence."""

    reason: str
    message: str = ""

    def __str__(self) -> str:
        return f"{self.reason}: {self.message}" if self.message else self.reason


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod at one moment. `ready` speaks of the Cassandra container, `whole` of all containers."""

    name: str
    uid: str
    ordinal: int
    ip: str = ""
    running: bool = False
    ready: bool = False
    whole: bool = False
    deleting: bool = False
    started: bool = False
    """Whether the Cassandra container ever ran in this pod, or may have run."""
    restarts: int = 0
    revision: str = ""
    created: str = ""
    trouble: Trouble | None = None
    labels: Mapping[str, str] = field(default_factory=lambda: _NO_LABELS, hash=False)

    @classmethod
    def of(cls, pod: Json) -> Self:
        """Read a pod as the API server gives it."""
        metadata, status = pod["metadata"], pod.get("status") or {}
        cassandra = _container(status)
        statuses = status.get("containerStatuses") or ()
        return cls(
            name=metadata["name"],
            uid=metadata.get("uid", ""),
            ordinal=ordinal_of(metadata["name"]),
            ip=status.get("podIP") or "",
            running=status.get("phase") == "Running",
            ready=bool(cassandra.get("ready")),
            whole=bool(statuses) and all(container.get("ready") for container in statuses),
            deleting="deletionTimestamp" in metadata,
            started=_has_started(cassandra) or (not cassandra and status.get("phase") in _PAST),
            restarts=cassandra.get("restartCount") or 0,
            revision=(metadata.get("labels") or {}).get(REVISION, ""),
            created=metadata.get("creationTimestamp") or "",
            trouble=next(_troubles(status), None),
            labels=MappingProxyType(metadata.get("labels") or {}),
        )

    @property
    def answers(self) -> bool:
        """Whether its node can be asked."""
        return self.ready and bool(self.ip) and not self.deleting


def ordinal_of(name: str) -> int:
    """The number at the end of a pod's or a claim's name; -1 when there is none."""
    tail = name.rpartition("-")[2]
    return int(tail) if tail.isdecimal() else -1


def _container(status: Json) -> Json:
    found = (entry for entry in status.get("containerStatuses") or () if entry.get("name") == CASSANDRA)
    return next(found, {})


def _has_started(cassandra: Json) -> bool:
    state = {**(cassandra.get("lastState") or {}), **(cassandra.get("state") or {})}
    return bool({"running", "terminated"} & state.keys()) or bool(cassandra.get("restartCount"))


def _troubles(status: Json) -> Iterator[Trouble]:
    """All that keeps the pod from becoming ready, whichever condition or container says so (D16)."""
    for condition in status.get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            yield Trouble(condition.get("reason") or "Unschedulable", condition.get("message") or "")
    containers = (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ()))
    for container in containers:
        waiting = (container.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") in _STUCK:
            said = waiting.get("message")
            yield Trouble(waiting["reason"], f"container {container.get('name')}{f': {said}' if said else ''}")
