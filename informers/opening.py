"""A stream that is being opened: until it stands there is nothing to shut down, and its answer may never come."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_CURRENT: Final[ContextVar["Opening | None"]] = ContextVar("multicasskop-opening", default=None)


class Opening:
    """One stream that a thread opens, and that any other may cut before it stands.

    What makes the connections finds it in the thread that opens: no library in between has to hand it on. Cut just
    after a refusal it may end what another thread opens over the same connection, which then tries again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cut: Callable[[], None] | None = None
        self._over = False

    @contextmanager
    def begun(self) -> Iterator[None]:
        """Let streams that this thread asks for be this one."""
        token = _CURRENT.set(self)
        try:
            yield
        finally:
            _CURRENT.reset(token)

    def cut(self) -> None:
        """End the wait for its answer, at once; what has no connection yet ends as soon as it has."""
        with self._lock:
            self._over, cut = True, self._cut
        if cut is not None:
            cut()

    def connected(self, cut: Callable[[], None]) -> None:
        """Note how it is cut from now on: a connection stands, over which it is asked for next."""
        with self._lock:
            self._cut, over = cut, self._over
        if over:
            cut()


def current_opening() -> Opening | None:
    """What this thread opens now."""
    return _CURRENT.get()
