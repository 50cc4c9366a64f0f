"""Threads under simulated time, one at a time, in an order that a seed decides.

A thread runs until it sleeps in simulated time; then the one whose wait ends first goes on. So code that was written
for threads and clocks runs deterministically, and hours pass in milliseconds.
"""

import heapq
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

from multicasskop.informers.supervisor import Supervisor


class SimulationOverError(BaseException):
    """Ends the threads that are left when a simulation ends; not to be caught by what is simulated."""


class Simulation:
    """Simulated seconds, events on a heap, and the baton that at most one thread holds."""

    def __init__(self) -> None:
        self.now = 0.0
        self.over = False
        self._order = count()
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._asleep: set[threading.Semaphore] = set()
        self._baton = threading.Semaphore(0)

    def at(self, instant: float, callback: Callable[[], None]) -> None:
        """Call back at an instant, in the thread that runs the simulation."""
        heapq.heappush(self._events, (max(instant, self.now), next(self._order), callback))

    def spawn(self, target: Callable[[], object]) -> threading.Thread:
        """Begin a thread at this instant."""
        start = self._sleeper(self.now)

        def body() -> None:
            start.acquire()
            try:
                if not self.over:
                    target()
            except SimulationOverError:
                pass
            finally:
                self._baton.release()

        thread = threading.Thread(target=body)
        thread.start()
        return thread

    def sleep_until(self, instant: float) -> None:
        """Let time pass, in a thread that was spawned here."""
        sleeper = self._sleeper(instant)
        self._baton.release()
        sleeper.acquire()
        if self.over:
            raise SimulationOverError

    def run(self, until: float, check: Callable[[], None]) -> None:
        """Let time pass until an instant; `check` is called after each event."""
        while self._events and self._events[0][0] <= until:
            self.now, _, callback = heapq.heappop(self._events)
            callback()
            check()
        self.now = until

    def end(self) -> None:
        """End all threads."""
        self.over = True
        while self._asleep:
            self._wake(next(iter(self._asleep)))

    def _sleeper(self, instant: float) -> threading.Semaphore:
        sleeper = threading.Semaphore(0)
        self._asleep.add(sleeper)
        self.at(instant, lambda: self._wake(sleeper))
        return sleeper

    def _wake(self, sleeper: threading.Semaphore) -> None:
        self._asleep.discard(sleeper)
        sleeper.release()
        self._baton.acquire()


class SimulatedClock:
    """A machine's clock in a simulation: with an offset, a rate, and a wall clock that is wrong by hours.

    `stall` gives the seconds by which the machine oversleeps each time, as when it is frozen.
    """

    def __init__(
        self,
        simulation: Simulation,
        *,
        offset: float = 0.0,
        rate: float = 1.0,
        skew: timedelta = timedelta(0),
        stall: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._simulation, self._offset, self._rate, self._skew, self._stall = simulation, offset, rate, skew, stall

    def monotonic(self) -> float:
        """Seconds of this machine."""
        return self._simulation.now * self._rate + self._offset

    def now(self) -> datetime:
        """The date, as this machine has it."""
        return datetime(2030, 1, 1, tzinfo=UTC) + timedelta(seconds=self._simulation.now) + self._skew

    def wait(self, condition: threading.Condition, timeout: float | None) -> bool:
        """Not to be had: a simulated thread waits for nothing but time."""
        raise NotImplementedError

    def sleep(self, stop: threading.Event, seconds: float) -> bool:
        """Sleep so many of this machine's seconds; a stop is seen at the end only."""
        self.pause(self.real(seconds))
        return stop.is_set()

    def pause(self, seconds: float) -> None:
        """Let so many simulated seconds pass, and some more when the machine stalls."""
        self._simulation.sleep_until(self._simulation.now + max(0.0, seconds) + self._stall())

    def real(self, seconds: float) -> float:
        """So many of this machine's seconds in simulated ones."""
        return seconds / self._rate


class SimulatedThreads(Supervisor):
    """A supervisor whose threads live in a simulation."""

    def __init__(self, simulation: Simulation) -> None:
        super().__init__()
        self._simulation = simulation

    def spawn(self, name: str, target: Callable[..., object], *args: object) -> threading.Thread:
        """Begin a simulated thread."""
        return self._simulation.spawn(lambda: target(*args))
