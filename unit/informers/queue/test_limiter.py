"""How long a failing item waits."""

from collections.abc import Callable

import pytest
from fakes.clock import FakeClock
from multicasskop.informers.queue import WorkQueue
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
    assert [round(bucket.delay(item), 6) for item in "abcdef"] == [0.0, 0.0, 0.0, 0.1, 0.2, 0.3]


def test_the_bucket_fills_with_time_and_not_beyond_the_burst() -> None:
    """Tokens come back at the rate, up to the burst."""
    clock = FakeClock()
    bucket: RetryBucket[str] = RetryBucket(clock, rate=10.0, burst=2)
    for item in "abcd":
        bucket.delay(item)
    clock.advance(3600)
    assert [round(bucket.delay(item), 6) for item in "abc"] == [0.0, 0.0, 0.1]


def test_a_token_that_was_there_is_spent() -> None:
    """Forgetting an item does not give back what its retry has used, and counts nothing."""
    bucket: RetryBucket[str] = RetryBucket(FakeClock(), rate=1.0, burst=1)
    bucket.delay("item")
    bucket.forget("item")
    assert (bucket.retries("item"), bucket.delay("item")) == (0, 1.0)


@pytest.mark.parametrize("come_back", [RetryBucket.delay, RetryBucket.forget], ids=["it fails again", "it succeeds"])
def test_a_token_that_was_not_due_is_given_back(come_back: Callable[[RetryBucket[str], str], object]) -> None:
    """An item that a change let run before its retry was due holds one token at most, and none once it succeeds."""
    bucket: RetryBucket[str] = RetryBucket(FakeClock(), rate=1.0, burst=1)
    delays = [bucket.delay(item) for item in "ab"]
    for _ in range(100):
        come_back(bucket, "b")
    assert (delays, bucket.delay("c")) == ([0.0, 1.0], 2.0 if come_back is RetryBucket.delay else 1.0)


def test_a_token_is_given_back_once() -> None:
    """Neither forgetting twice, nor after the token was due, puts more into the bucket than was taken."""
    clock = FakeClock()
    bucket: RetryBucket[str] = RetryBucket(clock, rate=1.0, burst=1)
    delays = [bucket.delay(item) for item in "abc"]
    for _ in range(2):
        bucket.forget("c")
    clock.advance(1.0)
    bucket.forget("b")
    assert (delays, bucket.delay("d")) == ([0.0, 1.0, 2.0], 1.0)


def test_no_item_waits_longer_than_the_longest() -> None:
    """However many items fail in one moment, none is put off for longer; when they succeed, all places are free."""
    clock = FakeClock()
    bucket: RetryBucket[int] = RetryBucket(clock, rate=10.0, burst=100, longest=300.0)
    assert max(bucket.delay(item) for item in range(20_000)) == 300.0
    clock.advance(30.0)
    for item in range(20_000):
        bucket.forget(item)
    assert bucket.delay(20_000) == pytest.approx(0.1)


def test_changes_of_failing_items_do_not_put_off_others() -> None:
    """Ten minutes of a hundred changes a second, all of which fail, cost an unrelated item no more than a place behind.

    The places are those of the two hundred items that fail.
    """
    clock = FakeClock()
    queue: WorkQueue[str] = WorkQueue(clock)
    for tick in range(60_000):
        clock.advance(0.01)
        queue.add(f"failing-{tick % 200}")
        while len(queue):
            item = queue.get()
            queue.add_rate_limited(item)
            queue.done(item)
    assert queue.add_rate_limited("unrelated") <= 200 / 10.0


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
