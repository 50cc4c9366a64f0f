"""What came of looking at a pod's operation, and how labels and status tell it."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any, Final

from multicasskop.crds.cassandracluster.status import PodOperation, RackStatus
from multicasskop.reconcilers.cassandracluster.generate import stamp
from multicasskop.reconcilers.cassandracluster.kinds import PODS
from multicasskop.reconcilers.cassandracluster.wishes import DECOMMISSION, END, START, STATUS, Wish
from multicasskop.reconcilers.cassandracluster.words import Status
from multicasskop.reconcilers.cassandracluster.writes import Edit, Write

Json = dict[str, Any]


class Stage(Enum):
    """What becomes of a wish now."""

    WAITS = auto()
    """It has not begun, and cannot yet."""
    RUN = auto()
    """The node is told."""
    RUNS = auto()
    """The node is at it."""
    WAITS_FOR_NODE = auto()
    """It has begun, and nobody says now whether it has ended."""
    DONE = auto()
    FAILED = auto()


_ENDS: Final = {Stage.DONE: Status.DONE, Stage.FAILED: Status.ERROR}
_LISTS: Final = {Stage.DONE: "pods_ok", Stage.FAILED: "pods_ko"}
_FIELDS: Final = ("pods", "pods_ok", "pods_ko")


@dataclass(frozen=True, slots=True)
class Turn:
    """A wish and what becomes of it; `said` is what it waits for, or why it failed."""

    wish: Wish
    stage: Stage
    said: str = ""
    writes: tuple[Write, ...] = ()


def listed(status: RackStatus) -> tuple[str, ...]:
    """The pods on which an operation was begun and has not ended, as the status says."""
    operation = status.pod_last_operation
    return (operation.pods or ()) if operation is not None and operation.name != DECOMMISSION else ()


def running(status: RackStatus) -> str:
    """The operation that is not over in a rack; empty for none."""
    operation = status.pod_last_operation
    if operation is None or operation.name == DECOMMISSION or operation.status != Status.ONGOING:
        return ""
    return operation.name or ""


def told(status: RackStatus, turns: Sequence[Turn], wishes: Sequence[Wish], now: datetime) -> RackStatus:
    """The rack's status after these turns: who is at it, who is through with it, and whether all are."""
    begun = [turn for turn in turns if turn.stage is not Stage.WAITS]
    if _leaves(status) or not (begun or running(status)):
        return status
    before = _begun(status, begun, now)
    operation = _moved(before, begun, {wish.pod.name for wish in wishes if wish.name == before.name})
    waits = any(turn.stage is Stage.WAITS and turn.wish.name == before.name for turn in turns)
    if not operation.pods and not waits:
        operation = operation.model_copy(update={"status": Status.DONE, "end_time": now.replace(microsecond=0)})
    if operation == status.pod_last_operation:
        return status
    return status.model_copy(update={"pod_last_operation": operation})


def _moved(operation: PodOperation, turns: Sequence[Turn], labelled: Set[str]) -> PodOperation:
    """The operation with each pod in the list to which it belongs now.

    What is labelled for it no more was replaced, or a person took the label off: nobody will see its end.
    """
    places = {name: "pods_ko" for name in operation.pods or () if name not in labelled}
    for turn in turns:
        if turn.wish.name == operation.name:
            places[turn.wish.pod.name] = _LISTS.get(turn.stage, "pods")
    return operation.model_copy(update={field: tuple(_listed(operation, field, places)) for field in _FIELDS})


def _listed(operation: PodOperation, field: str, places: Mapping[str, str]) -> Iterator[str]:
    yield from (name for name in getattr(operation, field) or () if places.get(name, field) == field)
    known = getattr(operation, field) or ()
    yield from (name for name, place in places.items() if place == field and name not in known)


def _leaves(status: RackStatus) -> bool:
    """Whether a node is leaving the ring: what is known of that stands in the same place, and must not be lost."""
    operation = status.pod_last_operation
    return operation is not None and operation.name == DECOMMISSION and operation.status not in (None, Status.DONE)


def _begun(status: RackStatus, turns: Sequence[Turn], now: datetime) -> PodOperation:
    operation = status.pod_last_operation
    if operation is not None and running(status):
        return operation
    return PodOperation(name=turns[0].wish.name, status=Status.ONGOING, start_time=now.replace(microsecond=0))


def labelled(turn: Turn, now: datetime) -> Iterator[Edit]:
    """The change of the pod's labels, if they do not say it already; not over a wish that was made meanwhile."""
    wish = turn.wish
    begun = {START: stamp(now)} if wish.status == Status.TODO else {}
    if turn.stage in _ENDS:
        yield _labels(turn, {STATUS: str(_ENDS[turn.stage]), **begun, END: stamp(now)})
    elif turn.stage is Stage.RUNS and begun:
        yield _labels(turn, {STATUS: str(Status.ONGOING), **begun, END: ""})


def _labels(turn: Turn, labels: dict[str, str]) -> Edit:
    pod = turn.wish.pod
    seen = {"op": "test", "path": f"/metadata/labels/{STATUS}", "value": turn.wish.status}
    changes = [{"op": "add", "path": f"/metadata/labels/{name}", "value": value} for name, value in labels.items()]
    return Edit(PODS, pod.name, pod.uid, (seen, *changes), why=turn.said or f"{turn.wish.name} {labels[STATUS]}")
