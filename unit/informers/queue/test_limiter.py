"""How long a failing item waits."""

from fakes.clock import FakeClock
from multicasskop.informers.queue.limiter import ExponentialBackoff, Longest, RetryBucket, api_limiter


def test_delays_double_up_to_the_cap() -> None:
    """Each failure of an item doubles its delay, from half a second to five minutes."""
    backoff: ExponentialBackoff[str] = ExponentialBackoff(start=0.5, cap=300.0)
    delays = [backoff.delay("item") for _ in range(12)]
    assert delays == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 300.0, 300.0]


def test_items_are_counted_apart() -> None:
    """The failures of one item do not delay another."""
    backoff: ExponentialBackoff[str] = ExponentialBackoff()
    backoff.delay("a")
    assert (backoff.delay("a"), backoff.delay("b")) == (1.0, 0.5)


def test_forget_starts_from_zero() -> None:
    """A forgotten item has no retries, and its next failure costs the first delay."""
    backoff: ExponentialBackoff[str] = ExponentialBackoff()
    backoff.delay("item")
    backoff.forget("item")
    assert (backoff.retries("item"), backoff.delay("item"), backoff.retries("item")) == (0, 0.5, 1)


def test_a_hundred_thousand_failures_do_not_overflow() -> None:
    """The exponent is capped before the power is taken, so that no number of failures overflows."""
    backoff: ExponentialBackoff[str] = ExponentialBackoff()
    backoff._failures["item"] = 100_000
    assert backoff.delay("item") == 300.0


def test_the_bucket_spreads_what_is_above_the_burst() -> None:
    """A burst passes at once; what comes with it in the same moment is spread at the rate."""
    bucket: RetryBucket[str] = RetryBucket(FakeClock(), rate=10.0, burst=3)
    assert [round(bucket.delay("item"), 6) for _ in range(6)] == [0.0, 0.0, 0.0, 0.1, 0.2, 0.3]


def test_the_bucket_fills_with_time_and_not_beyond_the_burst() -> None:
    """Tokens come back at the rate, up to the burst."""
    clock = FakeClock()
    bucket: RetryBucket[str] = RetryBucket(clock, rate=10.0, burst=2)
    for _ in range(4):
        bucket.delay("item")
    clock.advance(3600)
    assert [round(bucket.delay("item"), 6) for _ in range(3)] == [0.0, 0.0, 0.1]


def test_the_bucket_knows_no_items() -> None:
    """Forgetting an item gives no token back."""
    bucket: RetryBucket[str] = RetryBucket(FakeClock(), rate=1.0, burst=1)
    bucket.delay("item")
    bucket.forget("item")
    assert (bucket.retries("item"), bucket.delay("item")) == (0, 1.0)


def test_the_longest_delay_holds() -> None:
    """Of several limiters the longest delay counts, and all of them count the failure."""
    backoff: ExponentialBackoff[str] = ExponentialBackoff(start=0.25)
    both = Longest(backoff, RetryBucket[str](FakeClock(), rate=1.0, burst=1))
    assert [both.delay("item") for _ in range(2)] == [0.25, 1.0]
    assert both.retries("item") == backoff.retries("item") == 2
    both.forget("item")
    assert both.retries("item") == 0


def test_the_limiter_for_api_servers() -> None:
    """Work that calls an API server starts at half a second, and a hundred retries pass before the bucket counts."""
    limiter = api_limiter(FakeClock())
    delays = [limiter.delay(f"item-{number}") for number in range(200)]
    assert set(delays[:105]) == {0.5}
    assert delays[150] > delays[120] > 0.5
