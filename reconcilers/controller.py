"""The controller loop: workers take requests from a queue, run the reconciler, and decide when to look again."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import assert_never

import structlog
from multicasskop.informers.clock import Clock
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import (
    DeadlineExceeded,
    InformerError,
    MemberUnreachable,
    NotLeader,
    TerminalError,
    is_conflict,
)
from multicasskop.informers.metrics import Metrics
from multicasskop.informers.queue import Priority, ShutDown, WorkQueue
from multicasskop.informers.supervisor import Supervisor
from multicasskop.reconcilers.metrics import RESULTS
from multicasskop.reconcilers.request import Context, Reconciler, Request, Result

_JITTER = 0.1
# a look that was asked for so soon goes on with the change at hand; later ones are periodic, and may wait for changes
_SOON_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Forget:
    """Look again when something changes."""

    result: str = "success"


@dataclass(frozen=True, slots=True)
class After:
    """Look again in so many seconds, give or take a tenth."""

    seconds: float
    result: str = "success"


@dataclass(frozen=True, slots=True)
class Retry:
    """Look again after the limiter's delay."""

    result: str
    level: str


@dataclass(frozen=True, slots=True)
class Drop:
    """Leave it to whoever leads now."""


Outcome = Forget | After | Retry | Drop


def classify(answer: Result | Exception) -> Outcome:
    """What follows from the end of a run, whether it returned or raised."""
    match answer:
        case Result(requeue_after=None):
            return Forget()
        case Result(requeue_after=float() | int() as seconds):
            return After(seconds)
        case NotLeader():
            return Drop()
        case TerminalError():
            return Forget("refused")
        case DeadlineExceeded():
            return Retry("timeout", "warning")
        case MemberUnreachable():
            return Retry("error", "info")
        case Exception() if is_conflict(answer):
            return Retry("conflict", "info")
        case InformerError():
            return Retry("error", "warning")
        case _:
            return Retry("error", "error")


@dataclass(frozen=True, slots=True)
class _Run:
    started: float
    deadline: Deadline


class Controller:
    """N workers over one queue and one reconciler.

    Guarantees: one run of an object at a time; each run has a deadline of its own, after which the calls it makes are
    refused; whatever a run raises, the decision on the next one is made before the object is handed out again, and the
    worker lives on. What is no `Exception` ends the worker and goes to the supervisor.

    `log_field` is the name under which log lines give the object.

    Assumes: the stores that the reconciler reads have synced before `start`; the queue is the controller's alone to
    take from. Not promised: that a run ends; a thread cannot be stopped, so one that hangs is shown by the gauge
    `reconcile_longest_running_seconds`.
    """

    def __init__(
        self,
        name: str,
        queue: WorkQueue[Request],
        reconciler: Reconciler,
        *,
        clock: Clock,
        random: Random,
        supervisor: Supervisor,
        metrics: Metrics | None = None,
        workers: int = 4,
        deadline_seconds: float = 120.0,
        log_field: str = "mck",
    ) -> None:
        self.name = name
        self._queue, self._reconciler = queue, reconciler
        self._clock, self._random, self._supervisor = clock, random, supervisor
        self._metrics = metrics or Metrics.none()
        self._workers, self._deadline_seconds, self._log_field = workers, deadline_seconds, log_field
        self._log: structlog.typing.FilteringBoundLogger = structlog.get_logger("multicasskop.controller")
        self._lock = threading.Lock()
        self._runs: dict[Request, _Run] = {}
        for result in RESULTS:
            self._metrics.series("reconcile_total", result=result)
            self._metrics.series("reconcile_duration_seconds", result=result)

    def start(self) -> None:
        """Start the workers; they are the supervisor's to join."""
        self._metrics.set("workers", self._workers)
        for number in range(self._workers):
            self._supervisor.spawn(f"worker/{self.name}/{number}", self._work)

    def stop(self, timeout: float) -> bool:
        """Let no run begin, and wait at most `timeout` seconds for those under way; return whether all have ended.

        Those that have not are cancelled: their later calls are refused.
        """
        self._queue.shut_down()
        if self._queue.drain(timeout):
            return True
        self._log.error("runs did not end", stuck=[str(stuck) for stuck in self._queue.processing], waited=timeout)
        self.cancel()
        return False

    def cancel(self) -> None:
        """Refuse every further call of the runs under way."""
        with self._lock:
            for run in self._runs.values():
                run.deadline.cancel()

    def report(self) -> None:
        """Bring the gauges up to date that change while nothing happens; called before metrics are read."""
        with self._lock:
            oldest = min((run.started for run in self._runs.values()), default=None)
        age = 0.0 if oldest is None else self._clock.monotonic() - oldest
        self._metrics.set("reconcile_longest_running_seconds", age)
        self._queue.report()

    def _work(self) -> None:
        while True:
            try:
                request = self._queue.get()
            except ShutDown:
                return
            try:
                self._handle(request)
            finally:
                # after the decision on the next run, so that no other worker slips in between
                self._queue.done(request)

    def _handle(self, request: Request) -> None:
        context = self._context(request)
        with self._counted(request, context) as run:
            outcome = self._settled(request, context, self._reconcile(request, context))
        took = self._clock.monotonic() - run.started
        if took > self._deadline_seconds:
            context.log.warning("run over its deadline", took=round(took, 3), deadline=self._deadline_seconds)
        if not isinstance(outcome, Drop):
            self._metrics.inc("reconcile_total", result=outcome.result)
            self._metrics.observe("reconcile_duration_seconds", took, result=outcome.result)

    def _context(self, request: Request) -> Context:
        run_id = f"{self._random.getrandbits(32):08x}"
        log = self._log.bind(**{self._log_field: str(request)}, reconcile_id=run_id)
        cause = "retry" if self._queue.retries(request) else "change"
        return Context(Deadline(self._clock, self._deadline_seconds), run_id, cause, log)

    @contextmanager
    def _counted(self, request: Request, context: Context) -> Iterator[_Run]:
        run = _Run(self._clock.monotonic(), context.deadline)
        with self._lock:
            self._runs[request] = run
            self._metrics.set("workers_busy", len(self._runs))
        try:
            yield run
        finally:
            with self._lock:
                del self._runs[request]
                self._metrics.set("workers_busy", len(self._runs))

    def _reconcile(self, request: Request, context: Context) -> Result | Exception:
        try:
            return self._reconciler.reconcile(request, context)
        except Exception as error:  # noqa: BLE001 - classified, logged and counted by the caller
            return error

    def _settled(self, request: Request, context: Context, answer: Result | Exception) -> Outcome:
        outcome = Drop() if context.deadline.cancelled else classify(answer)
        match outcome:
            case Forget():
                self._queue.forget(request)
                self._log_refused(context, answer)
            case After(seconds):
                self._queue.forget(request)
                spread = self._random.uniform(1 - _JITTER, 1 + _JITTER)
                priority = Priority.NORMAL if seconds < _SOON_SECONDS else Priority.LOW
                self._queue.add_after(request, seconds * spread, priority)
            case Retry():
                self._log_failure(context, answer, outcome, self._queue.add_rate_limited(request))
            case Drop():
                self._queue.forget(request)
            case never:
                assert_never(never)
        return outcome

    def _log_refused(self, context: Context, answer: Result | Exception) -> None:
        if isinstance(answer, Exception):
            context.log.error("run given up", error=str(answer), error_type=type(answer).__name__, next="a change")

    def _log_failure(self, context: Context, answer: Result | Exception, retry: Retry, delay: float) -> None:
        # errors that belong to the tree say all in one line; any other is a bug, and its traceback is needed
        message = "run overtaken" if retry.result == "conflict" else "run failed"
        trace = {"exc_info": answer} if retry.level == "error" else {}
        trouble = {"error": str(answer), "error_type": type(answer).__name__, "retry_in": round(delay, 3)}
        getattr(context.log, retry.level)(message, **trouble, **trace)
