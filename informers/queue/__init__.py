"""The rate-limited, deduplicating work queue, in layers that are each usable alone.

    priority    what is ready, in two lines
    sets        ready, processing, dirty: one worker per item, no lost add
    delays      what becomes ready later
    limiter     how long a failing item waits
    metered     the sets, measured

`WorkQueue` stacks them behind one lock.
"""

import threading
from collections.abc import Hashable
from typing import Generic, TypeVar

from multicasskop.informers.clock import Clock
from multicasskop.informers.errors import Stopped
from multicasskop.informers.metrics import Metrics
from multicasskop.informers.queue.delays import Delays
from multicasskop.informers.queue.limiter import ExponentialBackoff, Limiter, Longest, RetryBucket, api_limiter
from multicasskop.informers.queue.metered import MeteredSets
from multicasskop.informers.queue.priority import Priority

__all__ = [
    "ExponentialBackoff",
    "Limiter",
    "Longest",
    "Priority",
    "RetryBucket",
    "ShutDown",
    "WorkQueue",
    "api_limiter",
]

T = TypeVar("T", bound=Hashable)


class ShutDown(Stopped):
    """The queue has been shut down and hands out nothing more."""


class WorkQueue(Generic[T]):
    """Items that need a run, for any number of producers and workers.

    Guarantees: no two workers hold the same item; an item added while it is held is handed out once more after
    `done`; of all pending reasons to run an item the earliest counts, so that an add takes its delay's place and a
    delay for an item that is ready anyway is left out. Inside a priority, items are handed out in the order in which
    they became ready, delayed ones by their due time. `get` wakes for due delays by itself: there is no timer thread.
    At most `low_at_once` items (all, if None) are held that were taken at low priority: with fewer than there are
    workers, there is a worker for what is urgent however much else there is to do.

    Assumes: whoever got an item calls `done`, whatever happened. Times are monotonic seconds. Items are keys; nothing
    but equality of items matters. Every method may be called from any thread.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        limiter: Limiter[T] | None = None,
        metrics: Metrics | None = None,
        name: str = "queue",
        low_at_once: int | None = None,
    ) -> None:
        self.name = name
        self._clock = clock
        self._limiter: Limiter[T] = limiter or api_limiter(clock)
        metrics = metrics or Metrics.none()
        self._retries = metrics.series("queue_retries_total")
        self._sets: MeteredSets[T] = MeteredSets(clock, metrics, low_at_once)
        self._delays: Delays[T] = Delays()
        self._shut = False
        self._lock = threading.RLock()
        self._wakeup = threading.Condition(self._lock)
        self._idle = threading.Condition(self._lock)

    def add(self, item: T, priority: Priority = Priority.NORMAL) -> None:
        """Let the item run as soon as a worker is free; its pending delay is taken away."""
        with self._lock:
            if self._shut:
                return
            if self._delays:
                priority = self._undelayed_locked(item, priority)
            self._add_locked(item, priority)

    def add_after(self, item: T, seconds: float, priority: Priority = Priority.NORMAL) -> None:
        """Let the item run in `seconds`, unless something makes it run earlier; at once if that is not positive."""
        if seconds <= 0:
            self.add(item, priority)
            return
        with self._lock:
            self._release_due_locked()
            if self._shut:
                return
            if self._sets.awaits_run(item):
                self._add_locked(item, priority)
            elif self._delays.put(item, self._clock.monotonic() + seconds, priority):
                self._wakeup.notify()

    def add_rate_limited(self, item: T, priority: Priority = Priority.NORMAL) -> float:
        """Count a failure of the item and let it run again after the limiter's delay, which is returned (seconds)."""
        with self._lock:
            delay = self._limiter.delay(item)
            if not self._shut:
                self._retries.inc()
            self.add_after(item, delay, priority)
            return delay

    def get(self) -> T:
        """Wait for an item and take it; the caller must call `done` with it. Raises ShutDown after `shut_down`."""
        with self._lock:
            while True:
                if self._shut:
                    raise ShutDown(f"queue {self.name} has been shut down")
                self._release_due_locked()
                if self._sets.takeable:
                    item = self._sets.take().item
                    self._pass_watch_on_locked()
                    return item
                self._clock.wait(self._wakeup, self._until_due_locked())

    def done(self, item: T) -> None:
        """End the item's run. Raises ValueError when the item was not handed out, or was reported done before."""
        with self._lock:
            self._release_due_locked()
            self._sets.done(item, self._clock.monotonic())
            if self._sets.takeable:
                self._wakeup.notify()
            if not self._sets.processing:
                self._idle.notify_all()

    def forget(self, item: T) -> None:
        """Count the item's failures from zero again: it succeeded, or trying again is of no use."""
        with self._lock:
            self._limiter.forget(item)

    def retries(self, item: T) -> int:
        """Return how often the item has failed since it was last forgotten."""
        with self._lock:
            return self._limiter.retries(item)

    def shut_down(self) -> None:
        """Refuse adds from now on, hand out nothing more, wake all workers; what waits is dropped. Repeatable."""
        with self._lock:
            self._shut = True
            self._sets.clear()
            self._delays.clear()
            self._wakeup.notify_all()

    def drain(self, timeout: float) -> bool:
        """Wait until nothing is being processed, at most `timeout` seconds; return whether that was reached."""
        with self._idle:
            end = self._clock.monotonic() + timeout
            while self._sets.processing:
                left = end - self._clock.monotonic()
                if left <= 0:
                    return False
                self._clock.wait(self._idle, left)
            return True

    @property
    def processing(self) -> tuple[T, ...]:
        """The items that workers hold, the longest held first."""
        with self._lock:
            return self._sets.processing

    @property
    def is_shut_down(self) -> bool:
        """Whether `shut_down` was called."""
        return self._shut

    def report(self) -> None:
        """Bring the gauges up to date that change while nothing happens; called before metrics are read."""
        with self._lock:
            self._release_due_locked()
            self._sets.report()

    def __len__(self) -> int:
        """Return how many items are ready; neither delayed ones nor those being processed count."""
        with self._lock:
            self._release_due_locked()
            return self._sets.ready

    def _add_locked(self, item: T, priority: Priority) -> None:
        self._sets.add(item, priority, self._clock.monotonic())
        # also for one that waits already: raised to normal, it need not wait for a place at low priority any more
        if self._sets.takeable:
            self._wakeup.notify()

    def _undelayed_locked(self, item: T, priority: Priority) -> Priority:
        """Take the item's delay away, if there is one, and return the higher one of both priorities."""
        self._release_due_locked()
        delayed = self._delays.cancel(item)
        return max(priority, delayed.priority) if delayed else priority

    def _release_due_locked(self) -> None:
        if not self._delays:
            return
        for entry in self._delays.due(self._clock.monotonic()):
            self._sets.add(entry.item, entry.priority, entry.since)

    def _until_due_locked(self) -> float | None:
        nearest = self._delays.nearest()
        return None if nearest is None else max(0.0, nearest - self._clock.monotonic())

    def _pass_watch_on_locked(self) -> None:
        # one notify wakes one worker: whoever goes off to work leaves another to see to the rest and to the delays
        if self._sets.takeable or len(self._delays):
            self._wakeup.notify()
