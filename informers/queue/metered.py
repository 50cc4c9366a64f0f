"""The sets of a work queue, measured."""

from collections.abc import Hashable
from typing import TypeVar

from multicasskop.informers.clock import Clock
from multicasskop.informers.metrics import Metrics, Series
from multicasskop.informers.queue.priority import Entry, Priority
from multicasskop.informers.queue.sets import WorkSets

T = TypeVar("T", bound=Hashable)


class MeteredSets(WorkSets[T]):
    """Work sets that tell how deep they are, how long items wait, and how long they are worked on.

    Times are counted when an item moves. How many wait, and how old the oldest is, matters most while nothing moves:
    `report`, called before metrics are read, brings these up to date.
    """

    def __init__(self, clock: Clock, metrics: Metrics, low_at_once: int | None = None) -> None:
        super().__init__(low_at_once)
        self._clock = clock
        self._taken: dict[T, float] = {}
        self._oldest = metrics.series("queue_oldest_seconds")
        self._depth = _per_priority(metrics, "queue_depth")
        self._wait = _per_priority(metrics, "queue_wait_seconds")
        self._work = _per_priority(metrics, "queue_work_seconds")

    def take(self) -> Entry[T]:
        """As without measuring."""
        entry = super().take()
        self._taken[entry.item] = now = self._clock.monotonic()
        self._wait[entry.priority].observe(now - entry.since)
        return entry

    def done(self, item: T, now: float) -> Entry[T]:
        """As without measuring."""
        entry = super().done(item, now)
        self._work[entry.priority].observe(now - self._taken.pop(item))
        return entry

    def report(self) -> None:
        """Bring the gauges up to date."""
        oldest = self.oldest()
        self._oldest.set(0.0 if oldest is None else self._clock.monotonic() - oldest)
        for level, series in self._depth.items():
            series.set(self.depth(level))


def _per_priority(metrics: Metrics, name: str) -> dict[Priority, Series]:
    return {level: metrics.series(name, priority=level.name.lower()) for level in Priority}
