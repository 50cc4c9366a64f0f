"""Bearer tokens: those that change, read from a file or asked of a helper program."""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
from multicasskop.informers.clock import Clock
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import CredentialsError

FILE_LIFE = 60.0
RETRY_AFTER_FAILURE = 10.0
SIZE_LIMIT = 64 * 1024
NOT_YET = "no token in time: looking it up has not ended yet"
LOOK_WHY = "Do the same by hand, and see what holds it up."

# what may stand in a header; anything else would be quoted by the error of the HTTP library
_TOKEN = re.compile(r"[\x21-\x7e]+")
_log = structlog.get_logger("multicasskop.credentials")


@dataclass(frozen=True, slots=True, repr=False)
class Token:
    """A token, the seconds for which it may be used without looking again, and those after which it has ended."""

    value: str
    life: float = FILE_LIFE
    good: float = float("inf")


def clean(text: str, where: str) -> str:
    """Return the token without the newline that editors leave; CredentialsError when it cannot be one."""
    token = text.strip()
    if not _TOKEN.fullmatch(token):
        problem = "holds characters that no token has" if token else "is empty"
        raise CredentialsError(where, f"the token {problem}", "Write the token alone, as one line.")
    return token


def from_file(path: Path) -> Token:
    """Read a token file; CredentialsError when it cannot be read or holds no token."""
    try:
        with path.open("rb") as file:
            text = file.read(SIZE_LIMIT).decode(errors="replace")
    except OSError as error:
        raise CredentialsError(str(path), f"the token file cannot be read: {error.strerror}") from error
    return Token(clean(text, str(path)))


def nothing() -> None:
    """Do nothing."""


class _Look:
    """One look-up: whether it has ended, and what is told to those who have no token without it."""

    def __init__(self) -> None:
        self.done = False
        self.error: CredentialsError | None = None


class TokenCache:
    """A token that is looked up again when its life is over, or when the server did not accept it.

    When looking up fails the old token stays in use until its end: a file that is half written must not make a working
    member unreachable. One look-up at a time; whoever has no good token meanwhile waits for its result, no longer than
    it has time itself. May be used from any thread.
    """

    def __init__(self, read: Callable[[datetime], Token], where: str, *, slow: bool = False) -> None:
        """Ask `read` for tokens, at the wall clock's time given; `where` is for the log and for errors.

        What is `slow` runs in a thread of its own: then a caller that has little time does not cut short what the next
        one needs as well, and nobody who goes must wait for its end.
        """
        self._read, self._where, self._slow = read, where, slow
        self._changed = threading.Condition()
        self._look: _Look | None = None
        self._value, self._refused = "", False
        self._failed: CredentialsError | None = None
        self._read_at = self._until = self._end = float("-inf")

    def get(self, clock: Clock, limit: Deadline | None = None, check: Callable[[], object] = nothing) -> str:
        """Return a token; CredentialsError when there is none to be had, or none before `limit` is over.

        `check` is called before each wait, and after `wake`; what it raises ends the waiting.
        """
        with self._changed:
            if clock.monotonic() < self._until:
                return self._value
            look = self._look
            if begin := look is None:
                look = self._look = _Look()
        if begin:
            self._begin(look, clock)
        return self._outcome(look, clock, limit, check)

    def wake(self) -> None:
        """Let all who wait look whether they still want to."""
        with self._changed:
            self._changed.notify_all()

    def drop(self, began: float) -> None:
        """Look again before the next use, if the token was obtained before `began` (monotonic).

        A request that began earlier than the last look-up says nothing about the token that was found then.
        """
        with self._changed:
            if self._read_at <= began:
                self._until, self._refused = float("-inf"), True

    def _outcome(self, look: _Look, clock: Clock, limit: Deadline | None, check: Callable[[], object]) -> str:
        with self._changed:
            while not look.done:
                if not self._refused and self._is_good(clock):
                    return self._value
                check()
                self._wait(clock, limit)
            if look.error:
                raise look.error
            return self._value

    def _is_good(self, clock: Clock) -> bool:
        return bool(self._value) and clock.monotonic() < self._end

    def _wait(self, clock: Clock, limit: Deadline | None) -> None:
        left = limit.left() if limit else None
        if left is not None and left <= 0.0:
            raise self._failed or CredentialsError(self._where, NOT_YET, LOOK_WHY)
        clock.wait(self._changed, left)

    def _begin(self, look: _Look, clock: Clock) -> None:
        if not self._slow:
            self._run(look, clock)
            return
        # not the supervisor's: a process that ends does not wait for it
        thread = threading.Thread(name=f"token/{self._where}", target=self._run, args=(look, clock), daemon=True)
        try:
            thread.start()
        except RuntimeError:
            self._finish(look, clock, CredentialsError(self._where, "no thread could be started to look up the token"))

    def _run(self, look: _Look, clock: Clock) -> None:
        began = clock.monotonic()
        found: Token | CredentialsError = CredentialsError(self._where, "looking up the token failed")
        try:
            found = self._read(clock.now())
        except CredentialsError as error:
            found = error
        finally:
            # whatever happened: nobody waits for ever
            self._finish(look, clock, found, began)

    def _finish(self, look: _Look, clock: Clock, found: Token | CredentialsError, began: float = 0.0) -> None:
        with self._changed:
            if isinstance(found, Token):
                self._value, self._refused, self._read_at = found.value, False, began
                self._until, self._end = began + found.life, began + found.good
            elif self._is_good(clock):
                _log.warning("token kept", where=self._where, error=found.problem)
                self._until = clock.monotonic() + RETRY_AFTER_FAILURE
            else:
                look.error = found
            self._failed = look.error
            look.done, self._look = True, None
            self._changed.notify_all()
