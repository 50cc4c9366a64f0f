"""Time, as something that is passed in.

Durations are taken from `monotonic`, which no change of the wall clock moves; `now` is for humans and for times that
are written into objects. Whoever must wait does so through the clock, so that a test can move time itself.
"""

import threading
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """A source of time, and the only way to wait for it."""

    def monotonic(self) -> float:
        """Return seconds since an arbitrary start; never goes backwards."""
        ...

    def now(self) -> datetime:
        """Return the wall clock's time, aware, in UTC."""
        ...

    def wait(self, condition: threading.Condition, timeout: float | None) -> bool:
        """Wait to be notified, at most `timeout` seconds; None waits for ever.

        The caller holds the condition. Returns False when the time ran out. May wake without a reason, like every
        condition does: callers look at their own state again.
        """
        ...

    def sleep(self, stop: threading.Event, seconds: float) -> bool:
        """Wait until `stop` is set, at most `seconds`; return whether it was set."""
        ...


class SystemClock:
    """The machine's clocks."""

    def monotonic(self) -> float:
        """Return seconds of the machine's monotonic clock."""
        return time.monotonic()

    def now(self) -> datetime:
        """Return the machine's wall clock, aware, in UTC."""
        return datetime.now(UTC)

    def wait(self, condition: threading.Condition, timeout: float | None) -> bool:
        """Wait on the condition, which the caller holds."""
        return condition.wait(timeout)

    def sleep(self, stop: threading.Event, seconds: float) -> bool:
        """Wait for the event."""
        return stop.wait(max(0.0, seconds))
