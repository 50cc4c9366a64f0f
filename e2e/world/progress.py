"""News about work that takes longer than a reader's patience."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TextIO

BETWEEN_NEWS = 10.0


@dataclass(frozen=True, slots=True)
class Progress:
    """One piece of news: what is being done, for how long (seconds), and how much longer it should take.

    `left` is None when nothing is known about the length.
    """

    subject: str
    elapsed: float
    left: float | None = None
    done: bool = False
    detail: str = ""

    def line(self) -> str:
        """Return the news as one line of text without an end of line."""
        state = "done" if self.done else "..."
        left = f", about {duration(self.left)} left" if self.left is not None and not self.done else ""
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.subject}{detail} {state} {duration(self.elapsed)}{left}"


ProgressSink = Callable[[Progress], None]


def silent(news: Progress) -> None:
    """Take the news and say nothing."""


def lines_to(stream: TextIO) -> ProgressSink:
    """Return a sink that writes one line per piece of news, at once."""

    def write(news: Progress) -> None:
        stream.write(news.line() + "\n")
        stream.flush()

    return write


@contextmanager
def reporting(sink: ProgressSink, news: Callable[[bool], Progress]) -> Iterator[None]:
    """Tell the news when work begins, every ten seconds, and with True when it is done; a failure is told by others."""
    ended = threading.Event()

    def tell() -> None:
        sink(news(False))
        while not ended.wait(BETWEEN_NEWS):
            sink(news(False))

    teller = threading.Thread(target=tell, name="news")
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join()
    sink(news(True))


def telling(
    sink: ProgressSink, subject: str, *, clock: Callable[[], float] = time.monotonic
) -> AbstractContextManager[None]:
    """Tell of work of which only the name is known."""
    began = clock()
    return reporting(sink, lambda done: Progress(subject, clock() - began, done=done))


def duration(seconds: float) -> str:
    """Return seconds as people write them: `0.4s`, `12s`, `3m05s`."""
    if seconds < 10:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m{rest:02d}s" if minutes else f"{rest}s"
