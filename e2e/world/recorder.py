"""What really happened: every version of every object in every member, in the order and at the time of its arrival."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from multicasskop.informers.clock import Clock, SystemClock
from multicasskop.world.api import Json
from multicasskop.world.kinds import CASSANDRACLUSTERS, EVENTS, MULTICASSKOPS, STATEFULSETS, Kind
from multicasskop.world.watching import Watcher
from multicasskop.world.world import World

KINDS = (MULTICASSKOPS, CASSANDRACLUSTERS, STATEFULSETS, EVENTS)


@dataclass(frozen=True, slots=True)
class Entry:
    """One event: when it was received (monotonic, seconds), where, ADDED or MODIFIED or DELETED, and the object."""

    at: float
    member: str
    plural: str
    type: str
    object: Json

    @property
    def name(self) -> str:
        """The object's name."""
        name: str = self.object["metadata"]["name"]
        return name

    @property
    def namespace(self) -> str:
        """The object's namespace."""
        namespace: str = self.object["metadata"].get("namespace", "")
        return namespace


class Recorder:
    """Watches of its own, with all rights and not through the relays, so that no fault and no operator is in between.

    Entries of one member and kind are in the server's order; between members the time of receipt is all there is.
    A `with` block starts and stops it.
    """

    def __init__(
        self,
        world: World,
        kinds: Iterable[Kind] = KINDS,
        *,
        members: Iterable[str] = (),
        clock: Clock | None = None,
    ) -> None:
        """Watch these kinds in these members, in all of them if none are named."""
        self._clock = clock or SystemClock()
        self._entries: list[Entry] = []
        self._grown = threading.Condition()
        self._watchers = [
            Watcher(api, kind, partial(self._record, api.member, kind.plural))
            for api in map(world.admin, tuple(members) or world.members)
            for kind in kinds
        ]

    def start(self) -> None:
        """Begin, and return when all that was there is recorded (of kinds that are served)."""
        for watcher in self._watchers:
            watcher.start()
        for watcher in self._watchers:
            watcher.listed.wait(5)

    def stop(self) -> None:
        """End all watches."""
        for watcher in self._watchers:
            watcher.stop()

    def __enter__(self) -> "Recorder":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def entries(self) -> tuple[Entry, ...]:
        """Everything so far."""
        with self._grown:
            return tuple(self._entries)

    def history(self, plural: str, namespace: str, name: str = "", *, member: str = "") -> tuple[Entry, ...]:
        """The entries of one object, of all objects of that kind in a namespace, or of one member only."""
        return tuple(
            entry
            for entry in self.entries()
            if entry.plural == plural
            and entry.namespace == namespace
            and name in ("", entry.name)
            and member in ("", entry.member)
        )

    def wait_for(self, predicate: Callable[[Entry], bool], timeout: float = 60.0, *, after: float = 0.0) -> Entry:
        """Return the first entry that fits, waiting for it; `after` leaves out what was received until then.

        Raises TimeoutError with the last entries, which usually tell why.
        """
        until = self._clock.monotonic() + timeout
        looked_at = 0
        with self._grown:
            while True:
                for entry in self._entries[looked_at:]:
                    if entry.at > after and predicate(entry):
                        return entry
                looked_at = len(self._entries)
                left = until - self._clock.monotonic()
                if left <= 0:
                    raise TimeoutError(f"nothing fitted within {timeout:g}s; the last were:\n{self._last_locked()}")
                self._clock.wait(self._grown, left)

    def wait_for_more(self, count: int, timeout: float) -> None:
        """Return when there are more entries than `count`, or after `timeout` seconds."""
        with self._grown:
            if len(self._entries) <= count:
                self._clock.wait(self._grown, timeout)

    def _record(self, member: str, plural: str, kind: str, item: Json) -> None:
        at = self._clock.monotonic()
        with self._grown:
            self._entries.append(Entry(at, member, plural, kind, item))
            self._grown.notify_all()

    def _last_locked(self) -> str:
        return "\n".join(describe(entry) for entry in self._entries[-12:])


def describe(entry: Entry) -> str:
    """Return an entry as one line."""
    status = entry.object.get("status") or {}
    facts = [status.get(field) for field in ("phase", "lastClusterAction", "lastClusterActionStatus")]
    told = " ".join(str(fact) for fact in facts if fact) or entry.object.get("note", "")
    where = f"{entry.member} {entry.plural} {entry.namespace}/{entry.name}"
    return f"{entry.at:.3f} {where} {entry.type} generation {entry.object['metadata'].get('generation')} {told}"
