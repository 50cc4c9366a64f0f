"""The write guard."""

import pytest
from fakes.clock import FakeClock
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.informers.errors import NotLeader
from multicasskop.informers.guard import WriteGuard


def test_starts_shut() -> None:
    """A process that has not been elected writes nothing."""
    guard = WriteGuard(FakeClock())
    assert not guard.is_open
    with pytest.raises(NotLeader, match="nothing was written"):
        guard.check()


def test_open_until_its_instant() -> None:
    """The guard shuts by itself at the very instant it was given, without anybody's doing."""
    clock = FakeClock(start=100)
    guard = WriteGuard(clock)
    guard.open_until(110)
    clock.advance(9.999)
    guard.check()
    clock.advance(0.001)
    with pytest.raises(NotLeader):
        guard.check()


def test_renewal_moves_the_instant() -> None:
    """Each renewal replaces the instant, also one after the guard had shut by itself."""
    clock = FakeClock()
    guard = WriteGuard(clock)
    guard.open_until(10)
    clock.advance(11)
    guard.open_until(20)
    assert guard.is_open


def test_without_election() -> None:
    """Without leader election the guard stays open."""
    clock = FakeClock()
    guard = WriteGuard(clock)
    guard.open_forever()
    clock.advance(1e9)
    guard.check()


@given(late=st.floats(min_value=0, max_value=1e9))
def test_closed_for_good(late: float) -> None:
    """A renewal that answers after the guard was closed opens nothing again."""
    guard = WriteGuard(FakeClock())
    guard.open_until(10)
    guard.close()
    guard.open_until(late)
    assert not guard.is_open
    guard.open_forever()
    assert not guard.is_open
