"""Waiting for the cache to show one's own writes."""

import threading

from multicasskop.informers.clock import Clock
from multicasskop.informers.key import Key
from multicasskop.informers.resource import Resource
from multicasskop.informers.store import Store
from multicasskop.informers.versions import is_older

FORGOTTEN_AFTER = 30.0

Subject = tuple[str, Resource, Key]


class Observed:
    """Remembers what was written, until the store that will show it has caught up.

    Whoever depends on an object that was just written asks first, and comes again soon when the answer is no. Versions
    that cannot be compared count as caught up, and so does a write of 30 s ago: a cache that lags so far says so by
    its freshness. Thread-safe.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._written: dict[Subject, tuple[str, float]] = {}

    def wrote(self, member: str, resource: Resource, key: Key, version: str) -> None:
        """Remember the version that a write returned; a later write of the same object takes its place."""
        with self._lock:
            now = self._clock.monotonic()
            self._drop_old_locked(now)
            self._written.pop((member, resource, key), None)
            self._written[member, resource, key] = version, now

    def caught_up(self, member: str, resource: Resource, key: Key, store: Store) -> bool:
        """Whether the store shows what was written last, or something later."""
        subject = member, resource, key
        with self._lock:
            self._drop_old_locked(self._clock.monotonic())
            version, _ = self._written.get(subject, ("", 0.0))
            if version and is_older(store.version, version) and not _shows(store, key, version):
                return False
            self._written.pop(subject, None)
        return True

    def forget(self, member: str, resource: Resource, key: Key) -> None:
        """Forget a write: the object has been deleted."""
        with self._lock:
            self._written.pop((member, resource, key), None)

    def _drop_old_locked(self, now: float) -> None:
        # entries stand in the order in which they were written
        for subject, (_, at) in tuple(self._written.items()):
            if now - at < FORGOTTEN_AFTER:
                break
            del self._written[subject]


def _shows(store: Store, key: Key, version: str) -> bool:
    record = store.get(key)
    return record is not None and record.version == version
