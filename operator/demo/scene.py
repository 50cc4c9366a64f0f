"""What the audience sees: acts with their times, how things stand, events, and in the end what was proved.

One scene, two forms: lines for pipes and logs, and a picture redrawn in place for terminals.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

from multicasskop.informers.clock import Clock
from multicasskop.operator.output.ages import age
from multicasskop.operator.output.live import Live, coloured, console
from multicasskop.operator.output.marks import Mark, in_ascii
from multicasskop.operator.output.table import pad

TITLE_WIDTH = 62
PROGRESS_WIDTH = 28
NEWS_SECONDS = 5.0
EVENTS_SHOWN = 5


@dataclass(slots=True)
class Act:
    """One act: what is done, and while it goes on how far it is. Its player changes title and progress."""

    title: str
    began: float
    progress: str = ""
    seconds: float | None = None
    failed: bool = False

    def line(self, now: float) -> str:
        """The act as one line: what is done, how far it is, its time."""
        mark = Mark.BROKEN if self.failed else Mark.WORKING if self.seconds is None else Mark.GOOD
        took = age(now - self.began if self.seconds is None else self.seconds)
        text = f"  {mark.sign} {self.title}"
        progress = self.progress if self.seconds is None else ""
        return f"{pad(text, TITLE_WIDTH)}  {pad(progress, PROGRESS_WIDTH)}  {took:>5}"


class Scene:
    """The scene as lines: each act when it begins, when there is news of it (not too often), and when it has ended."""

    def __init__(self, stream: TextIO, clock: Clock) -> None:
        self._stream = stream
        self._clock = clock
        self._told = 0
        self._news_at = 0.0

    @contextmanager
    def act(self, title: str) -> Iterator[Act]:
        """Play an act; it has ended when the block is left, and failed when by an exception."""
        act = Act(title, self._clock.monotonic())
        self.begun(act)
        try:
            yield act
        except BaseException:
            act.failed = True
            raise
        finally:
            act.seconds = self._clock.monotonic() - act.began
            self.ended(act)

    def begun(self, act: Act) -> None:
        """An act has begun."""
        self._news_at = act.began
        self.say(act.line(act.began))

    def news(self, act: Act) -> None:
        """The act's progress has changed."""
        now = self._clock.monotonic()
        if now - self._news_at >= NEWS_SECONDS:
            self._news_at = now
            self.say(act.line(now))

    def ended(self, act: Act) -> None:
        """An act has ended."""
        self.say(act.line(act.began))

    def show(self, tree: Sequence[str], events: Sequence[str]) -> None:
        """How things stand now; events are all until now, and those not told yet are."""
        new, self._told = events[self._told :], max(self._told, len(events))
        self.say(*(f"    {event}" for event in new))

    def stand(self, tree: Sequence[str]) -> None:
        """How things stand now that they are as they were meant to be: stays to be seen."""
        self.say("", *(f"    {line}".rstrip() for line in tree), "")

    def say(self, *lines: str) -> None:
        """Write lines that stay."""
        for line in lines:
            self._stream.write(self._encodable(line) + "\n")
        self._stream.flush()

    def close(self) -> None:
        """The picture, if there is one, stays as it is from now on."""

    def _encodable(self, line: str) -> str:
        try:
            line.encode(self._stream.encoding or "utf-8")
        except UnicodeEncodeError:
            return in_ascii(line)
        return line


class Picture(Scene):
    """The scene as a picture on a terminal: acts above, the tree below them, the last events at the bottom."""

    def __init__(self, stream: TextIO, clock: Clock) -> None:
        super().__init__(stream, clock)
        self._acts: list[Act] = []
        self._tree: Sequence[str] = ()
        self._stood: Sequence[str] = ()
        self._events: Sequence[str] = ()
        self._console = console(stream)
        self._live: Live | None = None

    def begun(self, act: Act) -> None:
        """Put the act into the picture."""
        self._acts.append(act)
        self._live = self._live or Live(self._console, self._lines)

    def news(self, act: Act) -> None:
        """The picture is drawn again anyway."""

    def ended(self, act: Act) -> None:
        """The picture is drawn again anyway."""

    def show(self, tree: Sequence[str], events: Sequence[str]) -> None:
        """Show the tree and the last events."""
        self._tree, self._events = tuple(tree), tuple(events[-EVENTS_SHOWN:])

    def stand(self, tree: Sequence[str]) -> None:
        """Keep the tree for the end, when there is no other."""
        self._stood = tuple(tree)

    def say(self, *lines: str) -> None:
        """Write lines below the picture, which is left as it is."""
        self.close()
        for line in lines:
            self._console.print(coloured(self._encodable(line)))

    def close(self) -> None:
        """Draw the picture for the last time."""
        self._tree = self._tree or self._stood
        live, self._live = self._live, None
        if live is not None:
            live.close()

    def _lines(self) -> Sequence[str]:
        now = self._clock.monotonic()
        below = [*(("", *self._tree) if self._tree else ()), *(("", *self._events) if self._events else ())]
        return [self._encodable(line) for line in (*(act.line(now) for act in list(self._acts)), *below)]
