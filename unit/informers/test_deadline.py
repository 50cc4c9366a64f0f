"""The time that a run has."""

import pytest
from fakes.clock import FakeClock
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import DeadlineExceeded


@pytest.mark.parametrize(
    ("passed", "left", "timeout"),
    [(0, 120, 30), (100, 20, 20), (119.5, 0.5, 0.5)],
    ids=["fresh", "less than the cap", "nearly over"],
)
def test_timeouts_come_from_what_is_left(passed: float, left: float, timeout: float) -> None:
    """A call may take its cap, or what is left when that is less."""
    clock = FakeClock()
    deadline = Deadline(clock, 120)
    clock.advance(passed)
    assert (deadline.left(), deadline.timeout(30), deadline.expired) == (left, timeout, False)


@pytest.mark.parametrize("passed", [120, 1000])
def test_over(passed: float) -> None:
    """When the time is over no call may begin."""
    clock = FakeClock()
    deadline = Deadline(clock, 120)
    clock.advance(passed)
    assert (deadline.left(), deadline.expired, deadline.cancelled) == (0, True, False)
    with pytest.raises(DeadlineExceeded, match="time is over"):
        deadline.timeout(30)


def test_cancelled() -> None:
    """A cancelled run has nothing left, and the refusal says why."""
    deadline = Deadline(FakeClock(), 120)
    deadline.cancel()
    assert (deadline.left(), deadline.expired, deadline.cancelled) == (0, True, True)
    with pytest.raises(DeadlineExceeded, match="cancelled"):
        deadline.timeout(30)


def test_wall_clock_does_not_matter() -> None:
    """A jump of the wall clock takes nothing from a run."""
    clock = FakeClock()
    deadline = Deadline(clock, 120)
    clock.set_now(clock.now().replace(year=2040))
    assert deadline.left() == 120
