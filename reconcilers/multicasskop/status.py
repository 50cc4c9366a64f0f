"""The status of a MultiCasskop: a report of one reconcile, written only when it says something new."""

from datetime import datetime
from typing import Final

from multicasskop.crds.base import Json
from multicasskop.crds.conditions import ConditionType, Reason
from multicasskop.crds.multicasskop import MemberState, Phase
from multicasskop.crds.names import TRACEPARENT
from multicasskop.informers.errors import one_line
from multicasskop.reconcilers.conditions import remove_condition, same_status, set_condition, timestamp
from multicasskop.reconcilers.multicasskop import pasting
from multicasskop.reconcilers.multicasskop.condition_set import conditions_of, fate_text
from multicasskop.reconcilers.multicasskop.decide import Decision
from multicasskop.reconcilers.multicasskop.deletion import Fate, Gone, Left
from multicasskop.reconcilers.multicasskop.entries import TEXT_MAX, Shown, entry, leaving_entry, nodes_of
from multicasskop.reconcilers.multicasskop.history import rollout_told, with_ended
from multicasskop.reconcilers.multicasskop.members import (
    Absent,
    Conflict,
    Dark,
    Failed,
    Progressing,
    Ready,
    Refused,
    Soaking,
    Starting,
    State,
    Unknown,
)
from multicasskop.reconcilers.multicasskop.picture import Picture
from multicasskop.reconcilers.multicasskop.seed_probe import PORT
from multicasskop.reconcilers.multicasskop.telling import waiting_of
from multicasskop.reconcilers.trace_context import TraceContext

_ONLY_WHILE_TRUE: Final = (ConditionType.STALLED, ConditionType.DRIFTED)
_BROKEN: Final = (Dark, Failed, Refused, Conflict, Unknown)


def status_of(picture: Picture, now: datetime) -> Json:
    """The whole status after a reconcile; times move only with what they belong to."""
    old = picture.facts.parent.status
    new = {**_base(picture, now), **_members(picture, now)}
    new["conditions"] = _conditions(picture, now)
    if (new["phase"], new["waitingFor"]) == (old.get("phase"), old.get("waitingFor", "")) and old.get("since"):
        new["since"] = old["since"]
    else:
        new["since"] = timestamp(now)
    return {key: value for key, value in new.items() if value not in (None, "")}


def status_patch(old: Json, new: Json) -> Json | None:
    """The merge patch from one status to the other; None when they say the same, apart from times."""
    if same_status(old, new):
        return None
    return {"status": _leading(old, new)}


def _leading(old: Json, new: Json) -> Json:
    """The merge patch between two maps: what is gone is null, maps are patched by key, all else goes whole."""
    changed = {key: _step(old.get(key), value) for key, value in new.items() if old.get(key) != value}
    return changed | dict.fromkeys(old.keys() - new.keys())


def _step(old: object, new: object) -> object:
    return _leading(old, new) if isinstance(old, dict) and isinstance(new, dict) else new


def _base(picture: Picture, now: datetime) -> Json:
    old = picture.facts.parent.status
    case, phase = picture.decision.case, phase_of(picture)
    rollout = rollout_of(picture, now)
    return {
        "observedGeneration": picture.generation,
        "phase": phase.value,
        "waitingFor": one_line(_waiting_for(picture), TEXT_MAX),
        "message": one_line(_message(picture), TEXT_MAX),
        "seedlist": list(case.seeds.ring) if case else old.get("seedlist"),
        "members": len(picture.facts.members),
        "rollout": rollout,
        "rollouts": list(with_ended(picture.facts.parent, rollout or {}, phase, now)) or None,
        "traceparent": _traceparent(picture),
    }


def _traceparent(picture: Picture) -> str | None:
    """The trace of the rollout that is told of; none if it began while nothing was traced."""
    if not starts(picture):
        old: str | None = picture.facts.parent.status.get("traceparent")
        return old
    return str(picture.facts.root) if picture.facts.root else None


def phase_of(picture: Picture) -> Phase:
    """The state of the whole in one word."""
    states = tuple(picture.states.values())
    match picture.decision:
        case _ if picture.facts.parent.meta.deleting:
            return Phase.DELETING
        case _ if picture.facts.parent.spec.get("paused") is True:
            return Phase.PAUSED
        case decision if not decision.verdict.valid:
            return Phase.DEGRADED if picture.facts.parent.status.get("seedlist") else Phase.PENDING
        case decision if decision.halt is not None:
            return Phase.HALTED
        case _ if picture.all_ready:
            return Phase.READY
        case _ if any(isinstance(state, _BROKEN) for state in states):
            return Phase.DEGRADED
        case _ if all(isinstance(state, Absent | Starting) for state in states):
            return Phase.PENDING
        case _:
            return Phase.PROGRESSING


def rollout_of(picture: Picture, now: datetime) -> Json | None:
    """The rollout that is going on, or the last one; a new one begins with the first write for a generation."""
    old = picture.facts.parent.status.get("rollout")
    known: Json | None = old if isinstance(old, dict) else None
    if starts(picture):
        known = {"generation": picture.generation, "startedAt": timestamp(picture.facts.now or now)}
    if known is None or not picture.members:
        return known
    ready = [isinstance(state, Ready) for state in picture.states.values()]
    step = next((number for number, is_ready in enumerate(ready, 1) if not is_ready), len(ready))
    return {**known, "step": step, "steps": len(ready)}


def starts(picture: Picture) -> bool:
    """Whether the first write for this generation was made in this reconcile, or in one that could not report it."""
    known = rollout_told(picture.facts.parent.status).get("generation") == picture.generation
    return not known and any(shown.begun or _is_traced(picture, shown) for shown in picture.members.values())


def _is_traced(picture: Picture, shown: Shown) -> bool:
    """Whether a child carries the trace of this generation, so that it was written for it."""
    root = picture.facts.root
    carried = TraceContext.parse(shown.child.meta.annotations.get(TRACEPARENT)) if root and shown.child else None
    return root is not None and carried is not None and carried.trace_id == root.trace_id


def _waiting_for(picture: Picture) -> str:
    decision = picture.decision
    if decision.farewell is not None and picture.facts.parent.spec.get("paused") is True:
        return "spec.paused: nothing is deleted while it is true"
    if decision.farewell is not None:
        waited = [(name, fate) for name, fate in decision.farewell.fates if not isinstance(fate, Gone | Left)]
        return f"{waited[0][0]}: {fate_text(waited[0][1], picture.unrecorded)}" if waited else ""
    if decision.halt is not None:
        return f"{decision.halt.member}: {decision.halt.why}"
    name = decision.walk.waits_for or next((n for n, state in picture.states.items() if not _is_met(state)), "")
    if not name:
        return ""
    return f"{name}: {_hindrance(decision) or waiting_of(picture.states[name])}"


def _hindrance(decision: Decision) -> str:
    match decision.walk.reason:
        case Reason.SEEDS_PENDING if decision.inquiry.holds:
            return f"a seed that answers on port {PORT}"
        case Reason() as reason:
            return _HINDRANCES.get(reason, "")
        case _:
            return ""


def _is_met(state: State) -> bool:
    return isinstance(state, Ready) and not state.held


_HINDRANCES: Final = {
    Reason.PAUSED: "paused",
    Reason.WAITING_FOR_APPROVAL: "approval",
    Reason.SEEDS_PENDING: "a seed list that can be made",
}


def _message(picture: Picture) -> str:
    """What happens next."""
    decision, parent = picture.decision, picture.facts.parent.meta
    if not decision.verdict.valid:
        return decision.verdict.message
    if decision.halt is not None:
        return f"to go on: {pasting.resume(parent)}"
    if decision.walk.reason is Reason.WAITING_FOR_APPROVAL:
        return f"to go on: {pasting.approve(parent, decision.walk.waits_for)}"
    waited = (name for name, shown in picture.members.items() if isinstance(shown.state, Progressing | Soaking))
    name = next(waited, "")
    gate = _gate_deadline(picture, name) if name else ""
    return f"gate gives up at {gate}" if gate else ""


def _gate_deadline(picture: Picture, name: str) -> str:
    case, told = picture.decision.case, picture.members[name]
    if case is None or picture.facts.now is None:
        return ""
    found = entry(told, picture.facts.now, case.wish.policy.progress_deadline).get("gate") or {}
    return str(found.get("deadline", ""))


def _members(picture: Picture, now: datetime) -> Json:
    old, decision = picture.facts.parent.status, picture.decision
    if decision.case is None:
        return {key: old.get(key) for key in ("clusters", "ready", "nodes")} | _farewell(picture, now)
    deadline = decision.case.wish.policy.progress_deadline
    counted = [nodes_of(shown) for shown in picture.members.values()]
    states = [shown.state for shown in picture.members.values()]
    ready = sum(isinstance(state, Ready) and not state.held for state in states)
    exact = "" if all(nodes.exact for nodes in counted) else "?"
    return {
        "ready": f"{ready}/{len(picture.members)}",
        "nodes": f"{sum(nodes.ready for nodes in counted)}/{sum(nodes.wanted for nodes in counted)}{exact}",
        "clusters": [
            *(entry(shown, now, deadline) for shown in picture.members.values()),
            *(leaving_entry(each, now) for each in picture.leaving.values()),
        ],
    }


def _farewell(picture: Picture, now: datetime) -> Json:
    """While the children go: each member's entry says what becomes of its child, and since when that is so."""
    farewell = picture.decision.farewell
    old = picture.facts.parent.status.get("clusters")
    if farewell is None or not isinstance(old, list):
        return {}
    fates = {name: (fate, fate_text(fate, picture.unrecorded)) for name, fate in farewell.fates}
    items = [item for item in old if isinstance(item, dict)]
    return {
        "clusters": [_going(item, *fates[item["name"]], now) if item.get("name") in fates else item for item in items]
    }


def _going(item: Json, fate: Fate, text: str, now: datetime) -> Json:
    since = item.get("since") if item.get("message") == text else timestamp(now)
    if isinstance(fate, Gone):
        kept = {key: value for key, value in item.items() if key in {"name", "child", "reachable"}}
        return {**kept, "state": MemberState.ABSENT.value, "message": text, "since": since}
    rest = {key: value for key, value in item.items() if key != "gate"}
    return {**rest, "message": one_line(text, TEXT_MAX), "since": since}


def _conditions(picture: Picture, now: datetime) -> list[Json]:
    old = picture.facts.parent.status.get("conditions")
    known = [dict(found) for found in old if isinstance(found, dict)] if isinstance(old, list) else []
    current = conditions_of(picture)
    present = {found["type"] for found in current}
    for type_ in _ONLY_WHILE_TRUE:
        if type_.value not in present:
            known = remove_condition(known, type_)
    for found in current:
        known = set_condition(known, found, now)
    return known
