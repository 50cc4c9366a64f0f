"""The clocks: the machine's, and the one that tests move."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from fakes.clock import EPOCH, FakeClock
from multicasskop.informers.clock import Clock, SystemClock

Outcome = list[bool]


def in_thread(call: Callable[[], bool]) -> tuple[threading.Thread, Outcome]:
    """Run the call in a thread of its own, and keep what it returns."""
    outcome: Outcome = []
    thread = threading.Thread(target=lambda: outcome.append(call()))
    thread.start()
    return thread, outcome


def waiting(clock: Clock, condition: threading.Condition, timeout: float | None) -> Callable[[], bool]:
    """Return a call that waits on the condition as the contract has it: holding it."""

    def call() -> bool:
        with condition:
            return clock.wait(condition, timeout)

    return call


def test_system_clock_is_monotonic_and_aware() -> None:
    """The machine's clock does not go back, and its wall clock knows its zone."""
    clock = SystemClock()
    assert clock.monotonic() <= clock.monotonic()
    assert clock.now().utcoffset() == timedelta(0)


@pytest.mark.parametrize("clock", [SystemClock(), FakeClock()], ids=["system", "fake"])
@pytest.mark.parametrize("seconds", [0.0, -1.0])
def test_no_time_to_wait(clock: Clock, seconds: float) -> None:
    """A wait of no time ends at once without a notification."""
    condition = threading.Condition()
    with condition:
        assert not clock.wait(condition, seconds)
    assert not clock.sleep(threading.Event(), seconds)


@pytest.mark.parametrize("clock", [SystemClock(), FakeClock()], ids=["system", "fake"])
def test_stop_that_is_set_already(clock: Clock) -> None:
    """Sleeping ends at once when the event is set already."""
    stop = threading.Event()
    stop.set()
    assert clock.sleep(stop, 1000)


def test_fake_clock_stands_still() -> None:
    """Only advancing moves the fake clock, both of its times alike."""
    clock = FakeClock(start=5.0)
    assert (clock.monotonic(), clock.now()) == (5.0, EPOCH)
    clock.advance(2.5)
    assert (clock.monotonic(), clock.now()) == (7.5, EPOCH + timedelta(seconds=2.5))


def test_wall_clock_is_set_alone() -> None:
    """Setting the wall clock leaves the monotonic one alone, and it runs on from there."""
    clock = FakeClock()
    clock.advance(10)
    clock.set_now(EPOCH - timedelta(hours=1))
    clock.advance(1)
    assert (clock.monotonic(), clock.now()) == (11.0, EPOCH - timedelta(hours=1) + timedelta(seconds=1))


def test_advance_wakes_who_is_due() -> None:
    """Advancing ends the waits whose time is over, and those only."""
    clock, condition = FakeClock(), threading.Condition()
    early, early_outcome = in_thread(waiting(clock, condition, 1.0))
    late, late_outcome = in_thread(waiting(clock, threading.Condition(), 3.0))
    clock.wait_for_waiters(2)
    assert clock.next_due() == 1.0
    clock.advance(1.0)
    early.join()
    assert (early_outcome, late_outcome, clock.waiters) == ([False], [], 1)
    clock.advance(2.0)
    late.join()
    assert late_outcome == [False]


@pytest.mark.parametrize("timeout", [None, 60.0], ids=["for ever", "a minute"])
def test_notification_ends_a_wait(timeout: float | None) -> None:
    """A notified wait ends while time stands still, and says that it was notified."""
    clock, condition = FakeClock(), threading.Condition()
    thread, outcome = in_thread(waiting(clock, condition, timeout))
    clock.wait_for_waiters()
    with condition:
        condition.notify_all()
    thread.join()
    assert (outcome, clock.waiters) == ([True], 0)


def test_wait_for_ever_is_never_due() -> None:
    """A wait without a timeout has no instant at which it ends."""
    clock, condition = FakeClock(), threading.Condition()
    thread, _ = in_thread(waiting(clock, condition, None))
    clock.wait_for_waiters()
    clock.advance(1e9)
    assert (clock.next_due(), clock.waiters) == (None, 1)
    with condition:
        condition.notify_all()
    thread.join()


def test_sleep_ends_by_time() -> None:
    """A sleep ends when its time is over, and says that nobody stopped it."""
    clock = FakeClock()
    thread, outcome = in_thread(lambda: clock.sleep(threading.Event(), 30))
    clock.wait_for_waiters()
    clock.advance(29.9)
    assert thread.is_alive()
    clock.advance(0.1)
    thread.join()
    assert outcome == [False]


def test_sleep_ends_by_stop() -> None:
    """A sleep ends when it is stopped, and says so."""
    clock, stop = FakeClock(), threading.Event()
    thread, outcome = in_thread(lambda: clock.sleep(stop, 30))
    clock.wait_for_waiters()
    stop.set()
    thread.join()
    assert outcome == [True]


def test_impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for threads that do not come fails and says how many there are."""
    monkeypatch.setattr("fakes.clock.PATIENCE", 0.01)
    with pytest.raises(AssertionError, match=r"0 threads wait .*, not 1"):
        FakeClock().wait_for_waiters(1)
