"""What is worth an event: the difference between what the status said before and what it says now, and the writes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from multicasskop.crds.conditions import ConditionType
from multicasskop.reconcilers.cassandracluster.condition_set import Reason
from multicasskop.reconcilers.cassandracluster.event_reasons import TYPES
from multicasskop.reconcilers.cassandracluster.words import Status
from multicasskop.reconcilers.cassandracluster.writes import Delete, Run, Write
from multicasskop.reconcilers.conditions import find_condition

Json = dict[str, Any]
_BEGUN: Final = frozenset({Status.ONGOING, Status.CONTINUE, Status.FINALIZING})
_KNOWN: Final = frozenset(
    {Reason.MISSING, Reason.NODE_FAILS, Reason.NODES_MISSING, Reason.WRITE_REFUSED, Reason.NAME_TAKEN}
)


@dataclass(frozen=True, slots=True)
class News:
    """One event about the CassandraCluster."""

    reason: str
    note: str

    @property
    def type(self) -> str:
        """`Normal` or `Warning`."""
        return TYPES[self.reason]


def news(before: Json, after: Json, writes: Sequence[Write]) -> tuple[News, ...]:
    """What is to be told when the status goes from one to the other, and these writes were made."""
    return (*_of_racks(before, after), *_of_conditions(before, after), *_of_writes(writes))


def _of_racks(before: Json, after: Json) -> Iterator[News]:
    known = before.get("cassandraRackStatus") or {}
    for rack, status in (after.get("cassandraRackStatus") or {}).items():
        was, now = _action(known.get(rack) or {}), _action(status)
        if now == was:
            continue
        name, how = now
        if how == Status.DONE and was[1] not in ("", Status.DONE):
            yield News("ActionDone", f"{name} of rack {rack} is done")
        elif how in _BEGUN and (was[0] != name or was[1] not in _BEGUN):
            yield News("ActionStarted", f"{name} of rack {rack} has begun")


def _action(rack: Json) -> tuple[str, str]:
    action = rack.get("cassandraLastAction") or {}
    return action.get("name") or "", action.get("status") or ""


def _of_conditions(before: Json, after: Json) -> Iterator[News]:
    if _turned(before, after, ConditionType.READY, "True"):
        yield News("Running", f"all racks run; {after.get('nodes', '')} nodes are ready")
    valid, was = _of(after, ConditionType.VALID), _of(before, ConditionType.VALID)
    # who tries the same again is told again
    again = valid.get("observedGeneration") != was.get("observedGeneration") and valid.get("reason") == Reason.REFUSED
    if valid.get("status") == "False" and (again or _said(was) != _said(valid)):
        yield News(valid["reason"], valid["message"])
    degraded = _of(after, ConditionType.DEGRADED)
    if degraded.get("status") == "True" and _said(_of(before, ConditionType.DEGRADED)) != _said(degraded):
        yield _trouble(degraded)
    if _of(before, ConditionType.DEGRADED) and _turned(before, after, ConditionType.DEGRADED, "False"):
        yield News("Recovered", "all nodes are as expected again")


def _trouble(degraded: Json) -> News:
    if degraded["reason"] in _KNOWN:
        return News(degraded["reason"], degraded["message"])
    return News("NodeStuck", f"{degraded['reason']}: {degraded['message']}")


def _turned(before: Json, after: Json, type_: str, status: str) -> bool:
    return bool(_of(before, type_).get("status") != status == _of(after, type_).get("status"))


def _of(status: Json, type_: str) -> Json:
    return dict(find_condition(status.get("conditions") or (), type_) or {})


def _said(condition: Json) -> tuple[str, str, str]:
    return condition.get("status", ""), condition.get("reason", ""), condition.get("message", "")


def _of_writes(writes: Sequence[Write]) -> Iterator[News]:
    for write in writes:
        match write:
            case Delete():
                yield News("Deleted", f"{write.resource.kind} {write.name}{f': {write.why}' if write.why else ''}")
            case Run():
                what = type(write.command).__name__
                yield News("CommandGiven", f"node {write.name}: {what}{f' ({write.why})' if write.why else ''}")
