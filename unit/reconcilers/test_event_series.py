"""When events are written, and as what."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.reconcilers import event_series
from multicasskop.reconcilers.event_series import SERIES_ENDS, EventLedger, Reference, Topic, Write

START = datetime(2030, 1, 1, tzinfo=UTC)
RING = Reference("db.orange.com/v2", "MultiCasskop", "shop", "ring", "u1")


def topic(reason: str = "GateWaiting", member: str = "eu") -> Topic:
    """A topic about the ring."""
    return Topic(RING, "Normal", reason, member)


class Book:
    """A ledger whose names are numbers, and whose clocks move together."""

    def __init__(self) -> None:
        self._numbers: Iterator[int] = count(1)
        self.ledger = EventLedger(lambda about: f"{about.reason}.{next(self._numbers)}")

    def record(self, now: float, note: str = "note", about: Topic | None = None) -> bool:
        """Record an event at an instant."""
        return self.ledger.record(about or topic(), note, now, START + timedelta(seconds=now))

    def due(self, now: float) -> list[Write]:
        """What is to be written by an instant."""
        return self.ledger.due(now)


@pytest.fixture
def book() -> Book:
    """An empty ledger."""
    return Book()


def test_the_first_event_is_due_at_once(book: Book) -> None:
    """An event of a new topic is written now, as an object of its own."""
    book.record(5.0)
    assert book.due(5.0) == [
        Write(topic(), "note", "GateWaiting.1", 1, START + timedelta(seconds=5), START + timedelta(seconds=5), False)
    ]
    assert (book.due(5.0), book.ledger.next_due()) == ([], None)


def test_repeats_within_a_minute_become_one_write(book: Book) -> None:
    """A hundred repeats in a minute extend the series once, when the minute is over."""
    book.record(0.0)
    book.due(0.0)
    for second in range(1, 51):
        book.record(float(second))
        book.record(float(second))
    assert (book.due(59.9), book.ledger.next_due()) == ([], 60.0)
    (write,) = book.due(60.0)
    assert (write.repeats, write.name, write.count) == (True, "GateWaiting.1", 101)
    assert (write.first, write.last) == (START, START + timedelta(seconds=50))


def test_another_note_begins_another_object(book: Book) -> None:
    """A note cannot be changed on the server, so the last of several notes is written as a new event."""
    book.record(0.0, "one")
    book.due(0.0)
    book.record(1.0, "two")
    book.record(2.0, "three")
    (write,) = book.due(2.0)
    assert (write.repeats, write.note, write.name, write.count) == (False, "three", "GateWaiting.2", 2)


def test_news_of_a_topic_do_not_wait(book: Book) -> None:
    """A second change that follows the first within the minute is told when it comes, not when the minute is over."""
    for second, note in enumerate(["generation 2", "generation 3", "generation 4"]):
        book.record(float(second), note)
        assert [write.note for write in book.due(float(second))] == [note]


def test_news_that_come_while_a_repeat_waits(book: Book) -> None:
    """What is new is told at once, and takes the repeats along that wait for their minute."""
    book.record(0.0, "one")
    book.due(0.0)
    book.record(1.0, "one")
    book.record(2.0, "two")
    assert [(write.note, write.repeats, write.count) for write in book.due(2.0)] == [("two", False, 2)]
    assert book.ledger.next_due() is None


def test_who_has_something_new_to_say_all_the_time_waits(book: Book) -> None:
    """A topic that says something else each second is written five times a minute, and the last note counts."""
    written = []
    for second in range(121):
        book.record(float(second), f"note {second}")
        written += [(second, write.note) for write in book.due(float(second))]
    first = [(second, f"note {second}") for second in range(5)]
    assert written[:6] == [*first, (60, "note 60")]
    assert len(written) == 11


def test_topics_do_not_wait_for_each_other(book: Book) -> None:
    """Another reason, and another member with the same reason, are written at once."""
    others = [topic(), topic("StepStarted"), topic(member="us")]
    for about in others:
        book.record(0.0, about=about)
    assert {write.topic for write in book.due(0.0)} == set(others)


def test_a_repeat_after_a_minute_is_due_at_once(book: Book) -> None:
    """An event whose topic was quiet for a minute does not wait."""
    book.record(0.0)
    book.due(0.0)
    book.record(90.0)
    (write,) = book.due(90.0)
    assert (write.repeats, write.count) == (True, 2)


def test_a_series_ends_after_ten_quiet_minutes(book: Book) -> None:
    """A repeat after more than ten minutes is news: a new object, counted from one."""
    book.record(0.0)
    book.due(0.0)
    book.record(601.0)
    (write,) = book.due(601.0)
    assert (write.repeats, write.name, write.count) == (False, "GateWaiting.2", 1)


def test_topics_whose_series_have_ended_are_forgotten(book: Book) -> None:
    """Objects that came and went leave nothing behind: only topics that can still be repeated are remembered."""
    for member in ("eu", "us"):
        book.record(0.0, about=topic(member=member))
    book.due(0.0)
    book.record(1.0, about=topic("Accepted"))
    assert len(book.ledger) == 3
    book.record(SERIES_ENDS + 0.5, about=topic("RolloutFinished"))
    assert len(book.ledger) == 2
    assert [write.topic.reason for write in book.due(SERIES_ENDS + 0.5)] == ["Accepted", "RolloutFinished"]


def test_after_a_failure_a_new_object_is_tried_a_minute_later(book: Book) -> None:
    """What was not written is not extended, is counted on, and does not make the next event come sooner."""
    book.record(0.0)
    book.due(0.0)
    book.ledger.failed(topic())
    book.record(1.0)
    assert book.due(30.0) == []
    (write,) = book.due(60.0)
    assert (write.repeats, write.name, write.count) == (False, "GateWaiting.2", 2)


def test_hurry_makes_all_due(book: Book) -> None:
    """When the process ends, what waits for its minute is due now."""
    book.record(0.0)
    book.due(0.0)
    book.record(1.0)
    book.ledger.hurry()
    assert [write.count for write in book.due(1.0)] == [2]


def test_writes_come_in_the_order_in_which_they_were_due(book: Book) -> None:
    """The earliest due event is written first."""
    book.record(0.0, about=topic("B"))
    book.record(1.0, about=topic("A"))
    assert [write.topic.reason for write in book.due(5.0)] == ["B", "A"]


def test_memory_is_bounded(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """When too many topics wait to be written further ones are refused; written ones make room."""
    monkeypatch.setattr(event_series, "TOPICS_MAX", 3)
    taken = [book.record(0.0, about=topic(f"R{number}")) for number in range(5)]
    assert taken == [True, True, True, False, False]
    book.due(0.0)
    assert book.record(1.0, about=topic("R9"))
    assert len(book.ledger._topics) == 3


def test_what_was_written_of_an_object_that_is_gone_is_forgotten(book: Book) -> None:
    """Of an object that is over, whatever its UID was, nothing stays; another's topics do."""
    other = Topic(replace(RING, name="other"), "Normal", "Accepted")
    for about in (topic("Accepted"), topic("StepStarted"), other):
        book.record(0.0, about=about)
    book.due(0.0)
    book.ledger.over(replace(RING, uid=""))
    assert list(book.ledger._topics) == [other]
    assert len(book.ledger._references) == 1


def test_nothing_that_was_said_of_an_object_that_is_gone_is_lost(book: Book) -> None:
    """What still waits is written when it is due, with its count, and then forgotten."""
    book.record(0.0)
    book.due(0.0)
    book.record(1.0)
    book.record(2.0, about=topic("Deleted"))
    book.ledger.over(RING)
    assert [write.topic.reason for write in book.due(2.0)] == ["Deleted"]
    (write,) = book.due(60.0)
    assert (write.name, write.count, write.repeats) == ("GateWaiting.1", 2, True)
    assert len(book.ledger) == len(book.ledger._references) == 0


def test_what_is_said_of_an_object_that_is_gone_afterwards_is_news(book: Book) -> None:
    """An orphan's end may be told long after its owner's: that is one more event."""
    book.record(0.0)
    book.due(0.0)
    book.ledger.over(RING)
    book.record(1.0)
    (write,) = book.due(1.0)
    assert (write.name, write.count, write.repeats) == ("GateWaiting.2", 1, False)


def test_topics_of_an_object_share_what_names_it(book: Book) -> None:
    """However many events are about an object, its names are kept once."""
    for number in range(3):
        book.record(0.0, about=Topic(replace(RING), "Normal", f"R{number}"))
    assert len({id(about.regarding) for about in book.ledger._topics}) == 1


def test_looking_for_what_is_due_forgets_what_has_ended(book: Book) -> None:
    """Also where nothing happens any more: there is a moment at which somebody should look."""
    book.record(0.0)
    assert book.ledger.wakes_at() == 0.0
    book.due(0.0)
    moment = book.ledger.wakes_at()
    assert moment is not None
    assert SERIES_ENDS < moment <= SERIES_ENDS + 2
    assert (book.due(moment), len(book.ledger), book.ledger.wakes_at()) == ([], 0, None)


@given(
    st.lists(
        st.tuples(st.sampled_from(["said", "said", "over", "written"]), st.sampled_from("ABC"), st.sampled_from("xy")),
        max_size=60,
    )
)
def test_every_event_is_written_and_none_is_kept(steps: list[tuple[str, str, str]]) -> None:
    """Whatever ends when: each event is counted in a write, and in the end nothing is remembered."""
    book, now, said, written = Book(), 0.0, 0, []
    for what, reason, name in steps:
        now += 7.0
        about = Topic(replace(RING, name=name), "Normal", reason)
        if what == "said":
            said += book.record(now, note=f"{now // 50}", about=about)
        elif what == "over":
            book.ledger.over(about.regarding)
        else:
            written += book.due(now)
    written += book.due(now + 60.0)
    assert sum(_news(written)) == said
    assert book.due(now + 2 * SERIES_ENDS) == []
    assert len(book.ledger) == len(book.ledger._references) == 0


def _news(writes: list[Write]) -> Iterator[int]:
    """How many events each write adds to what its object told before."""
    counts: dict[str, int] = {}
    for write in writes:
        yield write.count - counts.get(write.name, 0)
        counts[write.name] = write.count
