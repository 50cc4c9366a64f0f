"""The write guard: who does not lead does not write."""

import math

from multicasskop.informers.clock import Clock
from multicasskop.informers.errors import NotLeader


class WriteGuard:
    """A gate that every mutating request passes, open until an instant of our own monotonic clock.

    It starts shut. The lease moves the instant ahead with each renewal: to the time at which the renewal was *sent*
    plus the renew deadline. A process that is frozen or cut off thus finds it shut when it wakes, without anybody
    having had to shut it. `close` is for ever: a renewal that answers late opens nothing again.

    Not promised: fencing. A request that was sent while the gate was open may still land afterwards.
    """

    def __init__(self, clock: Clock) -> None:
        """Start shut."""
        self._clock = clock
        self._until = -math.inf
        self._closed = False

    def open_until(self, instant: float) -> None:
        """Let writes pass until `instant` of the clock's monotonic time; replaces the instant set before."""
        self._until = instant

    def open_forever(self) -> None:
        """Let writes pass until closed: for a process that runs without leader election."""
        self._until = math.inf

    def close(self) -> None:
        """Refuse all writes from now on, for good."""
        self._closed = True

    @property
    def is_open(self) -> bool:
        """Whether a write would pass at this moment."""
        return not self._closed and self._clock.monotonic() < self._until

    def check(self) -> None:
        """Return when the gate is open; raise NotLeader when it is shut."""
        if not self.is_open:
            raise NotLeader
