"""Bodies of answers: whole, and as streams."""

import time
from typing import Any

import pytest
from fakes.api_server import FakeApiServer, Watch
from fakes.clock import FakeClock
from fakes.exchange import Exchange, answer
from fakes.wire import PATH, WATCH, Background, failure_of, transport_to
from multicasskop.informers.bodies import LARGE_PIECE, PIECE, Stream
from multicasskop.informers.errors import ConnectionClosed, ReadTimeout, UnexpectedAnswer
from multicasskop.informers.transport import Transport, TransportOptions


@pytest.fixture
def transport(server: FakeApiServer) -> Transport:
    """Return a transport to the server."""
    return transport_to(server)


@pytest.fixture(params=[True, False], ids=["chunked", "not chunked"])
def watch(request: pytest.FixtureRequest, server: FakeApiServer) -> Watch:
    """Return the live end of the next stream, chunked or as a proxy hands it on that has removed the chunks."""
    return server.on_watch(PATH, Watch(chunked=request.param))


def opened(transport: Transport, read_timeout: float = 30.0) -> Stream:
    """Return an open stream."""
    return transport.stream(PATH, WATCH, read_timeout)


def read_exactly(stream: Stream, size: int) -> bytes:
    """Return that many bytes from the stream, however they come."""
    data = b""
    while len(data) < size:
        piece = stream.read()
        assert piece, f"the stream ended after {data!r}"
        data += piece
    return data


# streams


def test_what_is_there_is_delivered(transport: Transport, watch: Watch) -> None:
    """Each event is delivered when it comes, not when a buffer is full or the stream ends."""
    stream = opened(transport)
    for line in (b'{"a": 1}\n', b"x" * 100_000 + b"\n", b"\n"):
        watch.send(line)
        assert read_exactly(stream, len(line)) == line
    stream.close()


def test_clean_end(transport: Transport, watch: Watch) -> None:
    """A stream that the server ends reads as nothing, again and again."""
    stream = opened(transport)
    watch.send(b"last")
    assert read_exactly(stream, 4) == b"last"
    watch.end()
    assert [stream.read(), stream.read()] == [b"", b""]
    stream.close()


def test_the_connection_is_used_again(server: FakeApiServer, transport: Transport) -> None:
    """After a clean end the next watch goes over the same connection."""
    for _ in range(2):
        watch = server.on_watch(PATH)
        stream = opened(transport)
        watch.wait_opened()
        watch.end()
        assert stream.read() == b""
        stream.close()
    assert [request.connection for request in server.received("WATCH")] == [1, 1]


@pytest.mark.parametrize("how", ["cut", "reset"])
def test_cut_off(server: FakeApiServer, transport: Transport, how: str) -> None:
    """A stream that is cut in the middle gives what came, and then says that it was cut."""
    watch = server.on_watch(PATH)
    stream = opened(transport)
    watch.send(b"before")
    assert stream.read() == b"before"
    getattr(watch, how)()
    error = failure_of(stream.read)
    assert isinstance(error, ConnectionClosed)
    assert server.url in str(error)
    stream.close()


def test_half_a_chunk(server: FakeApiServer, transport: Transport) -> None:
    """What came of a chunk that was cut is delivered, then the cut is told."""

    def half_a_chunk(exchange: Exchange) -> None:
        exchange.head(200, {"Transfer-Encoding": "chunked"})
        exchange.raw(b"64\r\nabc")
        exchange.close()

    server.on("WATCH", PATH, half_a_chunk)
    stream = opened(transport)
    assert stream.read() == b"abc"
    assert isinstance(failure_of(stream.read), ConnectionClosed)


def test_silence(transport: Transport, watch: Watch) -> None:
    """A silence longer than the stream was opened for is told, and what came before it was delivered."""
    stream = opened(transport, read_timeout=0.2)
    watch.send(b"x")
    assert stream.read() == b"x"
    assert isinstance(failure_of(stream.read), ReadTimeout)
    stream.close()


@pytest.mark.parametrize("count", [0, 3])
def test_shutdown_ends_a_blocked_read(transport: Transport, watch: Watch, count: int) -> None:
    """A read that is blocked in another thread ends within a second of the shutdown, and so do all later ones."""
    stream = opened(transport, read_timeout=600)
    for _ in range(count):
        watch.send(b"x")
        stream.read()
    watch.wait_opened()
    reader = Background(stream.read)
    began = time.monotonic()
    stream.shutdown()
    assert reader.outcome(within=1) == b""
    assert time.monotonic() - began < 1
    assert stream.read() == b""
    stream.close()


def test_shutdown_at_any_time(transport: Transport, watch: Watch) -> None:
    """A shutdown before the first read, after the end, after the close and a second time does no harm."""
    stream = opened(transport)
    watch.wait_opened()
    stream.shutdown()
    assert stream.read() == b""
    stream.shutdown()
    stream.close()
    stream.shutdown()


def test_one_stream_ends_alone(server: FakeApiServer, transport: Transport) -> None:
    """Shutting one stream down leaves the others of the member alive."""
    watches = [server.on_watch(PATH), server.on_watch(PATH)]
    streams = [opened(transport), opened(transport)]
    streams[0].shutdown()
    watches[1].send(b"x")
    assert streams[1].read() == b"x"
    for stream in streams:
        stream.close()


def test_a_late_shutdown_cuts_nobody_else(server: FakeApiServer, transport: Transport) -> None:
    """Shutting down a stream that has ended leaves alone the one that uses its connection now."""
    first, second = server.on_watch(PATH), server.on_watch(PATH)
    ended = opened(transport)
    first.end()
    assert ended.read() == b""
    alive = opened(transport)
    assert second.wait_opened().connection == first.wait_opened().connection
    ended.shutdown()
    second.send(b"x")
    assert alive.read() == b"x"
    alive.close()


def test_streams_are_not_unpacked(server: FakeApiServer, transport: Transport) -> None:
    """A stream asks for no compression."""
    watch = server.on_watch(PATH)
    opened(transport).close()
    assert watch.wait_opened().headers["accept-encoding"] == "identity"


def test_busy_streams_are_read_in_larger_pieces() -> None:
    """A read that was half full is followed by one with room for more, any other one by one of the usual size."""
    asked: list[int] = []
    brought = iter([100, PIECE // 2, PIECE // 2 + 1, LARGE_PIECE, 100, 100])

    class Response:
        connection = None

        def read1(self, size: int, *, decode_content: bool) -> bytes:
            asked.append(size)
            return b"x" * next(brought)

    response: Any = Response()
    stream = Stream(response, ConnectionError, lambda: None)  # type: ignore[arg-type]
    for _ in range(6):
        stream.read()
    assert asked == [PIECE, PIECE, PIECE, LARGE_PIECE, LARGE_PIECE, PIECE]


# whole bodies


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 3_000_000])
@pytest.mark.parametrize("chunked", [True, False], ids=["chunked", "with a length"])
def test_bodies_of_any_size(plain: FakeApiServer, size: int, chunked: bool) -> None:
    """A body comes back whole, whatever its size and framing."""
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)

    def in_chunks(exchange: Exchange) -> None:
        exchange.head(200, {"Transfer-Encoding": "chunked"})
        for start in range(0, len(body), 10_000):
            exchange.chunk(body[start : start + 10_000])
        exchange.chunk(b"")

    plain.on("GET", PATH, in_chunks if chunked else answer(body))
    assert transport_to(plain).request("GET", PATH).body == body


def test_too_much(plain: FakeApiServer) -> None:
    """An answer larger than the limit is given up, and the next call finds a connection all the same."""
    plain.on("GET", PATH, answer(b"x" * 100_000), answer(b"ok"))
    transport = transport_to(plain, options=TransportOptions(connections=1, body_limit=50_000))
    error = failure_of(lambda: transport.request("GET", PATH))
    assert isinstance(error, UnexpectedAnswer)
    assert str(error) == "eu: an answer of more than 50000 bytes"
    assert transport.request("GET", PATH).body == b"ok"


def test_failed_calls_give_their_connection_back(plain: FakeApiServer) -> None:
    """However many calls fail in the middle of an answer, the pool is not used up by them."""

    def broken(exchange: Exchange) -> None:
        exchange.head(200, {"Content-Length": "10"})
        exchange.raw(b"abc")
        exchange.close()

    plain.on("GET", PATH, *[broken] * 5, answer(b"ok"))
    transport = transport_to(plain, clock=FakeClock(), options=TransportOptions(connections=1, pool_timeout=0))
    for _ in range(5):
        assert isinstance(failure_of(lambda: transport.request("GET", PATH)), ConnectionClosed)
    assert transport.request("GET", PATH).body == b"ok"
