"""What this process remembers between reconciles: of its own writes to children, and of what followed them.

All of it may be lost at any time, at the price of a read, of a wait, or of a repeated event, but never of a wrong
write: that is why it is kept apart from the facts that are read from the members.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import lz4.block
import msgspec
from multicasskop.crds.base import Json
from multicasskop.informers.changes import Change
from multicasskop.informers.clock import Clock
from multicasskop.informers.key import Key
from multicasskop.informers.observed import FORGOTTEN_AFTER
from multicasskop.informers.poison import tolerant
from multicasskop.informers.record import Record
from multicasskop.informers.versions import compare, is_older
from multicasskop.reconcilers.multicasskop.claims import Claims
from multicasskop.reconcilers.multicasskop.decide import Note
from multicasskop.reconcilers.multicasskop.drift import CORRECTIONS_SECONDS, Cause
from multicasskop.reconcilers.multicasskop.facts import DONE, Failure, Trace

_FIRST_RETRY = 0.5
_LAST_RETRY = 300.0


class _Status(msgspec.Struct, rename="camel"):
    last_cluster_action: str | None = None
    last_cluster_action_status: str | None = None


class _Object(msgspec.Struct):
    status: _Status = msgspec.field(default_factory=_Status)


class _Stated(msgspec.Struct):
    status: dict[str, Any] | None = None


class _Entry(msgspec.Struct, array_like=True):
    """One child: the trace, and at which version each action was last seen at work."""

    uid: str
    trace: Trace = msgspec.field(default_factory=Trace)
    version: str = ""
    active: dict[str, tuple[str, float]] = {}


_object = msgspec.json.Decoder(_Object)
_stated = msgspec.json.Decoder(_Stated)
_plain = msgspec.json.Decoder(dict[str, Any])
_entry = msgspec.msgpack.Decoder(_Entry)

Place = tuple[str, Key]


class Memory:
    """Remembers per child and per failing member. Thread-safe; holds nothing of children that are gone.

    Those in a member that went count as gone when nobody wants them any more.
    """

    def __init__(self, clock: Clock) -> None:
        """Begin with nothing remembered."""
        self._clock = clock
        self._lock = threading.Lock()
        # entries at rest, as bytes: as objects they take nearly twice as much, and there are thousands
        self._children: dict[Place, bytes] = {}
        self._failures: dict[tuple[str, str], Failure] = {}
        self._reports: dict[Key, _Packed] = {}
        self._owners: dict[Key, str] = {}
        # children in members that went: nobody tells any more when they are gone
        self._left: set[Place] = set()

    # what the watches tell

    def saw(self, member: str, change: Change) -> None:
        """Take in a change of a child: an action that is at work is noted, with the version that showed it."""
        place = member, change.key
        if change.new is None:
            with self._lock:
                if self._known_locked(place, change.record.uid) is not None:
                    del self._children[place]
            return
        action = _action_at_work(change.new.raw)
        if action:
            with self._changing(place, change.new.uid) as entry:
                entry.active[action] = change.new.version, self._clock.monotonic()

    # what a reconcile asks and tells

    def trace(self, member: str, key: Key, uid: str) -> Trace:
        """What is remembered of the child with this UID."""
        with self._lock:
            entry = self._known_locked((member, key), uid)
        if entry is None:
            return Trace()
        at, seen = entry.trace.written_at, entry.active.items()
        if at is None:
            return entry.trace
        acted = frozenset(name for name, when in seen if _is_after(when, entry.version, at))
        return replace(entry.trace, acted=acted)

    def wrote(self, member: str, key: Key, written: "Written") -> None:
        """Remember a write of spec or seeds, with what the server answered."""
        now = self._clock.monotonic()
        with self._changing((member, key), written.uid) as entry:
            old = entry.trace
            if not (written.follows and entry.version):
                entry.version = written.version
            corrected = tuple((now, path) for path in written.corrected)
            recent = tuple(found for found in old.corrections if now - found[0] < CORRECTIONS_SECONDS)
            entry.trace = Trace(
                written_at=now,
                generation=written.generation or old.generation,
                hash=written.hash,
                met=written.hash if written.generation else old.met,
                seeds=written.seeds,
                before=written.before,
                held=False if written.generation else old.held,
                step_at=old.step_at if old.step_at is not None and old.hash == written.hash else now,
                corrections=recent + corrected,
                late=old.late and old.hash == written.hash,
            )

    def learned(self, member: str, key: Key, uid: str, age: float, action: str) -> None:
        """Remember how old our last write to a child is, and which action stood there when that was found out."""
        with self._changing((member, key), uid) as entry:
            if entry.trace.written_at is None:
                entry.trace = replace(entry.trace, written_at=self._clock.monotonic() - age, before=action)

    def was_late(self, member: str, key: Key, uid: str) -> None:
        """Remember that a child's pods were made with other seeds than ours."""
        with self._changing((member, key), uid) as entry:
            entry.trace = replace(entry.trace, late=True)

    def note(self, key: Key, note: Note) -> None:
        """Remember what a look has shown."""
        with self._changing((note.member, key), note.uid) as entry:
            old = entry.trace
            since = old.ready_at if old.ready_at is not None else self._clock.monotonic()
            entry.trace = replace(
                old,
                hash=old.hash or note.believed,
                met=note.met or old.met or note.believed,
                held=old.held or note.held,
                ready_at=since if note.ready else None,
                step_at=None if note.ready else old.step_at,
                refused=note.refused or old.refused,
            )

    # reports, per parent

    def said(self, key: Key, report: "Report") -> None:
        """Remember what was last said of an object: written, yet to be written, or found there and agreed with."""
        packed = _Packed.of(replace(report, at=self._clock.monotonic()))
        with self._lock:
            self._reports[key] = packed

    def report(self, key: Key, uid: str) -> "Report | None":
        """What was last said of an object, whatever somebody else may have put in its place."""
        with self._lock:
            found = self._reports.get(key)
        return found.report() if found is not None and found.rest.uid == uid else None

    def stored(self, said: "Report", cached: Json, version: str) -> Json:
        """What is stored of an object of which this was last said, and which the cache has in that version.

        After 30 s the cache is believed in any case: where versions have gone back, it would be behind for ever.
        """
        believed = self._clock.monotonic() - said.at >= FORGOTTEN_AFTER
        return cached if believed else said.last_stored(cached, version)

    def is_said(self, record: Record) -> bool:
        """Whether the status that an object has is the one that was last said of it."""
        said = self.report(record.key, record.uid)
        return said is not None and (tolerant(_stated.decode, record.raw).status or {}) == said.status

    # failures, per parent and member

    def failure(self, owner_uid: str, member: str) -> Failure | None:
        """The last failure there, if nothing has succeeded since."""
        with self._lock:
            return self._failures.get((owner_uid, member))

    def failed(
        self, owner: Key, owner_uid: str, member: str, reason: str, message: str, at_least: float = 0.0
    ) -> Failure:
        """Remember that a write to a member failed; the next try is due after 0.5 s, doubled each time, up to 5 min."""
        with self._lock:
            known = self._failures.get((owner_uid, member))
            attempts = known.attempts + 1 if known and known.reason == reason else 1
            delay = max(at_least, min(_LAST_RETRY, _FIRST_RETRY * 2.0 ** min(attempts - 1, 16)))
            failure = Failure(reason, message, self._clock.monotonic() + delay, attempts)
            self._failures[owner_uid, member], self._owners[owner] = failure, owner_uid
            return failure

    def succeeded(self, owner_uid: str, member: str) -> None:
        """Forget the failures of a member that took a write."""
        with self._lock:
            self._failures.pop((owner_uid, member), None)

    def forget(self, key: Key) -> None:
        """Forget what is known of a parent that is gone."""
        with self._lock:
            self._reports.pop(key, None)
            uid = self._owners.pop(key, None)
            for place in [place for place in self._failures if place[0] == uid]:
                del self._failures[place]

    # members that went

    def left(self, member: str, claims: Claims) -> None:
        """A member went, for a moment or for good: of what nobody wants there nothing is remembered.

        The rest is kept: should the member be back, for instance with a new Secret, what it was corrected in lately, or
        has refused, must not be written once more as if that were new.
        """
        with self._lock:
            self._left |= {place for place in self._children if place[0] == member}
        self.forget_unwanted(claims)

    def forget_unwanted(self, claims: Claims) -> None:
        """Forget the children in members that went which no MultiCasskop wants any more."""
        with self._lock:
            left = tuple(self._left)
        unwanted = [place for place in left if not claims.claimants(*place)]
        with self._lock:
            self._left.difference_update(unwanted)
            for place in unwanted:
                self._children.pop(place, None)

    @contextmanager
    def _changing(self, place: Place, uid: str) -> Iterator[_Entry]:
        """The entry of the child with this UID, to be changed; one of another UID gives way to it."""
        with self._lock:
            entry = self._known_locked(place, uid) or _Entry(uid)
            yield entry
            self._children[place] = msgspec.msgpack.encode(entry)

    def _known_locked(self, place: Place, uid: str) -> _Entry | None:
        packed = self._children.get(place)
        entry = _entry.decode(packed) if packed is not None else None
        return entry if entry is not None and entry.uid == uid else None


@dataclass(frozen=True, slots=True)
class Written:
    """A write that a member took, and what it answered. `generation` is 0 when the spec was not touched."""

    uid: str
    version: str
    hash: str
    generation: int = 0
    seeds: bool = False
    before: str = ""
    corrected: tuple[str, ...] = ()
    follows: bool = False
    """Whether what is done about it counts from the write before."""


@dataclass(frozen=True, slots=True)
class Report:
    """A status that was computed: written as `version`, or on its way, or to be written when it is `due`.

    What waits knows what was `stored` before it, as `version`, if the cache has not shown that yet.
    """

    uid: str
    status: Json
    version: str = ""
    due: float | None = None
    stored: Json | None = None
    at: float = field(default=0.0, compare=False)
    """When it was said, in monotonic seconds."""

    def waiting(self, status: Json, due: float) -> "Report":
        """Another status in place of this one, to be written when it is due."""
        return replace(self, status=status, due=due, stored=self.stored if self.due is not None else self.status)

    def last_stored(self, cached: Json, version: str) -> Json:
        """What is stored, as far as this process knows: what it wrote, unless the cache shows that or more."""
        stored = self.status if self.due is None else self.stored
        return stored if stored is not None and is_older(version, self.version) else cached


@dataclass(frozen=True, slots=True)
class _Packed:
    """A report at rest, with its statuses packed: as JSON they take six times as much, as dictionaries many times."""

    rest: Report
    status: bytes
    stored: bytes | None

    @classmethod
    def of(cls, report: Report) -> "_Packed":
        """Pack a report."""
        stored = None if report.stored is None else _pack(report.stored)
        return cls(replace(report, status={}, stored=None), _pack(report.status), stored)

    def report(self) -> Report:
        """The report as it was."""
        stored = None if self.stored is None else _unpack(self.stored)
        return replace(self.rest, status=_unpack(self.status), stored=stored)


def _pack(status: Json) -> bytes:
    return bytes(lz4.block.compress(msgspec.json.encode(status)))


def _unpack(packed: bytes) -> Json:
    status: Json = _plain.decode(lz4.block.decompress(packed))
    return status


def corrections(cause: Cause, paths: tuple[str, ...]) -> tuple[str, ...]:
    """The paths that a write sets right."""
    return paths if cause is Cause.DRIFT else ()


def _action_at_work(raw: bytes) -> str:
    try:
        status = tolerant(_object.decode, raw).status
    except msgspec.DecodeError:
        return ""
    at_work = status.last_cluster_action_status not in (None, "", DONE)
    return (status.last_cluster_action or "") if at_work else ""


def _is_after(seen: tuple[str, float], version: str, at: float) -> bool:
    """Whether an action was seen after a write: by the server's versions, by our clock where those have no order."""
    order = compare(seen[0], version)
    return seen[1] > at if order is None else order > 0
