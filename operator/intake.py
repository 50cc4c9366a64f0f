"""The way into a queue for a process that may have to wait for its turn: until then nothing is taken in."""

from collections.abc import Callable, Iterable
from typing import Protocol

from multicasskop.informers.queue import Priority
from multicasskop.reconcilers.request import Request


class Sink(Protocol):
    """The part of a queue that is needed here."""

    def add(self, item: Request, priority: Priority = Priority.NORMAL) -> None:
        """Take an object to be looked at."""
        ...


class Intake:
    """Drops what is added until it is opened, and then adds all that is known.

    A standby follows the watches for as long as another one leads, and nobody takes from its queue: that would keep
    every name ever seen. Nothing is lost, since a cache shows a change before anybody hears of it: what was dropped
    stands in the caches when they are read, and what comes later passes. Thread-safe.
    """

    def __init__(self, queue: Sink) -> None:
        """Be shut."""
        self._queue, self._is_open = queue, False

    def add(self, item: Request, priority: Priority = Priority.NORMAL) -> None:
        """Hand on an object to be looked at, or drop it."""
        if self._is_open:
            self._queue.add(item, priority)

    def open(self, known: Callable[[], Iterable[Request]]) -> None:
        """Hand on what comes from now on, and all that is known by then; that may wait for what has just changed."""
        # in this order: read the other way round, what changes between the two would be in neither
        self._is_open = True
        for item in known():
            self._queue.add(item, Priority.LOW)
