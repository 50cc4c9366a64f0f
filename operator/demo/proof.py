"""What a run of the demonstration proves: computed from recorded events alone, without a cluster and without a clock.

Each claim is a function that lists what speaks against it; it holds when nothing does. Events are those that one
recorder saw by watches on all members, with the moments (monotonic seconds of the recorder) at which it saw them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from multicasskop.operator.demo.history import (
    History,
    Json,
    Seen,
    deletion,
    first,
    first_running,
    inner,
    is_held,
    last_living,
    metadata_of,
    note_of,
    word,
)
from multicasskop.operator.output.ages import age

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
BESIDE_OPERATOR = "OperatorNamespace"
JITTER = 0.02
"""Seconds by which two moments must differ to have an order: the recorder reads each member's events in a thread."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What is claimed, in the words of this run, and what speaks against it."""

    text: str
    against: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.against


def prove(history: History) -> tuple[Claim, ...]:
    """All claims over a run that went from the creation of the MultiCasskop to its deletion."""
    return (in_order(history), same_seeds(history), all_agree(history), all_gone(history))


def in_order(history: History) -> Claim:
    """Each child was created after the one before was Running, and all became Running."""
    members = history.cast.members
    running = {member: first_running(history.child(member)) for member in members}
    created = {member: first(history.child(member), lambda event: event.type == "ADDED") for member in members}
    against = [f"{member}: the child was never Running + Done" for member in members if running[member] is None]
    against += [f"{member}: the child was created more than once" for member in members if made_again(history, member)]
    gaps: list[tuple[str, str, float]] = []
    for before, after in pairwise(members):
        ready, made = running[before], created[after]
        if made is not None and (ready is None or made.at < ready.at - JITTER):
            against.append(f"{after}: the child was created before the one in {before} was Running")
        elif made is not None and ready is not None:
            gaps.append((before, after, made.at - ready.at))
    told = ", ".join(f"{after} created {_gap(gap)} after {before} was Running" for before, after, gap in gaps)
    count = "both" if len(members) == 2 else f"all {len(members)}"
    return Claim(f"{count} children Running, in order ({told})", tuple(against))


def made_again(history: History, member: str) -> bool:
    """Whether a member's child was created more often than once."""
    return sum(event.type == "ADDED" for event in history.child(member)) > 1


def same_seeds(history: History) -> Claim:
    """All children ended with one seed list, the given one where one was given, and the status shows it."""
    lists = {member: _seeds(last_living(history.child(member))) for member in history.cast.members}
    parent = last_living(history.parent())
    given = inner(parent, "spec", "base", "status").get("seedlist")
    wanted = list(given or lists[history.cast.home])
    against = [
        f"{member}: seeds are {_short(found)}, not {_short(wanted)}"
        for member, found in lists.items()
        if found != wanted
    ]
    if not wanted:
        against.append("there are no seeds")
    shown = list(inner(parent, "status").get("seedlist") or ())
    if shown != wanted:
        against.append(f"status.seedlist shows {_short(shown)}")
    where = "both" if len(lists) == 2 else f"all {len(lists)}"
    return Claim(f"{len(wanted)} seeds the same in {where} clusters", tuple(against))


def all_agree(history: History) -> Claim:
    """What the MultiCasskop says of itself at the end is what was seen, in status, conditions and events."""
    parent = last_living(history.parent())
    against = [*_against_status(history, parent), *_against_conditions(parent), *_against_events(history)]
    return Claim("status, events and conditions agree with what was seen", tuple(against))


def all_gone(history: History) -> Claim:
    """After the delete every child went, then the finalizer, then the MultiCasskop."""
    deleted = {member: deletion(history.child(member)) for member in history.cast.members}
    against = [f"{member}: the child is still there" for member, event in deleted.items() if event is None]
    parent = deletion(history.parent())
    if parent is None:
        against.append("the MultiCasskop is still there")
    marked = first(history.parent(), lambda event: "deletionTimestamp" in metadata_of(event))
    freed = first(history.parent(), lambda event: marked is not None and event.at >= marked.at and not is_held(event))
    for member, event in deleted.items():
        if event is not None and freed is not None and event.at > freed.at:
            against.append(f"{member}: the finalizer went before the child was gone")
    if not any(is_held(event) for event in history.parent()):
        against.append("the MultiCasskop never had its finalizer")
    took = f" {age(parent.at - marked.at)} after the delete" if parent is not None and marked is not None else ""
    return Claim(f"everything gone{took}, the finalizer last", tuple(against))


def _against_status(history: History, parent: Json) -> list[str]:
    status, count = inner(parent, "status"), len(history.cast.members)
    wanted = {
        "phase": "Ready",
        "ready": f"{count}/{count}",
        "observedGeneration": inner(parent, "metadata").get("generation"),
    }
    against = [
        f"status.{field} is {status.get(field)!r}, not {value!r}"
        for field, value in wanted.items()
        if status.get(field) != value
    ]
    shown = {word(item, "name"): item for item in status.get("clusters") or ()}
    for member in history.cast.members:
        against += _against_member(member, shown.get(member, {}), last_living(history.child(member)))
    return against


def _against_member(member: str, shown: Json, child: Json) -> list[str]:
    status = inner(child, "status")
    fields = ("phase", "lastClusterAction", "lastClusterActionStatus")
    seen = {
        "state": "Ready",
        "uid": inner(child, "metadata").get("uid"),
        **{field: status.get(field) for field in fields},
    }
    return [
        f"status of {member}: {field} is {shown.get(field)!r}, and {value!r} was seen"
        for field, value in seen.items()
        if shown.get(field) != value
    ]


def _against_conditions(parent: Json) -> list[str]:
    found = {word(item, "type"): item for item in inner(parent, "status").get("conditions") or ()}
    generation = inner(parent, "metadata").get("generation")
    against = [
        f"condition {kind} is {word(found.get(kind, {}), 'status') or 'missing'}, not {status}"
        for kind, status in NORMAL.items()
        if word(found.get(kind, {}), "status") != status
    ]
    against += [f"condition {kind} is {word(item, 'status')}" for kind, item in found.items() if kind not in NORMAL]
    old = found.get("Ready", {}).get("observedGeneration", generation) != generation
    return [*against, "condition Ready speaks of another generation"] if old else against


def is_trouble(event: Seen) -> bool:
    """Whether an event warns of what should not be; that operator and object share a namespace is the article's way."""
    return word(event.object, "type") != "Normal" and word(event.object, "reason") != BESIDE_OPERATOR


def _against_events(history: History) -> list[str]:
    told = [event for event in history.events() if _before_delete(history, event)]
    against = [f"warning {word(e.object, 'reason')}: {note_of(e.object)}" for e in told if is_trouble(e)]
    steps = [step for member in history.cast.members for step in (("StepStarted", member), ("GatePassed", member))]
    wanted = [*steps, ("RolloutFinished", "")]
    names = {member: f"{member}:" for member in history.cast.members}
    found = [(word(e.object, "reason"), _member_of(note_of(e.object), names)) for e in told]
    position = -1
    for step in wanted:
        later = [index for index, event in enumerate(found) if event == step and index > position]
        if not later:
            missing = "missing" if step not in found else "out of order"
            against.append(f"event {' of '.join(part for part in step if part)} is {missing}")
        position = later[0] if later else position
    return against


def _before_delete(history: History, event: Seen) -> bool:
    marked = first(history.parent(), lambda change: "deletionTimestamp" in metadata_of(change))
    return marked is None or event.at < marked.at


def _member_of(note: str, names: Mapping[str, str]) -> str:
    return next((member for member, start in names.items() if note.startswith(start)), "")


def _seeds(child: Json) -> list[str]:
    return list(inner(child, "status").get("seedlist") or ())


def _short(seeds: Sequence[str]) -> str:
    return f"{len(seeds)} ({', '.join(seed.split('.')[0] for seed in seeds)})" if seeds else "none"


def _gap(seconds: float) -> str:
    return f"{max(0.0, seconds) * 1000:.0f}ms" if seconds < 1 else age(seconds)
