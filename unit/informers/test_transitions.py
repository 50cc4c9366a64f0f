"""The reflector's rules, without network, clock or thread."""

from dataclasses import replace

import pytest
from fakes.objects import item
from fakes.transitions import KNOWN, WATCHING, fault_of, run
from multicasskop.informers.decoding import Added, Bookmark, Deleted, ErrorEvent, Event, Modified, Skipped
from multicasskop.informers.errors import ApiError
from multicasskop.informers.states import (
    Cause,
    Delay,
    Delete,
    Delta,
    Deltas,
    Doubted,
    Empty,
    Failed,
    Fault,
    Ignored,
    Listed,
    Memory,
    Output,
    PageArrived,
    PageListed,
    Paging,
    Received,
    RelistBegun,
    RelistEnded,
    Resumed,
    State,
    Stimulus,
    StopAsked,
    Stopped,
    StreamEnded,
    Streaming,
    StreamOpened,
    Upsert,
    VersionAdvanced,
    VersionSeen,
    Watching,
)
from multicasskop.informers.transitions import TABLE, step

A, B = item("a", 11), item("b", 12)


def test_first_list() -> None:
    """A list in one page is begun, handed out and ended, and its version is the resume point."""
    state, outputs = step(Empty(), PageArrived((A, B), "20"))
    assert outputs == (RelistBegun(), PageListed((A, B)), RelistEnded("20"))
    assert state == Listed(Memory("20"))


def test_pages() -> None:
    """Pages are handed out as they come, and the list counts with the last of them."""
    state, outputs = run(Empty(), [PageArrived((A,), "20", "t"), PageArrived((B,), "20")])
    assert outputs == [RelistBegun(), PageListed((A,)), PageListed((B,)), RelistEnded("20")]
    assert state == Listed(Memory("20"))


def test_complete_list_settles_what_was_counted() -> None:
    """After a complete list nothing is held against the server but which causes had their prompt retry."""
    memory = Memory("10", True, 2, 5.0, "10", 1, {Cause.EXPIRED: 3.0})
    state, _ = step(Empty(memory), PageArrived((), "20"))
    assert state == Listed(Memory("20", prompt={Cause.EXPIRED: 3.0}))


EVENTS = [
    pytest.param(Added(A), Upsert(A, "11"), "11", id="added"),
    pytest.param(Modified(A), Upsert(A, "11"), "11", id="modified"),
    pytest.param(Deleted(A), Delete(A, "11"), "11", id="deleted"),
    pytest.param(Bookmark("15"), VersionAdvanced("15"), "15", id="bookmark"),
    pytest.param(Skipped("x"), Ignored("x"), "10", id="unknown"),
    pytest.param(Modified(item("a", 9)), Upsert(item("a", 9), "10"), "10", id="late"),
    pytest.param(Modified(item("a", "x1")), Upsert(item("a", "x1"), "x1"), "x1", id="not comparable"),
    pytest.param(Bookmark(""), VersionAdvanced("10"), "10", id="without version"),
]


@pytest.mark.parametrize(("event", "output", "version"), EVENTS)
def test_resume_point(event: Event, output: Output | Delta, version: str) -> None:
    """Every event in order moves the resume point, also bookmarks and deletes; a late one does not move it back."""
    state, (said,) = run(WATCHING, [Received((event,))])
    assert isinstance(state, Watching)
    assert state.version == version
    assert type(said) is type(output)
    assert getattr(said, "version", "10") == version


@pytest.mark.parametrize("version", ["", "0"])
def test_opening_without_a_version(version: str) -> None:
    """Of a watch that began without a real version no ADDED is a resume point until another kind of event came."""
    state, _ = step(Listed(Memory(version)), StreamOpened(0.0))
    state, outputs = run(state, [Received((Added(B), Added(A)))])
    assert outputs == [Upsert(B, version), Upsert(A, version)]
    state, outputs = run(state, [Received((Bookmark("30"), Added(item("c", 31))))])
    assert isinstance(state, Watching)
    assert state.version == "31"


def test_events_of_one_read() -> None:
    """What one read brought is handed out at once and in its order; what has no meaning is told behind it."""
    events = (Added(A), Skipped("x"), Modified(B), Bookmark("15"), Deleted(A))
    state, outputs = step(WATCHING, Received(events))
    assert outputs == (Deltas((Upsert(A, "11"), Upsert(B, "12"), VersionAdvanced("15"), Delete(A, "15"))), Ignored("x"))
    assert state == Watching(KNOWN, "15", 0.0, eventful=True, heard=True)


@pytest.mark.parametrize("events", [(), (Skipped("x"),)], ids=["half a line", "unknown"])
def test_read_without_an_event_of_ours(events: tuple[Event, ...]) -> None:
    """A read that brought no event of ours reflects nothing, and the stream stays as uneventful as it was."""
    state, outputs = step(WATCHING, Received(events))
    assert state == WATCHING
    assert outputs == tuple(Ignored("x") for _ in events)


# cause, where from, what follows, delay the first time, delay the second time
RELIST = Empty(KNOWN)


CONSISTENT = Empty(replace(KNOWN, version_unusable=True))


AGAIN = Listed(KNOWN)


ROWS = [
    (Cause.SILENT, AGAIN, Delay.NONE, Delay.BACKOFF),
    (Cause.UNREACHABLE, AGAIN, Delay.BACKOFF, Delay.BACKOFF),
    (Cause.EXPIRED, RELIST, Delay.NONE, Delay.BACKOFF),
    (Cause.TOO_LARGE_VERSION, CONSISTENT, Delay.NONE, Delay.BACKOFF),
    (Cause.THROTTLED, AGAIN, Delay.BACKOFF, Delay.BACKOFF),
    (Cause.SERVER_ERROR, AGAIN, Delay.BACKOFF, Delay.BACKOFF),
    (Cause.UNAUTHORIZED, AGAIN, Delay.BACKOFF, Delay.BACKOFF),
    (Cause.NO_CREDENTIALS, AGAIN, Delay.BACKOFF, Delay.BACKOFF),
    (Cause.FORBIDDEN, AGAIN, Delay.BACKOFF, Delay.BACKOFF),
    (Cause.KIND_NOT_SERVED, AGAIN, Delay.BACKOFF, Delay.BACKOFF),
    (Cause.BAD_REQUEST, CONSISTENT, Delay.BACKOFF, Delay.BACKOFF),
    (Cause.STORAGE, RELIST, Delay.BACKOFF, Delay.BACKOFF),
    (Cause.CORRUPT, AGAIN, Delay.BACKOFF, Delay.BACKOFF),
    (Cause.NOT_A_LIST, AGAIN, Delay.BACKOFF, Delay.BACKOFF),
    (Cause.NOT_STREAMED, AGAIN, Delay.NONE, Delay.BACKOFF),
    (Cause.ENDLESS_LIST, RELIST, Delay.BACKOFF, Delay.BACKOFF),
    (Cause.PAGE_TOO_LARGE, CONSISTENT, Delay.NONE, Delay.BACKOFF),
    (Cause.UNEXPECTED, AGAIN, Delay.BACKOFF, Delay.BACKOFF),
    (Cause.MOVED, CONSISTENT, Delay.NONE, Delay.NONE),
    (Cause.RESTORED, CONSISTENT, Delay.NONE, Delay.NONE),
]


def outline(state: State) -> object:
    """Return a state without what is merely counted."""
    match state:
        case Empty(memory, whole):
            return "list", memory.version, memory.version_unusable, whole
        case Paging(memory, token):
            return "page", memory.version, token
        case Listed(memory):
            return "watch", memory.version
        case _:
            return state


@pytest.mark.parametrize("state", [AGAIN, WATCHING], ids=["opening", "watching"])
@pytest.mark.parametrize(("cause", "then", "first", "second"), ROWS, ids=[row[0].value for row in ROWS])
def test_failures(cause: Cause, then: State, first: Delay, second: Delay, state: State) -> None:
    """Each failure of a watch has the consequence and the delay that its row says, the first time and the next."""
    after, outputs = step(state, Failed(cause, 100.0, 3.0, "why"))
    assert outline(after) == outline(then)
    assert fault_of(outputs) == Fault(cause, first, 3.0, "why")
    again = replace(after, memory=replace(after.memory, version_unusable=False))  # type: ignore[arg-type,union-attr]
    _, outputs = step(again, Failed(cause, 150.0))
    assert fault_of(outputs).delay == second


def test_table_is_complete() -> None:
    """Every cause has a row, and the two that only a stream's end can have are in it."""
    assert set(TABLE) == set(Cause)
    assert {row[0] for row in ROWS} == set(Cause) - {Cause.ENDED, Cause.ENDED_AT_ONCE}


@pytest.mark.parametrize("cause", sorted({row[0] for row in ROWS} - {Cause.EXPIRED}))
def test_failures_of_a_page(cause: Cause) -> None:
    """In the middle of a list the same page is asked for again, unless another list is called for."""
    after, _ = step(Paging(KNOWN, "t"), Failed(cause, 100.0))
    lists = {Cause.TOO_LARGE_VERSION: ("list", "10", True, False), Cause.BAD_REQUEST: ("list", "10", True, False)}
    lists |= {Cause.STORAGE: ("list", "10", False, True), Cause.ENDLESS_LIST: ("list", "10", False, True)}
    lists |= dict.fromkeys((Cause.PAGE_TOO_LARGE, Cause.MOVED, Cause.RESTORED), ("list", "10", True, False))
    assert outline(after) == lists.get(cause, ("page", "10", "t"))


def test_expired_token() -> None:
    """An expired token leads to a whole list from the version first asked for, and its refusal to a consistent one."""
    state, _ = step(Paging(KNOWN, "t"), Failed(Cause.EXPIRED, 100.0))
    assert outline(state) == ("list", "10", False, True)
    state, _ = step(state, Failed(Cause.EXPIRED, 101.0))
    assert outline(state) == ("list", "10", True, True)


@pytest.mark.parametrize(
    ("opened", "ended", "events", "cause"),
    [
        pytest.param(0.0, 300.0, (), Cause.ENDED, id="long"),
        pytest.param(0.0, 1.0, (), Cause.ENDED, id="a second"),
        pytest.param(0.0, 0.1, (Added(A),), Cause.ENDED, id="with an event"),
        pytest.param(0.0, 0.9, (), Cause.ENDED_AT_ONCE, id="at once"),
        pytest.param(0.0, 0.9, (Bookmark("11"),), Cause.ENDED_AT_ONCE, id="bookmark alone"),
    ],
)
def test_clean_end(opened: float, ended: float, events: tuple[Event, ...], cause: Cause) -> None:
    """A stream that lived for a second or brought an event is taken up again soon, any other with backoff."""
    state, _ = run(AGAIN, [StreamOpened(opened), Received(events)])
    state, outputs = step(state, StreamEnded(ended))
    assert fault_of(outputs) == Fault(cause, Delay.SPREAD if cause is Cause.ENDED else Delay.BACKOFF)
    assert isinstance(state, Doubted if ended > 60 else Listed)


def short(at: float) -> list[Stimulus]:
    """Return a stream that ends at once, and the end of the delay after it."""
    return [StreamOpened(at), StreamEnded(at + 0.1), Resumed(at + 2)]


def test_three_short_streams() -> None:
    """Three streams in a row that end at once lead to a list; one that lives in between starts the count again."""
    assert isinstance(run(AGAIN, [*short(0), *short(10)])[0], Listed)
    assert isinstance(run(AGAIN, [*short(0), *short(10), *short(20)])[0], Empty)
    lively: list[Stimulus] = [StreamOpened(15), StreamEnded(18), Resumed(19)]
    assert isinstance(run(AGAIN, [*short(0), *short(10), *lively, *short(20), *short(30)])[0], Listed)


def broken(at: float, resumed: float) -> list[Stimulus]:
    """Return a stream that the server ends with an error, and the end of the delay after it."""
    return [StreamOpened(at), Failed(Cause.SERVER_ERROR, at), Resumed(resumed)]


def test_server_errors_for_a_minute() -> None:
    """Server errors are met by watches for 60 s, then by a list; a stream that works in between ends the count."""
    assert isinstance(run(AGAIN, [*broken(0, 10), *broken(10, 59.9)])[0], Listed)
    assert isinstance(run(AGAIN, [*broken(0, 10), *broken(10, 60)])[0], Empty)
    works: list[Stimulus] = [StreamOpened(10), Received((Added(A),)), Failed(Cause.UNREACHABLE, 50), Resumed(52)]
    assert isinstance(run(AGAIN, [*broken(0, 10), *works, *broken(52, 70)])[0], Listed)
    quiet: list[Stimulus] = [StreamOpened(10), Failed(Cause.SERVER_ERROR, 500), Resumed(502)]
    assert isinstance(run(AGAIN, [*broken(0, 10), *quiet])[0], Doubted)


def corrupt(at: float, *before: Event) -> list[Stimulus]:
    """Return a stream with these events and then a line that cannot be read."""
    return [StreamOpened(at), Received(before), Failed(Cause.CORRUPT, at), Resumed(at + 1)]


def test_corrupt_line_twice() -> None:
    """A line that cannot be read is asked for again from the same version; when it repeats there, a list follows."""
    assert isinstance(run(AGAIN, corrupt(0))[0], Listed)
    assert isinstance(run(AGAIN, [*corrupt(0), *corrupt(10)])[0], Empty)
    assert isinstance(run(AGAIN, [*corrupt(0), *corrupt(10, Added(A))])[0], Listed)


def test_prompt_retry_comes_back_after_two_minutes() -> None:
    """A retry without delay is had once in two minutes for each cause."""
    state, _ = step(WATCHING, Failed(Cause.SILENT, 100.0))
    for at, delay in ((219.9, Delay.BACKOFF), (220.0, Delay.NONE), (221.0, Delay.BACKOFF)):
        state, outputs = step(state, Failed(Cause.SILENT, at))
        assert fault_of(outputs).delay is delay
    _, outputs = step(state, Failed(Cause.EXPIRED, 222.0))
    assert fault_of(outputs).delay is Delay.NONE


DOUBTED = Doubted(KNOWN)


@pytest.mark.parametrize("end", [StreamEnded(70.0), Failed(Cause.SILENT, 75.0), Failed(Cause.UNREACHABLE, 60.0)])
def test_silent_stream_is_doubted(end: Stimulus) -> None:
    """A stream of a minute without a single line, however it ended, leaves a doubt that is settled before the next."""
    state, outputs = run(AGAIN, [StreamOpened(0.0), end, Resumed(80.0)])
    assert isinstance(state, Doubted)
    assert state.memory.version == "10"
    assert fault_of(outputs).cause in {Cause.ENDED, Cause.SILENT, Cause.UNREACHABLE}


@pytest.mark.parametrize(
    ("state", "events", "at"),
    [
        pytest.param(AGAIN, (Bookmark("10"),), 70.0, id="a bookmark came"),
        pytest.param(AGAIN, (Added(A),), 70.0, id="an event came"),
        pytest.param(AGAIN, (), 59.9, id="not long enough"),
        pytest.param(Listed(Memory("0")), (), 70.0, id="no version was asked for"),
    ],
)
def test_stream_that_is_not_doubted(state: State, events: tuple[Event, ...], at: float) -> None:
    """A line proves that the server has the version; a short silence proves nothing."""
    state, _ = run(state, [StreamOpened(0.0), Received(events), StreamEnded(at)])
    assert isinstance(state, Listed)


@pytest.mark.parametrize("version", ["10", "11", "200", "x", ""])
def test_doubt_that_was_wrong(version: str) -> None:
    """A server whose version is not certainly older is watched again, from the version that was reached."""
    assert step(DOUBTED, VersionSeen(80.0, version)) == (Listed(KNOWN), ())


def test_restored_storage() -> None:
    """An older version begins a new epoch: all of it is listed, and the versions of before count for nothing."""
    state, outputs = run(DOUBTED, [VersionSeen(80.0, "7"), Resumed(80.0)])
    assert fault_of(outputs).cause is Cause.RESTORED
    assert fault_of(outputs).detail == "the server is at version 7, behind 10: restored from a snapshot?"
    assert outline(state) == ("list", "10", True, False)
    state, _ = run(state, [PageArrived((), "7"), StreamOpened(81.0), Received((Added(item("a", 8)),))])
    assert isinstance(state, Watching)
    assert state.version == "8"


@pytest.mark.parametrize("cause", [Cause.UNREACHABLE, Cause.THROTTLED, Cause.FORBIDDEN])
def test_doubt_lasts_until_it_is_settled(cause: Cause) -> None:
    """While the question is not answered it is asked again, with backoff."""
    state, outputs = run(DOUBTED, [Failed(cause, 80.0), Resumed(82.0)])
    assert isinstance(state, Doubted)
    assert fault_of(outputs).delay is Delay.BACKOFF


@pytest.mark.parametrize(
    "state", [Empty(), Paging(KNOWN, "t"), Streaming(KNOWN, 0.0), AGAIN, WATCHING, DOUBTED, Stopped()]
)
def test_stop(state: State) -> None:
    """A stop ends the reflector in every state, and says nothing, least of all deletes."""
    assert step(state, StopAsked()) == (Stopped(), ())


def test_error_event_that_was_not_classified() -> None:
    """An ERROR event that reaches the rules as an event changes nothing."""
    state, (output,) = step(WATCHING, Received((ErrorEvent(ApiError("m", 410)),)))
    assert state == WATCHING
    assert isinstance(output, Ignored)
