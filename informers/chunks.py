"""Chunked bodies, taken in as they arrive and not chunk by chunk: an API server sends every event as one of its own.

The HTTP library hands out one chunk per call at best; with thousands of small ones the calls cost more than decoding
what is in them.
"""

from http.client import HTTPResponse, IncompleteRead
from typing import Any

PIECE = 64 * 1024
HEAD_LIMIT = 64 * 1024
_END = b"\r\n"


class Chunks:
    """Takes the framing of chunks off a body (RFC 9112, 7.1), wherever the pieces of it are cut."""

    def __init__(self) -> None:
        self.ended = False
        self._left = 0
        self._held = b""
        self._between = b""

    def feed(self, data: bytes) -> bytes:
        """Return the content that these bytes bring, perhaps none; ValueError for bytes that are no chunks.

        What follows the end of the body is not looked at.
        """
        data, position, parts = self._held + data, 0, list[bytes]()
        while not self.ended:
            if self._left:
                parts.append(data[position : position + self._left])
                position += len(parts[-1])
                self._left -= len(parts[-1])
            if self._left or (head := self._head(data, position)) < 0:
                break
            position = head
        self._held = b"" if self._left or self.ended else data[position:]
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _head(self, data: bytes, start: int) -> int:
        """Read what stands before the next chunk, the end of the last one included; return where the chunk begins.

        Return -1 when it has not come whole.
        """
        begin = start + len(self._between)
        if not self._between.startswith(data[start:begin]):
            raise ValueError("a chunk is longer than it said")
        end = data.find(_END, begin)
        if end < 0:
            return self._not_yet(data, start)
        size = int(data[begin:end].partition(b";")[0], 16)
        if size < 0:
            raise ValueError("a chunk of negative size")
        # the last one is followed by trailers, perhaps none, and an empty line
        if not size and data.find(_END * 2, end) < 0:
            return self._not_yet(data, start)
        self.ended, self._left, self._between = not size, size, _END
        return end + len(_END)

    def _not_yet(self, data: bytes, start: int) -> int:
        if len(data) - start > HEAD_LIMIT:
            raise ValueError("a chunk's head of endless length")
        return -1


class Answer(HTTPResponse):
    """An answer of which `read1` returns what is there, of however many chunks, up to so many bytes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  handed on
        super().__init__(*args, **kwargs)
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
