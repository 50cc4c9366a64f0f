"""A watch between server and caller: lines in, what the rule in force makes of them out."""

import select
from collections import deque
from collections.abc import Iterator

from multicasskop.world.proxy.rules import Rule, Rules
from multicasskop.world.proxy.trace import Trace
from multicasskop.world.proxy.trips import CutError, Trip
from multicasskop.world.proxy.wire import Chunks, Wire

GLANCE = 0.05
"""Seconds between two looks at the rules while nothing comes."""


class Stream:
    """One open watch. It is a `Lines` for the action that is in force."""

    def __init__(self, trip: Trip, rule: Rule | None, rules: Rules, trace: Trace, server: Wire, caller: Wire) -> None:
        self._trip, self._rule, self._rules, self._trace = trip, rule, rules, trace
        self._server, self._caller = server, caller
        self._clock, self._request = trace.clock, trip.request
        self._chunks = Chunks()
        self._waiting: deque[bytes] = deque()
        self._tail = b""
        self._revision = -1
        self._ended = False

    def run(self) -> bool:
        """Carry it until it ends, and return whether the server ended it; CutError and OSError end the connection."""
        while not self._is_over():
            self._settle()
            if self._rule is None:
                self._pass()
            elif not self._act(self._rule):
                break
        self._caller.send(b"0\r\n\r\n")
        return self._is_over()

    def __iter__(self) -> Iterator[bytes]:
        """The lines until the stream ends or another rule is in force."""
        return self._lines(None)

    def within(self, seconds: float) -> Iterator[bytes]:
        """The lines of the next seconds."""
        return self._lines(self._clock.monotonic() + seconds)

    def _lines(self, until: float | None) -> Iterator[bytes]:
        while not self._has_changed() and not self._is_over():
            if self._waiting:
                yield self._taken()
            elif until is not None and self._clock.monotonic() >= until:
                return
            else:
                self._read()

    def _taken(self) -> bytes:
        """The next line, which is the action's from now on."""
        line = self._waiting.popleft()
        self._trace.lines(self._request, [line], self._trip.rule, given=False)
        return line

    def _act(self, rule: Rule) -> bool:
        """Give what the action makes of the lines; False when it has ended the stream."""
        for piece in rule.action.lines(self, self._trip):
            self._give([piece] if piece else [])
        return self._has_changed() or self._is_over()

    def _pass(self) -> None:
        while not self._has_changed() and not self._is_over():
            self._give(list(self._waiting))
            self._waiting.clear()
            self._read()

    def _give(self, lines: list[bytes]) -> None:
        if lines:
            data = b"".join(lines)
            self._caller.send(b"%x\r\n%b\r\n" % (len(data), data))
            self._trace.lines(self._request, lines, self._rule.name if self._rule else "")

    def _settle(self) -> None:
        before = self._rule
        self._revision, self._rule = self._rules.revision, self._rules.standing(self._request, before)
        if self._rule is not None and self._rule is not before:
            self._rules.joined(self._rule)
        self._trip.rule = self._rule.name if self._rule else self._trip.rule

    def _has_changed(self) -> bool:
        if self._revision == self._rules.revision:
            return False
        revision = self._rules.revision
        if self._rules.standing(self._request, self._rule) is not self._rule:
            return True
        self._revision = revision
        return False

    def _is_over(self) -> bool:
        return self._ended and not self._waiting

    def _read(self) -> None:
        """Take what comes within a glance."""
        if not self._server.is_ready() and not self._wait():
            return
        data = self._chunks.feed(piece := self._server.some())
        if not piece and not self._chunks.ended:
            raise CutError(reset=False)
        *lines, self._tail = (self._tail + data).split(b"\n")
        self._waiting.extend(line + b"\n" for line in lines)
        if self._chunks.ended:
            self._ended = True
            self._waiting.extend([self._tail] if self._tail else [])

    def _wait(self) -> bool:
        """Wait for the server, a glance at most; whether it has said something. A caller that left ends the stream."""
        poll = select.poll()
        poll.register(self._server, select.POLLIN)
        poll.register(self._caller, select.POLLIN)
        ready = {number for number, _ in poll.poll(GLANCE * 1000)}
        if self._caller.fileno() in ready and self._caller.has_ended():
            raise CutError(reset=False)
        return self._server.fileno() in ready
