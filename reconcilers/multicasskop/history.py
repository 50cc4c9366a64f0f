"""The rollouts that have ended, and the trace that a moment belongs to.

A rollout begins with the first write for its generation. When it has ended is written down together with the status
that shows it, so that no later process takes it to end once more.
"""

from datetime import datetime
from typing import Any, Final

from multicasskop.crds.base import Json
from multicasskop.crds.multicasskop import Phase
from multicasskop.reconcilers.conditions import timestamp
from multicasskop.reconcilers.multicasskop.facts import Parent
from multicasskop.reconcilers.trace_context import TraceContext, root_of

SUCCEEDED: Final = "Succeeded"
SUPERSEDED: Final = "Superseded"
CANCELLED: Final = "Cancelled"
KEPT: Final = 5


def rollout_told(status: Json) -> Json:
    """The rollout that a status tells of: the one under way, or the last one; empty when there was none."""
    found = status.get("rollout")
    return found if isinstance(found, dict) else {}


def records(status: Json) -> tuple[Json, ...]:
    """The rollouts that a status says have ended, the last one first."""
    found = status.get("rollouts")
    return tuple(item for item in found if isinstance(item, dict)) if isinstance(found, list) else ()


def is_under_way(status: Json, generation: object) -> bool:
    """Whether a status tells of a rollout of this generation that has not ended."""
    told = rollout_told(status).get("generation")
    return told is not None and told == generation and all(item.get("generation") != told for item in records(status))


def with_ended(parent: Parent, rollout: Json, phase: Phase, now: datetime) -> tuple[Json, ...]:
    """The records after this moment, in which `rollout` is the one to be told of."""
    known, before = records(parent.status), rollout_told(parent.status)
    result = _result(parent, before, rollout, phase)
    if not result or not is_under_way(parent.status, before.get("generation")):
        return known
    ended: dict[str, Any] = {"generation": before["generation"], "result": result}
    ended |= {"start": before.get("startedAt"), "end": timestamp(now)}
    return ({key: value for key, value in ended.items() if value}, *known)[:KEPT]


def _result(parent: Parent, before: Json, rollout: Json, phase: Phase) -> str:
    if parent.meta.deleting:
        return CANCELLED
    if before.get("generation") != parent.meta.generation or before.get("generation") != rollout.get("generation"):
        return SUPERSEDED
    # one that ended before ends were written down is not to be written again for that
    return SUCCEEDED if phase is Phase.READY and parent.status.get("phase") != Phase.READY else ""


def trace_of(parent: Parent, ratio: float) -> TraceContext | None:
    """The root of the trace that belongs to what is done now: the deletion, the rollout told of, or the next one.

    None for a rollout that began while nothing was traced.
    """
    meta = parent.meta
    if meta.deleting:
        return root_of(ratio, "deletion", meta.uid)
    if rollout_told(parent.status).get("generation") == meta.generation:
        return TraceContext.parse(parent.status.get("traceparent"))
    return root_of(ratio, "rollout", meta.uid, meta.generation)


def step_context(root: TraceContext, member: str, since: str) -> TraceContext:
    """The span of the step of a member that began at this time, as its status has it.

    The status knows whole seconds: of two steps of one member in one second only the first is sent.
    """
    return root.child("step", member, since)


def farewell_context(root: TraceContext, member: str) -> TraceContext:
    """The span of the deletion of a member's child."""
    return root.child("delete child", member)
