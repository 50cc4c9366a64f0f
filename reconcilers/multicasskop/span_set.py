"""Which spans end in a reconcile, found by comparing the last status with the one that follows it.

Begins are taken from the status and ids from what stands in it, so it does not matter which process saw the begin.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from multicasskop.crds.base import Json
from multicasskop.crds.multicasskop import MemberState, Phase
from multicasskop.crds.names import CASSANDRACLUSTER_KIND, TRACEPARENT
from multicasskop.reconcilers import spans
from multicasskop.reconcilers.multicasskop.deletion import Gone
from multicasskop.reconcilers.multicasskop.facts import Meta, Told
from multicasskop.reconcilers.multicasskop.history import (
    CANCELLED,
    SUCCEEDED,
    SUPERSEDED,
    farewell_context,
    records,
    step_context,
)
from multicasskop.reconcilers.multicasskop.members import Absent, Applying
from multicasskop.reconcilers.multicasskop.orphans import Orphan
from multicasskop.reconcilers.multicasskop.picture import Picture
from multicasskop.reconcilers.multicasskop.status import starts
from multicasskop.reconcilers.spans import MEMBER, OWN, REASON, RESULT, Span, Value
from multicasskop.reconcilers.trace_context import TraceContext, root_of

_RESULTS: Final = {SUCCEEDED: "success", SUPERSEDED: "superseded", CANCELLED: "cancellation"}
_FAILURE: Final = "failure"
_TIMEOUT: Final = "timeout"


@dataclass(frozen=True, slots=True)
class Scene:
    """Two statuses, one after the other, and when the second was made."""

    picture: Picture
    status: Json
    now: datetime

    @property
    def meta(self) -> Meta:
        """The parent's metadata."""
        return self.picture.facts.parent.meta

    @property
    def trace(self) -> TraceContext | None:
        """The trace that the earlier status names: that of the rollout it tells of."""
        return TraceContext.parse(self.picture.facts.parent.status.get("traceparent"))

    def about(self, **more: Value) -> Mapping[str, Value]:
        """The common attributes, and some of our own."""
        return common(self.meta) | {f"{OWN}{name}": value for name, value in more.items() if value != ""}


def common(meta: Meta) -> dict[str, Value]:
    """The attributes of every span that is about one MultiCasskop."""
    return dict(zip(spans.COMMON, (meta.key.namespace, meta.key.name, meta.generation), strict=True))


def spans_of(picture: Picture, status: Json, now: datetime) -> tuple[Span, ...]:
    """The spans that have ended when `status` is the next one; none while nothing is traced."""
    if picture.facts.root is None:
        return ()
    scene = Scene(picture, status, now)
    return (*_of_begin(scene), *_of_steps(scene), *_of_halt(scene), *_of_ends(scene), *_of_deletion(scene))


# the rollout


def _of_begin(scene: Scene) -> Iterator[Span]:
    root, states = scene.picture.facts.root, scene.picture.decision.states
    if root is None or not starts(scene.picture):
        return
    changes = sum(isinstance(state, Absent | Applying) for state in states.values())
    at = scene.picture.facts.now or scene.now
    yield Span(spans.ACCEPTED, root.child("accepted"), root, at, at, scene.about(members=len(states), changes=changes))


def _of_halt(scene: Scene) -> Iterator[Span]:
    """A halt is a moment, and the end of a wait; the rollout may go on."""
    halt, root = scene.picture.decision.halt, scene.trace
    if halt is None or root is None or scene.picture.facts.parent.status.get("phase") == Phase.HALTED:
        return
    about = scene.about(member=halt.member, reason=halt.why)
    context = root.child("halted", halt.member, scene.meta.generation)
    yield Span(spans.HALTED, context, root, scene.now, scene.now, about, error="Halted")
    told = scene.picture.facts.parent.told(halt.member)
    if told.step_since:
        yield from _gate(scene, root, halt.member, told, _TIMEOUT)


def _of_ends(scene: Scene) -> Iterator[Span]:
    """The rollouts that are written down as ended and were not before."""
    root, known = scene.trace, records(scene.picture.facts.parent.status)
    for record in records(scene.status):
        start = _begin(scene, record)
        if record in known or root is None or start is None:
            continue
        result = _RESULTS.get(str(record.get("result")), _FAILURE)
        about = {**scene.about(result=result, steps=len(scene.picture.facts.members))}
        about[f"{OWN}generation"] = record["generation"]
        link = TraceContext.parse(scene.meta.annotations.get(TRACEPARENT))
        yield Span(spans.ROLLOUT, root, None, start, scene.now, about, link=link)


def _begin(scene: Scene, record: Json) -> datetime | None:
    """When a change was seen: a new object's own time, else that of the first write."""
    begun, made = _instant(record.get("start")), _instant(scene.meta.created)
    return made if made is not None and record.get("generation") == 1 else begun


# the steps


def _of_steps(scene: Scene) -> Iterator[Span]:
    root, parent = scene.trace, scene.picture.facts.parent
    if root is None:
        return
    after = {str(item.get("name")): item for item in _items(scene.status)}
    for member in (str(item.get("name")) for item in _items(parent.status)):
        told = parent.told(member)
        if told.step_since:
            yield from _of_step(scene, root, member, told, after.get(member, {}))


def _of_step(scene: Scene, root: TraceContext, member: str, told: Told, after: Json) -> Iterator[Span]:
    result, waited = _result(scene, told, after), told.state == MemberState.PROGRESSING
    if waited and (result or after.get("state") == MemberState.SOAKING):
        yield from _gate(scene, root, member, told, result or "success", after)
    start = _instant(told.step_since)
    if result and start is not None:
        about = {**_step_about(scene, member, after), RESULT: result}
        reason = str(after.get("state", "")) if result == _FAILURE else ""
        about |= {REASON: reason} if reason else {}
        yield Span(spans.STEP, step_context(root, member, told.step_since), root, start, scene.now, about, error=reason)


def _result(scene: Scene, told: Told, after: Json) -> str:
    """How a step has ended; empty while it goes on."""
    since = (after.get("gate") or {}).get("since")
    switched = scene.status.get("traceparent") != scene.picture.facts.parent.status.get("traceparent")
    if since == told.step_since and not switched:
        return ""
    if after.get("state") == MemberState.READY:
        return "success"
    if scene.meta.deleting:
        return "cancellation"
    return "superseded" if since or switched else _FAILURE


def _step_about(scene: Scene, member: str, after: Json) -> dict[str, Value]:
    names = [str(item.get("name")) for item in _items(scene.status)]
    number = names.index(member) + 1 if member in names else 0
    child = str(after.get("child", "")).rpartition("/")[2]
    about = scene.about(member=member, step=number, steps=len(names))
    kind = {f"{OWN}child.kind": CASSANDRACLUSTER_KIND, f"{OWN}child.name": child} if child else {}
    return {**about, **kind}


def _gate(
    scene: Scene, root: TraceContext, member: str, told: Told, result: str, after: Json | None = None
) -> Iterator[Span]:
    step, start = step_context(root, member, told.step_since), _instant(told.step_since)
    if start is None:
        return
    gate = _entry(scene.picture.facts.parent.status, member).get("gate") or {}
    has = _has(after) if after else str(gate.get("has", ""))
    about = scene.about(member=member, result=result, wants=str(gate.get("wants", "")), has=has)
    error = result if result in {_FAILURE, _TIMEOUT} else ""
    yield Span(spans.GATE, step.child("gate", result), step, start, scene.now, about, error)


def _has(after: Json) -> str:
    found = (after.get(name) or "-" for name in ("phase", "lastClusterAction", "lastClusterActionStatus"))
    return "phase={} action={} status={}".format(*found)


# the end


def _of_deletion(scene: Scene) -> Iterator[Span]:
    farewell, root, start = (
        scene.picture.decision.farewell,
        scene.picture.facts.root,
        _instant(scene.meta.deleting_since),
    )
    if farewell is None or root is None or start is None:
        return
    for member, fate in farewell.fates:
        if isinstance(fate, Gone) and scene.picture.facts.member(member).told.uid:
            about = {**scene.about(member=member), **_child_about(fate)}
            yield Span(spans.DELETE_CHILD, farewell_context(root, member), root, start, scene.now, about)
    if scene.picture.let_go:
        about = {**scene.about(members=len(farewell.fates))}
        yield Span(spans.DELETION, root, None, start, scene.now, about, link=scene.trace)


def swept_span(orphan: Orphan, ratio: float, now: datetime) -> Span | None:
    """The end of a child that was left behind, in the trace of the deletion that left it; None if that was not traced.

    The deletion's own span was sent when its object went: its ids follow from the object's UID.
    """
    context, start, owner = TraceContext.parse(orphan.traceparent), _instant(orphan.time), orphan.owner
    if context is None or start is None:
        return None
    about: dict[str, Value] = {f"{OWN}namespace": owner.namespace, f"{OWN}name": owner.name, MEMBER: orphan.member}
    about |= {f"{OWN}child.kind": CASSANDRACLUSTER_KIND, f"{OWN}child.name": orphan.name}
    return Span(spans.DELETE_CHILD, context, root_of(ratio, "deletion", owner.uid), start, now, about)


def _child_about(fate: Gone) -> dict[str, Value]:
    if fate.key is None:
        return {}
    return {f"{OWN}child.kind": CASSANDRACLUSTER_KIND, f"{OWN}child.name": fate.key.name}


def _items(status: Json) -> tuple[Json, ...]:
    found = status.get("clusters")
    return tuple(item for item in found if isinstance(item, dict)) if isinstance(found, list) else ()


def _entry(status: Json, member: str) -> Json:
    return next((item for item in _items(status) if item.get("name") == member), {})


def _instant(text: object) -> datetime | None:
    """A time out of a status or of metadata; None for anything that is none."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def steps_waiting(status: Json, root: TraceContext | None) -> Iterator[tuple[TraceContext, str]]:
    """The step of each member that is waited for, and what it has."""
    for item in _items(status) if root is not None else ():
        gate = item.get("gate") or {}
        if root is not None and gate.get("since"):
            yield step_context(root, str(item.get("name")), str(gate["since"])), str(gate.get("has", ""))
