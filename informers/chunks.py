"""Answers as they arrive: in time, and in the pieces that the wire brings.

An API server sends every event as a chunk of its own. The HTTP library hands out one chunk per call at best; with
thousands of small ones the calls cost more than decoding what is in them.
"""

import re
import socket
from collections.abc import Callable
from http.client import HTTPResponse, IncompleteRead
from io import BufferedReader, RawIOBase
from typing import Any

PIECE = 64 * 1024
HEAD_LIMIT = 64 * 1024
_END = b"\r\n"
# the size, and extensions that nobody uses; from the second one on with the end of the chunk before
_FIRST = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\r\n]*)?\r\n")
_NEXT = re.compile(rb"\r\n" + _FIRST.pattern)


class Chunks:
    """Takes the framing of chunks off a body (RFC 9112, 7.1), wherever the pieces of it are cut."""

    def __init__(self) -> None:
        self.ended = False
        self._head = _FIRST
        self._left = 0
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """Return the content that these bytes bring, perhaps none; ValueError for bytes that are no chunks.

        What follows the end of the body is not looked at.
        """
        data, position, parts = self._held + data, 0, list[bytes]()
        while not self.ended:
            if self._left:
                part = data[position : position + self._left]
                parts.append(part)
                position += len(part)
                self._left -= len(part)
            if self._left or not (begin := self._begin(data, position)):
                break
            position = begin
        self._held = b"" if self._left or self.ended else data[position:]
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _begin(self, data: bytes, start: int) -> int:
        """Read the head of the next chunk; return where its content begins, or 0 when the head has not come whole."""
        found = self._head.match(data, start)
        if found is None:
            if data.find(b"\n", start + len(_END)) >= 0:
                raise ValueError("a chunk of another length than it said, or a head that is none")
            return self._not_yet(data, start)
        size = int(found[1], 16)
        # the last one is followed by trailers, perhaps none, and an empty line
        if not size and data.find(_END * 2, found.end() - len(_END)) < 0:
            return self._not_yet(data, start)
        self.ended, self._left, self._head = not size, size, _NEXT
        return found.end()

    def _not_yet(self, data: bytes, start: int) -> int:
        if len(data) - start > HEAD_LIMIT:
            raise ValueError("a head of a chunk that has no end")
        return 0


class _Paced(RawIOBase):
    """The bytes of a wire, with something to be done before each that is waited for."""

    def __init__(self, wire: RawIOBase, before_read: Callable[[], None]) -> None:
        super().__init__()
        self._wire, self._before_read = wire, before_read

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401  handed on
        """Wait for bytes."""
        self._before_read()
        return self._wire.readinto(buffer)

    def close(self) -> None:
        """Let go of the wire."""
        if not self.closed:
            self._wire.close()
        super().close()


class Answer(HTTPResponse):
    """An answer of which `read1` returns what is there, of however many chunks, up to so many bytes.

    `before_read` is called before each wait for bytes, of the head too: a peer that sends one byte at a time would
    outlast any limit that is set once. What it raises ends the reading.
    """

    def __init__(self, sock: socket.socket, *args: Any, before_read: Callable[[], None], **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(sock, *args, **kwargs)
        self.fp = BufferedReader(_Paced(self.fp.detach(), before_read))
        self._chunks = Chunks()

    def read1(self, n: int = -1) -> bytes:
        """Wait for bytes and return what is there; nothing at the end.

        Raises IncompleteRead when the connection ends before the body, or the framing is damaged.
        """
        if not self.chunked or self.fp is None:
            return super().read1(n)
        while not self._chunks.ended:
            if content := self._feed(self.fp.read1(n if n > 0 else PIECE)):
                return content
        # not before all of it was handed out: then the connection is the pool's again
        self.close()
        return b""

    def _feed(self, data: bytes) -> bytes:
        if not data:
            raise IncompleteRead(b"")
        try:
            return self._chunks.feed(data)
        except ValueError as error:
            raise IncompleteRead(b"") from error
