"""The rules of a list that comes as the beginning of a stream, without network, clock or thread."""

from dataclasses import replace

import pytest
from fakes.objects import item
from fakes.transitions import KNOWN, fault_of, run
from multicasskop.informers.decoding import Added, Bookmark, Deleted, Event, Modified, Skipped
from multicasskop.informers.states import (
    Cause,
    Delay,
    Empty,
    Failed,
    Fault,
    Ignored,
    Listed,
    Memory,
    PageArrived,
    PageListed,
    Received,
    RelistBegun,
    RelistEnded,
    Resumed,
    State,
    Stimulus,
    StreamEnded,
    Streaming,
    StreamOpened,
    StreamUp,
    Unlisted,
    Upsert,
    Watching,
)
from multicasskop.informers.transitions import STREAMED_AGAIN_AFTER, step

A, B, C = item("a", 11), item("b", 12), item("c", 31)
MARK = Bookmark("30", ends_list=True)
BEGUN = Streaming(KNOWN, 100.0)
PAGED = replace(KNOWN, paged_since=100.0)


def received(*events: Event) -> Received:
    """What one read brought."""
    return Received(events)


def test_list_ends_with_the_mark() -> None:
    """What comes before the mark is the list, its version is the mark's, and the stream goes on behind it."""
    opened, begun = step(Empty(), StreamOpened(100.0))
    assert (opened, begun) == (Streaming(Memory(), 100.0), (RelistBegun(),))
    state, said = run(opened, [received(Added(A), Added(B)), received(MARK, Added(C))])
    assert said == [PageListed((A, B)), RelistEnded("30"), StreamUp(), Upsert(C, "31")]
    assert state == Watching(Memory("30"), "31", 100.0, eventful=True, heard=True)


def test_what_happens_before_the_mark() -> None:
    """Changes and deletions before the mark are parts of the list, and a bookmark without the mark is none."""
    newer = item("a", 13)
    _, said = run(BEGUN, [received(Added(A), Modified(newer), Bookmark("20"), Deleted(newer), Skipped("x"), Added(B))])
    assert said == [PageListed((A,)), PageListed((newer,)), Unlisted((newer,)), Ignored("x"), PageListed((B,))]


def test_list_settles_what_was_counted() -> None:
    """After the mark nothing is held against the server but which causes had their prompt retry."""
    counted = Memory("10", True, 2, 5.0, "10", 1, {Cause.EXPIRED: 3.0})
    state, _ = step(Streaming(counted, 100.0), received(MARK))
    assert isinstance(state, Watching)
    assert state.memory == Memory("30", prompt={Cause.EXPIRED: 3.0})


def test_end_before_the_mark() -> None:
    """A stream that ends in good order before its mark was never going to have one: pages, at once."""
    state, said = run(BEGUN, [received(Added(A)), StreamEnded(110.0)])
    assert fault_of(said).delay is Delay.NONE
    assert fault_of(said).cause is Cause.NOT_STREAMED
    assert isinstance(state, Empty)
    assert (state.streamable, state.memory.paged_since, state.memory.version) == (False, 110.0, "10")


def test_end_behind_the_mark() -> None:
    """A stream that brought a whole list has worked, however soon it ends, and be it that the list was empty."""
    state, said = run(BEGUN, [received(MARK), StreamEnded(100.1)])
    assert fault_of(said) == Fault(Cause.ENDED, Delay.SPREAD)
    assert state == Listed(Memory("30"))


@pytest.mark.parametrize("cause", [Cause.UNREACHABLE, Cause.SERVER_ERROR, Cause.CORRUPT, Cause.THROTTLED])
def test_failure_before_the_mark(cause: Cause) -> None:
    """A stream that fails before its mark is asked for again after a delay, and not ended."""
    state, said = run(BEGUN, [received(Added(A)), Failed(cause, 110.0), Resumed(111.0)])
    assert said[1:] == [Fault(cause, Delay.BACKOFF)]
    assert isinstance(state, Empty)
    assert (state.streamable, state.memory.version) == (True, "10")


BREAKS: list[Stimulus] = [StreamOpened(110.0), Failed(Cause.UNREACHABLE, 111.0), Resumed(112.0)]
FAILS: list[Stimulus] = [StreamOpened(110.0), Failed(Cause.SERVER_ERROR, 110.0), Resumed(112.0)]
LATER: list[Stimulus] = [Failed(Cause.SERVER_ERROR, 175.0), Resumed(176.0)]
GARBLED: list[Stimulus] = [StreamOpened(110.0), Failed(Cause.CORRUPT, 111.0), Resumed(112.0)]


@pytest.mark.parametrize(
    ("stimuli", "streamable"),
    [
        pytest.param(BREAKS * 2, True, id="broken off twice"),
        pytest.param(BREAKS * 3, False, id="broken off three times"),
        pytest.param(FAILS, True, id="server errors"),
        pytest.param(FAILS + LATER, False, id="server errors for a minute"),
        pytest.param(GARBLED, True, id="garbage"),
        pytest.param(GARBLED * 2, False, id="garbage twice"),
    ],
)
def test_streams_that_come_to_nothing(stimuli: list[Stimulus], streamable: bool) -> None:
    """What keeps a stream from its mark again and again leads to pages, which may get by."""
    state, _ = run(Empty(KNOWN), stimuli)
    assert isinstance(state, Empty)
    assert state.streamable is streamable


def test_watches_that_come_to_nothing_are_no_reason_for_another_stream() -> None:
    """A list that is due because streams do not last is asked for in pages."""
    short: list[Stimulus] = [StreamOpened(0.0), StreamEnded(0.1), Resumed(1.0)]
    state, _ = run(Listed(KNOWN), short * 3)
    assert isinstance(state, Empty)
    assert not state.streamable


@pytest.mark.parametrize(
    ("failures", "streamable"),
    [
        pytest.param([(Cause.EXPIRED, 3699.0)], False, id="not quite an hour"),
        pytest.param([(Cause.EXPIRED, 3700.0)], True, id="an hour"),
        pytest.param([(Cause.ENDED, 3700.0), (Cause.EXPIRED, 3701.0)], True, id="noticed before"),
        pytest.param([(Cause.UNREACHABLE, 2000.0), (Cause.EXPIRED, 3700.0)], False, id="gone in between"),
        pytest.param([(Cause.UNREACHABLE, 2000.0), (Cause.EXPIRED, 5600.0)], True, id="back for an hour"),
        pytest.param([(Cause.MOVED, 101.0)], True, id="another server"),
    ],
)
def test_streamed_again(failures: list[tuple[Cause, float]], streamable: bool) -> None:
    """That a server does not stream lists holds until it was there for an hour, or is another one."""
    assert STREAMED_AGAIN_AFTER == 3600
    state: State = Listed(PAGED)
    for cause, at in failures:
        state, _ = step(state, Failed(cause, at))
    assert isinstance(state, Empty)
    assert state.streamable is streamable


def test_pages_are_remembered_beyond_a_list() -> None:
    """A complete list in pages does not make the server one that streams."""
    state, _ = step(Empty(PAGED), PageArrived((A,), "20"))
    assert state == Listed(Memory("20", paged_since=100.0))


@pytest.mark.parametrize("state", [Empty(PAGED), Empty(KNOWN, whole=True)], ids=["in pages", "in one piece"])
def test_stream_that_nobody_asked_for(state: Empty) -> None:
    """Where the list is asked for in pages no stream begins with it."""
    assert step(state, StreamOpened(100.0)) == (state, (Ignored("stream without a watch"),))


@pytest.mark.parametrize(
    ("cause", "unusable"),
    [(Cause.EXPIRED, True), (Cause.TOO_LARGE_VERSION, True), (Cause.STORAGE, False), (Cause.ENDLESS_LIST, False)],
)
def test_refused_versions(cause: Cause, unusable: bool) -> None:
    """A version that is refused is not asked for again; what else goes wrong keeps the floor."""
    state, _ = step(BEGUN, Failed(cause, 110.0))
    assert isinstance(state, Empty)
    assert (state.memory.version, state.memory.version_unusable) == ("10", unusable)
