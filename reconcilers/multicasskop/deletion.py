"""The end of a MultiCasskop: which children go with it, and when it may go itself.

The finalizer is there exactly while the cascade is wanted. Children go in reverse rollout order, those that carry our
mark and no others; a child that was only agreed upon is left, somebody may have made it by hand. The parent goes when
every child was seen to be gone in a view that is fresh: that a delete was accepted is not enough, and neither is
absence where nothing can be seen. A child that cannot be waited for is written down as an orphan first: when its member
is dark and `deletion` allows it, or when a person releases it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from multicasskop.crds.base import Json
from multicasskop.crds.multicasskop import DeletionOnDark, OverrideRemoved
from multicasskop.crds.names import FINALIZER, PVC_FINALIZER, RELEASE
from multicasskop.crds.quantity import DurationError, parse_duration
from multicasskop.informers.key import Key
from multicasskop.reconcilers.conditions import timestamp
from multicasskop.reconcilers.finalizers import Add, Remove, finalizer_step
from multicasskop.reconcilers.multicasskop.facts import Child, Facts, MemberFacts, Meta
from multicasskop.reconcilers.multicasskop.history import farewell_context
from multicasskop.reconcilers.multicasskop.orphans import Orphan
from multicasskop.reconcilers.multicasskop.ownership import CASCADED, Mine, Origin, mark_of, ownership
from multicasskop.reconcilers.multicasskop.writes import AddFinalizer, DeleteChild, RemoveFinalizer

_DEADLINE: Final = "1h"
# a member that has just stopped to answer may answer again at once
STEADY: Final = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Gone:
    """There is no child of ours any more, and that can be seen. `key` is where it was."""

    key: Key | None = None


@dataclass(frozen=True, slots=True)
class Left:
    """There is a child, and it stays."""

    message: str


@dataclass(frozen=True, slots=True)
class Going:
    """The child has been told to go, and waits for its finalizers."""

    key: Key
    since: str
    message: str


@dataclass(frozen=True, slots=True)
class ToDelete:
    """The child is to be deleted."""

    key: Key
    uid: str


@dataclass(frozen=True, slots=True)
class Blocked:
    """Nothing can be done or seen there now.

    `dark`: the member cannot be reached; `until` is when that is waited for no more, empty where it is for ever.
    """

    message: str
    dark: bool = False
    until: str = ""


@dataclass(frozen=True, slots=True)
class Abandoned:
    """The child is not waited for any more: it goes on record before the parent goes."""

    orphan: Orphan
    why: str


Fate = Gone | Left | Going | ToDelete | Blocked | Abandoned


@dataclass(frozen=True, slots=True)
class Terms:
    """How the end is to be: read from the spec as it stands, whatever else is wrong with it.

    `let_go_at` is when a dark member is waited for no more; None where it is for ever. `released` are the members whose
    children a person has let go. `retains`: children without an override are left.
    """

    let_go_at: datetime | None = None
    released: frozenset[str] = frozenset()
    retains: bool = True
    paused: bool = False

    @classmethod
    def of(cls, spec: Json, meta: Meta) -> "Terms":
        """The terms of a MultiCasskop; measured from its deletion mark."""
        found = spec.get("deletion")
        given: Json = found if isinstance(found, dict) else {}
        released = (name.strip() for name in meta.annotations.get(RELEASE, "").split(","))
        return cls(
            _let_go_at(given, meta.deleting_since),
            frozenset(filter(None, released)),
            given.get("onOverrideRemoved") != OverrideRemoved.DRAIN,
            spec.get("paused") is True,
        )


@dataclass(frozen=True, slots=True)
class Farewell:
    """What is to be done for the end of a parent, and the fate of each member's child, in the order of deletion."""

    fates: tuple[tuple[str, Fate], ...] = ()
    writes: tuple[DeleteChild | RemoveFinalizer, ...] = ()


def finalizer_change(facts: Facts, *, cascade: bool, paused: bool) -> AddFinalizer | RemoveFinalizer | None:
    """Whether the finalizer of a living parent, or of one whose cascade was called off, is to be changed."""
    meta = facts.parent.meta
    if paused:
        return None
    match finalizer_step(FINALIZER in meta.finalizers, meta.deleting, cascade):
        case Add():
            return AddFinalizer()
        case Remove():
            return RemoveFinalizer(called_off=meta.deleting)
        case _:
            return None


def farewell(facts: Facts, order: Sequence[str], terms: Terms) -> Farewell:
    """Decide the next writes for a parent under deletion that still carries our finalizer.

    `order` is the rollout order of the members that have an override; those whose override was taken out go first.
    """
    names = (*reversed(tuple(facts.former)), *reversed(order))
    fates = tuple((name, fate_of(facts, facts.member(name), terms)) for name in names)
    if terms.paused:
        return Farewell(fates)
    deletes = tuple(
        DeleteChild(name, fate.key, fate.uid, farewell_context(facts.root, name) if facts.root else None)
        for name, fate in fates
        if isinstance(fate, ToDelete)
    )
    if not all(isinstance(fate, Gone | Left | Abandoned) for _, fate in fates):
        return Farewell(fates, deletes)
    return Farewell(fates, (_letting_go(fates, terms),))


def fate_of(facts: Facts, member: MemberFacts, terms: Terms) -> Fate:
    """What becomes of the child of one member."""
    if terms.retains and member.name in facts.former:
        return Left("its override was taken out, so its child is left (onOverrideRemoved: Retain)")
    fate = _fate_known(facts, member)
    match fate:
        case Blocked() | Going() if member.name in terms.released:
            return Abandoned(_record(facts, member), "released by hand")
        case Blocked(message, dark=True) if terms.let_go_at is not None:
            return _waited_for(facts, member, message, terms.let_go_at)
        case _:
            return fate


def place_of(facts: Facts, member: MemberFacts) -> Key:
    """Where the child of a member is, or was, as far as that can be known."""
    if member.child is not None:
        return member.child.key
    parent = facts.parent.meta.key
    namespace, _, name = member.told.child.partition("/")
    # a status can be written by others: it never leads out of the parent's own namespace
    told = Key(namespace, name) if name and namespace == parent.namespace else parent
    return member.wanted or told


def _let_go_at(given: Json, since: str) -> datetime | None:
    if given.get("onDark") != DeletionOnDark.ORPHAN:
        return None
    try:
        seconds = parse_duration(str(given.get("deadline") or _DEADLINE))
        return datetime.fromisoformat(since) + timedelta(seconds=seconds)
    except (DurationError, ValueError, OverflowError):
        return None


def _letting_go(fates: Sequence[tuple[str, Fate]], terms: Terms) -> RemoveFinalizer:
    gone = tuple((name, fate.key) for name, fate in fates if isinstance(fate, Gone) and fate.key is not None)
    abandoned = [fate for _, fate in fates if isinstance(fate, Abandoned)]
    waited = any(fate.orphan.member not in terms.released for fate in abandoned)
    return RemoveFinalizer(gone, tuple(fate.orphan for fate in abandoned), terms.let_go_at if waited else None)


def _waited_for(facts: Facts, member: MemberFacts, message: str, until: datetime) -> Fate:
    """A dark member's child under a policy that lets it go: once the time is over, and the darkness is no blink."""
    since, now = member.reach.since, facts.now
    steady = not member.registered or since is None or (now is not None and now - since >= STEADY)
    if now is None or now < until or not steady:
        return Blocked(message, dark=True, until=timestamp(until))
    return Abandoned(_record(facts, member), f"{message}, and deletion.deadline is over")


def _record(facts: Facts, member: MemberFacts) -> Orphan:
    meta, key, child = facts.parent.meta, place_of(facts, member), member.child
    return Orphan(
        member.name,
        key.namespace,
        key.name,
        child.meta.uid if child is not None else member.told.uid,
        mark_of(meta, facts.home_id, Origin.CREATED),
        timestamp(facts.now) if facts.now else "",
        str(farewell_context(facts.root, member.name)) if facts.root else "",
    )


def _fate_known(facts: Facts, member: MemberFacts) -> Fate:
    """What becomes of a child as far as it can be seen now."""
    still = f"{place_of(facts, member)} may still be there"
    if not member.registered:
        return Blocked(f"is not registered, and {still}", dark=True) if member.told.uid else Gone()
    if not member.reach.ok:
        return Blocked(f"is dark ({member.reach.message or member.reach.reason}), and {still}", dark=True)
    if not member.fresh or member.lagging:
        return Blocked(member.trouble_message or "cannot be seen freshly now")
    if member.failure is not None and facts.monotonic < member.failure.retry_at:
        return Blocked(member.failure.message)
    return _fate_seen(facts, member)


def _fate_seen(facts: Facts, member: MemberFacts) -> Fate:
    child = member.child
    if child is None:
        return Gone(place_of(facts, member))
    match ownership(child, facts.parent.meta, facts.home_id, facts.living, home_fresh=facts.home_fresh):
        case Mine(origin) if origin in CASCADED:
            return _fate_of_ours(child)
        case Mine():
            return Left(f"{child.key} was there before and only agreed upon, so it is left")
        case _:
            return Left(f"{child.key} is not ours and is left")


def _fate_of_ours(child: Child) -> Fate:
    if not child.meta.deleting:
        return ToDelete(child.key, child.meta.uid)
    hint = " (its own CassKop must take its claims away)" if PVC_FINALIZER in child.meta.finalizers else ""
    return Going(child.key, child.meta.deleting_since, f"{child.key} is being deleted{hint}")
