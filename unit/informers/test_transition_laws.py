"""What holds for every state and every stimulus, in any order."""

from collections.abc import Iterable
from itertools import pairwise
from typing import get_args

from fakes.objects import item
from fakes.transitions import KNOWN, WATCHING, deltas_of, run
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.informers.decoding import Added, Bookmark, Deleted, Event, Modified, Skipped
from multicasskop.informers.record import Item
from multicasskop.informers.states import (
    Cause,
    Delete,
    Delta,
    Empty,
    Failed,
    Fault,
    Output,
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
    VersionAdvanced,
    VersionSeen,
)
from multicasskop.informers.versions import is_older

moments = st.floats(0, 1000)


versions = st.sampled_from(["", "0", "9", "10", "11", "100", "x"])


items = versions.map(lambda version: item("a", version))


events: st.SearchStrategy[Event] = st.one_of(
    items.map(Added),
    items.map(Modified),
    items.map(Deleted),
    versions.map(Bookmark),
    versions.map(lambda version: Bookmark(version, ends_list=True)),
    st.just(Skipped("x")),
)


stimuli: st.SearchStrategy[Stimulus] = st.one_of(
    st.builds(PageArrived, st.lists(items, max_size=2).map(tuple), versions, st.sampled_from(["", "t"])),
    moments.map(StreamOpened),
    st.lists(events, max_size=4).map(tuple).map(Received),
    moments.map(StreamEnded),
    st.builds(Failed, st.sampled_from(Cause), moments),
    moments.map(Resumed),
    st.builds(VersionSeen, moments, versions),
)


@given(st.lists(stimuli, max_size=40))
def test_every_pair_is_decided(sequence: list[Stimulus]) -> None:
    """Whatever happens in whichever state, there is a next state, and a list is ended only if it was begun."""
    state, said = run(Empty(), sequence)
    assert isinstance(state, get_args(State))
    inside = False
    for output in said:
        match output:
            case RelistBegun():
                inside = True
            case PageListed() | Unlisted():
                assert inside
            case RelistEnded():
                assert inside
                inside = False


@given(st.lists(stimuli, max_size=40))
def test_resume_point_never_goes_back_in_a_stream(sequence: list[Stimulus]) -> None:
    """From one list to the next no output carries a version that is older than the one before it."""
    _, said = run(Empty(), sequence)
    last = ""
    for output in said:
        match output:
            case RelistEnded(version):
                last = version
            case Upsert(version=version) | Delete(version=version) | VersionAdvanced(version):
                assert not is_older(version, last)
                last = version


@given(st.lists(events, max_size=12), st.lists(st.integers(0, 12)))
def test_reads_may_be_cut_anywhere(sequence: list[Event], cuts: list[int]) -> None:
    """However reads cut a stream, it leads to the same state and the same deltas."""
    edges = [0, *sorted(cuts), len(sequence)]
    whole = run(WATCHING, [Received(tuple(sequence))])
    parts = run(WATCHING, [Received(tuple(sequence[a:b])) for a, b in pairwise(edges)])
    assert parts[0] == whole[0]
    assert deltas_of(parts[1]) == deltas_of(whole[1])


@given(st.lists(events, max_size=12), st.lists(st.integers(0, 12)))
def test_reads_may_cut_a_streamed_list_anywhere(sequence: list[Event], cuts: list[int]) -> None:
    """However reads cut a stream that begins with a list, it leads to the same state, the same list and deltas."""
    edges = [0, *sorted(cuts), len(sequence)]
    whole = run(Streaming(KNOWN, 0.0), [Received(tuple(sequence))])
    parts = run(Streaming(KNOWN, 0.0), [Received(tuple(sequence[a:b])) for a, b in pairwise(edges)])
    assert parts[0] == whole[0]
    assert deltas_of(parts[1]) == deltas_of(whole[1])
    assert list_of(parts[1]) == list_of(whole[1])


def list_of(outputs: Iterable[Output | Delta]) -> list[tuple[type, Item]]:
    """Return what the outputs say of a list, object by object."""
    return [
        (type(output), each) for output in outputs if isinstance(output, PageListed | Unlisted) for each in output.items
    ]


@given(st.lists(stimuli, max_size=40))
def test_stream_up_says_whether_one_follows(sequence: list[Stimulus]) -> None:
    """Between a stream that came up and the fault that ends it lie all events, and nothing else does."""
    up = False
    for output in run(Empty(), sequence)[1]:
        match output:
            case StreamUp():
                assert not up
                up = True
            case Fault():
                up = False
            case Upsert() | Delete() | VersionAdvanced():
                assert up
