"""Which object is looked at next: CassKop has one worker, and asks for every object again after some seconds."""

import threading
from collections.abc import Hashable
from typing import Generic, TypeVar

from multicasskop.informers.clock import Clock

K = TypeVar("K", bound=Hashable)


class Agenda(Generic[K]):
    """Keys with the moment at which they are due (seconds of the monotonic clock). Of two moments the earlier counts.

    A key that is being worked on is not given out a second time; what was added meanwhile waits until it is done.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due: dict[K, float] = {}
        self._busy: set[K] = set()
        self._closed = False
        self._changed = threading.Condition()

    def add(self, key: K, delay: float = 0.0) -> None:
        """Have the key looked at after a delay in seconds."""
        with self._changed:
            due = self._clock.monotonic() + delay
            self._due[key] = min(due, self._due.get(key, due))
            self._changed.notify()

    def take(self) -> K | None:
        """Wait for the next key that is due; None when the agenda was closed."""
        with self._changed:
            while not self._closed:
                key = self._next_locked()
                if key is not None and self._due[key] <= self._clock.monotonic():
                    del self._due[key]
                    self._busy.add(key)
                    return key
                self._clock.wait(self._changed, None if key is None else self._due[key] - self._clock.monotonic())
            return None

    def done(self, key: K) -> None:
        """Say that the work on a key has ended."""
        with self._changed:
            self._busy.discard(key)
            self._changed.notify()

    def next_due(self) -> float | None:
        """The moment at which the next key is due; None when there is none."""
        with self._changed:
            key = self._next_locked()
            return None if key is None else self._due[key]

    def close(self) -> None:
        """Give out nothing any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _next_locked(self) -> K | None:
        waiting = [key for key in self._due if key not in self._busy]
        return min(waiting, key=self._due.__getitem__, default=None)
