"""Port 8778 over real bytes: answers, credentials, and the ways to misbehave."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from multicasskop.world.cassandra import addresses
from multicasskop.world.cassandra.addresses import Addresses, anywhere
from multicasskop.world.cassandra.listener import Answer, Credentials, Listener
from multicasskop.world.cassandra.rules import Line

PORT = 18778
REQUEST = b"POST /jolokia/ HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n%s\r\n{}"
OK = b"HTTP/1.1 200 OK"


async def echo(body: bytes) -> bytes:
    """Answer what was asked."""
    return b"<" + body + b">"


class Stand:
    """A listener at an address of its own."""

    def __init__(self, credentials: Credentials | None = None, more: dict[str, Answer] | None = None) -> None:
        self.line = Line.NORMAL
        self.address = anywhere()
        self.listener = Listener(self.address, echo, lambda: self.line, credentials, more=more, port=PORT)

    async def send(self, data: bytes = REQUEST % b"Connection: close\r\n") -> bytes:
        """Send this over a connection of its own and return all that comes."""
        reader, writer = await asyncio.open_connection(self.address, PORT)
        writer.write(data)
        try:
            return await asyncio.wait_for(reader.read(), 5)
        finally:
            writer.close()


def run(story: Callable[[Stand], Awaitable[None]], stand: Callable[[], Stand] = Stand) -> None:
    """Run a test's story with an open listener."""

    async def told() -> None:
        found = stand()
        await found.listener.open()
        try:
            await story(found)
        finally:
            found.listener.leave()

    asyncio.run(told())


def test_requests_are_answered_over_one_connection_or_several() -> None:
    """A connection is kept until the client ends it or asks for its end."""

    async def story(stand: Stand) -> None:
        both = await stand.send(REQUEST % b"" + REQUEST % b"Connection: close\r\n")
        assert both.count(OK) == both.count(b"<{}>") == 2

    run(story)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        pytest.param(b"GET /jolokia/ HTTP/1.1\r\nConnection: close\r\n\r\n", b"405", id="another method"),
        pytest.param(b"POST / HTTP/1.1\r\nConnection: close\r\n\r\n", b"404", id="another path"),
        pytest.param(b"POST /more HTTP/1.1\r\nConnection: close\r\n\r\n", b"200", id="a path that was given"),
        pytest.param(b"POST /jolokia HTTP/1.1\r\nConnection: close\r\n\r\n", b"200", id="without the slash"),
        pytest.param(b"nonsense\r\n\r\n", b"", id="nonsense"),
        pytest.param(b"POST /jolokia/ HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"", id="no length"),
    ],
)
def test_other_requests_get_what_they_deserve(data: bytes, status: bytes) -> None:
    """Nonsense ends the connection, and nothing else."""

    async def story(stand: Stand) -> None:
        assert (await stand.send(data)).startswith(b"HTTP/1.1 " + status if status else b"")
        assert OK in await stand.send()

    run(story, lambda: Stand(more={"/more": echo}))


@pytest.mark.parametrize(
    ("header", "status"),
    [
        pytest.param(b"", b"401", id="none"),
        pytest.param(b"Authorization: Basic eDp5\r\n", b"401", id="others"),
        pytest.param(b"Authorization: Basic dTpw\r\n", b"200", id="the right ones"),
    ],
)
def test_credentials_are_asked_for(header: bytes, status: bytes) -> None:
    """Basic authentication, as Jolokia's agent does it."""

    async def story(stand: Stand) -> None:
        found = await stand.send(REQUEST % (header + b"Connection: close\r\n"))
        assert found.startswith(b"HTTP/1.1 " + status)

    run(story, lambda: Stand(Credentials("u", "p")))


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (Line.GARBAGE, b"<html>"),
        (Line.ERROR, b"OutOfMemoryError : Java heap space"),
        (Line.UNAUTHORIZED, b"HTTP/1.1 401"),
    ],
)
def test_answers_that_are_told_to_be_bad(line: Line, found: bytes) -> None:
    """The rule counts at each request."""

    async def story(stand: Stand) -> None:
        stand.line = line
        assert found in await stand.send()
        stand.line = Line.NORMAL
        assert b"<{}>" in await stand.send()

    run(story)


def test_broken_line_ends_in_the_middle_of_an_answer() -> None:
    """The head promises more than comes."""

    async def story(stand: Stand) -> None:
        stand.line = Line.BREAK
        found = await stand.send()
        assert b"Content-Length: 4" in found
        assert found.endswith(b"<{")

    run(story)


def test_hanging_line_takes_requests_and_never_answers() -> None:
    """The connection stands until the client gives up; others are not kept from theirs."""

    async def story(stand: Stand) -> None:
        stand.line = Line.HANG
        reader, writer = await asyncio.open_connection(stand.address, PORT)
        writer.write(REQUEST % b"")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.1)
        stand.line = Line.NORMAL
        assert b"<{}>" in await stand.send()
        writer.close()

    run(story)


def test_closed_listener_refuses_and_keeps_its_address() -> None:
    """Connections that stand are cut, new ones refused, and the address is nobody else's; it may be opened again."""

    async def story(stand: Stand) -> None:
        reader, writer = await asyncio.open_connection(stand.address, PORT)
        writer.write(REQUEST % b"")
        assert await reader.readuntil(b"<{}>")
        stand.listener.close()
        with pytest.raises(ConnectionRefusedError):
            await stand.send()
        with pytest.raises(ConnectionError):
            await read_all(reader)
        writer.close()
        await stand.listener.open()
        assert OK in await stand.send()

    run(story)


async def read_all(reader: asyncio.StreamReader) -> None:
    """Read on; an end that came without a reset counts as one here."""
    if not await asyncio.wait_for(reader.read(), 5):
        raise ConnectionResetError


def test_address_that_somebody_uses_is_not_taken() -> None:
    """The former address is used again where it is free, else another."""

    async def story(stand: Stand) -> None:
        with pytest.raises(OSError, match="in use"):
            Listener(stand.address, echo, lambda: Line.NORMAL, port=PORT)
        other = Addresses(PORT).listener(stand.address, echo, lambda: Line.NORMAL, None)
        assert other.address != stand.address
        former = other.address
        other.leave()
        again = Addresses(PORT).listener(former, echo, lambda: Line.NORMAL, None)
        assert again.address == former
        again.leave()

    run(story)


def test_address_of_elsewhere_is_no_reason_to_fail() -> None:
    """A pod that ran on another machine's network gets an address here."""
    found = Addresses(PORT).listener("10.1.2.3", echo, lambda: Line.NORMAL, None)
    assert found.address.startswith("127.")
    found.leave()


def test_addresses_are_those_of_loopback_that_nobody_uses_by_hand() -> None:
    """Far from 127.0.0.1, never a network's first or last."""
    for _ in range(200):
        first, second, _, last = (int(part) for part in anywhere().split("."))
        assert first == 127
        assert 16 <= second < 248
        assert 1 <= last <= 254


def test_no_address_at_all_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose loopback has one address only cannot play this."""
    monkeypatch.setattr(addresses, "anywhere", lambda: "192.0.2.1")
    with pytest.raises(OSError, match=r"no address of 127/8 to be had for a pod: .*assign"):
        Addresses(PORT).listener("", echo, lambda: Line.NORMAL, None)
