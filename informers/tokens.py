"""Bearer tokens: those that change, read from a file or asked of a helper program."""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
from multicasskop.informers.clock import Clock
from multicasskop.informers.errors import CredentialsError

FILE_LIFE = 60.0
RETRY_AFTER_FAILURE = 10.0
SIZE_LIMIT = 64 * 1024

# what may stand in a header; anything else would be quoted by the error of the HTTP library
_TOKEN = re.compile(r"[\x21-\x7e]+")
_log = structlog.get_logger("multicasskop.credentials")


@dataclass(frozen=True, slots=True, repr=False)
class Token:
    """A token and the seconds for which it may be used without looking again."""

    value: str
    life: float = FILE_LIFE


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


class TokenCache:
    """A token that is looked up again when its life is over, or when the server did not accept it.

    When looking up fails the old token stays in use: a file that is half written must not make a working member
    unreachable. One look-up at a time, the other threads wait for it; all of them see its result.
    """

    def __init__(self, read: Callable[[datetime], Token], where: str) -> None:
        """Ask `read` for tokens, at the wall clock's time given; `where` is for the log."""
        self._read, self._where = read, where
        self._lock = threading.Lock()
        self._value = ""
        self._read_at = self._until = float("-inf")

    def get(self, clock: Clock) -> str:
        """Return a token; CredentialsError when there never was one."""
        with self._lock:
            if clock.monotonic() >= self._until:
                self._renew_locked(clock)
            return self._value

    def drop(self, began: float) -> None:
        """Look again before the next use, if the token was obtained before `began` (monotonic).

        A request that began earlier than the last look-up says nothing about the token that was found then.
        """
        with self._lock:
            if self._read_at <= began:
                self._until = float("-inf")

    def _renew_locked(self, clock: Clock) -> None:
        began = clock.monotonic()
        try:
            token = self._read(clock.now())
        except CredentialsError as error:
            if not self._value:
                raise
            _log.warning("token kept", where=self._where, error=error.problem)
            self._until = began + RETRY_AFTER_FAILURE
        else:
            self._value, self._read_at, self._until = token.value, began, began + token.life
