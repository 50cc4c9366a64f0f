"""The end of a MultiCasskop: which children go with it, and when it may go itself.

The finalizer is there exactly while the cascade is wanted. Children go in reverse rollout order, those that carry our
mark and no others; a child that was only agreed upon is left, somebody may have made it by hand. The parent goes when
every child was seen to be gone in a view that is fresh: that a delete was accepted is not enough, and neither is
absence where nothing can be seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from multicasskop.crds.names import FINALIZER, PVC_FINALIZER
from multicasskop.informers.key import Key
from multicasskop.reconcilers.finalizers import Add, Remove, finalizer_step
from multicasskop.reconcilers.multicasskop.facts import Child, Facts, MemberFacts
from multicasskop.reconcilers.multicasskop.history import farewell_context
from multicasskop.reconcilers.multicasskop.ownership import CASCADED, Mine, ownership
from multicasskop.reconcilers.multicasskop.writes import AddFinalizer, DeleteChild, RemoveFinalizer


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
    """Nothing can be done or seen there now."""

    message: str


Fate = Gone | Left | Going | ToDelete | Blocked


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
            return RemoveFinalizer()
        case _:
            return None


def farewell(facts: Facts, order: Sequence[str], *, paused: bool) -> Farewell:
    """Decide the next writes for a parent under deletion that still carries our finalizer.

    `order` is the rollout order of the members that have an override.
    """
    fates = tuple((name, fate_of(facts, facts.members[name])) for name in reversed(order))
    if paused:
        return Farewell(fates)
    deletes = tuple(
        DeleteChild(name, fate.key, fate.uid, farewell_context(facts.root, name) if facts.root else None)
        for name, fate in fates
        if isinstance(fate, ToDelete)
    )
    if not all(isinstance(fate, Gone | Left) for _, fate in fates):
        return Farewell(fates, deletes)
    gone = tuple((name, fate.key) for name, fate in fates if isinstance(fate, Gone) and fate.key is not None)
    return Farewell(fates, (RemoveFinalizer(gone),))


def fate_of(facts: Facts, member: MemberFacts) -> Fate:
    """What becomes of the child of one member."""
    if not member.registered:
        return Blocked("is not registered, and had a child of ours") if member.told.uid else Gone()
    if not member.reach.ok:
        return Blocked(f"is dark ({member.reach.message or member.reach.reason})")
    if not member.fresh or member.lagging:
        return Blocked(member.trouble_message or "cannot be seen freshly now")
    if member.failure is not None and facts.monotonic < member.failure.retry_at:
        return Blocked(member.failure.message)
    return _fate_seen(facts, member)


def _fate_seen(facts: Facts, member: MemberFacts) -> Fate:
    child = member.child
    if child is None:
        return Gone(member.wanted)
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
