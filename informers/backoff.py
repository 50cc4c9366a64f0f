"""How long to wait before trying again."""

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random

from multicasskop.informers.clock import Clock
from multicasskop.informers.errors import RETRY_AFTER_CAP


class Backoff:
    """Growing, jittered delays that are reset by health alone.

    Each delay is drawn from [d, 2d], d growing from `start` by `factor` up to `cap`: many that failed together do not
    come back together. A connection that was made and died at once is no health; two minutes without a failure are.
    Not thread-safe: it belongs to one loop.
    """

    def __init__(
        self,
        random: Random,
        clock: Clock,
        *,
        start: float = 0.8,
        factor: float = 2.0,
        cap: float = 30.0,
        healthy_after: float = 120.0,
    ) -> None:
        """Begin healthy; all times in seconds."""
        self._random, self._clock = random, clock
        self._start, self._factor, self._cap, self._healthy_after = start, factor, cap, healthy_after
        self._delay = start
        self._last_failure = -math.inf

    def next(self) -> float:
        """Note a failure now, and return the seconds to wait before the next try."""
        now = self._clock.monotonic()
        if now - self._last_failure >= self._healthy_after:
            self.reset()
        self._last_failure = now
        delay, self._delay = self._delay, min(self._cap, self._delay * self._factor)
        return self._random.uniform(delay, 2 * delay)

    def reset(self) -> None:
        """Start low again: for a caller who knows of health in another way."""
        self._delay = self._start


def retry_after(value: str, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for, between 0 and 5 minutes; None when it says nothing.

    Both forms of RFC 9110 §10.2.3 are understood: seconds, and a date (compared with `now`, which is aware).
    """
    text = value.strip()
    seconds = float(text) if text.isascii() and text.isdigit() else _until(text, now)
    return None if seconds is None else min(RETRY_AFTER_CAP, max(0.0, seconds))


def _until(text: str, now: datetime) -> float | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, IndexError, OverflowError):  # what the parser raises for texts that are no date
        return None
    return ((date if date.tzinfo else date.replace(tzinfo=UTC)) - now).total_seconds()
