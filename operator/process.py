"""The operator as a process: what is started and stopped in which order, and why it ends.

Both orders are the two lists at the end of this module. A start that fails runs the stop list too, so each step copes
with its part not being there. Everything that may end the process (a signal, a lost lease, a thread that died) is a
message in one inbox, which the main thread reads.
"""

from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Protocol

import structlog
from multicasskop.operator.output.exit_codes import CommandError, ExitCode

log = structlog.get_logger("process")
# a signal runs its handler between two steps of the main thread: one that comes just before a wait, or to another
# thread, would be heard only after it
SIGNAL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Leading:
    """We may write: the workers may start."""


@dataclass(frozen=True, slots=True)
class End:
    """Why the process ends, in words, and with which code."""

    reason: str
    code: ExitCode
    error: BaseException | None = None


Message = Leading | End


class Inbox:
    """Messages to the main thread, from any thread and from signal handlers; the first reason to end stays."""

    def __init__(self) -> None:
        # a queue whose put may interrupt itself: a signal handler runs in the middle of anything
        self._messages: SimpleQueue[Message] = SimpleQueue()
        self._led = False
        self._end: End | None = None

    def put(self, message: Message) -> None:
        """Leave a message."""
        self._messages.put(message)

    def ended(self, seconds: float) -> bool:
        """Whether there is a reason to end, waiting at most so many seconds for news."""
        self._take(seconds)
        return self._end is not None

    def wait_to_lead(self) -> bool:
        """Wait until we lead; false when there is a reason to end instead."""
        while not self._led and self._end is None:
            self._take(SIGNAL_SECONDS)
        return self._end is None

    def wait_for_end(self) -> End:
        """Wait for a reason to end."""
        while self._end is None:
            self._take(SIGNAL_SECONDS)
        return self._end

    def _take(self, seconds: float) -> None:
        try:
            message = self._messages.get(timeout=seconds)
        except Empty:
            return
        if isinstance(message, Leading):
            self._led = True
        else:
            self._end = self._end or message


class Parts(Protocol):
    """What the steps start and stop. Each call returns when its work is done, and copes with nothing to do."""

    def serve_health(self) -> None:
        """Serve the pages of health and metrics."""

    def engage_home(self) -> None:
        """Find home's credentials, look whether our kind is served there, and begin to watch."""

    def sync_home(self, ended: Callable[[float], bool]) -> None:
        """Wait for home's stores, as long as `ended`, asked with the seconds that it may wait, says no."""

    def start_tracing(self) -> None:
        """Begin to send traces, if they are wanted."""

    def engage_remotes(self, ended: Callable[[float], bool]) -> None:
        """Find the other members' credentials and begin to watch them, whether they answer or not; `ended` as above."""

    def elect(self) -> None:
        """Become a candidate for the lease."""

    def start_workers(self) -> None:
        """Begin to work."""

    def turn_unready(self) -> None:
        """Tell those who ask that this process is going."""

    def shut_queue(self) -> None:
        """Hand out no more work."""

    def await_workers(self) -> None:
        """Wait for the work under way, for as long as there is time."""

    def stop_informers(self) -> None:
        """End all watches and the threads behind them."""

    def flush_events(self) -> None:
        """Write the events that wait."""

    def flush_spans(self) -> None:
        """Send the spans that wait."""

    def release_lease(self) -> None:
        """Give the lease back, if all work has ended."""

    def stop_health(self) -> None:
        """Serve no more pages."""


class Process:
    """Runs the start list, waits for a reason to end, and runs the stop list."""

    def __init__(self, parts: Parts, inbox: Inbox) -> None:
        self._parts = parts
        self._inbox = inbox

    def run(self) -> End:
        """Run until there is a reason to end; return it when everything has been stopped."""
        try:
            end = self._start()
        except CommandError as error:
            end = End("start failed", error.exit_code, error)
        except Exception as error:
            log.exception("start failed")
            end = End("start failed", ExitCode.BUG, error)
        # a start that was refused is told in the last line, and nothing was running that would stop
        (log.debug if isinstance(end.error, CommandError) else log.info)("stopping", reason=end.reason)
        for step in STOP:
            self._stop(step)
        return end

    def _stop(self, step: "Step") -> None:
        """Do one step; a defect in it must not keep the others from being done."""
        try:
            step.act(self._parts, self._inbox)
        except Exception:
            log.exception("stop failed", part=step.part)
        else:
            log.debug("stopped", part=step.part)

    def _start(self) -> End:
        for step in START:
            step.act(self._parts, self._inbox)
            if self._inbox.ended(0.0):
                break
            log.debug("started", part=step.part)
        return self._inbox.wait_for_end()


@dataclass(frozen=True, slots=True)
class Step:
    """One step: the part's name as it stands in the log, and what is done."""

    part: str
    act: Callable[[Parts, Inbox], None]


def _work(parts: Parts, inbox: Inbox) -> None:
    """Start the workers once the lease is ours; a standby waits here."""
    if inbox.wait_to_lead():
        parts.start_workers()


START = (
    Step("health server", lambda parts, _: parts.serve_health()),
    Step("home engaged", lambda parts, _: parts.engage_home()),
    Step("home synced", lambda parts, inbox: parts.sync_home(inbox.ended)),
    Step("tracing", lambda parts, _: parts.start_tracing()),
    Step("remotes engaged", lambda parts, inbox: parts.engage_remotes(inbox.ended)),
    Step("lease", lambda parts, _: parts.elect()),
    Step("workers", _work),
)
STOP = (
    Step("readiness", lambda parts, _: parts.turn_unready()),
    Step("queue", lambda parts, _: parts.shut_queue()),
    Step("workers", lambda parts, _: parts.await_workers()),
    Step("informers", lambda parts, _: parts.stop_informers()),
    Step("events", lambda parts, _: parts.flush_events()),
    Step("lease", lambda parts, _: parts.release_lease()),
    # whoever takes over does not wait for a collector that hangs
    Step("spans", lambda parts, _: parts.flush_spans()),
    Step("health server", lambda parts, _: parts.stop_health()),
)
