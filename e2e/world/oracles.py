"""What must hold in a recorded history. Each returns what it found against it, as sentences; empty means it held."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from multicasskop.world.api import Json
from multicasskop.world.kinds import CASSANDRACLUSTERS, LEASES
from multicasskop.world.proxy.trace import Passed
from multicasskop.world.recorder import Entry

Findings = tuple[str, ...]
SKEW = 0.6
"""Seconds: two watches on two servers may tell of two moments that are nearer than this in the wrong order.

A simulated action, unless it is instant, lasts longer; so a write that does not wait for its end is still found.
"""


def is_settled(child: Json) -> bool:
    """Whether CassKop says that the child is Running and its last action Done."""
    status = child.get("status") or {}
    return status.get("phase") == "Running" and status.get("lastClusterActionStatus") == "Done"


def children(entries: Iterable[Entry], namespace: str, name: str) -> tuple[Entry, ...]:
    """The entries of one child in all members."""
    return tuple(
        entry
        for entry in entries
        if entry.plural == CASSANDRACLUSTERS.plural and entry.namespace == namespace and entry.name == name
    )


def created_in_order(history: Sequence[Entry], members: Sequence[str]) -> Findings:
    """Each member's child was created, and not before the child of the member before it was Running and Done."""
    found = []
    for before, after in pairwise(members):
        created = first(history, after, lambda entry: entry.type == "ADDED")
        ready = first(history, before, lambda entry: is_settled(entry.object))
        if created is None:
            found.append(f"{after}: the child was never created")
        elif ready is None or is_before(created, ready):
            found.append(f"{after}: the child was created before the one in {before} was Running and Done")
    return tuple(found)


def is_before(one: Entry, other: Entry) -> bool:
    """Whether one happened before the other, beyond doubt: in another member it must be so by more than the skew."""
    return one.at < other.at - (SKEW if one.member != other.member else 0.0)


def created_once(history: Iterable[Entry]) -> Findings:
    """No member saw the child created more often than once."""
    counts = Counter(entry.member for entry in history if entry.type == "ADDED")
    return tuple(f"{member}: the child was created {count} times" for member, count in counts.items() if count > 1)


def one_in_change(history: Sequence[Entry]) -> Findings:
    """At no moment two members had a child that was not Running and Done."""
    busy: dict[str, bool] = {}
    found = []
    for entry in history:
        busy[entry.member] = entry.type != "DELETED" and not is_settled(entry.object)
        together = sorted(member for member, changing in busy.items() if changing)
        if len(together) > 1:
            found.append(f"at {entry.at:.3f} children were in change in {', '.join(together)}")
    return tuple(found)


def one_in_motion(writes: Iterable[Passed], history: Sequence[Entry]) -> Findings:
    """No child's spec was written while the child of another member was, beyond doubt, not Running and Done."""
    return tuple(
        f"{write.member}: {write.verb} at {write.at:.3f} while {other} was in change"
        for write in writes
        if write.verb != "delete"
        for other in sorted({entry.member for entry in history} - {write.member})
        if is_in_change(history, other, write.at)
    )


def is_in_change(history: Iterable[Entry], member: str, at: float) -> bool:
    """Whether all that was told of a member's child around a moment says that it was not Running and Done."""
    told = [entry for entry in history if entry.member == member and entry.at <= at + SKEW]
    before = [entry for entry in told if entry.at <= at - SKEW]
    near = [*before[-1:], *(entry for entry in told if entry.at > at - SKEW)]
    return bool(before) and not any(entry.type == "DELETED" or is_settled(entry.object) for entry in near)


def fenced(requests: Iterable[Passed], renew_deadline: float) -> Findings:
    """Every write of an operator lies inside its lease: not later than the deadline after its last renewal was sent."""
    held = float("-inf")
    found = []
    for request in sorted(requests, key=lambda entry: entry.at):
        if request.plural == LEASES.plural:
            held = request.at if request.is_mutating and 200 <= request.code < 300 else held
        elif request.is_mutating and request.at > held + renew_deadline:
            found.append(f"{request.describe()}: {request.at - held:.1f}s after the lease was renewed")
    return tuple(found)


def seeds_agree(history: Sequence[Entry]) -> Findings:
    """The last known children have the same list of seeds, order included, and it is not empty."""
    last = {entry.member: entry.object for entry in history if entry.type != "DELETED"}
    seeds = {member: tuple((child.get("status") or {}).get("seedlist") or ()) for member, child in last.items()}
    empty = tuple(f"{member}: no seeds" for member, listed in seeds.items() if not listed)
    if len(set(seeds.values())) > 1:
        return (*empty, "the seeds differ: " + "; ".join(f"{member}: {', '.join(s)}" for member, s in seeds.items()))
    return empty


def first(history: Iterable[Entry], member: str, fits: Callable[[Entry], bool]) -> Entry | None:
    """The first entry of a member that fits."""
    return next((entry for entry in history if entry.member == member and fits(entry)), None)
