"""How fast reports are written, so that in a rush they don't stand in the way of the work they tell about."""

import threading

from multicasskop.informers.clock import Clock


class Pace:
    """Hands out moments. Thread-safe.

    A few are now. When more are asked for at the same time there is a rush: from then on moments come after a pause,
    and one after the other, until there was no rush for as long as that pause.
    """

    def __init__(self, clock: Clock, *, at_once: int = 4, pause: float = 1.0, per_second: float = 20.0) -> None:
        """Begin with `at_once` moments that are now; one comes back with each `pause` / `at_once` seconds."""
        self._clock, self._at_once, self._pause, self._every = clock, at_once, pause, 1.0 / per_second
        self._lock = threading.Lock()
        self._given: list[float] = []
        self._last = float("-inf")

    def next(self) -> float:
        """The next moment (monotonic seconds) that nobody else has."""
        with self._lock:
            now = self._clock.monotonic()
            self._given = [at for at in self._given if now - at < self._pause]
            if len(self._given) < self._at_once and self._last <= now:
                self._given.append(now)
                return now
            self._last = max(self._last + self._every, now + self._pause)
            return self._last
