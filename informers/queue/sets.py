"""The three sets of a work queue: ready, processing, and dirty."""

from collections.abc import Hashable
from typing import Generic, TypeVar

from multicasskop.informers.queue.priority import Entry, Priority, ReadyItems

T = TypeVar("T", bound=Hashable)


class WorkSets(Generic[T]):
    """Which items wait, which are being worked on, and which of those must be worked on again.

    Guarantees: an item is handed out to one worker at a time; it is never lost when it is added, whatever state it
    is in; any number of adds while it is being worked on cause exactly one more run; of those taken at low priority
    at most `low_at_once` are being worked on. Has no lock: the owner does.
    """

    def __init__(self, low_at_once: int | None = None) -> None:
        self._low_at_once = low_at_once
        self._low = 0
        self._ready: ReadyItems[T] = ReadyItems()
        self._processing: dict[T, Entry[T]] = {}
        self._dirty: dict[T, Priority] = {}

    def add(self, item: T, priority: Priority, now: float) -> bool:
        """Note that, since `now`, the item needs a run; return whether it became ready by this call.

        It keeps the highest level that it was added with since its last run began.
        """
        if item in self._processing:
            self._dirty[item] = max(priority, self._dirty.get(item, priority))
            return False
        return self._ready.push(item, priority, now)

    def take(self) -> Entry[T]:
        """Hand out the next item. Raises KeyError when there is none, which `takeable` tells."""
        entry = self._ready.pop(low_too=self._low_is_free)
        self._processing[entry.item] = entry
        self._low += entry.priority is Priority.LOW
        return entry

    def done(self, item: T, now: float) -> Entry[T]:
        """End the item's run, at `now`, and return what `take` returned; it is ready again if it was added meanwhile.

        Raises ValueError when the item was not handed out.
        """
        entry = self._processing.pop(item, None)
        if entry is None:
            raise ValueError(f"{item!r} was reported done, but is not being processed")
        self._low -= entry.priority is Priority.LOW
        if item in self._dirty:
            self._ready.push(item, self._dirty.pop(item), now)
        return entry

    def awaits_run(self, item: T) -> bool:
        """Whether the item will be run without any further add."""
        return item in self._ready or item in self._dirty

    def clear(self) -> None:
        """Forget what waits; what is being worked on stays until it is done."""
        self._ready = ReadyItems()
        self._dirty.clear()

    @property
    def ready(self) -> int:
        """How many items wait for a worker."""
        return len(self._ready)

    @property
    def takeable(self) -> bool:
        """Whether `take` would hand one out: what waits at low priority may have to wait for others of its kind."""
        return bool(self.ready if self._low_is_free else self.depth(Priority.NORMAL))

    @property
    def processing(self) -> tuple[T, ...]:
        """The items that are being worked on, the longest first."""
        return tuple(self._processing)

    def depth(self, priority: Priority) -> int:
        """Return how many items wait at this level."""
        return self._ready.depth(priority)

    def oldest(self) -> float | None:
        """Return since when the item waits that has waited longest."""
        return self._ready.oldest()

    @property
    def _low_is_free(self) -> bool:
        return self._low_at_once is None or self._low < self._low_at_once
