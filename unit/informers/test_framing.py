"""Chunks into lines."""

import tracemalloc
from collections import deque
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.informers.errors import StreamCorrupt
from multicasskop.informers.framing import LineSplitter

EVENTS = [f'{{"type":"ADDED","object":{{"n":{number},"text":"é—{number}"}}}}'.encode() for number in range(50)]
BODY = b"".join(event + b"\n" for event in EVENTS)


def lines_of(*chunks: bytes, limit: int = 1 << 20) -> list[bytes]:
    """Return the lines of a stream that comes in these chunks."""
    splitter = LineSplitter("m", limit)
    return [line for chunk in chunks for line in splitter.feed(chunk)]


def test_28_every_cut() -> None:
    """The same 50 events, cut at every possible byte, give the same 50 lines."""
    for cut in range(len(BODY) + 1):
        assert lines_of(BODY[:cut], BODY[cut:]) == EVENTS


@given(st.lists(st.integers(0, len(BODY)), max_size=80))
def test_any_cuts(cuts: list[int]) -> None:
    """However a stream is cut, its lines are the same."""
    edges = [0, *sorted(cuts), len(BODY)]
    assert lines_of(*(BODY[a:b] for a, b in pairwise(edges))) == EVENTS


def test_29_two_in_one_and_one_in_many() -> None:
    """Two events in one chunk, and one event in 700 chunks, are each delivered once."""
    assert lines_of(b"one\ntwo\n") == [b"one", b"two"]
    long = b"x" * 699 + b"\n"
    assert lines_of(*(long[at : at + 1] for at in range(700))) == [b"x" * 699]


def test_30_empty_lines() -> None:
    """Empty lines and the newlines that keep a connection alive are skipped."""
    assert lines_of(b"\n\n", b"one\n\r\n", b"\n", b" \ntwo", b"\n\n") == [b"one", b"two"]


def test_31_limit() -> None:
    """A line above the limit is a fault in bounded memory, and lines before it have been delivered."""
    splitter = LineSplitter("m", 64 * 1024)
    assert list(splitter.feed(b"one\n")) == [b"one"]
    tracemalloc.start()
    with pytest.raises(StreamCorrupt):
        deque((list(splitter.feed(b"x" * 1024)) for _ in range(10_000)), maxlen=0)
    assert tracemalloc.get_traced_memory()[1] < 4 * 64 * 1024
    tracemalloc.stop()


def test_limit_in_one_chunk() -> None:
    """A chunk that holds a good line and one that is too long delivers the good one before it fails."""
    lines = LineSplitter("m", 10).feed(b"one\n" + b"x" * 11 + b"\n")
    assert next(lines) == b"one"
    with pytest.raises(StreamCorrupt, match="more than 10 bytes"):
        next(lines)


def test_unfinished_tail() -> None:
    """A tail without newline is never delivered."""
    assert lines_of(b"one\ntw") == [b"one"]
