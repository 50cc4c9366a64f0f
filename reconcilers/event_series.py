"""Which events are to be written when: news at once, repeats as a series once a minute, and neither without an end.

A plain structure over monotonic seconds, without a thread, a lock or a server.
"""

import math
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

EVERY: Final = 60.0
# a repeat after so long is news, not more of the same; the server forgets events after an hour
SERIES_ENDS: Final = 600.0
TOPICS_MAX: Final = 2000
# several steps of one kind in one member are several pieces of news; whatever has more to say is repeating itself
NEWS_MAX: Final = 5
# so that who wakes up to forget finds something to forget
_AFTERWARDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Reference:
    """The object that an event is about."""

    api_version: str
    kind: str
    namespace: str
    name: str
    uid: str = ""

    @property
    def place(self) -> tuple[str, str, str]:
        """Its kind and name, which it may share with those that were there before it."""
        return self.kind, self.namespace, self.name


@dataclass(frozen=True, slots=True)
class Topic:
    """What makes two events the same, but for their notes."""

    regarding: Reference
    type: str
    reason: str
    member: str = ""


@dataclass(frozen=True, slots=True)
class Write:
    """One event that is to be written."""

    topic: Topic
    note: str
    name: str
    """The name of the event's object."""
    count: int
    """How often it happened, in all."""
    first: datetime
    last: datetime
    repeats: bool
    """Whether the object exists already and only its series moves on."""


@dataclass(slots=True)
class _Series:
    name: str
    first: datetime
    last: datetime
    note: str = ""
    unwritten: int = 0
    count: int = 0
    written_note: str | None = None
    written_at: float | None = None
    due: float | None = None
    recent: tuple[float, ...] = ()
    """When it was last written, as often as it may say something new within a minute."""
    over: bool = False
    """Whether nothing more is expected: it is forgotten when it is written."""


class EventLedger:
    """Remembers the series of each topic, and hands out what is due.

    An event that says something else than the last one of its topic is due at once, up to `NEWS_MAX` times a minute.
    Others wait until a minute after the last write, and are then written as one: the last note counts. With the same
    note they extend the series, with another they begin one, since the server lets no note be changed. At most
    `TOPICS_MAX` topics are kept, the longest unused go first; one whose series has ended is forgotten, and so is what
    was written about an object that is over.
    """

    def __init__(self, new_name: Callable[[Topic], str], every: float = EVERY) -> None:
        self._new_name = new_name
        self._every = every
        self._topics: OrderedDict[Topic, _Series] = OrderedDict()
        self._references = _References()

    def __len__(self) -> int:
        """How many topics are remembered."""
        return len(self._topics)

    def record(self, topic: Topic, note: str, now: float, wall: datetime) -> bool:
        """Take an event in; return False when it was dropped, because too many topics wait to be written."""
        self._forget_ended(now)
        series = self._topics.get(topic)
        if series is None:
            if not self._has_room():
                return False
            topic = replace(topic, regarding=self._references.take(topic.regarding))
            series = self._topics[topic] = _Series(self._new_name(topic), wall, wall)
        self._topics.move_to_end(topic)
        series.note, series.last, series.unwritten = note, wall, series.unwritten + 1
        due = self._turn(series, now)
        series.due = due if series.due is None else min(series.due, due)
        return True

    def _turn(self, series: _Series, now: float) -> float:
        """When the note of a series may be written."""
        if series.written_at is None:
            return now
        if series.written_note in (None, series.note):
            return max(now, series.written_at + self._every)
        return now if len(series.recent) < NEWS_MAX else max(now, series.recent[0] + self._every)

    def due(self, now: float) -> list[Write]:
        """Take out what is to be written by now, the earliest first, and forget what has ended."""
        self._forget_ended(now)
        ripe = [(series.due, topic) for topic, series in self._topics.items() if _is_due(series, now)]
        return [self._write(topic, now) for _, topic in sorted(ripe, key=lambda pair: pair[0] or 0.0)]

    def next_due(self) -> float | None:
        """When the next event is to be written."""
        return min((series.due for series in self._topics.values() if series.due is not None), default=None)

    def wakes_at(self) -> float | None:
        """When the next event is to be written, or a topic to be forgotten; both are done by `due`."""
        oldest = next(iter(self._topics.values()), None)
        if oldest is None or oldest.written_at is None or oldest.due is not None:
            return self.next_due()
        return min(oldest.written_at + SERIES_ENDS + _AFTERWARDS, math.inf if (due := self.next_due()) is None else due)

    def over(self, gone: Reference) -> None:
        """Forget an object that is gone, whatever its UID was; what was said of it and waits is written when it is due.

        More may be said of it later: that is news.
        """
        for topic in [topic for topic in self._topics if topic.regarding.place == gone.place]:
            series = self._topics[topic]
            series.over = True
            if series.due is None:
                self._drop(topic)

    def hurry(self) -> None:
        """Make everything due that waits: nobody will be there in a minute."""
        for series in self._topics.values():
            series.due = None if series.due is None else -1.0

    def failed(self, topic: Topic) -> None:
        """Begin a new object with the topic's next event, which is due as if the last had been written."""
        series = self._topics.get(topic)
        if series is not None:
            series.name, series.written_note = self._new_name(topic), None

    def _write(self, topic: Topic, now: float) -> Write:
        series = self._topics[topic]
        repeats = series.written_note == series.note and now - (series.written_at or 0.0) <= SERIES_ENDS
        if not repeats and series.written_note is not None:
            series.name, series.first, series.count = self._new_name(topic), series.last, 0
        series.count += series.unwritten
        series.unwritten, series.due = 0, None
        series.written_note, series.written_at = series.note, now
        series.recent = (*series.recent, now)[-NEWS_MAX:]
        if series.over:
            self._drop(topic)
        return Write(topic, series.note, series.name, series.count, series.first, series.last, repeats)

    def _forget_ended(self, now: float) -> None:
        """Drop the longest unused as long as what they say next is news in any case."""
        while self._topics:
            topic, series = next(iter(self._topics.items()))
            if series.due is not None or now - (series.written_at or 0.0) <= SERIES_ENDS:
                return
            self._drop(topic)

    def _has_room(self) -> bool:
        if len(self._topics) < TOPICS_MAX:
            return True
        idle = next((topic for topic, series in self._topics.items() if series.due is None), None)
        if idle is not None:
            self._drop(idle)
        return idle is not None

    def _drop(self, topic: Topic) -> None:
        del self._topics[topic]
        self._references.drop(topic.regarding)


class _References:
    """One reference for each object, however many topics are about it: its names are most of what a topic holds."""

    def __init__(self) -> None:
        self._kept: dict[Reference, Reference] = {}
        self._topics: Counter[Reference] = Counter()

    def __len__(self) -> int:
        return len(self._kept)

    def take(self, reference: Reference) -> Reference:
        """The one that stands for all that are equal; once for each topic."""
        kept = self._kept.setdefault(reference, reference)
        self._topics[kept] += 1
        return kept

    def drop(self, reference: Reference) -> None:
        """One topic less."""
        self._topics[reference] -= 1
        if not self._topics[reference]:
            del self._topics[reference], self._kept[reference]


def _is_due(series: _Series, now: float) -> bool:
    return series.due is not None and series.due <= now
