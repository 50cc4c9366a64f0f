"""Which MultiCasskops there are, and which children each of them wants: told by the watch, asked by reconciles.

Only names are kept. A claim is no right: whose a child is, its mark says; claims decide where there is no mark yet.
"""

import threading
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from weakref import ref

import msgspec
from multicasskop.informers.changes import Change
from multicasskop.informers.key import Key
from multicasskop.informers.poison import tolerant
from multicasskop.informers.record import Record
from multicasskop.reconcilers.multicasskop.facts import Parent, Rival

Wanted = tuple[str, Key]


class _Named(msgspec.Struct):
    name: str | None = None
    namespace: str | None = None


class _Partial(msgspec.Struct):
    metadata: _Named | None = None


class _Spec(msgspec.Struct):
    base: _Partial | None = None
    override: dict[str, _Partial | None] | None = None


class _Metadata(msgspec.Struct, rename="camel"):
    uid: str = ""
    creation_timestamp: str | None = None
    finalizers: list[str] = []
    annotations: dict[str, str] = {}


class _Parent(msgspec.Struct):
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)
    spec: _Spec | None = None


_parent = msgspec.json.Decoder(_Parent)


@dataclass(frozen=True, slots=True)
class _Claim:
    rival: Rival
    wanted: tuple[Wanted, ...]
    people: Any
    """What people and other controllers set on the object beside its spec."""


class Claims:
    """The claims of all MultiCasskops that the home cluster's cache holds. Thread-safe."""

    def __init__(self, *, allow_cross_namespace: bool = False) -> None:
        """Begin with none. Unless allowed, nobody can claim a child in another namespace than its own."""
        self._allow_cross_namespace = allow_cross_namespace
        self._lock = threading.Lock()
        self._parents: dict[Key, _Claim] = {}
        # by member and child; there are as many as children, and nearly all are claimed by one alone
        self._claimants: dict[str, dict[Key, tuple[Key, ...]]] = {}
        self._living: dict[str, Key] = {}
        self._sources: list[ref[object]] = []

    def first_look(self, source: object) -> bool:
        """Whether this is asked for the first time of a source, so that none is wired twice."""
        with self._lock:
            # what is gone must not be kept alive by having been looked at
            self._sources = [known for known in self._sources if known() is not None]
            if any(known() is source for known in self._sources):
                return False
            self._sources.append(ref(source))
            return True

    @property
    def living(self) -> Collection[str]:
        """The UIDs of all MultiCasskops that can be seen; a live view."""
        return self._living.keys()

    def named(self, uids: Iterable[str]) -> tuple[Key, ...]:
        """The names of those of these MultiCasskops that can be seen."""
        with self._lock:
            return tuple(self._living[uid] for uid in uids if uid in self._living)

    def saw(self, change: Change) -> bool:
        """Take in a change of a MultiCasskop; whether it is one to look at: a status of our own writing is not."""
        key = change.key
        claim = self._read(change.new) if change.new is not None else None
        with self._lock:
            known = self._parents.pop(key, None)
            if known is not None:
                self._drop_locked(key, known)
            if claim is not None:
                self._keep_locked(key, claim)
        return not (claim and known and claim.people == known.people and _only_status(change))

    def claimants(self, member: str, child: Key) -> tuple[Key, ...]:
        """The MultiCasskops that want this child."""
        with self._lock:
            return self._claimants_locked(member, child)

    def wanting(self, member: str) -> tuple[Key, ...]:
        """The MultiCasskops that want a child in this member."""
        with self._lock:
            found = self._claimants.get(member, {}).values()
            return tuple(dict.fromkeys(key for keys in found for key in keys))

    def rivals(self, parent: Key, member: str, child: Key) -> tuple[Rival, ...]:
        """The others that want the child."""
        with self._lock:
            keys = self._claimants_locked(member, child)
            return tuple(self._parents[key].rival for key in keys if key != parent)

    def contested(self, change: Change) -> tuple[Key, ...]:
        """The other MultiCasskops that want a child which the changed one wants: its going may let them have it."""
        claim = self._read(change.record)
        found = (key for member, child in (claim.wanted if claim else ()) for key in self.claimants(member, child))
        return tuple(dict.fromkeys(key for key in found if key != change.key))

    def _read(self, record: Record) -> _Claim:
        return _read(record, allow_cross_namespace=self._allow_cross_namespace)

    def _keep_locked(self, key: Key, claim: _Claim) -> None:
        self._parents[key] = claim
        self._living[claim.rival.uid] = key
        alone = (key,)
        for member, child in claim.wanted:
            there = self._claimants.setdefault(member, {})
            there[child] = (*there[child], key) if child in there else alone

    def _drop_locked(self, key: Key, claim: _Claim) -> None:
        self._living.pop(claim.rival.uid, None)
        for member, child in claim.wanted:
            there = self._claimants[member]
            others = tuple(other for other in there.pop(child) if other != key)
            if others:
                there[child] = others
            elif not there:
                del self._claimants[member]

    def _claimants_locked(self, member: str, child: Key) -> tuple[Key, ...]:
        return self._claimants.get(member, {}).get(child, ())


def children_of(parent: Parent, *, allow_cross_namespace: bool = False) -> frozenset[Wanted]:
    """The children that a MultiCasskop wants; nothing where its spec cannot be read."""
    try:
        spec = msgspec.convert(parent.spec, _Spec)
    except msgspec.ValidationError:
        return frozenset()
    return frozenset(_wanted(parent.meta.key, spec, allow_cross_namespace=allow_cross_namespace))


def rivals_among(objects: Iterable[Any], parent: Key, wanted: Wanted) -> tuple[Rival, ...]:
    """Those of some MultiCasskops, as a server sends them, that want the same child; `parent` itself is none."""
    return tuple(
        claim.rival for claim in map(_claim_of, objects) if claim.rival.key != parent and wanted in claim.wanted
    )


def _claim_of(obj: Any) -> _Claim:  # noqa: ANN401  plain data
    key = Key.of(obj)
    try:
        return _claimed(key, msgspec.convert(obj, _Parent), allow_cross_namespace=False)
    except msgspec.ValidationError:
        return _Claim(Rival("", str(obj["metadata"].get("uid", "")), key), (), None)


def _read(record: Record, *, allow_cross_namespace: bool) -> _Claim:
    try:
        parent = tolerant(_parent.decode, record.raw)
    except msgspec.DecodeError:
        return _Claim(Rival("", record.uid, record.key), (), None)
    return _claimed(record.key, parent, allow_cross_namespace=allow_cross_namespace)


def _claimed(key: Key, parent: _Parent, *, allow_cross_namespace: bool) -> _Claim:
    metadata = parent.metadata
    rival = Rival(metadata.creation_timestamp or "", metadata.uid, key)
    wanted = tuple(_wanted(key, parent.spec, allow_cross_namespace=allow_cross_namespace))
    return _Claim(rival, wanted, (metadata.finalizers, metadata.annotations))


def _wanted(parent: Key, spec: _Spec | None, *, allow_cross_namespace: bool) -> Iterator[Wanted]:
    """The children that a spec names; as with what is desired, a namespace of its own counts only where allowed."""
    base = (spec.base.metadata if spec and spec.base else None) or _Named()
    for member, override in ((spec.override if spec else None) or {}).items():
        own = (override.metadata if override else None) or _Named()
        namespace = own.namespace or base.namespace if allow_cross_namespace else None
        child = Key(namespace or parent.namespace, own.name or base.name or parent.name)
        # one key for all members instead of an equal one for each
        yield member, parent if child == parent else child


def _only_status(change: Change) -> bool:
    old, new = change.old, change.new
    if old is None or new is None or old.uid != new.uid:
        return False
    return (old.generation, old.deleting) == (new.generation, new.deleting) and old.labels == new.labels
