"""The controller loop: classification, requeues, deadlines, and workers that live on."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

import pytest
from fakes.clock import FakeClock
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import (
    ApiError,
    ConnectError,
    DeadlineExceeded,
    MemberUnreachable,
    NotLeader,
    TerminalError,
)
from multicasskop.informers.metrics import QUEUE_FAMILIES, Metrics
from multicasskop.informers.queue import WorkQueue
from multicasskop.informers.supervisor import Supervisor
from multicasskop.reconcilers.controller import After, Controller, Drop, Forget, Outcome, Retry, classify
from multicasskop.reconcilers.metrics import CONTROLLER_FAMILIES
from multicasskop.reconcilers.request import Context, Request, Result
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

RING = Request("shop", "ring")
REAL_SECONDS = 10.0
CONFLICT = ApiError("home", 409, "Conflict", "the object has been modified")

Answer = Result | BaseException | Callable[[Context], Result]


@dataclass
class Script:
    """A reconciler that answers what it was told, in order, and notes its calls."""

    clock: FakeClock
    answers: list[Answer] = field(default_factory=list)
    calls: list[tuple[float, Request, Context]] = field(default_factory=list)
    moved: threading.Condition = field(default_factory=threading.Condition)

    def reconcile(self, request: Request, context: Context) -> Result:
        """Answer the next of the script; at its end, success."""
        with self.moved:
            self.calls.append((self.clock.monotonic(), request, context))
            answer = self.answers.pop(0) if self.answers else Result()
            self.moved.notify_all()
        match answer:
            case BaseException():
                raise answer
            case Result():
                return answer
            case _:
                return answer(context)

    def wait_for(self, count: int) -> None:
        """Return when so many runs have begun."""
        with self.moved:
            assert self.moved.wait_for(lambda: len(self.calls) >= count, REAL_SECONDS), self.calls

    @property
    def times(self) -> list[float]:
        """When the runs began."""
        return [at for at, _, _ in self.calls]


class Rig:
    """One worker over a fake clock."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.registry = CollectorRegistry()
        self.metrics = Metrics("mck", self.registry, (*QUEUE_FAMILIES, *CONTROLLER_FAMILIES))
        self.queue: WorkQueue[Request] = WorkQueue(self.clock, metrics=self.metrics)
        self.script = Script(self.clock)
        self.supervisor = Supervisor()
        self.controller = Controller(
            "multicasskop",
            self.queue,
            self.script,
            clock=self.clock,
            random=Random(7),
            supervisor=self.supervisor,
            metrics=self.metrics,
            workers=1,
            deadline_seconds=120.0,
        )

    def run(self, *answers: Answer, runs: int | None = None) -> None:
        """Add the request, start the worker, and return when it is idle again after its runs."""
        self.script.answers.extend(answers)
        self.queue.add(RING)
        self.controller.start()
        self.idle_after(runs or 1)

    def idle_after(self, runs: int) -> None:
        """Return when so many runs have begun and the worker waits for the next."""
        self.script.wait_for(runs)
        self.clock.wait_for_waiters(1)

    def result(self, result: str) -> float | None:
        """How many runs have ended so."""
        return self.registry.get_sample_value("mck_reconcile_total", {"result": result})

    def gauge(self, name: str) -> float | None:
        """A gauge, as it would be scraped now."""
        self.controller.report()
        return self.registry.get_sample_value(f"mck_{name}")

    def end(self) -> None:
        """Stop and join."""
        self.controller.stop(0)
        assert self.supervisor.join_all(REAL_SECONDS) == ()


@pytest.fixture
def rig() -> Iterator[Rig]:
    """A controller that is not started yet."""
    rig = Rig()
    yield rig
    rig.end()


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        pytest.param(Result(), Forget("success"), id="success"),
        pytest.param(Result(requeue_after=30), After(30, "success"), id="after"),
        pytest.param(NotLeader(), Drop(), id="not leader"),
        pytest.param(TerminalError("bad spec"), Forget("refused"), id="terminal"),
        pytest.param(CONFLICT, Retry("conflict", "info"), id="conflict"),
        pytest.param(DeadlineExceeded("over"), Retry("timeout", "warning"), id="deadline"),
        pytest.param(MemberUnreachable("eu", "dark"), Retry("error", "info"), id="dark member"),
        pytest.param(ConnectError("eu", "refused"), Retry("error", "warning"), id="transport"),
        pytest.param(ApiError("eu", 403, "Forbidden", "no"), Retry("error", "warning"), id="forbidden"),
        pytest.param(KeyError("x"), Retry("error", "error"), id="bug"),
    ],
)
def test_classification(answer: Result | Exception, outcome: Outcome) -> None:
    """Each end of a run has one outcome."""
    assert classify(answer) == outcome


def test_success_is_not_run_again(rig: Rig) -> None:
    """After a success nothing happens until a change comes."""
    rig.run()
    rig.clock.advance(3600)
    rig.queue.add(RING)
    rig.idle_after(2)
    assert (rig.script.times, rig.result("success")) == ([0.0, 3600.0], 2)


# 55


def test_an_exception_is_retried_with_backoff_and_the_worker_survives(rig: Rig) -> None:
    """A failing run is tried again after 0.5 s and then 1 s by the same worker, and done was called once for each."""
    rig.run(ValueError("bug"), ValueError("bug"))
    rig.clock.advance(0.5)
    rig.idle_after(2)
    rig.clock.advance(1.0)
    rig.idle_after(3)
    assert rig.script.times == [0.0, 0.5, 1.5]
    assert (rig.queue.processing, rig.supervisor.failed.is_set(), rig.result("error")) == ((), False, 2)


def test_success_resets_the_backoff(rig: Rig) -> None:
    """The delay after a success begins at half a second again."""
    rig.run(ValueError("one"), Result(), ValueError("two"))
    rig.clock.advance(0.5)
    rig.idle_after(2)
    rig.queue.add(RING)
    rig.idle_after(3)
    assert rig.clock.next_due() == 1.0


# 56


def test_a_terminal_error_waits_for_a_change(rig: Rig) -> None:
    """A terminal error is counted and not retried; a later change runs the object again."""
    rig.run(TerminalError("spec cannot be used"))
    rig.clock.advance(3600)
    assert (rig.script.times, rig.clock.next_due(), rig.result("refused")) == ([0.0], None, 1)
    rig.queue.add(RING)
    rig.idle_after(2)
    assert rig.result("success") == 1


# 57


def test_requeue_counts_from_the_last_run(rig: Rig) -> None:
    """Asked to look again in 30 s, an object that changes after 5 s runs then, and its 30 s begin anew."""
    rig.run(Result(requeue_after=30), Result(requeue_after=30))
    rig.clock.advance(5)
    rig.queue.add(RING)
    rig.idle_after(2)
    due = rig.clock.next_due()
    assert due is not None
    assert 5 + 27 <= due <= 5 + 33
    rig.clock.advance(due - 5)
    rig.idle_after(3)
    assert rig.script.times == [0.0, 5.0, due]


@pytest.mark.parametrize(("seconds", "first"), [(0.1, "asked for"), (60, "other")], ids=["soon", "periodic"])
def test_periodic_looks_wait_for_changes(rig: Rig, seconds: float, first: str) -> None:
    """A look that was asked for in a moment stands in line like a change, a periodic one behind the changes."""
    asked = Request("shop", "asked for")
    rig.controller._settled(asked, rig.controller._context(asked), Result(requeue_after=seconds))
    rig.clock.advance(120)
    rig.queue.add(Request("shop", "other"))
    assert rig.queue.get().name == first


def test_requeues_are_spread(rig: Rig) -> None:
    """A hundred requeues after 100 s are spread over 90 to 110 s."""
    dues = []
    for number in range(100):
        request = Request("shop", f"ring-{number}")
        rig.controller._settled(request, rig.controller._context(request), Result(requeue_after=100))
        dues.append(rig.queue._delays.nearest())
        rig.queue._delays.clear()
    assert 90 <= min(filter(None, dues)) < 92
    assert 108 < max(filter(None, dues)) <= 110


# 58


def test_a_run_over_its_deadline_is_reported_and_its_writes_are_refused(rig: Rig) -> None:
    """A run that takes longer than two minutes shows in the gauge while it runs, and its later calls are refused."""
    inside, go_on = threading.Event(), threading.Event()

    def slow(context: Context) -> Result:
        inside.set()
        go_on.wait(REAL_SECONDS)
        context.deadline.timeout(30)
        return Result()

    rig.script.answers.append(slow)
    rig.queue.add(RING)
    rig.controller.start()
    inside.wait(REAL_SECONDS)
    rig.clock.advance(121)
    assert (rig.gauge("reconcile_longest_running_seconds"), rig.gauge("workers_busy")) == (121.0, 1.0)
    with capture_logs() as logs:
        go_on.set()
        rig.idle_after(1)
    assert (rig.result("timeout"), rig.gauge("reconcile_longest_running_seconds")) == (1, 0.0)
    assert {line["event"] for line in logs} == {"run failed", "run over its deadline"}


def test_cancelled_runs_make_no_more_calls_and_are_dropped(rig: Rig) -> None:
    """When leadership is lost the runs under way are cancelled: their calls are refused, and they are not retried."""
    inside, go_on = threading.Event(), threading.Event()
    deadlines: list[Deadline] = []

    def cancelled(context: Context) -> Result:
        deadlines.append(context.deadline)
        inside.set()
        go_on.wait(REAL_SECONDS)
        context.deadline.timeout(30)
        return Result()

    rig.script.answers.append(cancelled)
    rig.queue.add(RING)
    rig.controller.start()
    inside.wait(REAL_SECONDS)
    rig.controller.cancel()
    go_on.set()
    rig.idle_after(1)
    assert (deadlines[0].cancelled, rig.clock.next_due(), rig.result("timeout")) == (True, None, 0)


def test_not_leader_is_dropped_without_a_word(rig: Rig) -> None:
    """A write that was refused because another leads is neither logged, counted nor retried."""
    with capture_logs() as logs:
        rig.run(NotLeader())
    assert (logs, rig.clock.next_due(), rig.result("error")) == ([], None, 0)


@pytest.mark.parametrize(
    ("error", "level", "with_traceback"),
    [(CONFLICT, "info", False), (ConnectError("eu", "refused"), "warning", False), (KeyError("bug"), "error", True)],
    ids=["conflict", "transport", "bug"],
)
def test_failures_are_logged_by_what_they_are(rig: Rig, error: Exception, level: str, with_traceback: bool) -> None:
    """A conflict is information, trouble outside a warning, a bug an error with its traceback; all name their run."""
    with capture_logs() as logs:
        rig.run(error)
    (line,) = logs
    assert (line["log_level"], "exc_info" in line) == (level, with_traceback)
    assert (line["mck"], len(line["reconcile_id"]), line["error_type"]) == ("shop/ring", 8, type(error).__name__)
    assert 0.4 < line["retry_in"] < 0.6


def test_every_run_has_an_id_of_its_own_and_a_cause(rig: Rig) -> None:
    """Two runs have different ids, and a run after a failure is told that it is a retry."""
    rig.run(ValueError("bug"))
    rig.clock.advance(1)
    rig.idle_after(2)
    first, second = (context for _, _, context in rig.script.calls)
    assert first.reconcile_id != second.reconcile_id
    assert (first.cause, second.cause) == ("change", "retry")


def test_the_next_run_is_decided_before_done(rig: Rig) -> None:
    """A change that comes during a run leads to one more run, and the requeue of the first to none."""

    def changed_meanwhile(_: Context) -> Result:
        rig.queue.add(RING)
        return Result(requeue_after=1)

    rig.run(changed_meanwhile, runs=2)
    assert (rig.script.times, rig.clock.next_due()) == ([0.0, 0.0], None)


def test_what_is_no_exception_reaches_the_supervisor_after_done(rig: Rig) -> None:
    """An interpreter-level exit ends the worker, is reported, and does not leave the object held."""
    rig.script.answers.append(SystemExit(3))
    rig.queue.add(RING)
    with capture_logs():
        rig.controller.start()
        assert rig.supervisor.failed.wait(REAL_SECONDS)
    assert rig.supervisor.failure is not None
    assert (rig.supervisor.failure[0], rig.queue.processing) == ("worker/multicasskop/0", ())
    assert rig.gauge("workers_busy") == 0.0


def test_stop_waits_for_the_runs_under_way(rig: Rig) -> None:
    """Stopping an idle controller ends its workers and says so."""
    rig.run()
    assert rig.controller.stop(25) is True
    assert rig.supervisor.join_all(REAL_SECONDS) == ()


def test_stop_names_a_run_that_does_not_end_and_cancels_it(rig: Rig) -> None:
    """A run that outlives the stop is named in the log, its later calls are refused, and the stop says no."""
    inside, go_on = threading.Event(), threading.Event()
    seen: list[Context] = []

    def stuck(context: Context) -> Result:
        seen.append(context)
        inside.set()
        go_on.wait(REAL_SECONDS)
        return Result()

    rig.script.answers.append(stuck)
    rig.queue.add(RING)
    rig.controller.start()
    inside.wait(REAL_SECONDS)
    with capture_logs() as logs:
        assert rig.controller.stop(0) is False
    go_on.set()
    assert (logs[0]["stuck"], seen[0].deadline.cancelled) == (["shop/ring"], True)


@pytest.mark.parametrize("result", ["success", "refused", "conflict", "timeout", "error"])
def test_results_exist_from_the_start(rig: Rig, result: str) -> None:
    """Every result has a series with zero before anything has run."""
    assert rig.result(result) == 0
