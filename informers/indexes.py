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
        self._keys: dict[str, dict[Key, None]] = {}
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
            self._keys.setdefault(value, {})[key] = None
        if values:
            self._values[key] = values
        else:
            del self._values[key]

    def remove(self, key: Key) -> None:
        """Forget a key."""
        self.put(key, ())

    def keys(self, value: str) -> Iterable[Key]:
        """Return the keys found under a value."""
        return self._keys.get(value, ())

    def values(self) -> tuple[str, ...]:
        """Return all values under which something is found."""
        return tuple(self._keys)

    def rebuilt(self, values: Mapping[Key, Values]) -> Self:
        """Return an index of the same name and function with exactly these entries."""
        fresh = type(self)(self.name, self._function, self._failed)
        for key, found in values.items():
            fresh.put(key, found)
        return fresh

    def _discard(self, value: str, key: Key) -> None:
        keys = self._keys[value]
        del keys[key]
        if not keys:
            del self._keys[value]
