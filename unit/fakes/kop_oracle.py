"""What CassKop must never write, judged by what is really there and not by what CassKop has seen."""

from collections.abc import Iterator, Mapping
from typing import Any

from fakes.kop_kubernetes import GONE, PODS, STATEFULSETS, KopKubernetes, partition, revision, revision_of
from multicasskop.reconcilers.cassandracluster.jolokia.questions import Decommission
from multicasskop.reconcilers.cassandracluster.writes import Create, Delete, Patch, Run, Write

Json = dict[str, Any]


def wrongs(kubernetes: KopKubernetes, write: Write, status: Json) -> Iterator[str]:
    """What is wrong about a write that is about to take effect, each as a sentence."""
    match write:
        case Patch() | Create() | Delete() if write.resource.plural == STATEFULSETS:
            yield from _lost(kubernetes, write)
            yield from _beside(kubernetes, write, status)
        case Run(command=Decommission()):
            yield from _leaving(kubernetes, write)


def _lost(kubernetes: KopKubernetes, write: Patch | Create | Delete) -> Iterator[str]:
    """No StatefulSet gets smaller than its nodes in the ring need."""
    size = _size(write)
    if size is None:
        return
    for name in sorted(kubernetes.held):
        head, _, ordinal = name.rpartition("-")
        if head == write.name and int(ordinal) >= size:
            yield f"StatefulSet {write.name} gets {size} nodes while {name} is in the ring"


def _size(write: Patch | Create | Delete) -> int | None:
    """The size that a StatefulSet gets by a write; None where that is no matter of it."""
    match write:
        case Create():
            return int(write.body["spec"]["replicas"])
        case Patch():
            size = (write.patch.get("spec") or {}).get("replicas")
            return None if size is None else int(size)
        case Delete():
            # one that leaves its pods behind takes no node away
            return None if write.orphan else 0


def _beside(kubernetes: KopKubernetes, write: Patch | Create | Delete, status: Json) -> Iterator[str]:
    """One rack at a time: no template changes, and no rack grows, while another one is at it."""
    found = kubernetes.store.find(STATEFULSETS, write.name)
    if not isinstance(write, Patch) or found is None or _is_new(write.name, status):
        return
    changed = write.patch.get("spec") or {}
    if "template" not in changed and changed.get("replicas", 0) <= found["spec"]["replicas"]:
        return
    for other in kubernetes.store.all(STATEFULSETS):
        name = other["metadata"]["name"]
        if name != write.name and not _is_new(name, status) and _is_at_it(kubernetes, other):
            yield f"StatefulSet {write.name} is changed while the pods of {name} are being replaced"


def _is_new(statefulset: str, status: Json) -> bool:
    racks: Mapping[str, Json] = status.get("cassandraRackStatus") or {}
    rack = next((said for name, said in racks.items() if statefulset.endswith(f"-{name}")), {})
    return rack.get("phase") == "Initializing"


def _is_at_it(kubernetes: KopKubernetes, found: Json) -> bool:
    """Whether pods of a StatefulSet are still to be replaced."""
    name, replicas = found["metadata"]["name"], found["spec"]["replicas"]
    pods = (kubernetes.store.find(PODS, f"{name}-{number}") for number in range(partition(found), replicas))
    return any(pod is not None and revision_of(pod) != revision(found) for pod in pods)


def _leaving(kubernetes: KopKubernetes, write: Run) -> Iterator[str]:
    """One node leaves after the other: the last one is gone with its pod."""
    for pod in kubernetes.store.all(PODS):
        name, uid = pod["metadata"]["name"], pod["metadata"]["uid"]
        if name != write.name and kubernetes.modes.get(uid) == GONE:
            yield f"{write.name} is to leave while pod {name}, whose node has left, is there"
