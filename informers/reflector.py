"""The loop that keeps one store's reader up to date: asks, perceives, steps, says, waits."""

import threading
from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import Protocol

import structlog
from multicasskop.informers.backoff import Backoff
from multicasskop.informers.bodies import Stream
from multicasskop.informers.causes import cause_of
from multicasskop.informers.clock import Clock
from multicasskop.informers.decoding import Bookmark, Decoder, ErrorEvent, Event, Page
from multicasskop.informers.errors import ApiError, InformerError, ReadTimeout, reason_of
from multicasskop.informers.errors import Stopped as StoppedError
from multicasskop.informers.framing import LineSplitter
from multicasskop.informers.opening import Opening
from multicasskop.informers.silence import Silence
from multicasskop.informers.states import (
    Cause,
    Delay,
    Doubted,
    Empty,
    Failed,
    Fault,
    Ignored,
    Listed,
    Memory,
    Output,
    PageArrived,
    Paging,
    Received,
    Resumed,
    State,
    Stimulus,
    StopAsked,
    Stopped,
    StreamEnded,
    Streaming,
    StreamOpened,
    VersionSeen,
    Watching,
)
from multicasskop.informers.transitions import step

TIMEOUT_RANGE = (300, 600)
"""Seconds after which a living server ends a watch; drawn anew each time, so that watches do not end together."""
OPENING_TIMEOUT = 30.0
"""Seconds that a server has to begin a stream: as long as for a page."""
LIST_PAUSE = 10.0
"""Seconds for which it may pause before its list is complete: a server that does not know the parameters does so."""
RETRY_AFTER_CAP = 300.0
RUSH = 32 * 1024
"""Bytes; of so many that have come at once objects are kept as they are: there is no time to pack them."""

_log = structlog.get_logger("multicasskop.informers")


class Source(Protocol):
    """Where pages and streams come from."""

    decoder: Decoder

    def page(self, state: Empty | Paging) -> Page:
        """Return the page that is due."""
        ...

    def version(self) -> str:
        """Return the newest version there is."""
        ...

    def list_stream(self, memory: Memory, timeout: int, read_timeout: float) -> Stream:
        """Open a stream that begins with the list that is due."""
        ...

    def listed(self, events: Iterable[Event]) -> None:
        """Count what a stream brought of its list; raises when it will not come to an end."""
        ...

    def watch(self, version: str, timeout: int, read_timeout: float) -> Stream:
        """Open a watch."""
        ...


Batch = tuple[Event, ...]


def draw_timeout(random: Random) -> int:
    """Return the seconds after which the server is to end a watch."""
    return random.randint(*TIMEOUT_RANGE)


class Reflector:
    """Tells one reader, through `emit`, all that a list and its watches say, in order and in one thread.

    What it does next is decided by `transitions.step`; here it is done. Ends only when stopped: every failure is a
    delay and another try. `emit` runs in the reflector's thread; what it raises ends the thread.
    """

    def __init__(
        self,
        name: str,
        source: Source,
        emit: Callable[[Output], None],
        *,
        clock: Clock,
        random: Random,
        streamed_lists: bool = False,
    ) -> None:
        """`name` is for logs: `member/plural`; `streamed_lists`: lists are asked for as the beginning of a stream."""
        self._streamed_lists = streamed_lists
        self._name, self._source, self._emit, self._clock, self._random = name, source, emit, clock, random
        self._where = {"member": name.partition("/")[0], "stream": name}
        self._backoff = Backoff(random, clock)
        self._silence = Silence()
        self._state: State = Empty(Memory())
        self._changed = threading.Condition()
        self._opening: Opening | None = None
        self._stream: Stream | None = None
        self._batches: Iterator[Batch] = iter(())
        self._stopping = False
        self._nudged = False
        self._moved = False
        self._told: Cause | None = None

    @property
    def last_heard(self) -> float | None:
        """When a stream last brought bytes (monotonic), or was opened; None when there was none yet."""
        return self._silence.last

    def run(self) -> None:
        """Work until stopped."""
        while not isinstance(self._state, Stopped):
            self._take(self._perceive())

    def stop(self) -> None:
        """Make `run` end: a blocked read and a delay at once, a page when it has arrived. Callable from any thread."""
        with self._changed:
            self._stopping = True
            self._wake_locked()

    def nudge(self) -> None:
        """Try again now, with a new stream: the member is back, and a stream from before may be dead."""
        with self._changed:
            self._nudged = True
            self._wake_locked()

    def relist(self) -> None:
        """List again, whatever version was reached: the address is another one."""
        with self._changed:
            self._moved = self._nudged = True
            self._wake_locked()

    def give_up(self) -> None:
        """Wait no longer for a stream to open: there is no answer to hope for. One that stands goes on."""
        with self._changed:
            if self._opening is not None:
                self._opening.cut()

    def _wake_locked(self) -> None:
        self._changed.notify_all()
        if self._opening is not None:
            self._opening.cut()
        if self._stream is not None:
            self._stream.shutdown()

    def _perceive(self) -> Stimulus:
        if self._stopping:
            return StopAsked()
        if self._moved:
            return self._relisting()
        try:
            return self._ask()
        except StoppedError:
            return StopAsked()
        except InformerError as error:
            return self._failure(error)

    def _ask(self) -> Stimulus:
        match self._state:
            case Watching() | Streaming():
                return self._next_events()
            case Empty() as state if self._streams(state):
                return self._open(state)
            case Empty() | Paging() as state:
                page = self._source.page(state)
                for what in page.skipped:
                    self._emit(Ignored(what))
                return PageArrived(page.items, page.version, page.token)
            case Listed() as state:
                return self._open(state)
            case Doubted():
                version, self._silence.harmless = self._source.version(), True
                return VersionSeen(self._clock.monotonic(), version)
            case Stopped():
                return StopAsked()

    def _open(self, state: Empty | Listed) -> Stimulus:
        timeout = draw_timeout(self._random)
        try:
            stream = self._begun(state, timeout)
        except InformerError:
            if ours := self._ours():
                return ours
            raise
        with self._changed:
            self._stream = stream
            # asked for while the stream was being opened
            if self._stopping or self._nudged:
                stream.shutdown()
        self._batches, self._told = self._read(stream, self._silence.read_timeout(timeout)), None
        now = self._clock.monotonic()
        self._silence.begun(now)
        return StreamOpened(now)

    def _begun(self, state: Empty | Listed, timeout: int) -> Stream:
        """Open a stream in such a way that others can end the wait for it."""
        opening = Opening()
        with self._changed:
            self._nudged, self._opening = False, opening
            # asked for since it was decided to open one
            if self._stopping or self._moved:
                opening.cut()
        try:
            with opening.begun():
                return self._opened(state, timeout)
        finally:
            with self._changed:
                self._opening = None

    def _streams(self, state: Empty) -> bool:
        return self._streamed_lists and state.streamable

    def _opened(self, state: Empty | Listed, timeout: int) -> Stream:
        if isinstance(state, Listed):
            patience = self._silence.first_timeout(timeout)
            stream = self._source.watch(state.memory.version, timeout, min(patience, OPENING_TIMEOUT))
        else:
            patience = LIST_PAUSE
            stream = self._source.list_stream(state.memory, timeout, OPENING_TIMEOUT)
        stream.be_patient(patience)
        return stream

    def _read(self, stream: Stream, patience: float) -> Iterator[Batch]:
        splitter, waits = LineSplitter(self._name), True
        while chunk := stream.read():
            self._silence.heard(self._clock.monotonic())
            lists = isinstance(self._state, Streaming)
            yield from self._events(splitter.feed(chunk), pack=lists or len(chunk) < RUSH)
            # what it brought has been taken: its first line, or the mark that ends its list, may have been in it
            if waits and not isinstance(self._state, Streaming):
                stream.be_patient(patience)
                waits = False

    def _events(self, lines: Iterable[bytes], *, pack: bool) -> Iterator[Batch]:
        """Yield all events of one read at once; what ends the stream is raised after those that came before it."""
        events: list[Event] = []
        try:
            for line in lines:
                events.append(self._event(line, pack=pack))
        except InformerError:
            yield tuple(events)
            raise
        yield tuple(events)

    def _event(self, line: bytes, *, pack: bool) -> Event:
        event = self._source.decoder.line(line, pack=pack)
        if isinstance(event, ErrorEvent):
            raise event.error
        return event

    def _next_events(self) -> Stimulus:
        events = next(self._batches, None)
        if events is None:
            return self._end()
        if isinstance(self._state, Streaming):
            self._source.listed(events)
        if any(isinstance(event, Bookmark) and not event.ends_list for event in events):
            self._silence.bookmarks = True
        return Received(events)

    def _end(self) -> Stimulus:
        return self._ours() or StreamEnded(self._clock.monotonic())

    def _ours(self) -> Stimulus | None:
        """Return what we asked for, if that is why a stream ended or did not open; the server's doing is another."""
        if self._stopping:
            return StopAsked()
        if self._moved:
            return self._relisting()
        return Failed(Cause.SILENT, self._clock.monotonic(), detail="renewed") if self._nudged else None

    def _relisting(self) -> Failed:
        self._moved = False
        return Failed(Cause.MOVED, self._clock.monotonic(), detail="the address is another one")

    def _failure(self, error: InformerError) -> Failed:
        cause = self._judged(error)
        if cause is Cause.SILENT:
            self._silence.exceeded()
        wanted = error.retry_after if isinstance(error, ApiError) else None
        wait = min(wanted or 0.0, RETRY_AFTER_CAP)
        return Failed(cause, self._clock.monotonic(), wait, str(error), reason_of(error))

    def _judged(self, error: InformerError) -> Cause:
        """Return the cause of a failure, which depends on what was asked for."""
        cause = cause_of(error)
        match self._state:
            case Watching() if isinstance(error, ReadTimeout):
                return Cause.SILENT
            case Streaming() if isinstance(error, ReadTimeout):
                return Cause.NOT_STREAMED
            case Empty() as state if cause is Cause.BAD_REQUEST and self._streams(state):
                return Cause.NOT_STREAMED
            case _:
                return cause

    def _take(self, stimulus: Stimulus) -> None:
        state, outputs = step(self._state, stimulus)
        for output in outputs:
            self._emit(output)
        # only now: a crash in between repeats an event, and never loses one
        self._state = state
        if not isinstance(state, Watching | Streaming):
            self._close()
            self._sit_out(outputs)

    def _sit_out(self, outputs: Iterable[Output]) -> None:
        for output in outputs:
            if isinstance(output, Fault):
                self._wait(output)
                self._take(Resumed(self._clock.monotonic()))

    def _close(self) -> None:
        with self._changed:
            stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    def _wait(self, fault: Fault) -> None:
        seconds = max(self._seconds(fault.delay), fault.at_least)
        self._tell(fault, seconds)
        end = self._clock.monotonic() + seconds
        with self._changed:
            while not self._stopping and not self._nudged and (left := end - self._clock.monotonic()) > 0:
                self._clock.wait(self._changed, left)
            self._nudged = False

    def _tell(self, fault: Fault, seconds: float) -> None:
        """Log a fault: what costs no patience is ordinary, and what lasts is told once."""
        log = _log.debug if fault.cause is self._told else _log.warning
        log = log if fault.delay is Delay.BACKOFF or fault.cause is Cause.RESTORED else _log.info
        self._told = fault.cause
        log(f"stream {fault.cause}", **self._where, detail=fault.detail, retry_seconds=round(seconds, 1))

    def _seconds(self, delay: Delay) -> float:
        match delay:
            case Delay.NONE:
                return 0.0
            case Delay.SPREAD:
                return self._random.random()
            case Delay.BACKOFF:
                return self._backoff.next()
