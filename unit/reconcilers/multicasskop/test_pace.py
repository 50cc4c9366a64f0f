"""How fast reports are written."""

from fakes.clock import FakeClock
from multicasskop.reconcilers.multicasskop.pace import Pace


def test_a_few_at_once() -> None:
    """A few moments are now, and new ones come as time passes."""
    clock = FakeClock(start=10.0)
    pace = Pace(clock, at_once=2, pause=1.0, per_second=10.0)
    assert [pace.next(), pace.next()] == [10.0, 10.0]
    clock.advance(1.0)
    assert pace.next() == 11.0


def test_in_a_rush_one_after_the_other() -> None:
    """In a rush moments come after a pause, one after the other, and never two at once."""
    clock = FakeClock(start=10.0)
    pace = Pace(clock, at_once=2, pause=1.0, per_second=10.0)
    moments = [pace.next() for _ in range(5)]
    assert moments == [10.0, 10.0, 11.0, 11.1, 11.2]
    clock.advance(0.5)
    assert pace.next() == 11.5


def test_rush_ends() -> None:
    """When the last moment has passed they are now again."""
    clock = FakeClock(start=10.0)
    pace = Pace(clock, at_once=1, pause=1.0, per_second=10.0)
    assert [pace.next(), pace.next()] == [10.0, 11.0]
    clock.advance(0.9)
    assert pace.next() == 11.9
    clock.advance(2.0)
    assert pace.next() == 12.9
