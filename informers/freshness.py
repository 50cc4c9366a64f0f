"""Whether what a store says still holds."""

import threading
from dataclasses import dataclass
from enum import StrEnum

from multicasskop.informers.clock import Clock
from multicasskop.informers.states import Cause

GRACE = 30.0
DARK = "dark"


class FreshnessState(StrEnum):
    """The three words for it."""

    NEVER_SYNCED = "never-synced"
    FRESH = "fresh"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Freshness:
    """Whether a store follows its server, since when (monotonic), and if not, why.

    Before an absence in a store is taken for "does not exist", it must be fresh.
    """

    state: FreshnessState
    since: float
    reason: str = ""

    @property
    def fresh(self) -> bool:
        """Whether an absence counts."""
        return self.state is FreshnessState.FRESH


class FreshnessTracker:
    """Judges one store's freshness by what its reflector and its cluster report.

    Fresh: a list was complete once, a stream is open or was less than 30 s ago, and the cluster is not dark: a stream
    whose other end has vanished is open too. Being synced is another thing: once true it stays so. Thread-safe.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._born = clock.monotonic()
        self._synced_at: float | None = None
        self._following_since: float | None = None
        self._last_followed = self._born
        self._dark_since: float | None = None
        self._reason = ""
        self.last_event: float | None = None

    def listed(self) -> None:
        """A list is complete: the store is current at this moment."""
        with self._lock:
            now = self._clock.monotonic()
            self._synced_at = self._synced_at if self._synced_at is not None else now
            self._last_followed = now

    def stream_up(self) -> None:
        """A stream is open."""
        with self._lock:
            self._following_since, self._reason = self._clock.monotonic(), ""

    def event(self) -> None:
        """An event or a bookmark came."""
        self.last_event = self._clock.monotonic()

    def interrupted(self, cause: Cause) -> None:
        """No stream is open; the first cause that stays is the one that is reported."""
        with self._lock:
            self._pause_locked(self._clock.monotonic())
            self._reason = cause.value

    def dark(self) -> None:
        """The cluster does not answer, whatever the streams look like."""
        with self._lock:
            if self._dark_since is None:
                self._dark_since = self._clock.monotonic()
                self._pause_locked(self._dark_since)

    def bright(self) -> None:
        """The cluster answers again; streams from before prove nothing, only new ones do."""
        with self._lock:
            self._dark_since = None

    @property
    def reason(self) -> str:
        """What the last interruption was, until a stream is open again."""
        return self._reason

    def freshness(self) -> Freshness:
        """Return the judgement of this moment."""
        with self._lock:
            if self._synced_at is None:
                reason = self._reason if self._dark_since is None else DARK
                return Freshness(FreshnessState.NEVER_SYNCED, self._born, reason)
            if self._dark_since is not None:
                return Freshness(FreshnessState.STALE, self._dark_since, DARK)
            if self._following_since is not None:
                return Freshness(FreshnessState.FRESH, self._following_since)
            stale_at = self._last_followed + GRACE
            if self._clock.monotonic() < stale_at:
                return Freshness(FreshnessState.FRESH, self._synced_at)
            return Freshness(FreshnessState.STALE, stale_at, self._reason)

    def _pause_locked(self, at: float) -> None:
        if self._following_since is not None:
            self._following_since, self._last_followed = None, at
