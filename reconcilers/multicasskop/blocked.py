"""How many deletions wait for each member: counted over all MultiCasskops, told as one gauge."""

import threading
from collections.abc import Iterable
from typing import Final

from multicasskop.informers.key import Key
from multicasskop.informers.metrics import Metrics
from multicasskop.reconcilers.multicasskop.orphans import UNREGISTERED

GAUGE: Final = "deletions_blocked"


class Blocked:
    """Remembers which deletions do not go on for which members' sake. Thread-safe."""

    def __init__(self, metrics: Metrics) -> None:
        """Begin with none."""
        self._metrics = metrics
        self._lock = threading.Lock()
        self._members: dict[Key, frozenset[str]] = {}

    def saw(self, key: Key, members: Iterable[str], registered: Iterable[str]) -> None:
        """A MultiCasskop is not let go for the sake of these members: of none, when it is not being deleted."""
        with self._lock:
            before, now = self._members.pop(key, frozenset()), frozenset(members)
            if now:
                self._members[key] = now
            if before or now:
                self._tell_locked(frozenset(registered))

    def _tell_locked(self, registered: frozenset[str]) -> None:
        counts = dict.fromkeys((*registered, UNREGISTERED), 0)
        for members in self._members.values():
            for member in {name if name in registered else UNREGISTERED for name in members}:
                counts[member] += 1
        for member, count in counts.items():
            self._metrics.set(GAUGE, count, member=member)
