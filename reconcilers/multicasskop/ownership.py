"""Whose child a CassandraCluster is: told by the mark it carries, never by its name."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final

import msgspec
from multicasskop.crds.names import ADOPT, OWNER
from multicasskop.informers.key import Key
from multicasskop.reconcilers.multicasskop.facts import Child, Meta, Rival


class Origin(StrEnum):
    """How a child came to its parent. An agreed one is not deleted with it: somebody may have made it by hand."""

    CREATED = "created"
    MIGRATED = "migrated"
    ADOPTED = "adopted"
    AGREED = "agreed"


CASCADED: Final = frozenset({Origin.CREATED, Origin.MIGRATED, Origin.ADOPTED})


@dataclass(frozen=True, slots=True)
class Mark:
    """The owner annotation: the parent's identity, of which the UID decides.

    `home` is the UID of the home cluster's kube-system namespace, or empty where that may not be read.
    """

    home: str = ""
    namespace: str = ""
    name: str = ""
    uid: str = ""
    origin: str = ""

    @property
    def key(self) -> Key:
        """Namespace and name of the parent."""
        return Key(self.namespace, self.name)

    def text(self) -> str:
        """The annotation's value."""
        return msgspec.json.encode(asdict(self)).decode()


_mark = msgspec.json.Decoder(Mark)


@dataclass(frozen=True, slots=True)
class Mine:
    """The child carries our mark."""

    origin: str


@dataclass(frozen=True, slots=True)
class Unowned:
    """The child carries no mark, or one of a parent that is gone."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """The child carries the mark of another parent, which may be alive.

    `namesake`: that one has our name, is not seen here, and of which home it is cannot be told.
    """

    mark: Mark
    namesake: bool = False


Ownership = Mine | Unowned | Foreign


def read_mark(text: str | None) -> Mark | None:
    """The mark in an annotation's value; None when there is none, or nothing that can be read."""
    try:
        mark = _mark.decode(text) if text else None
    except (msgspec.DecodeError, RecursionError):
        return None
    return mark if mark is not None and mark.uid else None


def mark_of(parent: Meta, home_id: str, origin: Origin) -> Mark:
    """The mark for a child of `parent`."""
    return Mark(home_id, parent.key.namespace, parent.key.name, parent.uid, origin.value)


def is_mark_of(mark: Mark, parent: Meta) -> bool:
    """Whether a mark is the parent's own."""
    return (mark.uid, mark.key) == (parent.uid, parent.key)


def ownership(child: Child, parent: Meta, home_id: str, living: Collection[str], *, home_fresh: bool) -> Ownership:
    """Judge whose child it is; `living` are the UIDs of all MultiCasskops of this home that can be seen.

    A mark of this home whose parent is seen nowhere in a fresh view is stale and counts as none: so that a
    MultiCasskop that was deleted and made again finds its children. Homes that may not read their id are not told
    apart by it: that is a person's to say. A mark with our UID and another name is no mark of ours: somebody has
    copied and changed it.
    """
    mark = read_mark(child.meta.annotations.get(OWNER))
    if mark is None:
        return Unowned()
    if is_mark_of(mark, parent):
        return Mine(mark.origin)
    gone = home_fresh and mark.uid not in living
    if gone and home_id and mark.home == home_id:
        return Unowned()
    return Foreign(mark, namesake=gone and not (home_id and mark.home) and mark.key == parent.key)


def first_claim(parent: Meta, rivals: Sequence[Rival]) -> Rival | None:
    """Who of several that want one child may have it, while nobody's mark is on it: the oldest, then by UID.

    None when it is `parent` itself.
    """
    older = [rival for rival in rivals if (rival.created, rival.uid) < (parent.created, parent.uid)]
    return min(older, key=lambda rival: (rival.created, rival.uid), default=None)


def may_adopt(parent: Meta, member: str) -> bool:
    """Whether a person has said that the child of this member is to be taken over though it differs."""
    return member in (name.strip() for name in parent.annotations.get(ADOPT, "").split(","))
