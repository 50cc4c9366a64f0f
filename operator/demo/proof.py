"""What a run of the demonstration proves: computed from recorded events alone, without a cluster and without a clock.

Each claim is a function that lists what speaks against it; it holds when nothing does. Events are those that one
recorder saw by watches on all members, with the moments (monotonic seconds of the recorder) at which it saw them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from multicasskop.crds.names import (
    CASSANDRACLUSTER_KIND,
    FINALIZER,
    MULTICASSKOP_KIND,
)
from multicasskop.operator.output.ages import age

Json = Mapping[str, Any]
NORMAL = {
    "Ready": "True",
    "Progressing": "False",
    "Degraded": "False",
    "Valid": "True",
    "SeedsResolved": "True",
    "MembersReachable": "True",
    "Paused": "False",
}
"""The conditions of a MultiCasskop that is all right."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One event as the recorder saw it; `type` is ADDED, MODIFIED or DELETED."""

    at: float
    member: str
    type: str
    object: Json


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays: the MultiCasskop, the members in rollout order with home first, and the child's name."""

    namespace: str
    name: str
    child: str
    members: tuple[str, ...]

    @property
    def home(self) -> str:
        """The member in which the MultiCasskop lives."""
        return self.members[0]


@dataclass(frozen=True, slots=True)
class Claim:
    """What is claimed, in the words of this run, and what speaks against it."""

    text: str
    against: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.against


class History:
    """The recorded events of one run, sorted by the moment at which they were seen."""

    def __init__(self, cast: Cast, seen: Sequence[Seen]) -> None:
        self.cast = cast
        self._seen = sorted(seen, key=lambda event: event.at)

    def child(self, member: str) -> list[Seen]:
        """All that happened to a member's child."""
        return self._of(member, CASSANDRACLUSTER_KIND, self.cast.child)

    def parent(self) -> list[Seen]:
        """All that happened to the MultiCasskop."""
        return self._of(self.cast.home, MULTICASSKOP_KIND, self.cast.name)

    def events(self) -> list[Seen]:
        """The Kubernetes events about the MultiCasskop, each once, in the order in which they came."""
        told = [event for event in self._seen if event.object.get("kind") == "Event" and event.type == "ADDED"]
        return [event for event in told if self._is_about_parent(event.object)]

    def _is_about_parent(self, obj: Json) -> bool:
        about = obj.get("regarding") or obj.get("involvedObject") or {}
        return (about.get("kind"), about.get("name")) == (MULTICASSKOP_KIND, self.cast.name)

    def _of(self, member: str, kind: str, name: str) -> list[Seen]:
        key = (kind, self.cast.namespace, name)
        return [event for event in self._seen if event.member == member and _key(event.object) == key]


def prove(history: History) -> tuple[Claim, ...]:
    """All claims over a run that went from the creation of the MultiCasskop to its deletion."""
    return (in_order(history), same_seeds(history), all_agree(history), all_gone(history))


def in_order(history: History) -> Claim:
    """Each child was created after the one before was Running, and all became Running."""
    members = history.cast.members
    running = {member: first_running(history.child(member)) for member in members}
    created = {member: first(history.child(member), lambda event: event.type == "ADDED") for member in members}
    against = [f"{member}: the child was never Running + Done" for member in members if running[member] is None]
    gaps: list[tuple[str, str, float]] = []
    for before, after in pairwise(members):
        ready, made = running[before], created[after]
        if made is not None and (ready is None or made.at < ready.at):
            against.append(f"{after}: the child was created before the one in {before} was Running")
        elif made is not None and ready is not None:
            gaps.append((before, after, made.at - ready.at))
    told = ", ".join(f"{after} created {_gap(gap)} after {before} was Running" for before, after, gap in gaps)
    count = "both" if len(members) == 2 else f"all {len(members)}"
    return Claim(f"{count} children Running, in order ({told})", tuple(against))


def same_seeds(history: History) -> Claim:
    """All children ended with one seed list, the given one where one was given, and the status shows it."""
    lists = {member: _seeds(_last(history.child(member))) for member in history.cast.members}
    parent = _last(history.parent())
    given = _at(parent, "spec", "base", "status").get("seedlist")
    wanted = list(given or lists[history.cast.home])
    against = [
        f"{member}: seeds are {_short(found)}, not {_short(wanted)}"
        for member, found in lists.items()
        if found != wanted
    ]
    if not wanted:
        against.append("there are no seeds")
    shown = list(_at(parent, "status").get("seedlist") or ())
    if shown != wanted:
        against.append(f"status.seedlist shows {_short(shown)}")
    where = "both" if len(lists) == 2 else f"all {len(lists)}"
    return Claim(f"{len(wanted)} seeds the same in {where} clusters", tuple(against))


def all_agree(history: History) -> Claim:
    """What the MultiCasskop says of itself at the end is what was seen, in status, conditions and events."""
    parent = _last(history.parent())
    against = [*_against_status(history, parent), *_against_conditions(parent), *_against_events(history)]
    return Claim("status, events and conditions agree with what was seen", tuple(against))


def all_gone(history: History) -> Claim:
    """After the delete every child went, then the finalizer, then the MultiCasskop."""
    deleted = {member: _deletion(history.child(member)) for member in history.cast.members}
    against = [f"{member}: the child is still there" for member, event in deleted.items() if event is None]
    parent = _deletion(history.parent())
    if parent is None:
        against.append("the MultiCasskop is still there")
    marked = first(history.parent(), lambda event: "deletionTimestamp" in _metadata(event))
    freed = first(history.parent(), lambda event: marked is not None and event.at >= marked.at and not _held(event))
    for member, event in deleted.items():
        if event is not None and freed is not None and event.at > freed.at:
            against.append(f"{member}: the finalizer went before the child was gone")
    if not any(_held(event) for event in history.parent()):
        against.append("the MultiCasskop never had its finalizer")
    took = f" {age(parent.at - marked.at)} after the delete" if parent is not None and marked is not None else ""
    return Claim(f"everything gone{took}, the finalizer last", tuple(against))


def first_running(events: Sequence[Seen]) -> Seen | None:
    """The first event in which CassKop says Running and Done."""
    return first(events, _is_running)


def first(events: Sequence[Seen], condition: Callable[[Seen], bool]) -> Seen | None:
    """The first event for which the condition holds."""
    return next((event for event in events if condition(event)), None)


def _is_running(event: Seen) -> bool:
    status = _at(event.object, "status")
    living = event.type != "DELETED"
    return living and (status.get("phase"), status.get("lastClusterActionStatus")) == ("Running", "Done")


def _against_status(history: History, parent: Json) -> list[str]:
    status, count = _at(parent, "status"), len(history.cast.members)
    wanted = {
        "phase": "Ready",
        "ready": f"{count}/{count}",
        "observedGeneration": _at(parent, "metadata").get("generation"),
    }
    against = [
        f"status.{field} is {status.get(field)!r}, not {value!r}"
        for field, value in wanted.items()
        if status.get(field) != value
    ]
    shown = {_text(item, "name"): item for item in status.get("clusters") or ()}
    for member in history.cast.members:
        against += _against_member(member, shown.get(member, {}), _last(history.child(member)))
    return against


def _against_member(member: str, shown: Json, child: Json) -> list[str]:
    status = _at(child, "status")
    fields = ("phase", "lastClusterAction", "lastClusterActionStatus")
    seen = {
        "state": "Ready",
        "uid": _at(child, "metadata").get("uid"),
        **{field: status.get(field) for field in fields},
    }
    return [
        f"status of {member}: {field} is {shown.get(field)!r}, and {value!r} was seen"
        for field, value in seen.items()
        if shown.get(field) != value
    ]


def _against_conditions(parent: Json) -> list[str]:
    found = {_text(item, "type"): item for item in _at(parent, "status").get("conditions") or ()}
    generation = _at(parent, "metadata").get("generation")
    against = [
        f"condition {kind} is {_text(found.get(kind, {}), 'status') or 'missing'}, not {status}"
        for kind, status in NORMAL.items()
        if _text(found.get(kind, {}), "status") != status
    ]
    against += [f"condition {kind} is {_text(item, 'status')}" for kind, item in found.items() if kind not in NORMAL]
    old = found.get("Ready", {}).get("observedGeneration", generation) != generation
    return [*against, "condition Ready speaks of another generation"] if old else against


def _against_events(history: History) -> list[str]:
    told = [event for event in history.events() if _before_delete(history, event)]
    against = [
        f"warning {_text(e.object, 'reason')}: {_note(e.object)}" for e in told if _text(e.object, "type") != "Normal"
    ]
    steps = [step for member in history.cast.members for step in (("StepStarted", member), ("GatePassed", member))]
    wanted = [*steps, ("RolloutFinished", "")]
    names = {member: f"{member}:" for member in history.cast.members}
    found = [(_text(e.object, "reason"), _member_of(_note(e.object), names)) for e in told]
    position = -1
    for step in wanted:
        later = [index for index, event in enumerate(found) if event == step and index > position]
        if not later:
            missing = "missing" if step not in found else "out of order"
            against.append(f"event {' of '.join(part for part in step if part)} is {missing}")
        position = later[0] if later else position
    return against


def _before_delete(history: History, event: Seen) -> bool:
    marked = first(history.parent(), lambda change: "deletionTimestamp" in _metadata(change))
    return marked is None or event.at < marked.at


def _member_of(note: str, names: Mapping[str, str]) -> str:
    return next((member for member, start in names.items() if note.startswith(start)), "")


def _last(events: Sequence[Seen]) -> Json:
    """The last state that was not yet marked for deletion."""
    living = [
        event.object for event in events if "deletionTimestamp" not in _metadata(event) and event.type != "DELETED"
    ]
    return living[-1] if living else {}


def _deletion(events: Sequence[Seen]) -> Seen | None:
    """The deletion after which nothing of that name came back."""
    return events[-1] if events and events[-1].type == "DELETED" else None


def _held(event: Seen) -> bool:
    return FINALIZER in (_metadata(event).get("finalizers") or ()) and event.type != "DELETED"


def _metadata(event: Seen) -> Json:
    return _at(event.object, "metadata")


def _key(obj: Json) -> tuple[object, object, object]:
    metadata = _at(obj, "metadata")
    return obj.get("kind"), metadata.get("namespace"), metadata.get("name")


def _seeds(child: Json) -> list[str]:
    return list(_at(child, "status").get("seedlist") or ())


def _at(obj: Json, *path: str) -> Json:
    for part in path:
        obj = obj.get(part) or {}
    return obj


def _text(obj: Json, field: str) -> str:
    return str(obj.get(field) or "")


def _note(event: Json) -> str:
    return _text(event, "note") or _text(event, "message")


def _short(seeds: Sequence[str]) -> str:
    return f"{len(seeds)} ({', '.join(seed.split('.')[0] for seed in seeds)})" if seeds else "none"


def _gap(seconds: float) -> str:
    return f"{seconds * 1000:.0f}ms" if seconds < 1 else age(seconds)
