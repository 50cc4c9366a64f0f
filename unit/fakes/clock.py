"""A clock that moves only when a test moves it."""

import math
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

# real seconds after which a test that waits for a thread gives up: never reached when all is well
PATIENCE = 10.0
EPOCH = datetime(2030, 1, 1, tzinfo=UTC)


@dataclass(eq=False, slots=True)
class _Waiter:
    condition: threading.Condition
    due: float
    fired: bool = False


class FakeClock:
    """Implements Clock over time that stands still between calls of `advance`.

    Threads that wait through it block for real, until they are notified or until `advance` passes the instant at
    which their wait ends. Two steps make a test of threads deterministic: `wait_for_waiters(n)` returns when n threads
    are blocked here, then `advance` wakes those that are due, and no others.
    """

    def __init__(self, start: float = 0.0, now: datetime = EPOCH) -> None:
        """Stand at `start` on the monotonic clock and at `now` on the wall clock."""
        self._time, self._start, self._now = start, start, now
        self._changed = threading.Condition()
        self._waiters: list[_Waiter] = []

    def monotonic(self) -> float:
        """Return the instant at which the clock stands."""
        return self._time

    def now(self) -> datetime:
        """Return the wall clock, which moves along unless it has been set."""
        return self._now + timedelta(seconds=self._time - self._start)

    def set_now(self, now: datetime) -> None:
        """Set the wall clock, as an administrator does; the monotonic clock stays."""
        self._now = now - timedelta(seconds=self._time - self._start)

    @property
    def waiters(self) -> int:
        """How many threads are blocked in this clock."""
        return len(self._waiters)

    @property
    def blocked(self) -> int:
        """How many threads are blocked in this clock, and not on their way out."""
        with self._changed:
            return self._blocked()

    def next_due(self) -> float | None:
        """Return the instant at which the first wait ends, or None when none of them ends by time."""
        with self._changed:
            return min((waiter.due for waiter in self._waiters if waiter.due < math.inf), default=None)

    def wait(self, condition: threading.Condition, timeout: float | None) -> bool:
        """Wait on the condition, which the caller holds."""
        if timeout is not None and timeout <= 0:
            return False
        waiter = self._enter(condition, timeout)
        try:
            condition.wait()
        finally:
            self._leave(waiter)
        return not waiter.fired

    def sleep(self, stop: threading.Event, seconds: float) -> bool:
        """Wait for the event; both setting it and advancing the clock end the wait at once."""
        condition: threading.Condition = stop._cond  # type: ignore[attr-defined]
        with condition:
            end = self._time + seconds
            while not stop.is_set() and self._time < end:
                self.wait(condition, end - self._time)
            return stop.is_set()

    def advance(self, seconds: float) -> None:
        """Move time on, and wake whoever is due by then."""
        with self._changed:
            self._time += seconds
            due = [waiter for waiter in self._waiters if waiter.due <= self._time]
            for waiter in due:
                waiter.fired = True
        for waiter in due:
            # whoever registered holds this until it really waits, so the notification cannot come too early
            with waiter.condition:
                waiter.condition.notify_all()

    def wait_for_waiters(self, count: int = 1) -> None:
        """Return when at least `count` threads are blocked here and none of them is on its way out."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._blocked() >= count, PATIENCE):
                raise AssertionError(f"{self._blocked()} threads wait on the clock after {PATIENCE} s, not {count}")

    def _blocked(self) -> int:
        return sum(not waiter.fired for waiter in self._waiters)

    def _enter(self, condition: threading.Condition, timeout: float | None) -> _Waiter:
        with self._changed:
            waiter = _Waiter(condition, math.inf if timeout is None else self._time + timeout)
            self._waiters.append(waiter)
            self._changed.notify_all()
        return waiter

    def _leave(self, waiter: _Waiter) -> None:
        with self._changed:
            self._waiters.remove(waiter)
            self._changed.notify_all()
