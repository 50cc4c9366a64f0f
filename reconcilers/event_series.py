"""Which events are to be written when: news at once, repeats as a series once a minute, and neither without an end.

A plain structure over monotonic seconds, without a thread, a lock or a server.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

EVERY: Final = 60.0
# a repeat after so long is news, not more of the same; the server forgets events after an hour
SERIES_ENDS: Final = 600.0
TOPICS_MAX: Final = 2000
# several steps of one kind in one member are several pieces of news; whatever has more to say is repeating itself
NEWS_MAX: Final = 5


@dataclass(frozen=True, slots=True)
class Reference:
    """The object that an event is about."""

    api_version: str
    kind: str
    namespace: str
    name: str
    uid: str = ""


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


class EventLedger:
    """Remembers the series of each topic, and hands out what is due.

    An event that says something else than the last one of its topic is due at once, up to `NEWS_MAX` times a minute.
    Others wait until a minute after the last write, and are then written as one: the last note counts. With the same
    note they extend the series, with another they begin one, since the server lets no note be changed. At most
    `TOPICS_MAX` topics are kept, the longest unused go first; one whose series has ended is forgotten.
    """

    def __init__(self, new_name: Callable[[Topic], str], every: float = EVERY) -> None:
        self._new_name = new_name
        self._every = every
        self._topics: OrderedDict[Topic, _Series] = OrderedDict()

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
        """Take out what is to be written by now, the earliest first."""
        ripe = [(series.due, topic) for topic, series in self._topics.items() if _is_due(series, now)]
        return [self._write(topic, now) for _, topic in sorted(ripe, key=lambda pair: pair[0] or 0.0)]

    def next_due(self) -> float | None:
        """When the next event is to be written."""
        return min((series.due for series in self._topics.values() if series.due is not None), default=None)

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
        return Write(topic, series.note, series.name, series.count, series.first, series.last, repeats)

    def _forget_ended(self, now: float) -> None:
        """Drop the longest unused as long as what they say next is news in any case."""
        while self._topics:
            topic, series = next(iter(self._topics.items()))
            if series.due is not None or now - (series.written_at or 0.0) <= SERIES_ENDS:
                return
            del self._topics[topic]

    def _has_room(self) -> bool:
        if len(self._topics) < TOPICS_MAX:
            return True
        idle = next((topic for topic, series in self._topics.items() if series.due is None), None)
        if idle is not None:
            del self._topics[idle]
        return idle is not None


def _is_due(series: _Series, now: float) -> bool:
    return series.due is not None and series.due <= now
