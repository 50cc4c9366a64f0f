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

    Depth and times are counted with each move of an item. The age of the oldest waiting item grows while nothing
    moves, which is when it is of interest: `report`, called before metrics are read, brings it up to date.
    """

    def __init__(self, clock: Clock, metrics: Metrics) -> None:
        super().__init__()
        self._clock = clock
        self._taken: dict[T, float] = {}
        self._oldest = metrics.series("queue_oldest_seconds")
        self._depth = _per_priority(metrics, "queue_depth")
        self._wait = _per_priority(metrics, "queue_wait_seconds")
        self._work = _per_priority(metrics, "queue_work_seconds")

    def add(self, item: T, priority: Priority, now: float) -> bool:
        """As without measuring."""
        became_ready = super().add(item, priority, now)
        self._count_ready()
        return became_ready

    def take(self) -> Entry[T]:
        """As without measuring."""
        entry = super().take()
        self._taken[entry.item] = now = self._clock.monotonic()
        self._wait[entry.priority].observe(now - entry.since)
        self._count_ready()
        return entry

    def done(self, item: T, now: float) -> Entry[T]:
        """As without measuring."""
        entry = super().done(item, now)
        self._work[entry.priority].observe(now - self._taken.pop(item))
        self._count_ready()
        return entry

    def clear(self) -> None:
        """As without measuring."""
        super().clear()
        self._count_ready()

    def report(self) -> None:
        """Bring the age of the oldest waiting item up to date."""
        oldest = self.oldest()
        self._oldest.set(0.0 if oldest is None else self._clock.monotonic() - oldest)

    def _count_ready(self) -> None:
        for level, series in self._depth.items():
            series.set(self.depth(level))


def _per_priority(metrics: Metrics, name: str) -> dict[Priority, Series]:
    return {level: metrics.series(name, priority=level.name.lower()) for level in Priority}
