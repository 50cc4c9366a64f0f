"""The process: the two lists are what a run does, whatever ends it and whenever."""

import signal
import sys
import threading
from collections.abc import Callable

import pytest
from multicasskop.operator.output.exit_codes import CommandError, ExitCode
from multicasskop.operator.process import START, STOP, End, Inbox, Leading, Process
from structlog.testing import capture_logs

SIGNAL = End("signal SIGTERM", ExitCode.OK)


class FakeParts:
    """Parts that note what is asked of them; `at` says what happens in which step."""

    def __init__(self, inbox: Inbox, at: dict[str, Callable[[], None]]) -> None:
        self.inbox = inbox
        self.at = at
        self.called: list[str] = []

    def note(self, step: str) -> None:
        """Note a step, and let happen what is to happen in it."""
        self.called.append(step)
        self.at.get(step, lambda: None)()

    def serve_health(self) -> None:
        """Step of the start list."""
        self.note("serve_health")

    def engage_home(self) -> None:
        """Step of the start list."""
        self.note("engage_home")

    def sync_home(self, ended: Callable[[float], bool]) -> None:
        """Step of the start list."""
        self.note("sync_home")
        ended(0.0)

    def start_tracing(self) -> None:
        """Step of the start list."""
        self.note("start_tracing")

    def engage_remotes(self, ended: Callable[[float], bool]) -> None:
        """Step of the start list."""
        self.note("engage_remotes")
        ended(0.0)

    def elect(self) -> None:
        """Step of the start list."""
        self.note("elect")

    def start_workers(self) -> None:
        """Step of the start list."""
        self.note("start_workers")

    def turn_unready(self) -> None:
        """Step of the stop list."""
        self.note("turn_unready")

    def shut_queue(self) -> None:
        """Step of the stop list."""
        self.note("shut_queue")

    def await_workers(self) -> None:
        """Step of the stop list."""
        self.note("await_workers")

    def stop_informers(self) -> None:
        """Step of the stop list."""
        self.note("stop_informers")

    def flush_events(self) -> None:
        """Step of the stop list."""
        self.note("flush_events")

    def flush_spans(self) -> None:
        """Step of the stop list."""
        self.note("flush_spans")

    def release_lease(self) -> None:
        """Step of the stop list."""
        self.note("release_lease")

    def stop_health(self) -> None:
        """Step of the stop list."""
        self.note("stop_health")


STARTS = ["serve_health", "engage_home", "sync_home", "start_tracing", "engage_remotes", "elect", "start_workers"]
STOPS = [
    "turn_unready",
    "shut_queue",
    "await_workers",
    "stop_informers",
    "flush_events",
    "release_lease",
    "flush_spans",
    "stop_health",
]


def refuse() -> None:
    """Home cannot be used."""
    raise CommandError(ExitCode.HOME, "c1: refused")


def break_down() -> None:
    """A defect."""
    raise ZeroDivisionError


def run(at: dict[str, Callable[[Inbox], None]]) -> tuple[list[str], End, list[str]]:
    """What was called, why it ended, and the parts that the log names, of a run in which these things happen."""
    inbox = Inbox()
    parts = FakeParts(inbox, {step: lambda act=act: act(inbox) for step, act in at.items()})  # type: ignore[misc]
    with capture_logs() as entries:
        end = Process(parts, inbox).run()
    told = [f"{entry['event']} {entry['part']}" for entry in entries if "part" in entry]
    return parts.called, end, told


def lead(inbox: Inbox) -> None:
    """The lease is ours."""
    inbox.put(Leading())


def stop(inbox: Inbox) -> None:
    """A signal comes."""
    inbox.put(SIGNAL)


def test_the_log_of_a_run_is_the_two_lists() -> None:
    """A run that starts, leads, and gets a signal does all steps of both lists, and its log names them in order."""
    called, end, told = run({"elect": lead, "start_workers": stop})
    assert called == STARTS + STOPS
    assert end == SIGNAL
    # the signal that came in the last step ended the start before that step was told
    assert told == [f"started {step.part}" for step in START[:-1]] + [f"stopped {step.part}" for step in STOP]


def test_the_lists_are_those_that_are_documented() -> None:
    """Health first, home before remotes, lease before workers; readiness first out, health last."""
    assert [step.part for step in START] == [
        "health server",
        "home engaged",
        "home synced",
        "tracing",
        "remotes engaged",
        "lease",
        "workers",
    ]
    assert [step.part for step in STOP] == [
        "readiness",
        "queue",
        "workers",
        "informers",
        "events",
        "lease",
        "spans",
        "health server",
    ]


@pytest.mark.parametrize("step", STARTS[:-1])
def test_a_signal_during_the_start_ends_it_there(step: str) -> None:
    """A signal during the start: no further step begins, and everything is stopped in order."""
    called, end, _ = run({step: stop})
    assert called == STARTS[: STARTS.index(step) + 1] + STOPS
    assert end == SIGNAL


@pytest.mark.parametrize(
    ("act", "code", "reason"),
    [
        pytest.param(lambda _: refuse(), ExitCode.HOME, "start failed", id="home-refuses"),
        pytest.param(lambda _: break_down(), ExitCode.BUG, "start failed", id="defect"),
    ],
)
def test_a_start_that_fails_is_stopped_in_order(act: Callable[[Inbox], None], code: ExitCode, reason: str) -> None:
    """A failure during the start runs the whole stop list and leaves its code."""
    called, end, _ = run({"engage_home": act})
    assert called == ["serve_health", "engage_home", *STOPS]
    assert (end.code, end.reason) == (code, reason)


@pytest.mark.parametrize("step", STOPS)
def test_a_stop_that_fails_does_not_keep_the_rest_from_stopping(step: str) -> None:
    """A defect in one step of the stop list is logged, and the others are done."""
    called, end, _ = run({"elect": lead, "start_workers": stop, step: lambda _: break_down()})
    assert called == STARTS + STOPS
    assert end == SIGNAL


def test_a_standby_that_never_led_starts_no_workers() -> None:
    """Without the lease no worker starts; the signal still stops everything in order."""
    inbox = Inbox()
    parts = FakeParts(inbox, {"elect": lambda: inbox.put(SIGNAL)})
    Process(parts, inbox).run()
    assert "start_workers" not in parts.called
    assert parts.called[-len(STOPS) :] == STOPS


def test_the_first_reason_to_end_stays() -> None:
    """Whatever comes after it, the reason is the first one."""
    inbox = Inbox()
    lost = End("lease lost", ExitCode.HOME)
    for message in (Leading(), lost, SIGNAL):
        inbox.put(message)
    assert inbox.wait_for_end() == lost
    inbox.ended(0.0)
    assert inbox.wait_for_end() == lost


def test_asking_for_an_end_does_not_lose_the_lead() -> None:
    """A lead that came while somebody only asked for an end is not forgotten."""
    inbox = Inbox()
    inbox.put(Leading())
    assert not inbox.ended(0.0)
    assert inbox.wait_to_lead()


def test_a_signal_to_another_thread_is_heard() -> None:
    """A signal that does not interrupt the main thread's wait still ends it, within a second."""
    inbox = Inbox()
    before = signal.signal(signal.SIGUSR2, lambda *_: inbox.put(SIGNAL))

    def deliver() -> None:
        while sys._current_frames()[threading.main_thread().ident or 0].f_code.co_name != "_take":
            waiting.wait(0.001)
        waiting.wait(0.05)
        signal.pthread_kill(threading.get_ident(), signal.SIGUSR2)

    waiting, other = threading.Event(), threading.Thread(target=deliver, daemon=True)
    other.start()
    try:
        assert inbox.wait_for_end() == SIGNAL
    finally:
        signal.signal(signal.SIGUSR2, before)


def test_no_lead_after_an_end() -> None:
    """When both came, the end counts."""
    inbox = Inbox()
    inbox.put(Leading())
    inbox.put(SIGNAL)
    inbox.ended(0.0)
    inbox.ended(0.0)
    assert not inbox.wait_to_lead()
