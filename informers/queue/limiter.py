"""How long a failing item waits until it is tried again."""

from collections.abc import Hashable
from typing import Final, Generic, Protocol, TypeVar

from multicasskop.informers.clock import Clock

T = TypeVar("T", bound=Hashable)
T_contra = TypeVar("T_contra", bound=Hashable, contravariant=True)

# 2 to the power of this, times any start, is above any cap; far below where a float overflows
_EXPONENT_MAX: Final = 60


class Limiter(Protocol[T_contra]):
    """Decides on the delay of retries. Needs no lock of its own: the queue holds one."""

    def delay(self, item: T_contra) -> float:
        """Count one more failure of the item; return the seconds until it may be tried again."""
        ...

    def forget(self, item: T_contra) -> None:
        """Count the item's failures from zero again."""
        ...

    def retries(self, item: T_contra) -> int:
        """Return how many failures of the item are counted."""
        ...


class ExponentialBackoff(Generic[T]):
    """Doubles the delay with each failure of one item: `start`, 2 x `start`, ... never above `cap` (seconds)."""

    def __init__(self, start: float = 0.5, cap: float = 300.0) -> None:
        self._start = start
        self._cap = cap
        self._failures: dict[T, int] = {}

    def delay(self, item: T) -> float:
        """Count one more failure of the item; return the seconds until it may be tried again."""
        failures = self._failures.get(item, 0)
        self._failures[item] = failures + 1
        # the exponent is capped before the power is taken: a day of failures must not compute 2 to the 10000
        return float(min(self._cap, self._start * 2.0 ** min(failures, _EXPONENT_MAX)))

    def forget(self, item: T) -> None:
        """Count the item's failures from zero again."""
        self._failures.pop(item, None)

    def retries(self, item: T) -> int:
        """Return how many failures of the item are counted."""
        return self._failures.get(item, 0)


class RetryBucket(Generic[T]):
    """A token bucket over the retries of all items: `burst` at once, then `rate` per second.

    A call reserves a token, also one that will only be there in the future; so calls made in one moment get delays
    that are spread at the rate. An item holds one such token at most: when it comes back before the token was there,
    a change has let it run earlier, and that token is given back. No delay is above `longest` (seconds): with more
    items than have a place until then, retries come faster than the rate.

    client-go's bucket does neither: it takes tokens and never gives one back, so that it owes more with each change
    of an item that fails, and lets an item that fails for the first time wait for all of that.
    """

    def __init__(self, clock: Clock, rate: float = 10.0, burst: int = 100, longest: float = 300.0) -> None:
        self._clock = clock
        self._rate = rate
        self._burst = float(burst)
        self._least = -longest * rate
        self._tokens = float(burst)
        self._at = clock.monotonic()
        # when each token will be there that was taken before it was
        self._due: dict[T, float] = {}

    def delay(self, item: T) -> float:
        """Reserve one token; return the seconds until it is there."""
        self._fill()
        self._give_back(item)
        self._tokens -= 1.0
        if self._tokens >= 0.0:
            return 0.0
        if self._tokens < self._least:
            self._tokens = self._least
        else:
            self._due[item] = self._at - self._tokens / self._rate
        return -self._tokens / self._rate

    def forget(self, item: T) -> None:
        """Give back the item's token, if it was not there yet: its retry is not needed any more."""
        self._fill()
        self._give_back(item)

    def retries(self, item: T) -> int:
        """Return 0: the bucket counts no failures."""
        return 0

    def _fill(self) -> None:
        now = self._clock.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now

    def _give_back(self, item: T) -> None:
        if self._due.pop(item, self._at) > self._at:
            self._tokens = min(self._burst, self._tokens + 1.0)


class Longest(Generic[T]):
    """Several limiters as one: each counts, and the longest delay holds."""

    def __init__(self, *limiters: Limiter[T]) -> None:
        self._limiters = limiters

    def delay(self, item: T) -> float:
        """Count one more failure of the item; return the seconds until it may be tried again."""
        return max(limiter.delay(item) for limiter in self._limiters)

    def forget(self, item: T) -> None:
        """Count the item's failures from zero again."""
        for limiter in self._limiters:
            limiter.forget(item)

    def retries(self, item: T) -> int:
        """Return how many failures of the item are counted."""
        return max(limiter.retries(item) for limiter in self._limiters)


def api_limiter(clock: Clock) -> Limiter[Hashable]:
    """Return the limiter for work that calls an API server: 0.5 s to 5 min per item, ten retries a second in all."""
    return Longest[Hashable](ExponentialBackoff(0.5, 300.0), RetryBucket(clock, 10.0, 100, 300.0))
