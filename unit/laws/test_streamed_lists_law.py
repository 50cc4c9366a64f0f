"""The law of two ways: the same objects, in pages or as the beginning of a stream, lead to the same."""

from collections.abc import Iterable
from random import Random
from types import SimpleNamespace
from typing import Any

from fakes.clock import FakeClock
from fakes.law import law
from fakes.objects import WIDGETS, Json, event, line, listed, mark, widget
from fakes.rig import Journal
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.informers.decoding import Decoder
from multicasskop.informers.informer import Informer
from multicasskop.informers.packing import PACKED_FROM
from multicasskop.informers.states import Empty, PageArrived, Paging, Received, State, Stimulus, StreamOpened
from multicasskop.informers.supervisor import Supervisor
from multicasskop.informers.transitions import step

Lists = list[dict[str, tuple[int, str, int]]]

# by name: version, uid, size
objects = st.dictionaries(
    st.sampled_from("abcdef"),
    st.tuples(st.integers(1, 99), st.sampled_from("12"), st.sampled_from([1, PACKED_FROM])),
    max_size=6,
)
lists = st.lists(objects, min_size=1, max_size=3)
sizes = st.integers(1, 4)
decoder = Decoder("m", WIDGETS)


def made(content: dict[str, tuple[int, str, int]]) -> list[Json]:
    """The objects of a list, with what the store does not keep."""
    return [
        widget(name, version, uid=uid, managedFields=[{"manager": "m"}], labels={"app": name}) | {"data": "x" * size}
        for name, (version, uid, size) in content.items()
    ]


def in_pages(found: list[Json], version: int, size: int) -> Iterable[Stimulus]:
    """A list in pages of this size."""
    starts = range(0, max(1, len(found)), size)
    for start in starts:
        token = "" if start == starts[-1] else "more"
        page = decoder.page(line(listed(*found[start : start + size], version=version, token=token)))
        yield PageArrived(page.items, page.version, page.token)


def streamed(found: list[Json], version: int, size: int) -> Iterable[Stimulus]:
    """The same list as a stream, of which reads bring so many lines."""
    yield StreamOpened(0.0)
    lines = [line(each) for each in (*(event("ADDED", obj) for obj in found), mark(version))]
    for start in range(0, len(lines), size):
        yield Received(tuple(decoder.line(each, pack=True) for each in lines[start : start + size]))


def outcome(way: Any, sequence: Lists, size: int) -> tuple[object, ...]:  # noqa: ANN401  one of the two above
    """What store and handler make of lists, one after the other."""
    transport: Any = SimpleNamespace(member="m")
    informer = Informer(transport, WIDGETS, clock=FakeClock(), random=Random(1), supervisor=Supervisor())
    journal = Journal()
    informer.add_handler(journal, name="journal")
    for number, content in enumerate(sequence):
        state: State = Empty()
        for stimulus in way(made(content), 100 + number, size):
            state, outputs = step(state, stimulus)
            for output in outputs:
                informer._receive(output)
        assert not isinstance(state, Empty | Paging)
    records = [(record.key, record.version, record.raw, record.size) for record in informer.store.list()]
    told = [(change.initial, line_) for change, line_ in zip(journal.changes, journal.lines, strict=True)]
    return records, informer.store.version, informer.store.size_bytes, informer.has_synced, told


@law(100)
@given(lists, sizes, sizes)
def test_both_ways_lead_to_the_same(sequence: Lists, page: int, read: int) -> None:
    """Records with their bytes and order, and all that handlers are told, do not depend on how a list came."""
    assert outcome(in_pages, sequence, page) == outcome(streamed, sequence, read)
