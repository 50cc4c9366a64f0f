"""What is ready to be worked on, in the order in which it is to be taken."""

from collections import OrderedDict
from collections.abc import Hashable
from enum import IntEnum
from typing import Final, Generic, TypeVar

import msgspec

T = TypeVar("T", bound=Hashable)

# so many normal items may overtake one that waits at low priority
NORMALS_PER_LOW: Final = 9


class Priority(IntEnum):
    """How urgent an item is: changes are normal; first lists, resyncs and periodic requeues are low."""

    LOW = 0
    NORMAL = 1


class Entry(msgspec.Struct, Generic[T], frozen=True):
    """An item that waits for a worker."""

    item: T
    priority: Priority
    since: float
    """When it became ready, in seconds of the monotonic clock."""


class ReadyItems(Generic[T]):
    """Two lines of waiting items, each first in, first out.

    An item stands in one line, once. The normal line is served first; after nine normal items that overtook a
    waiting low one, a low one is served, so that low never starves, unless no low one may be taken. All operations
    take constant time. Has no lock: the owner does.
    """

    def __init__(self) -> None:
        self._lines: dict[Priority, OrderedDict[T, Entry[T]]] = {level: OrderedDict() for level in Priority}
        self._overtaken = 0

    def push(self, item: T, priority: Priority, since: float) -> bool:
        """Add the item at the end of its line; return whether it is new.

        An item that waits already keeps its place and the time since when it waits, unless it is raised from low to
        normal: then it goes to the end of the normal line, with the time it had.
        """
        waiting = self.get(item)
        if waiting is None:
            self._lines[priority][item] = Entry(item, priority, since)
        elif priority > waiting.priority:
            del self._lines[waiting.priority][item]
            self._lines[priority][item] = Entry(item, priority, waiting.since)
        return waiting is None

    def pop(self, *, low_too: bool = True) -> Entry[T]:
        """Take the next item, of the normal line only unless `low_too`. Raises KeyError when none waits there."""
        low, normal = self._lines[Priority.LOW], self._lines[Priority.NORMAL]
        if not low_too or (normal and (not low or self._overtaken < NORMALS_PER_LOW)):
            item = normal.popitem(last=False)[1]
            self._overtaken = self._overtaken + 1 if low else 0
            return item
        self._overtaken = 0
        return low.popitem(last=False)[1]

    def get(self, item: T) -> Entry[T] | None:
        """Return how the item waits, or None."""
        return self._lines[Priority.NORMAL].get(item) or self._lines[Priority.LOW].get(item)

    def depth(self, priority: Priority) -> int:
        """Return how many items wait at this level."""
        return len(self._lines[priority])

    def oldest(self) -> float | None:
        """Return since when the item waits that is at the head of either line and has waited longest."""
        heads = [next(iter(line.values())).since for line in self._lines.values() if line]
        return min(heads, default=None)

    def __contains__(self, item: T) -> bool:
        return self.get(item) is not None

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))
