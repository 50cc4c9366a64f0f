"""The order in which the simulator looks at objects."""

import threading

import pytest
from fakes.clock import FakeClock
from multicasskop.world.simulators.agenda import Agenda


@pytest.fixture
def clock() -> FakeClock:
    """A clock that a test moves."""
    return FakeClock()


@pytest.fixture
def agenda(clock: FakeClock) -> Agenda[str]:
    """An empty agenda."""
    return Agenda(clock)


def test_keys_come_in_the_order_in_which_they_are_due(agenda: Agenda[str], clock: FakeClock) -> None:
    """The earliest comes first, whenever it was added."""
    agenda.add("later", 2.0)
    agenda.add("sooner", 1.0)
    assert agenda.next_due() == 1.0
    clock.advance(2.0)
    assert [agenda.take(), agenda.take()] == ["sooner", "later"]


def test_of_two_moments_the_earlier_counts(agenda: Agenda[str]) -> None:
    """A key is due once, at the earlier of the moments for which it was added."""
    agenda.add("a", 5.0)
    agenda.add("a", 1.0)
    agenda.add("a", 9.0)
    assert agenda.next_due() == 1.0


def test_key_in_work_is_not_given_out_twice(agenda: Agenda[str]) -> None:
    """What is added while it is worked on comes again when that is done."""
    agenda.add("a")
    assert agenda.take() == "a"
    agenda.add("a")
    assert agenda.next_due() is None
    agenda.done("a")
    assert agenda.take() == "a"


def test_take_waits_until_a_key_is_due(agenda: Agenda[str], clock: FakeClock) -> None:
    """A worker sleeps until the moment has come."""
    agenda.add("a", 3.0)
    taken: list[str | None] = []
    worker = threading.Thread(target=lambda: taken.append(agenda.take()))
    worker.start()
    clock.wait_for_waiters(1)
    clock.advance(3.0)
    worker.join()
    assert taken == ["a"]


def test_close_wakes_whoever_waits(agenda: Agenda[str], clock: FakeClock) -> None:
    """After the end there is nothing, also for who waits already."""
    taken: list[str | None] = ["something"]
    worker = threading.Thread(target=lambda: taken.append(agenda.take()))
    worker.start()
    clock.wait_for_waiters(1)
    agenda.close()
    worker.join()
    agenda.add("late")
    assert taken[-1] is None
    assert agenda.take() is None
