"""The reflector's rules, as a pure function: `step(state, stimulus)` gives the next state and what to say.

The table says what each failure does. It knows three answers: make the same request again (a watch resumes at its
version, a list asks for the same page), list again but not from before the version that was shown already, or list
consistently, whatever that version was. The floor exists so that the store never travels back in time.

A list may come as the beginning of a stream, or in pages. Streams that come to nothing, for whatever reason, are given
up for pages: making progress matters more than how.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import assert_never

from multicasskop.informers.events import Step, after_list, of_list, of_watch
from multicasskop.informers.states import (
    ANY_VERSION,
    Cause,
    Delay,
    Doubted,
    Empty,
    Failed,
    Fault,
    Ignored,
    Listed,
    Memory,
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
    StreamUp,
    VersionSeen,
    Watching,
)
from multicasskop.informers.versions import is_older

STREAMED_AGAIN_AFTER = 3600.0
"""Seconds of being connected after which a server that did not stream a list is asked for it again."""
SHORT_STREAM = 1.0
SHORT_STREAMS_IN_A_ROW = 3
SERVER_ERRORS_FOR = 60.0
PROMPT_AGAIN_AFTER = 120.0
SILENT_STREAM = 60.0
"""A stream of so many seconds brings a bookmark at least, if its server has the version that it began at."""

Rule = Callable[[Memory, float], bool]


class Then(Enum):
    """What is asked of the server next."""

    SAME = "the same request: a watch from the version kept, or the same page"
    RELIST = "a list not older than the last version"
    CONSISTENT = "a list without a version: the newest there is"


@dataclass(frozen=True, slots=True)
class Row:
    """What one cause leads to.

    `prompt`: no delay the first time in two minutes, then the delay. `relist_if`: the rule by which a watch is given
    up for a list, and a streamed list for one in pages, asked when the delay is over.
    """

    then: Then
    delay: Delay
    prompt: bool = False
    relist_if: Rule = lambda _memory, _at: False


def _many_short(memory: Memory, _at: float) -> bool:
    return memory.short_streams >= SHORT_STREAMS_IN_A_ROW


def _failing_long(memory: Memory, at: float) -> bool:
    return memory.failing_since is not None and at - memory.failing_since >= SERVER_ERRORS_FOR


def _corrupt_again(memory: Memory, _at: float) -> bool:
    return memory.corrupt_lines >= 2 and memory.corrupt_behind == memory.version


TABLE: dict[Cause, Row] = {
    Cause.ENDED: Row(Then.SAME, Delay.SPREAD),
    Cause.ENDED_AT_ONCE: Row(Then.SAME, Delay.BACKOFF, relist_if=_many_short),
    Cause.SILENT: Row(Then.SAME, Delay.BACKOFF, prompt=True),
    Cause.UNREACHABLE: Row(Then.SAME, Delay.BACKOFF),
    Cause.EXPIRED: Row(Then.RELIST, Delay.BACKOFF, prompt=True),
    Cause.TOO_LARGE_VERSION: Row(Then.CONSISTENT, Delay.BACKOFF, prompt=True),
    Cause.THROTTLED: Row(Then.SAME, Delay.BACKOFF),
    Cause.SERVER_ERROR: Row(Then.SAME, Delay.BACKOFF, relist_if=_failing_long),
    # the transport has looked for other credentials already, and tried once more
    Cause.UNAUTHORIZED: Row(Then.SAME, Delay.BACKOFF),
    Cause.NO_CREDENTIALS: Row(Then.SAME, Delay.BACKOFF),
    Cause.FORBIDDEN: Row(Then.SAME, Delay.BACKOFF),
    Cause.KIND_NOT_SERVED: Row(Then.SAME, Delay.BACKOFF),
    # the plainest request there is: no version that the server might object to
    Cause.BAD_REQUEST: Row(Then.CONSISTENT, Delay.BACKOFF),
    Cause.STORAGE: Row(Then.RELIST, Delay.BACKOFF),
    Cause.CORRUPT: Row(Then.SAME, Delay.BACKOFF, relist_if=_corrupt_again),
    Cause.NOT_A_LIST: Row(Then.SAME, Delay.BACKOFF),
    Cause.NOT_STREAMED: Row(Then.SAME, Delay.BACKOFF, prompt=True),
    # from the beginning: its tokens lead nowhere
    Cause.ENDLESS_LIST: Row(Then.RELIST, Delay.BACKOFF),
    # of a list from a server's cache all comes in one piece, whatever was asked for
    Cause.PAGE_TOO_LARGE: Row(Then.CONSISTENT, Delay.BACKOFF, prompt=True),
    Cause.UNEXPECTED: Row(Then.SAME, Delay.BACKOFF),
    # another address may be another storage, where versions mean nothing
    Cause.MOVED: Row(Then.CONSISTENT, Delay.NONE),
    # so is one that was restored from a snapshot
    Cause.RESTORED: Row(Then.CONSISTENT, Delay.NONE),
}


def step(state: State, stimulus: Stimulus) -> Step:
    """Return the state that follows, and the outputs in their order.

    The caller applies the outputs before it takes the new state for its own: a crash in between then repeats an
    event, and never loses one. Every pair is decided; one that no request of that state can cause changes nothing.
    """
    match state:
        # the state of nearly every step comes first
        case Watching():
            return _watching(state, stimulus)
        case Stopped():
            return state, ()
        case Empty() | Paging():
            return _listing(state, stimulus)
        case Streaming():
            return _streaming(state, stimulus)
        case Listed():
            return _listed(state, stimulus)
        case Doubted():
            return _doubted(state, stimulus)
        case _:
            assert_never(state)


def _listing(state: Empty | Paging, stimulus: Stimulus) -> Step:
    match stimulus:
        case PageArrived():
            return _page(state, stimulus)
        case StreamOpened(at) if isinstance(state, Empty) and state.streamable:
            return Streaming(state.memory, at), (RelistBegun(),)
        case Failed():
            return _failed(state, state.memory, stimulus)
        case StopAsked():
            return Stopped(), ()
        case Resumed(at):
            return (_in_pages(state.memory, at) if _gives_up(state, at) else state), ()
        case StreamOpened() | Received() | StreamEnded() | VersionSeen():
            return state, (Ignored("stream without a watch"),)
        case _:
            assert_never(stimulus)


def _streaming(state: Streaming, stimulus: Stimulus) -> Step:
    match stimulus:
        case Received(events):
            return of_list(state, events)
        case StreamEnded(at):
            return _broken(state, Failed(Cause.NOT_STREAMED, at, detail="ended before the list was complete"))
        case Failed():
            return _broken(state, stimulus)
        case StopAsked():
            return Stopped(), ()
        case PageArrived() | StreamOpened() | VersionSeen() | Resumed():
            return state, (Ignored("answer to no request"),)
        case _:
            assert_never(stimulus)


def _listed(state: Listed, stimulus: Stimulus) -> Step:
    match stimulus:
        case StreamOpened(at):
            version = state.memory.version
            return Watching(state.memory, version, at, opening=version in {"", ANY_VERSION}), (StreamUp(),)
        case Failed():
            return _failed(state, state.memory, stimulus)
        case StopAsked():
            return Stopped(), ()
        case Resumed(at):
            return (_in_pages(state.memory, at) if _gives_up(state, at) else state), ()
        case PageArrived() | Received() | StreamEnded() | VersionSeen():
            return state, (Ignored("nothing was asked for"),)
        case _:
            assert_never(stimulus)


def _doubted(state: Doubted, stimulus: Stimulus) -> Step:
    match stimulus:
        case VersionSeen(at, version) if is_older(version, state.memory.version):
            detail = f"the server is at version {version}, behind {state.memory.version}: restored from a snapshot?"
            return _failed(state, state.memory, Failed(Cause.RESTORED, at, detail=detail))
        case VersionSeen():
            return Listed(state.memory), ()
        case Failed():
            return _failed(state, state.memory, stimulus)
        case StopAsked():
            return Stopped(), ()
        case Resumed():
            return state, ()
        case PageArrived() | StreamOpened() | Received() | StreamEnded():
            return state, (Ignored("only a version was asked for"),)
        case _:
            assert_never(stimulus)


def _watching(state: Watching, stimulus: Stimulus) -> Step:
    match stimulus:
        case Received(events):
            return of_watch(state, events)
        case StreamEnded(at):
            return _ended(state, at)
        case Failed():
            memory = _memory_of(state, stimulus.at)
            return _failed(_after(state, memory, stimulus.at), memory, stimulus)
        case StopAsked():
            return Stopped(), ()
        case PageArrived() | StreamOpened() | VersionSeen() | Resumed():
            return state, (Ignored("answer to no request"),)
        case _:
            assert_never(stimulus)


def _gives_up(state: Empty | Paging | Listed, at: float) -> bool:
    """Whether streams have failed for so long that the other way is gone: a list, and that in pages."""
    streams = isinstance(state, Listed) or (isinstance(state, Empty) and state.streamable)
    return streams and any(row.relist_if(state.memory, at) for row in TABLE.values())


def _in_pages(memory: Memory, at: float) -> Empty:
    return Empty(replace(memory, paged_since=at))


def _broken(state: Streaming, failure: Failed) -> Step:
    """Forget the list so far; a few in a row that were broken off are as bad as a server that refuses."""
    memory = replace(state.memory, short_streams=state.memory.short_streams + 1)
    return _failed(Empty(memory), memory, failure)


def _page(state: Empty | Paging, page: PageArrived) -> Step:
    begun = (RelistBegun(),) if isinstance(state, Empty) else ()
    listed = (*begun, PageListed(page.items))
    if page.token:
        return Paging(state.memory, page.token), listed
    return Listed(after_list(state.memory, page.version)), (*listed, RelistEnded(page.version))


def _ended(state: Watching, at: float) -> Step:
    memory = _memory_of(state, at)
    if state.eventful or at - state.opened_at >= SHORT_STREAM:
        memory = replace(memory, short_streams=0, failing_since=None)
        return _failed(_after(state, memory, at), memory, Failed(Cause.ENDED, at))
    memory = replace(memory, short_streams=memory.short_streams + 1)
    return _failed(Listed(memory), memory, Failed(Cause.ENDED_AT_ONCE, at))


def _after(state: Watching, memory: Memory, at: float) -> Listed | Doubted:
    """The state behind a stream: doubt, when it was silent for long enough."""
    silent = not state.heard and not state.opening and at - state.opened_at >= SILENT_STREAM
    return Doubted(memory) if silent else Listed(memory)


def _memory_of(state: Watching, at: float) -> Memory:
    """Return the memory with the version that the stream reached; a stream that worked ends what was counted."""
    memory = replace(state.memory, version=state.version)
    worked = state.eventful or at - state.opened_at >= SERVER_ERRORS_FOR
    return replace(memory, short_streams=0, failing_since=None) if worked else memory


def _failed(state: Empty | Paging | Listed | Doubted, memory: Memory, failure: Failed) -> Step:
    row = TABLE[failure.cause]
    prompt = row.prompt and failure.at - memory.prompt.get(failure.cause, -math.inf) >= PROMPT_AGAIN_AFTER
    memory = _noted(memory, failure, prompt=prompt)
    delay = Delay.NONE if prompt else row.delay
    fault = Fault(failure.cause, delay, failure.retry_after, failure.detail, failure.reason)
    return _next(state, memory, row.then, failure.cause), (fault,)


def _noted(memory: Memory, failure: Failed, *, prompt: bool) -> Memory:
    memory = replace(memory, paged_since=_paged_since(memory.paged_since, failure))
    if prompt:
        memory = replace(memory, prompt={**memory.prompt, failure.cause: failure.at})
    match failure.cause:
        case Cause.SERVER_ERROR if memory.failing_since is None:
            return replace(memory, failing_since=failure.at)
        case Cause.CORRUPT:
            lines = memory.corrupt_lines + 1 if memory.corrupt_behind == memory.version else 1
            return replace(memory, corrupt_behind=memory.version, corrupt_lines=lines)
        case _:
            return memory


def _paged_since(since: float | None, failure: Failed) -> float | None:
    """Since when lists come in pages: forgotten after an hour with the server, which begins again when it is gone."""
    if failure.cause is Cause.NOT_STREAMED:
        return failure.at
    if since is None or failure.cause is Cause.MOVED or failure.at - since >= STREAMED_AGAIN_AFTER:
        return None
    return failure.at if failure.cause is Cause.UNREACHABLE else since


def _next(state: Empty | Paging | Listed | Doubted, memory: Memory, then: Then, cause: Cause) -> State:
    match then, state:
        case Then.SAME, _:
            return replace(state, memory=memory)
        case Then.CONSISTENT, _:
            return Empty(replace(memory, version_unusable=True))
        case Then.RELIST, Paging():
            # the token has expired: once more, in one piece, from the version first asked for
            return Empty(memory, whole=True)
        case Then.RELIST, Empty() if cause is Cause.EXPIRED:
            return replace(state, memory=replace(memory, version_unusable=True))
        case _:
            return Empty(memory)
