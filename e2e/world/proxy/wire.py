"""HTTP/1.1 over a socket: heads, bodies, chunks. Nothing is understood here, and nothing is kept."""

import select
import socket
import ssl
import struct
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

CHUNK = 1 << 16
HEAD_LIMIT = 1 << 20
NO_BODY = frozenset({204, 304})


class Broken(ConnectionError):  # noqa: N818 - it is what happened to the connection
    """The other side went away in the middle of a message."""


@dataclass(frozen=True)
class Head:
    """The first line's three words, and the headers in lower case."""

    first: tuple[str, str, str]
    headers: Mapping[str, str] = field(repr=False)

    @property
    def is_chunked(self) -> bool:
        """Whether the body comes in chunks."""
        return "chunked" in self.headers.get("transfer-encoding", "").lower()

    @property
    def length(self) -> int | None:
        """The body's length where it is told."""
        told = self.headers.get("content-length")
        return number(told, 10) if told is not None else None

    @property
    def ends_connection(self) -> bool:
        """Whether the sender closes the connection after the message."""
        return self.headers.get("connection", "").lower() == "close"


def number(text: str, base: int) -> int:
    """A number that the other side has sent; Broken when it is none."""
    try:
        return int(text, base)
    except ValueError:
        raise Broken(f"{text[:20]!r} where a number should be") from None


class Wire:
    """One end of a connection, used by one thread; any other may cut it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._rest = b""

    def send(self, data: bytes) -> None:
        """Send all of it."""
        self._connection.sendall(data)

    def some(self) -> bytes:
        """What is there, waiting for the first byte; empty at the end."""
        found, self._rest = self._rest, b""
        return found or self._connection.recv(CHUNK)

    def head(self) -> Head | None:
        """The head of the next message; None when the other side has ended before it. Raises Broken in its middle."""
        while (end := self._rest.find(b"\r\n\r\n")) < 0:
            if not self._more(HEAD_LIMIT):
                return None
        text, self._rest = self._rest[:end], self._rest[end + 4 :]
        first, *lines = text.decode("latin-1").split("\r\n")
        one, two, three = (*first.split(" ", 2), "", "")[:3]
        pairs = (line.partition(":") for line in lines)
        return Head((one, two, three), {name.strip().lower(): value.strip() for name, _, value in pairs})

    def exactly(self, count: int) -> bytes:
        """That many bytes."""
        pieces = [self._rest]
        missing = count - len(self._rest)
        while missing > 0:
            pieces.append(self._received())
            missing -= len(pieces[-1])
        whole = b"".join(pieces)
        self._rest = whole[count:]
        return whole[:count]

    def chunked(self) -> bytes:
        """A whole body that comes in chunks."""
        chunks, pieces = Chunks(), []
        while not chunks.ended:
            pieces.append(chunks.feed(self.some() or self._gone()))
        self._rest = chunks.rest
        return b"".join(pieces)

    def to_end(self) -> bytes:
        """All that comes until the other side ends."""
        pieces = []
        while piece := self.some():
            pieces.append(piece)
        return b"".join(pieces)

    def is_ready(self) -> bool:
        """Whether bytes are here already, without asking the socket."""
        return bool(self._rest) or (isinstance(self._connection, ssl.SSLSocket) and self._connection.pending() > 0)

    def fileno(self) -> int:
        """What `select` wants to know; -1 when it was cut."""
        return self._connection.fileno()

    def has_ended(self) -> bool:
        """Whether the other side, which should be silent now, has ended. Bytes that came are kept."""
        try:
            if not select.select([self], [], [], 0)[0]:
                return False
            piece = self._connection.recv(CHUNK)
        except (OSError, ValueError):
            return True
        self._rest += piece
        return not piece

    def reset(self) -> None:
        """End with a reset: what was not sent yet is lost, and the other side is told so."""
        with suppress(OSError):  # it has ended already
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        """End in good order."""
        with suppress(OSError):
            self._connection.close()

    def shut(self) -> None:
        """Wake whoever reads or writes here; for other threads. The TLS layer is not asked: it belongs to its user."""
        with suppress(OSError):
            socket.socket.shutdown(self._connection, socket.SHUT_RDWR)

    def _more(self, limit: int) -> bool:
        if len(self._rest) > limit:
            raise Broken(f"more than {limit} bytes of head")
        piece = self._connection.recv(CHUNK)
        if not piece and self._rest:
            raise Broken("ended in the middle of a head")
        self._rest += piece
        return bool(piece)

    def _received(self) -> bytes:
        return self._connection.recv(CHUNK) or self._gone()

    def _gone(self) -> bytes:
        raise Broken("ended in the middle of a body")


class Chunks:
    """Takes the framing off a chunked body, piece by piece."""

    def __init__(self) -> None:
        self.ended = False
        self.rest = b""
        self._left = 0

    def feed(self, data: bytes) -> bytes:
        """The payload in these bytes; what belongs to a later chunk's head waits for more."""
        self.rest += data
        found = []
        while not self.ended:
            if self._left > 2:
                piece = self.rest[: self._left - 2]
                found.append(piece)
                self._drop(len(piece))
            if self._left > 2 or not self._end_of_chunk() or not self._next():
                break
        return b"".join(found)

    def _drop(self, count: int) -> None:
        self.rest = self.rest[count:]
        self._left -= count

    def _end_of_chunk(self) -> bool:
        """Take the line's end that follows a payload; False while it has not come."""
        if len(self.rest) < self._left:
            return False
        self._drop(self._left)
        return True

    def _next(self) -> bool:
        """Take the next chunk's head; False while it has not come, or when there is none any more."""
        end = self.rest.find(b"\r\n")
        if end < 0:
            return False
        size = number(self.rest[:end].partition(b";")[0].decode("latin-1"), 16)
        if size == 0:  # no trailers: an API server sends none
            if len(self.rest) < end + 4:
                return False
            self.ended, self.rest = True, self.rest[end + 4 :]
            return False
        self.rest, self._left = self.rest[end + 2 :], size + 2
        return True


def body_of(wire: Wire, head: Head, *, asks: bool) -> bytes:
    """The whole body of a request (`asks`) or of an answer."""
    if head.is_chunked:
        return wire.chunked()
    if head.length is not None:
        return wire.exactly(head.length)
    return b"" if asks or number(head.first[1], 10) in NO_BODY else wire.to_end()
