"""Items that are to become ready later."""

import heapq
from collections.abc import Hashable, Iterator
from itertools import count
from typing import Final, Generic, TypeVar

from multicasskop.informers.queue.priority import Entry, Priority

T = TypeVar("T", bound=Hashable)

_SLACK: Final = 64


class Delays(Generic[T]):
    """A heap of due times, with one entry per item.

    Of several delays for one item the earliest counts, with the highest of their levels. Has neither a thread nor a
    lock: who waits asks for `nearest`, who owns the lock calls `due`. An entry that was superseded or cancelled stays
    in the heap until it would have been due, or until such entries outnumber the living ones: memory is bounded by
    the number of items, however often they are put and cancelled.
    """

    def __init__(self) -> None:
        self._entries: dict[T, Entry[T]] = {}
        self._numbers: dict[T, int] = {}
        self._heap: list[tuple[float, int, T]] = []
        self._order = count()

    def put(self, item: T, due: float, priority: Priority) -> bool:
        """Let the item become ready at `due`; return whether it is now the nearest of all."""
        known = self._entries.get(item)
        if known is not None:
            due, priority = min(due, known.since), max(priority, known.priority)
        self._entries[item] = Entry(item, priority, due)
        if known is None or due < known.since:
            self._numbers[item] = number = next(self._order)
            heapq.heappush(self._heap, (due, number, item))
            self._compact()
        return self.nearest() == due

    def cancel(self, item: T) -> Entry[T] | None:
        """Take the item's delay away and return it, if there was one."""
        entry = self._entries.pop(item, None)
        if entry is not None:
            del self._numbers[item]
            self._compact()
        return entry

    def due(self, now: float) -> Iterator[Entry[T]]:
        """Take out and yield what is due, the earliest first."""
        while (nearest := self.nearest()) is not None and nearest <= now:
            item = heapq.heappop(self._heap)[2]
            del self._numbers[item]
            yield self._entries.pop(item)

    def nearest(self) -> float | None:
        """Return the earliest due time."""
        while self._heap and not self._lives(self._heap[0]):
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def clear(self) -> None:
        """Drop all delays."""
        self._entries.clear()
        self._numbers.clear()
        self._heap.clear()

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, item: T) -> bool:
        return item in self._entries

    def _lives(self, node: tuple[float, int, T]) -> bool:
        return self._numbers.get(node[2]) == node[1]

    def _compact(self) -> None:
        if len(self._heap) > 2 * len(self._entries) + _SLACK:
            self._heap = [node for node in self._heap if self._lives(node)]
            heapq.heapify(self._heap)
