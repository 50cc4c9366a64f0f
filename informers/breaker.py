"""The breaker: a member that does not answer must not hold workers."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from multicasskop.informers.clock import Clock
from multicasskop.informers.errors import ConnectError, InformerError, MemberUnreachable, TlsError, reason_of

FAILURES_IN_A_ROW = 3

ChangeCallback = Callable[[bool], None]


@dataclass(frozen=True, slots=True)
class Reachable:
    """Calls go out; so it is at the beginning, too, when nothing is known yet."""

    since: datetime


@dataclass(frozen=True, slots=True)
class Dark:
    """Calls fail at once, and only the probe goes out, until it succeeds."""

    since: datetime
    reason: str
    message: str


class Breaker:
    """Knows whether a member answers, and refuses calls while it does not.

    Callbacks hear of a change when it goes dark, when it stays so for another reason, and when it answers again.

    It opens when the probe says so, or after three calls in a row that could not even connect; it closes when the probe
    succeeds, and only then. May be used from any thread. Callbacks are told one change after the other, in a thread
    that made one; they are short.
    """

    def __init__(self, member: str, clock: Clock) -> None:
        """Begin reachable, with now as the last contact, so that silence is counted from here."""
        self.member = member
        self._clock = clock
        self._lock = threading.Lock()
        self._state: Reachable | Dark = Reachable(clock.now())
        self._failures = 0
        self._contact = clock.monotonic()
        self._ever = False
        self._callbacks: list[ChangeCallback] = []
        self._untold: deque[bool] = deque()
        self._telling = False

    @property
    def state(self) -> Reachable | Dark:
        """Whether the member answers, since when, and why not."""
        return self._state

    @property
    def dark(self) -> bool:
        """Whether calls are refused."""
        return isinstance(self._state, Dark)

    @property
    def contact(self) -> float:
        """The monotonic time at which the member was last heard of, or at which we began."""
        return self._contact

    @property
    def last_contact(self) -> datetime | None:
        """When the member was last heard of, for humans; None when it never was."""
        if not self._ever:
            return None
        return self._clock.now() - timedelta(seconds=self._clock.monotonic() - self._contact)

    def on_change(self, callback: ChangeCallback) -> None:
        """Call `callback(reachable)` at each change from now on."""
        with self._lock:
            self._callbacks.append(callback)

    def check(self) -> None:
        """Return when calls may go out; raise MemberUnreachable when the member is dark."""
        match self._state:
            case Dark(reason=reason, message=message):
                raise MemberUnreachable(self.member, f"not called, the member is dark ({message})", reason)

    def note_contact(self) -> None:
        """Note that something arrived from the member, be it a single byte of a stream."""
        self._contact = self._clock.monotonic()
        self._ever = True

    def succeeded(self) -> None:
        """Note that a call was answered, with whatever status."""
        self.note_contact()
        self._failures = 0

    def failed(self, error: InformerError) -> None:
        """Note that a call failed; the third in a row that could not connect makes the member dark."""
        if isinstance(error, ConnectError | TlsError):
            with self._lock:
                self._failures += 1
                enough = self._failures >= FAILURES_IN_A_ROW
            if enough:
                self.open(error)

    def open(self, error: InformerError) -> None:
        """Make the member dark because of `error`; nothing changes when it is so already."""
        with self._lock:
            if self.dark:
                return
            self._state = self._darkness(self._clock.now(), error)
            self._untold.append(False)
        self._tell()

    def still(self, error: InformerError) -> None:
        """Note why a dark member still does not answer; told as a change when it is for another reason than before."""
        with self._lock:
            match self._state:
                case Dark() as old:
                    self._state = new = self._darkness(old.since, error)
                case _:
                    return
            if (new.reason, new.message) != (old.reason, old.message):
                self._untold.append(False)
        self._tell()

    def _darkness(self, since: datetime, error: InformerError) -> Dark:
        return Dark(since, reason_of(error), str(error).removeprefix(f"{self.member}: "))

    def close(self) -> None:
        """Note that a probe succeeded: calls may go out again."""
        self.succeeded()
        with self._lock:
            if not self.dark:
                return
            self._state = Reachable(self._clock.now())
            self._untold.append(True)
        self._tell()

    def _tell(self) -> None:
        """Tell the callbacks, in order and without a lock held: whoever tells already tells this change, too."""
        while True:
            with self._lock:
                if self._telling or not self._untold:
                    return
                self._telling = True
                reachable, callbacks = self._untold.popleft(), tuple(self._callbacks)
            try:
                for callback in callbacks:
                    callback(reachable)
            finally:
                self._telling = False
