"""One caller's connection: request after request, each with the fault that meets it."""

import itertools
import socket
import ssl
from collections.abc import Iterator

from multicasskop.world.proxy.control import Control
from multicasskop.world.proxy.requests import Request
from multicasskop.world.proxy.rules import Rule
from multicasskop.world.proxy.streams import Stream
from multicasskop.world.proxy.trips import CutError, Trip
from multicasskop.world.proxy.upstream import Target, Upstream
from multicasskop.world.proxy.wire import Head, Wire, body_of

NUMBERS = itertools.count(1)
"""Requests are numbered in the order in which they were read, over all members."""


class Connection:
    """Serves one connection in the thread that calls `serve`."""

    def __init__(self, member: str, plain: socket.socket, target: Target, control: Control) -> None:
        self._member, self._plain, self._control = member, plain, control
        self._upstream = Upstream(target)
        self._caller: Wire | None = None

    def serve(self, context: ssl.SSLContext) -> None:
        """Answer until the caller leaves or a fault cuts the connection. Nothing is raised."""
        wire: Wire | None = None
        try:
            self._caller = wire = Wire(context.wrap_socket(self._plain, server_side=True))
            for request in self._requests(wire):
                self._serve(request, wire)
        except CutError as cut:
            if cut.reset and wire is not None:
                wire.reset()
        except OSError:  # either side went away, or it is no HTTP: whoever is left sees the end
            pass
        finally:
            self._upstream.close()
            (wire or Wire(self._plain)).close()

    def cut(self) -> None:
        """End it from another thread, with a reset towards the caller."""
        (self._caller or Wire(self._plain)).shut()
        self._upstream.shut()

    def _requests(self, wire: Wire) -> Iterator[Request]:
        while (head := wire.head()) is not None:
            yield self._request(head, body_of(wire, head, asks=True))
            if head.ends_connection:
                return

    def _request(self, head: Head, body: bytes) -> Request:
        method, target, _ = head.first
        return Request(self._member, next(NUMBERS), method, target, head.headers, body)

    def _serve(self, request: Request, wire: Wire) -> None:
        control = self._control
        began = control.trace.clock.monotonic()
        rule = control.admit(request)
        trip = Trip(request, rule.name if rule else "", control, self._upstream.ask, wire.send)
        try:
            self._travel(trip, rule, wire)
        finally:
            control.trace.request(request, began, trip.code, trip.forwarded, trip.rule)

    def _travel(self, trip: Trip, rule: Rule | None, wire: Wire) -> None:
        if rule is None:
            trip.pass_on()
        else:
            rule.action.exchange(trip)
        if trip.streams and not self._stream(trip, rule, wire).run():
            self._upstream.close()  # the server has more to say, to nobody

    def _stream(self, trip: Trip, rule: Rule | None, wire: Wire) -> Stream:
        return Stream(trip, rule, self._control.rules, self._control.trace, self._upstream.wire, wire)
