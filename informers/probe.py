"""The probe: a cheap question to a member that has been silent, so that a dead one is noticed within seconds."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from multicasskop.informers.breaker import Breaker
from multicasskop.informers.clock import Clock
from multicasskop.informers.errors import InformerError, Stopped, reason_of
from multicasskop.informers.metrics import Metrics
from multicasskop.informers.supervisor import Supervisor

# one failure may be our own: a process that was frozen wakes up with a question that has timed out meanwhile
FAILURES_NEEDED = 2
SHORTEST_TIMEOUT = 0.5


class Asking(Protocol):
    """What a probe needs of a transport."""

    def probe(self, timeout: float) -> None:
        """Return when the member answered, raise an InformerError when it did not."""


@dataclass(frozen=True, slots=True)
class ProbeOptions:
    """Times in seconds.

    After `interval` of silence a question goes out, and again every `interval`, each with `timeout`. A member that has
    been silent for `dark_after` is dark; then the gap grows from `interval` to `longest_gap`.
    """

    interval: float = 2.0
    timeout: float = 2.0
    dark_after: float = 5.0
    longest_gap: float = 10.0


class Probe:
    """Watches over one member, in one thread, and moves its breaker.

    Bytes on any stream or answer count as signs of life, so a busy member is never asked. All the time in between,
    the member is told dark at most `dark_after` after the last thing that was heard of it.
    """

    def __init__(
        self,
        transport: Asking,
        breaker: Breaker,
        *,
        clock: Clock,
        supervisor: Supervisor,
        metrics: Metrics | None = None,
        options: ProbeOptions | None = None,
        awake: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare; nothing is asked before `start`.

        `awake` is called whenever the thread has been awake, every few seconds: for what changes by time alone.
        """
        self._transport, self._breaker, self._clock, self._supervisor = transport, breaker, clock, supervisor
        self._metrics, self._options = metrics or Metrics.none(), options or ProbeOptions()
        self._awake = awake
        self._stop, self._wake = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._began = self._ended = clock.monotonic()
        self._gap = self._options.interval
        self._failures = 0
        self._error: InformerError | None = None
        self._seen = breaker.contact
        breaker.on_change(lambda _: self._report())

    def start(self) -> None:
        """Begin to watch."""
        self._thread = self._supervisor.spawn(f"probe/{self._breaker.member}", self._run)

    def hurry(self) -> None:
        """Ask a dark member now: what it is reached with has changed."""
        self._gap = 0.0
        self._wake.set()

    def stop(self, timeout: float | None = None) -> bool:
        """End the watching, and wait for its thread; return whether it ended in time."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout)
        return self._thread is None or not self._thread.is_alive()

    def _run(self) -> None:
        self._report()
        while not self._stopped_after(self._pause()):
            self._look()
            self._report()
            self._awake()

    def _stopped_after(self, seconds: float) -> bool:
        self._clock.sleep(self._wake, seconds)
        self._wake.clear()
        return self._stop.is_set()

    def _pause(self) -> float:
        """Return the seconds until there is something to decide."""
        if self._breaker.dark:
            due = self._ended + self._gap
        else:
            due = max(self._breaker.contact, self._began) + self._options.interval
            if self._failures:
                due = min(due, self._dark_at())
        return max(0.0, due - self._clock.monotonic())

    def _look(self) -> None:
        if self._breaker.dark:
            self._ask(self._options.timeout)
            return
        if self._breaker.contact > self._seen:
            self._seen, self._failures = self._breaker.contact, 0
        now, dark_at = self._clock.monotonic(), self._dark_at()
        if self._error and self._failures >= FAILURES_NEEDED and now >= dark_at:
            self._breaker.open(self._error)
            self._gap, self._ended = self._options.interval, now
        elif now >= self._breaker.contact + self._options.interval:
            self._ask(max(SHORTEST_TIMEOUT, min(self._options.timeout, dark_at - now)))

    def _dark_at(self) -> float:
        return self._breaker.contact + self._options.dark_after

    def _ask(self, timeout: float) -> None:
        self._began = self._clock.monotonic()
        try:
            self._transport.probe(timeout)
        except Stopped:
            self._stop.set()
        except InformerError as error:
            self._failed(error)
        else:
            self._succeeded()

    def _failed(self, error: InformerError) -> None:
        if self._breaker.dark:
            self._breaker.still(error)
            self._gap = min(self._options.longest_gap, max(self._options.interval, 2 * self._gap))
        self._ended = self._clock.monotonic()
        self._failures += 1
        self._error = error
        reason = reason_of(error) or type(error).__name__
        self._metrics.inc("member_probe_failures_total", member=self._breaker.member, reason=reason)

    def _succeeded(self) -> None:
        self._ended = self._clock.monotonic()
        self._metrics.observe("member_probe_duration_seconds", self._ended - self._began, member=self._breaker.member)
        self._failures, self._gap = 0, self._options.interval
        self._breaker.close()

    def _report(self) -> None:
        member, contact = self._breaker.member, self._breaker.last_contact
        self._metrics.set("member_reachable", float(contact is not None and not self._breaker.dark), member=member)
        if contact:
            self._metrics.set("member_last_contact_timestamp_seconds", contact.timestamp(), member=member)
