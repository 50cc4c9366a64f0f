"""Whether what a store says still holds."""

import pytest
from fakes.clock import FakeClock
from multicasskop.informers.freshness import Freshness, FreshnessState, FreshnessTracker
from multicasskop.informers.states import Cause

NEVER, FRESH, STALE = FreshnessState.NEVER_SYNCED, FreshnessState.FRESH, FreshnessState.STALE


@pytest.fixture
def clock() -> FakeClock:
    """Lend a clock."""
    return FakeClock(100.0)


@pytest.fixture
def tracker(clock: FakeClock) -> FreshnessTracker:
    """Lend a tracker that was born at 100 s."""
    return FreshnessTracker(clock)


def test_never_synced(tracker: FreshnessTracker) -> None:
    """Before the first list a store is never-synced, with the reason of the last failure."""
    assert tracker.freshness() == Freshness(NEVER, 100.0)
    tracker.interrupted(Cause.FORBIDDEN)
    assert tracker.freshness() == Freshness(NEVER, 100.0, "forbidden")
    tracker.dark()
    assert tracker.freshness() == Freshness(NEVER, 100.0, "dark")


def test_list_is_fresh(tracker: FreshnessTracker, clock: FakeClock) -> None:
    """A list that has just been completed is fresh, and not for ever when no stream follows."""
    tracker.listed()
    assert tracker.freshness() == Freshness(FRESH, 100.0)
    clock.advance(30)
    assert tracker.freshness().state is STALE


def test_open_stream_is_fresh(tracker: FreshnessTracker, clock: FakeClock) -> None:
    """While a stream is open a store is fresh, however quiet it is."""
    tracker.listed()
    tracker.stream_up()
    clock.advance(3600)
    assert tracker.freshness() == Freshness(FRESH, 100.0)


def test_stale_after_thirty_seconds(tracker: FreshnessTracker, clock: FakeClock) -> None:
    """Thirty seconds after the last stream a store is stale, since then, with the reason of the last failure."""
    tracker.listed()
    tracker.stream_up()
    tracker.interrupted(Cause.ENDED)
    clock.advance(29.9)
    tracker.interrupted(Cause.UNREACHABLE)
    assert tracker.freshness().fresh
    clock.advance(0.1)
    assert tracker.freshness() == Freshness(STALE, 130.0, "unreachable")
    tracker.stream_up()
    assert tracker.freshness() == Freshness(FRESH, 130.0)


def test_dark_is_stale_at_once(tracker: FreshnessTracker, clock: FakeClock) -> None:
    """A store of a dark cluster is stale although its stream is open: nobody knows what has become of that."""
    tracker.listed()
    tracker.stream_up()
    clock.advance(10)
    tracker.dark()
    clock.advance(10)
    tracker.dark()
    assert tracker.freshness() == Freshness(STALE, 110.0, "dark")


def test_bright_needs_a_new_stream(tracker: FreshnessTracker, clock: FakeClock) -> None:
    """After a long darkness only a new stream makes a store fresh."""
    tracker.listed()
    tracker.stream_up()
    tracker.dark()
    clock.advance(60)
    tracker.bright()
    assert tracker.freshness().state is STALE
    tracker.stream_up()
    assert tracker.freshness().fresh


def test_events_are_noted(tracker: FreshnessTracker, clock: FakeClock) -> None:
    """The time of the last event is kept."""
    assert tracker.last_event is None
    clock.advance(5)
    tracker.event()
    assert tracker.last_event == 105.0
