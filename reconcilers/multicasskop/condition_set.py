"""The conditions of a MultiCasskop: what people and programs wait for, and why it is so."""

from collections.abc import Iterator, Mapping
from typing import Final

from multicasskop.crds.base import Json
from multicasskop.crds.codes import Code
from multicasskop.crds.conditions import RULES, ConditionType, Reason
from multicasskop.crds.multicasskop import SeedMode
from multicasskop.informers.errors import one_line
from multicasskop.reconcilers.conditions import condition
from multicasskop.reconcilers.multicasskop import pasting
from multicasskop.reconcilers.multicasskop.deletion import Abandoned, Blocked, Fate, Going, Gone, Left, ToDelete
from multicasskop.reconcilers.multicasskop.members import (
    Absent,
    Applying,
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
from multicasskop.reconcilers.multicasskop.seeds import in_use
from multicasskop.reconcilers.multicasskop.telling import message_of, next_step, shown
from multicasskop.reconcilers.multicasskop.validate import some

MESSAGE_MAX: Final = 1000
_STATES: Final[Mapping[type[State], Reason]] = {
    Unknown: Reason.NO_MEMBER,
    Conflict: Reason.CONFLICT,
    Refused: Reason.REFUSED,
    Failed: Reason.MEMBER_FAILED,
    Dark: Reason.MEMBER_DARK,
    Progressing: Reason.WAITING_FOR_GATE,
    Soaking: Reason.SOAKING,
}
_READY: Final = RULES[ConditionType.READY]
_HUMAN: Final = frozenset(RULES[ConditionType.STALLED].true)
_DEGRADED: Final[Mapping[type[State], Reason]] = {
    Dark: Reason.MEMBER_DARK,
    Unknown: Reason.MEMBER_FAILED,
    Conflict: Reason.MEMBER_FAILED,
    Refused: Reason.MEMBER_FAILED,
    Failed: Reason.MEMBER_FAILED,
}


def conditions_of(picture: Picture) -> tuple[Json, ...]:
    """All conditions that hold, without times, in the order of the API."""
    ready = _ready(picture)
    found = (
        ready,
        _progressing(picture),
        _degraded(picture),
        _valid(picture),
        _seeds(picture),
        _reachable(picture),
        _paused(picture),
        _stalled(picture, ready),
        _drifted(picture),
    )
    return tuple(known for known in found if known is not None)


def _condition(picture: Picture, type_: ConditionType, status: bool | None, reason: Reason, message: str = "") -> Json:
    return condition(type_, status, reason, one_line(message, MESSAGE_MAX), generation=picture.generation)


def _ready(picture: Picture) -> Json:
    reasons = set(_ready_reasons(picture))
    if not reasons:
        names = ", ".join(picture.members)
        return _condition(picture, ConditionType.READY, True, Reason.ALL_MEMBERS_READY, f"{names}: Running + Done")
    reason = next((known for known in _READY.false if known in reasons), Reason.STARTING)
    status = None if reason is Reason.STARTING else False
    return _condition(picture, ConditionType.READY, status, reason, "; ".join(_clauses(picture, reason)))


def _ready_reasons(picture: Picture) -> Iterator[Reason]:
    decision = picture.decision
    if picture.facts.parent.meta.deleting:
        yield Reason.DELETING
    if not decision.verdict.valid:
        yield Reason.INVALID
    if decision.halt is not None:
        yield Reason.HALTED
    if picture.all_ready:
        return
    if decision.walk.reason is not None:
        yield decision.walk.reason
    held = any(isinstance(state, Ready) for state in picture.states.values())
    if decision.walk.begin or (decision.walk.reason is None and held):
        yield Reason.APPLYING
    for state in picture.states.values():
        if isinstance(state, Starting):
            yield Reason.STARTING
        elif not isinstance(state, Absent | Applying | Ready):
            yield _STATES[type(state)]


def _clauses(picture: Picture, reason: Reason) -> Iterator[str]:
    """One clause per cause, the one that gave the reason first."""
    decision = picture.decision
    if reason is Reason.DELETING:
        yield from _fates(picture)
        return
    if not decision.verdict.valid:
        yield decision.verdict.message
        return
    if decision.halt is not None:
        yield f"{decision.halt.member}: {decision.halt.why}; next: resume, or change what is wanted"
    if decision.walk.reason in {Reason.PAUSED, Reason.WAITING_FOR_APPROVAL, Reason.SEEDS_PENDING}:
        yield f"{decision.walk.waits_for}: {_HINDRANCES[decision.walk.reason]}"
    ranked = sorted(picture.states.items(), key=lambda item: _rank(item[1]))
    for name, state in ranked:
        if not isinstance(state, Ready | Absent) or (isinstance(state, Ready) and state.held):
            hint = next_step(state, name, picture.facts.parent.meta)
            yield f"{name}: {message_of(state)}" + (f"; next: {hint}" if hint else "")


_HINDRANCES: Final[Mapping[Reason, str]] = {
    Reason.PAUSED: "waits while spec.paused is true",
    Reason.WAITING_FOR_APPROVAL: "waits for approval",
    Reason.SEEDS_PENDING: "waits until its seeds can be had",
}


def _rank(state: State) -> int:
    reason = _STATES.get(type(state))
    return _READY.false.index(reason) if reason in _READY.false else len(_READY.false)


def _fates(picture: Picture) -> Iterator[str]:
    for name, fate in picture.decision.farewell.fates if picture.decision.farewell else ():
        if not isinstance(fate, Gone):
            yield f"{name}: {fate_text(fate, picture.unrecorded)}"


def fate_text(fate: Fate, unrecorded: str = "") -> str:
    """What becomes of a member's child, in words; `unrecorded` is why orphans cannot be written down."""
    match fate:
        case Blocked(message, until=until) if until:
            return f"{message}; it goes on record as orphan, and is let go, at {until}"
        case Blocked(message) | Left(message):
            return message
        case Abandoned(orphan, why):
            return unrecorded or f"{why}; {orphan.child} goes on record as orphan when the others are gone"
        case Gone():
            return "gone"
        case Going(message=message, since=since):
            return f"{message}, since {since}"
        case ToDelete(key=key):
            return f"{key} is to be deleted"


def _progressing(picture: Picture) -> Json:
    type_, decision = ConditionType.PROGRESSING, picture.decision
    if picture.facts.parent.meta.deleting:
        blocked = any(True for _ in hindrances(picture))
        return _condition(picture, type_, not blocked, Reason.WAITING if blocked else Reason.DELETING)
    if decision.halt is not None:
        return _condition(picture, type_, False, Reason.DEADLINE_EXCEEDED, f"{decision.halt.member} halted it")
    if picture.members and picture.all_ready:
        return _condition(picture, type_, False, Reason.DONE)
    states = picture.states
    moving = [(number, name) for number, name in enumerate(states, 1) if _moves(states[name])]
    if not moving:
        return _condition(picture, type_, False, Reason.WAITING)
    number, name = moving[0]
    text = f"step {number} of {len(states)}: {name} {message_of(states[name])}"
    return _condition(picture, type_, True, _movement(picture, name), text)


def _moves(state: State) -> bool:
    return isinstance(state, Progressing | Soaking)


def _movement(picture: Picture, name: str) -> Reason:
    if name in picture.leaving:
        return Reason.ROLLING_OUT
    child = picture.members[name].child
    if isinstance(picture.states[name], Soaking):
        return Reason.SOAKING
    making = child is None or child.phase in {"", "Initializing"}
    return Reason.CREATING if making else Reason.ROLLING_OUT


def _degraded(picture: Picture) -> Json:
    type_ = ConditionType.DEGRADED
    clauses: list[str] = []
    reasons: set[Reason] = set()
    for name, state in picture.states.items():
        if type(state) in _DEGRADED:
            reasons.add(_DEGRADED[type(state)])
            clauses.append(f"{name}: {message_of(state)}")
    if picture.decision.halt is not None:
        reasons.add(Reason.DEADLINE_EXCEEDED)
        clauses.append(f"{picture.decision.halt.member}: {picture.decision.halt.why}")
    for name, _, text in hindrances(picture):
        reasons.add(Reason.DELETION_BLOCKED)
        clauses.append(f"{name}: {text}")
    for name, text in endings(picture):
        reasons.add(Reason.CREDENTIAL_EXPIRING)
        clauses.append(f"{name}: {text}")
    if not reasons:
        starting = any(isinstance(state, Starting) for state in picture.states.values())
        reason = Reason.STALE_FACTS if starting else Reason.AS_EXPECTED
        return _condition(picture, type_, None if starting else False, reason)
    return _condition(picture, type_, True, reasons.pop() if len(reasons) == 1 else Reason.SEVERAL, "; ".join(clauses))


def endings(picture: Picture) -> Iterator[tuple[str, str]]:
    """The members whose credentials end soon, with when, why and what to do; of dark ones something else is said."""
    for name in picture.states:
        ending = picture.facts.member(name).ending
        if ending and not isinstance(picture.states[name], Dark):
            yield name, ending


def _valid(picture: Picture) -> Json:
    verdict, type_ = picture.decision.verdict, ConditionType.VALID
    if verdict.findings:
        return _condition(picture, type_, False, verdict.findings[0].reason, verdict.message)
    return _condition(picture, type_, True, Reason.ACCEPTED, some([*map(str, verdict.warnings)]))


def _seeds(picture: Picture) -> Json:
    type_, case = ConditionType.SEEDS_RESOLVED, picture.decision.case
    if case is None:
        return _condition(picture, type_, False, Reason.NO_SEED, "not looked at")
    seeds = case.seeds
    if seeds.missing:
        auto = seeds.mode is SeedMode.AUTO
        hint = "has no domain: set seeds.domain.{} or the external-dns annotation" if auto else "has no status.seedlist"
        text = "; ".join(f"{name} {hint.format(name)}" for name in seeds.missing)
        return _condition(picture, type_, False, Reason.NO_DOMAIN if auto else Reason.NO_SEED, text)
    contested = [name for name, state in picture.states.items() if isinstance(state, Ready) and state.contested]
    if contested:
        return _condition(
            picture, type_, False, Reason.OVERWRITTEN, f"{', '.join(contested)}: changed by something else"
        )
    inquiry = picture.decision.inquiry
    if inquiry.holds:
        text = inquiry.trouble or "is looked at"
        return _condition(picture, type_, False, Reason.SEEDS_SILENT, f"{text}; no other member is made before that")
    late = [name for name, known in picture.members.items() if not _delivered(picture, name)]
    if late:
        return _condition(picture, type_, False, Reason.DELIVERING, f"not yet in use: {', '.join(late)}")
    lag = f"; {', '.join(seeds.lagging)} with fewer, to spare a restart (seeds.onChange)" if seeds.lagging else ""
    lag += f"; {', '.join(seeds.own)} with those of before it was taken over (seeds.onChange)" if seeds.own else ""
    reason = Reason.COMPUTED if seeds.mode is SeedMode.AUTO else Reason.GIVEN_BY_USER
    trouble = f"; {inquiry.trouble}" if inquiry.trouble else ""
    return _condition(picture, type_, True, reason, f"{len(seeds.ring)} seeds{lag}{trouble}")


def _delivered(picture: Picture, name: str) -> bool:
    child, case = picture.members[name].child, picture.decision.case
    wanted = case.seeds.wanted.get(name, ()) if case else ()
    return child is None or not wanted or in_use(child, wanted)


def _reachable(picture: Picture) -> Json:
    type_ = ConditionType.MEMBERS_REACHABLE
    drained = (name for name, each in picture.leaving.items() if each.drains)
    found = [(name, *_unreached(picture, name)) for name in (*picture.facts.members, *drained)]
    lost = [(name, reason, text) for name, reason, text in found if reason is not None]
    if not lost:
        return _condition(picture, type_, True, Reason.ALL_REACHABLE)
    reasons = {reason for _, reason, _ in lost}
    reason = reasons.pop() if len(reasons) == 1 else Reason.SEVERAL
    clauses = "; ".join(f"{name}: {text}" for name, _, text in lost)
    return _condition(picture, type_, False, reason, f"{clauses}; others go on")


def _unreached(picture: Picture, name: str) -> tuple[Reason | None, str]:
    member = picture.facts.member(name)
    if not member.registered:
        return Reason.NOT_REGISTERED, "not registered"
    reason = member.trouble or ("" if member.reach.ok else member.reach.reason)
    if not reason:
        return None, ""
    since = f", since {member.reach.since:%Y-%m-%dT%H:%M:%SZ}" if member.reach.since else ""
    known = Reason(reason) if reason in set(Reason) else Reason.CONNECTION_REFUSED
    return known, f"{member.trouble_message or member.reach.message or reason}{since}"


def _paused(picture: Picture) -> Json:
    type_ = ConditionType.PAUSED
    if picture.facts.parent.spec.get("paused") is not True:
        return _condition(picture, type_, False, Reason.NOT_PAUSED)
    waiting = sum(isinstance(state, Absent | Applying) for state in picture.states.values())
    return _condition(picture, type_, True, Reason.BY_SPEC, f"{waiting} members wait; observed only")


def _stalled(picture: Picture, ready: Json) -> Json | None:
    type_ = ConditionType.STALLED
    blocked = list(_blocked(picture))
    if blocked:
        return _condition(picture, type_, True, Reason.DELETION_BLOCKED, "needs you: " + "; ".join(blocked))
    if ready["status"] == "True" or ready["reason"] not in _HUMAN:
        return None
    return _condition(picture, type_, True, Reason(ready["reason"]), f"needs you: {ready['message']}")


def _blocked(picture: Picture) -> Iterator[str]:
    """What ends only by a person's doing: one that is waited for until a deadline does not."""
    for name, fate, text in hindrances(picture):
        if not (isinstance(fate, Blocked) and fate.until):
            yield f"{Code.DELETION_BLOCKED.value} {name} {text}; {way_out(picture, name)}"


def hindrances(picture: Picture) -> Iterator[tuple[str, Fate, str]]:
    """The members for whose sake a deletion does not go on, and why."""
    for name, fate in picture.decision.farewell.fates if picture.decision.farewell else ():
        if isinstance(fate, Blocked) or (isinstance(fate, Abandoned) and picture.unrecorded):
            yield name, fate, fate_text(fate, picture.unrecorded)


def way_out(picture: Picture, member: str) -> str:
    """How a person lets a deletion go on without a member."""
    return f"to let go: {pasting.release(picture.facts.parent.meta, member)}"


def _drifted(picture: Picture) -> Json | None:
    found = [
        (name, state.drifted) for name, state in picture.states.items() if isinstance(state, Ready) and state.drifted
    ]
    if not found:
        return None
    text = "; ".join(f"{name}: {shown(paths)}" for name, paths in found)
    return _condition(picture, ConditionType.DRIFTED, True, Reason.EDITED_BY_HAND, f"{text}; drift policy is Report")
