"""A list while it comes in."""

from collections.abc import Iterable

from multicasskop.informers.key import Key
from multicasskop.informers.record import Item
from multicasskop.informers.versions import is_older


class Snapshot:
    """The objects of a list so far, in the order in which they came first.

    In a stream an object may come again, changed, or be deleted before the list is complete. What is older than what
    is known of it already changes nothing: neither is it taken back, nor does it come back to life.
    """

    def __init__(self) -> None:
        self._items: dict[Key, Item] = {}
        self._gone: dict[Key, Item] = {}

    def put(self, items: Iterable[Item]) -> None:
        """Take objects in."""
        for item in items:
            key = item.record.key
            if not self._is_late(item):
                self._items[key] = item
                self._gone.pop(key, None)

    def remove(self, items: Iterable[Item]) -> None:
        """Leave objects out, of which this was the last state."""
        for item in items:
            key = item.record.key
            if not self._is_late(item):
                self._items.pop(key, None)
                self._gone[key] = item

    def items(self) -> tuple[Item, ...]:
        """Return what there is."""
        return tuple(self._items.values())

    def _is_late(self, item: Item) -> bool:
        key = item.record.key
        known = self._items.get(key) or self._gone.get(key)
        return known is not None and is_older(item.record.version, known.record.version)
