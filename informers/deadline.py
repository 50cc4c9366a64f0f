"""The time that one run has."""

from multicasskop.informers.clock import Clock
from multicasskop.informers.errors import DeadlineExceeded


class Deadline:
    """An instant by which everything done on behalf of one run must be over.

    A thread cannot be stopped from outside; so whoever calls out takes its timeout from here, and a run that is over
    its time or was cancelled finds every further call refused. May be read and cancelled from any thread.
    """

    def __init__(self, clock: Clock, seconds: float) -> None:
        """Begin now, and end after `seconds`."""
        self._clock = clock
        self._end = clock.monotonic() + seconds
        self._cancelled = False

    def left(self) -> float:
        """Return the seconds that are left: 0 when over or cancelled."""
        return 0.0 if self._cancelled else max(0.0, self._end - self._clock.monotonic())

    @property
    def expired(self) -> bool:
        """Whether nothing is left, for whichever of the two reasons."""
        return self.left() <= 0.0

    @property
    def cancelled(self) -> bool:
        """Whether somebody called it off."""
        return self._cancelled

    def cancel(self) -> None:
        """Call it off; calls under way end by their own timeouts, no new one begins."""
        self._cancelled = True

    def timeout(self, cap: float) -> float:
        """Return what a call may take: what is left, at most `cap` seconds; DeadlineExceeded when nothing is."""
        left = self.left()
        if left <= 0.0:
            raise DeadlineExceeded("the run was cancelled" if self._cancelled else "the run's time is over")
        return min(cap, left)
