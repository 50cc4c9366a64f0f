"""What is told to people as events, found by comparing the last report with what is seen and was done now."""

from collections.abc import Iterator
from typing import Final

from multicasskop.crds.conditions import Reason
from multicasskop.crds.multicasskop import MemberState, Phase
from multicasskop.informers.errors import FORBIDDEN, IDENTITY_CHANGED
from multicasskop.reconcilers.multicasskop import pasting
from multicasskop.reconcilers.multicasskop.condition_set import endings
from multicasskop.reconcilers.multicasskop.drift import CORRECTIONS_MAX, SEEDS_PATH, Cause, recent_corrections
from multicasskop.reconcilers.multicasskop.entries import Shown
from multicasskop.reconcilers.multicasskop.farewell_events import news_of_deletion, news_of_leaving
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
    Unknown,
)
from multicasskop.reconcilers.multicasskop.news import News, ago
from multicasskop.reconcilers.multicasskop.outcomes import Done
from multicasskop.reconcilers.multicasskop.picture import Picture
from multicasskop.reconcilers.multicasskop.rollout import approved
from multicasskop.reconcilers.multicasskop.status import phase_of, starts
from multicasskop.reconcilers.multicasskop.telling import counted, message_of, next_step, rejects, shown
from multicasskop.reconcilers.multicasskop.writes import CreateChild, PatchChild, PatchSeeds


def news_of(picture: Picture) -> tuple[News, ...]:
    """Everything that this reconcile has to tell."""
    found = [*_of_generation(picture), *_of_rollout(picture)]
    for member in picture.members.values():
        found += _of_state(picture, member)
        found += _of_writes(picture, member)
    found += _of_credentials(picture)
    return (*found, *_of_end(picture), *news_of_deletion(picture))


def _of_generation(picture: Picture) -> Iterator[News]:
    meta, status, verdict = picture.facts.parent.meta, picture.facts.parent.status, picture.decision.verdict
    if meta.deleting:
        return
    is_new = status.get("observedGeneration") != meta.generation
    if not verdict.valid and (is_new or status.get("message") != verdict.message):
        yield News("Invalid", verdict.message)
    if not verdict.valid:
        return
    if "observedGeneration" not in status and picture.beside_operator:
        yield News("OperatorNamespace", "stands in the operator's own namespace: who may edit it may mount its Secrets")
    if is_new:
        planned = sum(isinstance(state, Absent | Applying) for state in picture.decision.states.values())
        yield News(
            "Accepted", f"generation {meta.generation}: {len(picture.members)} members, {planned} changes planned"
        )
    yield from _of_pause(picture)
    yield from _of_seeds(picture)
    yield from news_of_leaving(picture)


def _of_pause(picture: Picture) -> Iterator[News]:
    was, now = picture.facts.parent.status.get("phase") == Phase.PAUSED, phase_of(picture) is Phase.PAUSED
    waiting = sum(isinstance(state, Absent | Applying) for state in picture.decision.states.values())
    if now and not was:
        yield News("Paused", f"{waiting} changes wait")
    if was and not now:
        yield News("Resumed", f"{waiting} changes go on")


def _of_seeds(picture: Picture) -> Iterator[News]:
    if (trouble := picture.decision.inquiry.trouble) and not _was_told(picture, trouble):
        yield News("SeedsSilent", f"{trouble}; a node that finds no seed may found a ring of its own")
    old, case = picture.facts.parent.status.get("seedlist"), picture.decision.case
    if case is None or not isinstance(old, list) or not old:
        return
    added, removed = set(case.seeds.ring) - set(old), set(old) - set(case.seeds.ring)
    if added or removed:
        yield News("SeedsChanged", f"{len(case.seeds.ring)} seeds: +{len(added)} -{len(removed)}")


def _was_told(picture: Picture, text: str) -> bool:
    """Whether a condition of the last report says this already."""
    found = picture.facts.parent.status.get("conditions")
    return any(text in str(item.get("message", "")) for item in (found or ()) if isinstance(item, dict))


def _of_rollout(picture: Picture) -> Iterator[News]:
    decision, status = picture.decision, picture.facts.parent.status
    old = status.get("rollout")
    is_new = status.get("observedGeneration") != picture.generation
    if isinstance(old, dict) and is_new and status.get("phase") in _UNDER_WAY:
        step = f"at step {old.get('step')} of {old.get('steps')}"
        note = f"generation {old.get('generation')} replaced by {picture.generation} {step}"
        yield News("RolloutSuperseded", note)
    if starts(picture):
        yield News("RolloutStarted", f"generation {picture.generation}: order {' > '.join(picture.members)}")
    if decision.halt is not None and status.get("phase") != Phase.HALTED:
        rest = [name for name, state in picture.states.items() if isinstance(state, Absent | Applying)]
        untouched = f" Not touched: {', '.join(rest)}." if rest else ""
        yield News("RolloutHalted", f"{decision.halt.member}: {decision.halt.why}.{untouched}", decision.halt.member)
    if decision.walk.reason is Reason.WAITING_FOR_APPROVAL and not _waited_for_approval(picture):
        member = decision.walk.waits_for
        command = pasting.approve(picture.facts.parent.meta, member)
        yield News("ApprovalRequired", f"{member} is next. Approve: {command}", member)
    for member in decision.walk.begin:
        if status.get("waitingFor") == f"{member}: approval" and approved(picture.facts, member):
            yield News("Approved", f"{member} for generation {picture.generation}", member)


_RECOGNIZED: Final = 60
_UNDER_WAY: Final = frozenset({Phase.PROGRESSING, Phase.HALTED, Phase.DEGRADED})


def _waited_for_approval(picture: Picture) -> bool:
    return picture.facts.parent.status.get("waitingFor") == f"{picture.decision.walk.waits_for}: approval"


def _of_credentials(picture: Picture) -> Iterator[News]:
    for name, ending in endings(picture):
        text = f"{name}: {ending}"
        # conditions are cut to size, with many members in the middle of a text
        if not _was_told(picture, text[:_RECOGNIZED]):
            yield News("CredentialExpiring", text, name)


def _of_end(picture: Picture) -> Iterator[News]:
    status = picture.facts.parent.status
    rollout = status.get("rollout")
    ended = phase_of(picture) is Phase.READY and status.get("phase") not in {Phase.READY, Phase.PAUSED, None}
    if ended and isinstance(rollout, dict) and rollout.get("generation") == picture.generation:
        took = ago(picture, str(rollout.get("startedAt", "")))
        yield News("RolloutFinished", f"generation {picture.generation} in {len(picture.members)} members{took}")


def _of_state(picture: Picture, member: Shown) -> Iterator[News]:
    """What a member's state says that the last report did not say."""
    told, state, name = member.facts.told, member.state, member.name
    text, hint = f"{name}: {message_of(state)}", next_step(state, name, picture.facts.parent.meta)
    match state:
        case Unknown() if told.state != MemberState.UNKNOWN:
            others = "the others wait for it" if state.child else "the others go on"
            yield News("UnknownMember", f"override.{text}; {hint}; {others}", name)
        case Dark() if told.state != MemberState.DARK or (rejects(state) and told.message != message_of(state)):
            yield News(_dark_reason(state), _with_hint(f"{text.rstrip('.')}; others go on", hint), name)
        case Failed(reason=reason, message=message) if told.message != message:
            yield News("PermissionDenied" if reason == FORBIDDEN else "MemberFailed", _with_hint(text, hint), name)
        case Refused() if told.state != MemberState.REFUSED:
            yield News("ChildRefused", text, name)
        case Conflict() if told.state != MemberState.CONFLICT:
            yield News("ChildConflict", _with_hint(text, hint), name)
        case Ready(drifted=paths) if paths and not told.message.startswith(shown(paths)):
            yield News("DriftReported", text, name)
        case Progressing(has=has) if told.state == MemberState.PROGRESSING and not told.phase and member.in_step:
            if member.child is not None and member.child.phase:
                yield News("GateWaiting", f"{name}: wants Running + Done, has {has}", name)
        case _:
            pass
    if told.state == MemberState.DARK and member.facts.reach.ok:
        yield News("MemberBack", f"{name}: answers again", name)


def _with_hint(text: str, hint: str) -> str:
    return f"{text}. Next: {hint}" if hint else text


def _dark_reason(state: Dark) -> str:
    if state.reason == IDENTITY_CHANGED:
        return "MemberIdentityChanged"
    return "CredentialRejected" if rejects(state) else "MemberDark"


def passed_gate(member: Shown) -> bool:
    """Whether the step of a member has just ended well."""
    told = member.facts.told
    ended = isinstance(member.state, Ready | Soaking) and told.state == MemberState.PROGRESSING
    return ended and bool(told.step_since)


def _of_writes(picture: Picture, member: Shown) -> Iterator[News]:
    told, name = member.facts.told, member.name
    if passed_gate(member):
        yield News("GatePassed", f"{name}: Running + Done{ago(picture, told.step_since)}", name)
    for outcome in picture.outcomes:
        if getattr(outcome.write, "member", "") != name:
            continue
        match outcome:
            case Done():
                yield from _of_success(picture, member, outcome)
            case _:
                pass


def _of_success(picture: Picture, member: Shown, done: Done) -> Iterator[News]:
    name, before = member.name, picture.decision.states[member.name]
    match done.write:
        case CreateChild(key=key):
            if isinstance(before, Absent) and before.vanished:
                gone = f"{name}: {key} (uid {before.vanished}) is gone and we did not delete it; made again"
                yield News(
                    "ChildVanished", f"{gone}; its volumes may be lost and its old nodes still in the ring", name
                )
            yield News("StepStarted", f"{name}: created {key}", name)
        case PatchChild(key=key, origin=origin) if origin is not None:
            yield News("ChildAdopted", f"{name}: {key} is ours now ({origin.value}), its spec untouched", name)
        case PatchChild(cause=Cause.DRIFT, paths=paths):
            yield News("DriftCorrected", f"{name}: {shown(paths)} set back", name)
        case PatchChild(paths=paths):
            yield News("StepStarted", f"{name}: applied {counted(paths)} ({shown(paths)})", name)
        case PatchSeeds() as write if write.correction and _times(picture, member) >= CORRECTIONS_MAX - 1:
            yield News("SeedsOverwritten", f"{name}: seed list changed by something else; set again", name)
        case _:
            pass
    if done.late:
        yield News(
            "SeedsLate", f"{name}: CassKop had begun with seeds of its own; they are set, and its pods restart", name
        )


def _times(picture: Picture, member: Shown) -> int:
    return recent_corrections(member.facts.trace, SEEDS_PATH, picture.facts.monotonic)
