"""Children left behind in members that could not be reached: what is written down of each, and what becomes of it.

A record gives nobody a right. It says where to look; whether a child is deleted is judged by the child as it is read
live then: by its UID, by the mark it carries, and by whether anybody wants it by now.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Final

import msgspec
from multicasskop.crds.names import OWNER
from multicasskop.informers.key import Key
from multicasskop.reconcilers.multicasskop.facts import Child
from multicasskop.reconcilers.multicasskop.ownership import CASCADED, Mark, read_mark

# half of what a ConfigMap may hold, and no namespace may take the room of all others
RECORDS_MAX: Final = 1000
OF_ONE_NAMESPACE_MAX: Final = 250


@dataclass(frozen=True, slots=True)
class Orphan:
    """The record of one child: nothing but names, and none of what it holds. `uid` is empty where it was not known."""

    member: str
    namespace: str
    name: str
    uid: str
    owner: Mark
    time: str = ""
    traceparent: str = ""

    @property
    def child(self) -> Key:
        """Where the child was."""
        return Key(self.namespace, self.name)

    @property
    def key(self) -> str:
        """Under which the record lies: always the same for one child of one parent, so that it is there once."""
        identity = "\n".join((self.member, self.namespace, self.name, self.uid, self.owner.uid))
        return f"{self.member}.{hashlib.sha256(identity.encode()).hexdigest()[:20]}"

    def text(self) -> str:
        """The record as it is stored."""
        return msgspec.json.encode(asdict(self)).decode()


_orphan = msgspec.json.Decoder(Orphan)


def read_orphan(key: str, text: str) -> Orphan | None:
    """The record that is stored under a key; None when it is none, or lies under another record's key."""
    try:
        found = _orphan.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    return found if found.key == key and found.owner.uid else None


def no_room(known: Iterable[Orphan], new: Iterable[Orphan]) -> str:
    """Why there is no room for some more records; empty when there is."""
    everything = {orphan.key: orphan for orphan in (*known, *new)}
    if len(everything) > RECORDS_MAX:
        return f"there are {RECORDS_MAX} orphan records, which is all that is kept"
    counts: dict[str, int] = {}
    for orphan in everything.values():
        counts[orphan.owner.namespace] = counts.get(orphan.owner.namespace, 0) + 1
    full = next((name for name, count in counts.items() if count > OF_ONE_NAMESPACE_MAX), None)
    return f"namespace {full} has {OF_ONE_NAMESPACE_MAX} orphan records, which is all it may have" if full else ""


def counted(orphans: Iterable[Orphan], members: Iterable[str]) -> Mapping[str, int]:
    """How many records there are by member; all members that are not known count as one, whatever they are called."""
    counts = dict.fromkeys((*members, UNREGISTERED), 0)
    for orphan in orphans:
        counts[orphan.member if orphan.member in counts else UNREGISTERED] += 1
    return counts


# no member can be called so
UNREGISTERED: Final = "_unregistered"


@dataclass(frozen=True, slots=True)
class Over:
    """The child is gone: so is the reason for the record."""


@dataclass(frozen=True, slots=True)
class Kept:
    """There is a child, and it is not the one that was meant, or not ours any more: it stays, and the record goes."""

    why: str


@dataclass(frozen=True, slots=True)
class Waits:
    """Nothing is done now, and the record stays."""

    why: str


@dataclass(frozen=True, slots=True)
class Due:
    """The child is to be deleted, if it still is this one in this version."""

    uid: str
    version: str


Sentence = Over | Kept | Waits | Due


def judge(orphan: Orphan, child: Child | None, *, owner_lives: bool, wanted_by: Key | None) -> Sentence:
    """What becomes of a record, with its child as it was just read.

    `owner_lives`: the MultiCasskop that left it behind is still there, and decides itself. `wanted_by` is another one
    that wants a child of that name in that member: it may take this one over, or a person may have to decide.
    """
    if owner_lives:
        return Waits(f"{orphan.owner.key} is still there")
    if child is None:
        return Over()
    stranger = _stranger(orphan, child)
    if stranger:
        return Kept(stranger)
    if wanted_by is not None:
        return Waits(f"{wanted_by} wants it by now")
    if child.meta.deleting:
        return Waits(f"is being deleted since {child.meta.deleting_since}")
    return Due(child.meta.uid, child.meta.version)


def _stranger(orphan: Orphan, child: Child) -> str:
    """Why the child is not the one that may be deleted; empty when it is."""
    if not orphan.uid:
        return "its UID was not known when it was recorded"
    if child.meta.uid != orphan.uid:
        return f"it is another one (uid {child.meta.uid}, recorded was {orphan.uid})"
    mark = read_mark(child.meta.annotations.get(OWNER))
    if mark is None:
        return "it carries no owner mark any more"
    if mark.uid != orphan.owner.uid:
        return f"it belongs to {mark.key} by now"
    return "" if mark.origin in CASCADED else "it was there before, and only agreed upon"
