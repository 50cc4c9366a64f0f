"""Who is told of writes while they are made: a thread may be at work on something that is traced.

Nothing here knows how traces are made. Without a tracer in the thread's context a write costs one look at that; what
other threads write (lease, events, blind seed patches) belongs to no run and is not traced.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final, Protocol


@dataclass(frozen=True, slots=True)
class Sent:
    """A write as it is sent, without its body."""

    member: str
    server: str
    method: str
    path: str


@dataclass(slots=True)
class Exchange:
    """One write from its first byte to its answer; `headers` go along with the request."""

    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 0
    answer: Mapping[str, str] = field(default_factory=dict)
    """The headers of the answer, in lower case; nothing when it was no success."""
    tries: int = 0


class WriteTracer(Protocol):
    """Is told of each write of the thread that carries it."""

    def write(self, sent: Sent) -> AbstractContextManager[Exchange]:
        """Surround one write; what it raises passes through."""
        ...


_CURRENT: Final[ContextVar[WriteTracer | None]] = ContextVar("multicasskop-write-tracer", default=None)


@contextmanager
def tracing(tracer: WriteTracer) -> Iterator[None]:
    """Let this thread's writes be told to `tracer`."""
    token = _CURRENT.set(tracer)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def current_tracer() -> WriteTracer | None:
    """Who is told of this thread's writes now."""
    return _CURRENT.get()
