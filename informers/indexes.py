"""Finding records by something that their metadata says."""

from collections.abc import Callable, Iterable, Mapping
from typing import Self

import structlog
from multicasskop.informers.key import Key
from multicasskop.informers.record import Item, Metadata

IndexFunction = Callable[[Metadata], Iterable[str]]
Values = tuple[str, ...]

_log = structlog.get_logger("multicasskop.informers")


class Index:
    """Value to keys, in the order in which the keys came; the function is asked once for each state of an object.

    A function that raises leaves that one object unindexed here; `failed` is told. Not thread-safe: the store guards
    it. `values_of` calls the function and changes nothing, so that it may run without the guard.
    """

    def __init__(self, name: str, function: IndexFunction, failed: Callable[[], None] = lambda: None) -> None:
        self.name = name
        self._function, self._failed = function, failed
        # most values are those of one object alone, for which a dictionary would weigh more than all else here
        self._keys: dict[str, Key | dict[Key, None]] = {}
        self._values: dict[Key, Values] = {}

    def values_of(self, item: Item) -> Values:
        """Return under which values an object belongs; none when the function fails."""
        try:
            return tuple(dict.fromkeys(self._function(item.metadata)))
        except Exception:  # noqa: BLE001  whatever a caller's function raises must not stop the stream
            _log.exception("index function failed", index=self.name, object=str(item.record.key))
            self._failed()
            return ()

    def put(self, key: Key, values: Values) -> None:
        """Set under which values a key is found; touches only those that changed."""
        old = self._values.get(key, ())
        if old == values:
            return
        for value in old:
            if value not in values:
                self._discard(value, key)
        for value in values:
            self._add(value, key)
        if values:
            self._values[key] = values
        else:
            del self._values[key]

    def remove(self, key: Key) -> None:
        """Forget a key."""
        self.put(key, ())

    def keys(self, value: str) -> Iterable[Key]:
        """Return the keys found under a value."""
        found = self._keys.get(value, ())
        return (found,) if isinstance(found, Key) else found

    def values(self) -> tuple[str, ...]:
        """Return all values under which something is found."""
        return tuple(self._keys)

    def rebuilt(self, values: Mapping[Key, Values]) -> Self:
        """Return an index of the same name and function with exactly these entries."""
        fresh = type(self)(self.name, self._function, self._failed)
        for key, found in values.items():
            fresh.put(key, found)
        return fresh

    def _add(self, value: str, key: Key) -> None:
        known = self._keys.setdefault(value, key)
        if isinstance(known, dict):
            known[key] = None
        elif known != key:
            self._keys[value] = {known: None, key: None}

    def _discard(self, value: str, key: Key) -> None:
        known = self._keys[value]
        if isinstance(known, Key) or len(known) == 1:
            del self._keys[value]
        else:
            del known[key]
