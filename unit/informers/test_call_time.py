"""No call takes longer than its time, whatever the peer does: drip, not read, or hold all connections."""

import socket
import threading
from collections.abc import Callable
from contextlib import closing, suppress

import pytest
from fakes.api_server import FakeApiServer
from fakes.clock import FakeClock
from fakes.exchange import Exchange, answer, hold
from fakes.wire import AUTHORITY, PATH, WATCH, Background, transport_to
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import DeadlineExceeded, InformerError, ReadTimeout
from multicasskop.informers.transport import Transport, TransportOptions

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
# what comes before the peer begins to drip, so slowly that no single read of ours ever times out
BEGINNINGS = {
    "the status line": b"HTTP/1.1 200 ",
    "a header": HEAD + b"X-Slow: ",
    "the head of a chunk": CHUNKED + b"1;",
    "a chunk": CHUNKED + b"ffffff\r\n",
    "a body": HEAD + b"Content-Length: 1000000\r\n\r\n",
    "an answer in between": b"HTTP/1.1 100 Continue\r\nX-Slow: ",
}
REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 1000000\r\n\r\n"


class Drip:
    """Answers with a beginning, and then byte by byte for as long as anybody listens."""

    def __init__(self, beginning: bytes) -> None:
        """Begin so."""
        self._beginning = beginning
        self.begun = threading.Event()

    def __call__(self, exchange: Exchange) -> None:
        """Drip."""
        exchange.raw(self._beginning)
        while not exchange.ended.wait(0.01):
            exchange.raw(b"a")
            self.begun.set()


Ask = Callable[[Transport, FakeClock], object]


def a_call(transport: Transport, clock: FakeClock) -> object:
    """A call with a deadline."""
    return transport.request("GET", PATH, deadline=Deadline(clock, 5))


def a_call_without(transport: Transport, _: FakeClock) -> object:
    """A call that has the time that all calls have."""
    return transport.request("GET", PATH)


def a_probe(transport: Transport, _: FakeClock) -> object:
    """A probe."""
    transport.probe(5)
    return None


def a_stream(transport: Transport, _: FakeClock) -> object:
    """The opening of a stream."""
    return transport.stream(PATH, WATCH, 5)


ASKED: dict[str, tuple[Ask, type[InformerError]]] = {
    "a call": (a_call, DeadlineExceeded),
    "a call without a deadline": (a_call_without, ReadTimeout),
    "a probe": (a_probe, ReadTimeout),
}


def ends_in_time(server: FakeApiServer, drip: Drip, ask: Ask) -> object:
    """Return what a call to a dripping server ends with, once its time is over."""
    clock = FakeClock()
    for verb, path in (("GET", PATH), ("WATCH", PATH), ("GET", "/livez")):
        server.on(verb, path, drip)
    transport = transport_to(server, clock=clock, options=TransportOptions(total_timeout=5))
    call = Background(lambda: ask(transport, clock))
    try:
        assert drip.begun.wait(10)
        clock.advance(15)
        return call.outcome(within=3)
    finally:
        server.stop()


@pytest.mark.parametrize("beginning", BEGINNINGS.values(), ids=BEGINNINGS)
@pytest.mark.parametrize(("ask", "kind"), ASKED.values(), ids=ASKED)
def test_a_drip(server: FakeApiServer, beginning: bytes, ask: Ask, kind: type[InformerError]) -> None:
    """Wherever in an answer the peer begins to drip, the call ends when its time is over."""
    assert type(ends_in_time(server, Drip(beginning), ask)) is kind


@pytest.mark.parametrize("beginning", [BEGINNINGS["a header"], REFUSED], ids=["in the head", "in a refusal"])
def test_a_stream_that_drips_before_it_stands(server: FakeApiServer, beginning: bytes) -> None:
    """The opening of a stream ends in its time, too."""
    assert type(ends_in_time(server, Drip(beginning), a_stream)) is ReadTimeout


def test_a_stream_that_stands_has_all_the_time(server: FakeApiServer) -> None:
    """Once a stream stands the time of its opening is forgotten."""
    clock, watch = FakeClock(), server.on_watch(PATH)
    stream = transport_to(server, clock=clock).stream(PATH, WATCH, 5)
    for _ in range(2):
        clock.advance(100)
        watch.send(b"x")
        assert stream.read() == b"x"
    stream.close()


LARGE = b"x" * 64_000_000


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
def test_a_peer_that_hardly_reads(secure: bool) -> None:
    """A request that the peer takes in little by little ends when its time is over."""
    clock, ended = FakeClock(), threading.Event()
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        sipping = threading.Thread(target=sip, args=(listener, secure, lambda: clock.advance(5), ended))
        sipping.start()
        transport = transport_to(
            "{}://{}:{}".format("https" if secure else "http", *listener.getsockname()), clock=clock
        )
        call = Background(lambda: transport.request("POST", PATH, body=LARGE, deadline=Deadline(clock, 5)))
        try:
            assert isinstance(call.outcome(within=4), DeadlineExceeded)
        finally:
            ended.set()
            sipping.join()


def sip(listener: socket.socket, secure: bool, begun: Callable[[], None], ended: threading.Event) -> None:
    """Accept, and take in a little at a time."""
    wire = listener.accept()[0]
    if secure:
        wire = AUTHORITY.server_context("127.0.0.1").wrap_socket(wire, server_side=True)
    with wire, suppress(OSError):
        wire.recv(1000)
        begun()
        while wire.recv(16_384) and not ended.wait(0.01):
            pass


def test_a_peer_that_does_not_read(plain: FakeApiServer) -> None:
    """A request that the peer does not take in ends when its time is over, though the call before had more of it."""
    clock, release = FakeClock(), threading.Event()
    plain.on("GET", PATH, answer({}), hold(release))
    transport = transport_to(plain, clock=clock, options=TransportOptions(connections=1))
    transport.request("GET", PATH)
    # the server does not know of the body, and has no buffer for it
    unread = {"content-length": "0"}
    call = Background(lambda: transport.request("GET", PATH, body=LARGE, headers=unread, deadline=Deadline(clock, 0.3)))
    try:
        assert isinstance(call.outcome(within=3), ReadTimeout)
    finally:
        release.set()


def test_waiting_for_a_connection_counts(plain: FakeApiServer) -> None:
    """A call that waits for a connection does not wait for longer than it has time."""
    release = threading.Event()
    plain.on("GET", PATH, hold(release, answer({})))
    clock = FakeClock()
    transport = transport_to(plain, clock=clock, options=TransportOptions(connections=1, pool_timeout=60))
    first = Background(lambda: transport.request("GET", PATH))
    plain.wait_for(1)
    second = Background(lambda: transport.request("GET", PATH, deadline=Deadline(clock, 0.2)))
    try:
        assert isinstance(second.outcome(within=3), ReadTimeout)
    finally:
        release.set()
        first.outcome()
