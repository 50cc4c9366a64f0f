"""Delays before another try."""

import math
from datetime import timedelta
from email.utils import format_datetime
from random import Random

import pytest
from fakes.clock import EPOCH, FakeClock
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.informers.backoff import Backoff, retry_after


class Fixed(Random):
    """Draws the same share of every interval."""

    def __init__(self, share: float) -> None:
        """Draw at `share`, from 0 (low end) to 1 (high end)."""
        super().__init__(0)
        self._share = share

    def uniform(self, a: float, b: float) -> float:
        """Return the point of the interval."""
        return a + self._share * (b - a)


@pytest.mark.parametrize(
    ("share", "delays"),
    [
        (0.0, [0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.0, 30.0, 30.0]),
        (1.0, [1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 60.0, 60.0, 60.0, 60.0]),
    ],
    ids=["no jitter", "all jitter"],
)
def test_ten_failures(share: float, delays: list[float]) -> None:
    """Ten failures in a row are followed by delays that double up to the cap, jittered within a factor of two."""
    backoff = Backoff(Fixed(share), FakeClock())
    assert [backoff.next() for _ in range(10)] == pytest.approx(delays)


@given(seed=st.integers(), failures=st.integers(min_value=1, max_value=2000))
def test_bounds(seed: int, failures: int) -> None:
    """Whatever the dice and however often, no delay is under 0.8 s or above 60 s."""
    backoff = Backoff(Random(seed), FakeClock())
    delays = [backoff.next() for _ in range(failures)]
    assert all(0.8 <= delay <= 60 for delay in delays)


@pytest.mark.parametrize(
    ("healthy", "delay"),
    [(119.9, 6.4), (120.0, 0.8), (600.0, 0.8)],
    ids=["not quite two minutes", "two minutes", "ten minutes of streaming"],
)
def test_reset_by_health_alone(healthy: float, delay: float) -> None:
    """Two minutes without a failure start the delays low again, less than that does not."""
    clock = FakeClock()
    backoff = Backoff(Fixed(0.0), clock)
    for _ in range(3):
        backoff.next()
    clock.advance(healthy)
    assert backoff.next() == pytest.approx(delay)


def test_dying_at_once_is_no_health() -> None:
    """Connections that are made and die after a minute, again and again, end at the cap."""
    clock = FakeClock()
    backoff = Backoff(Fixed(0.0), clock)
    for _ in range(20):
        delay = backoff.next()
        clock.advance(60)
    assert delay == 30.0


def test_reset_by_hand() -> None:
    """A caller who knows of health may say so."""
    backoff = Backoff(Fixed(0.0), FakeClock())
    backoff.next()
    backoff.reset()
    assert backoff.next() == 0.8


def test_a_minute_of_failures_is_a_handful_of_tries() -> None:
    """Within an hour of failing at once there are at most 130 tries."""
    clock = FakeClock()
    backoff = Backoff(Fixed(0.0), clock)
    tries = 0
    while clock.monotonic() < 3600:
        tries += 1
        clock.advance(backoff.next())
    assert tries <= 130


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3.0),
        (" 0 ", 0.0),
        ("299", 299.0),
        ("100000", 300.0),
        ("9" * 5000, 300.0),
        (format_datetime(EPOCH + timedelta(seconds=7), usegmt=True), 7.0),
        (format_datetime(EPOCH - timedelta(days=7), usegmt=True), 0.0),
        (format_datetime(EPOCH + timedelta(days=7), usegmt=True), 300.0),
        ("Tue, 01 Jan 2030 00:00:05 -0000", 5.0),
        ("Tuesday, 01-Jan-30 00:00:09 GMT", 9.0),
        ("", None),
        ("-3", None),
        ("1.5", None),
        ("soon", None),
        ("٣", None),
        ("Tue, 99 Foo 2030 00:00:05 GMT", None),
        ("Tue, 01 Jan 99999999999999999999 00:00:00 GMT", None),
    ],
    ids=[
        "seconds",
        "now",
        "just under the cap",
        "over the cap",
        "absurd",
        "date",
        "past date",
        "far date",
        "date without zone",
        "old form of a date",
        "absent",
        "negative",
        "fraction",
        "word",
        "other digits",
        "no date",
        "absurd year",
    ],
)
def test_retry_after(header: str, seconds: float | None) -> None:
    """Retry-After is understood as seconds or as a date, is capped at five minutes, and is nothing when it is noise."""
    assert retry_after(header, EPOCH) == seconds


@given(header=st.text(max_size=60))
def test_retry_after_survives_anything(header: str) -> None:
    """No text breaks the parser or leads out of the bounds."""
    seconds = retry_after(header, EPOCH)
    assert seconds is None or (0 <= seconds <= 300 and math.isfinite(seconds))
