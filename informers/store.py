"""The cache of one resource in one cluster."""

import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from enum import StrEnum
from itertools import chain

from multicasskop.informers.changes import Change, between, deleted, of_replace
from multicasskop.informers.indexes import Index, IndexFunction, Values
from multicasskop.informers.key import Key
from multicasskop.informers.record import Item, Record
from multicasskop.informers.states import Delete, Delta, Upsert, VersionAdvanced
from multicasskop.informers.versions import is_older

Changes = tuple[Change, ...]
Subscriber = Callable[[Changes], None]


class Outcome(StrEnum):
    """What became of an event: applied, or one of the oddities that change nothing."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    LATE = "late"
    UNKNOWN_DELETE = "unknown_delete"


class Store:
    """Records by key, with indexes, as one reflector has seen them.

    Readers, in any thread, get records that nobody can change, and tuples that are moments of the whole: half a list is
    never seen, and an index and the records it leads to are of one moment. Subscribers are called after each commit, in
    commit order, when the store shows the change, or what became of the object later in the same commit, already.

    Two locks. The *commit lock* is re-entrant and makes commits, with all that is called on their behalf, one after the
    other; so a subscriber may read, and may register more. The *store lock* guards the dictionaries for an instant:
    nothing is called, decoded or sent under it, and it is always the inner one.
    """

    def __init__(self, *, index_failed: Callable[[], None] = lambda: None) -> None:
        self._commit_lock = threading.RLock()
        self._lock = threading.Lock()
        self._index_failed = index_failed
        self._records: dict[Key, Record] = {}
        self._indexes: dict[str, Index] = {}
        self._version = ""
        self._synced = False
        self._bytes = 0
        self._subscribers: tuple[Subscriber, ...] = ()

    # for readers

    @property
    def version(self) -> str:
        """The version up to which the stream is reflected; empty before the first list."""
        return self._version

    @property
    def synced(self) -> bool:
        """Whether a list was complete once; true for ever after."""
        return self._synced

    @property
    def size_bytes(self) -> int:
        """The JSON bytes that are held."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._records)

    def get(self, key: Key) -> Record | None:
        """Return the object of that name, or None."""
        with self._lock:
            return self._records.get(key)

    def list(self, namespace: str | None = None) -> tuple[Record, ...]:
        """Return all objects, or those of one namespace, as they are at this moment."""
        with self._lock:
            records = tuple(self._records.values())
        return records if namespace is None else tuple(r for r in records if r.key.namespace == namespace)

    def by_index(self, name: str, value: str) -> tuple[Record, ...]:
        """Return the objects that an index has under a value; KeyError when there is no such index."""
        with self._lock:
            return tuple(self._records[key] for key in self._indexes[name].keys(value))

    def index_values(self, name: str) -> tuple[str, ...]:
        """Return the values under which an index has objects; KeyError when there is no such index."""
        with self._lock:
            return self._indexes[name].values()

    # for those who build on it

    def add_index(self, name: str, function: IndexFunction) -> None:
        """Index the objects there are and those to come by what `function` says of their metadata.

        Raises ValueError when the name is taken.
        """
        with self._commit_lock:
            if name in self._indexes:
                raise ValueError(f"there is an index {name!r} already")
            index = Index(name, function, self._index_failed)
            items = (Item(record, record.metadata()) for record in self._records.values())
            index = index.rebuilt({item.record.key: index.values_of(item) for item in items})
            with self._lock:
                self._indexes[name] = index

    def subscribe(self, subscriber: Subscriber) -> None:
        """Call `subscriber` with the changes of each commit from the next one on, in the thread that commits."""
        with self._commit_lock:
            self._subscribers = (*self._subscribers, subscriber)

    def committing(self) -> AbstractContextManager[object]:
        """Return the commit lock: while it is held, nothing changes but by the holder."""
        return self._commit_lock

    # for the one writer

    def apply(self, deltas: Iterable[Delta]) -> tuple[Outcome, ...]:
        """Take in, as one commit, what a stream brought, in its order; return what became of each."""
        with self._commit_lock:
            taken = [self._take(delta) for delta in deltas]
            if changes := tuple(chain.from_iterable([changes for _, changes in taken])):
                self._notify(changes)
        return tuple([outcome for outcome, _ in taken])

    def replace(self, items: Iterable[Item], version: str) -> tuple[Change, ...]:
        """Take in that exactly these objects are there at `version`; return what that changed."""
        with self._commit_lock:
            by_key = {item.record.key: item for item in items}
            records = {key: item.record for key, item in by_key.items()}
            changes = of_replace(self._records, records, initial=not self._synced)
            indexes = {
                name: index.rebuilt({key: index.values_of(item) for key, item in by_key.items()})
                for name, index in self._indexes.items()
            }
            with self._lock:
                self._records, self._indexes = records, indexes
                self._bytes = sum(record.size for record in records.values())
                self._version, self._synced = version, True
            self._notify(changes)
        return changes

    def _take(self, delta: Delta) -> tuple[Outcome, Changes]:
        match delta:
            case Upsert(item, version):
                return self._upsert(item, version)
            case Delete(item, version):
                return self._delete(item.record, version)
            case VersionAdvanced(version):
                self._version = version
                return Outcome.APPLIED, ()

    def _upsert(self, item: Item, version: str) -> tuple[Outcome, Changes]:
        record = item.record
        old = self._records.get(record.key)
        # an unknown object from before what is reflected already is one that was deleted since
        if is_older(record.version, old.version if old else self._version):
            return Outcome.LATE, ()
        changes = between(old, record)
        values = self._values_of(item) if changes and self._indexes else {}
        with self._lock:
            self._version = version
            if changes:
                self._put_locked(old, record, values)
        return Outcome.APPLIED if changes else Outcome.DUPLICATE, changes

    def _delete(self, last: Record, version: str) -> tuple[Outcome, Changes]:
        old = self._records.get(last.key)
        if old is not None and is_older(last.version, old.version):
            return Outcome.LATE, ()
        with self._lock:
            self._version = version
            if old is not None:
                self._remove_locked(old)
        if old is None:
            return Outcome.UNKNOWN_DELETE, ()
        same = old.uid == last.uid
        return Outcome.APPLIED, (deleted(last if same else old, final_state_known=same),)

    def _values_of(self, item: Item) -> dict[str, Values]:
        return {name: index.values_of(item) for name, index in self._indexes.items()}

    def _put_locked(self, old: Record | None, record: Record, values: dict[str, Values]) -> None:
        self._records[record.key] = record
        self._bytes += record.size - (old.size if old else 0)
        for name, index in self._indexes.items():
            index.put(record.key, values[name])

    def _remove_locked(self, record: Record) -> None:
        del self._records[record.key]
        self._bytes -= record.size
        for index in self._indexes.values():
            index.remove(record.key)

    def _notify(self, changes: Changes) -> None:
        for subscriber in self._subscribers:
            subscriber(changes)
