"""What the events of a stream say: of a list that comes as its beginning, and of what happens afterwards."""

from collections.abc import Iterable
from itertools import chain, groupby
from typing import assert_never, cast

from multicasskop.informers.decoding import Added, Bookmark, Deleted, ErrorEvent, Event, Modified, Skipped
from multicasskop.informers.states import (
    Delete,
    Delta,
    Deltas,
    Ignored,
    Memory,
    Output,
    PageListed,
    RelistEnded,
    State,
    Streaming,
    StreamUp,
    Unlisted,
    Upsert,
    VersionAdvanced,
    Watching,
)
from multicasskop.informers.versions import is_older

Step = tuple[State, tuple[Output, ...]]


def of_list(state: Streaming, events: tuple[Event, ...]) -> Step:
    """Hand out what comes before the mark as parts of the list, and what follows it as of every stream."""
    mark = next((n for n, event in enumerate(events) if isinstance(event, Bookmark) and event.ends_list), None)
    listed = tuple(chain.from_iterable(_part(kind, each) for kind, each in groupby(events[:mark], type)))
    if mark is None:
        return state, listed
    version = cast(Bookmark, events[mark]).version
    # a stream that brought a whole list has shown that it works
    watching = Watching(after_list(state.memory, version), version, state.opened_at, eventful=True, heard=True)
    after, told = of_watch(watching, events[mark + 1 :])
    return after, (*listed, RelistEnded(version), StreamUp(), *told)


def _part(kind: type[Event], events: Iterable[Event]) -> tuple[Output, ...]:
    """Return what events of one kind, in a row, say of the list; a bookmark that is not the mark says nothing."""
    if kind in {Added, Modified}:
        return (PageListed(tuple([event.item for event in cast(Iterable[Added | Modified], events)])),)
    if kind is Deleted:
        return (Unlisted(tuple([event.item for event in cast(Iterable[Deleted], events)])),)
    return tuple(Ignored(event.what) for event in events if isinstance(event, Skipped))


def after_list(memory: Memory, version: str) -> Memory:
    """A complete list settles whatever was counted before it."""
    return Memory(version, paged_since=memory.paged_since, prompt=memory.prompt)


def of_watch(state: Watching, events: Iterable[Event]) -> Step:
    """Return the state after events of a watch, and what they change."""
    told: list[Delta | Ignored] = []
    for event in events:
        state, output = _event(state, event)
        told.append(output)
    deltas = tuple([output for output in told if not isinstance(output, Ignored)])
    ignored = tuple([output for output in told if isinstance(output, Ignored)])
    return state, (Deltas(deltas), *ignored) if deltas else ignored


def _event(state: Watching, event: Event) -> tuple[Watching, Delta | Ignored]:
    match event:
        case Added(item):
            # the first events of a watch without a version come in any order: none of them is a resume point
            version = state.version if state.opening else _later(state.version, item.record.version)
            return _moved(state, version, opening=state.opening), Upsert(item, version)
        case Modified(item):
            version = _later(state.version, item.record.version)
            return _moved(state, version), Upsert(item, version)
        case Deleted(item):
            version = _later(state.version, item.record.version)
            return _moved(state, version), Delete(item, version)
        case Bookmark(version):
            version = _later(state.version, version)
            # a bookmark alone does not make a stream eventful: one that brings only that may be as broken as none
            return _moved(state, version, eventful=state.eventful), VersionAdvanced(version)
        case Skipped(what):
            return state, Ignored(what)
        case ErrorEvent():
            return state, Ignored("an ERROR event that was not classified")
        case _:
            assert_never(event)


def _moved(state: Watching, version: str, *, eventful: bool = True, opening: bool = False) -> Watching:
    return Watching(state.memory, version, state.opened_at, eventful, opening, heard=True)


def _later(known: str, version: str) -> str:
    """Return the resume point after an event: a late one does not move it back."""
    return known if not version or is_older(version, known) else version
