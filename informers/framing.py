"""Bytes as they arrive, cut into lines."""

from collections.abc import Iterator

from multicasskop.informers.errors import StreamCorrupt

LINE_LIMIT = 32 * 1024 * 1024


class LineSplitter:
    """Turns chunks, cut anywhere, into complete lines.

    Splits on the newline byte alone and decodes nothing, so a character may straddle two chunks. The unfinished line
    is kept in pieces and joined once: an object of 3 MB in small chunks costs linear time. Empty lines, which proxies
    send to keep a connection alive, are skipped. A tail without newline is never handed out: the server sends that
    event again.
    """

    def __init__(self, member: str, limit: int = LINE_LIMIT) -> None:
        """Refuse lines above `limit` bytes; `member` is named in the error."""
        self._member, self._limit = member, limit
        self._pieces: list[bytes] = []
        self._held = 0

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Yield the lines that this chunk completes, without their newline. To be read to its end.

        Raises:
            StreamCorrupt: a line is longer than the limit; the lines before it have been yielded.

        """
        start = 0
        # `split` compares byte by byte, `find` does not
        while (end := chunk.find(b"\n", start)) >= 0:
            line = self._completed(chunk[start:end])
            start = end + 1
            if line and not line.isspace():
                yield line
        self._keep(chunk[start:])

    def _completed(self, end: bytes) -> bytes:
        if not self._pieces and len(end) <= self._limit:
            return end
        self._keep(end)
        return self._take()

    def _keep(self, piece: bytes) -> None:
        self._held += len(piece)
        if self._held > self._limit:
            held, self._held, self._pieces = self._held, 0, []
            raise StreamCorrupt(self._member, f"a line of more than {self._limit} bytes ({held} so far)")
        if piece:
            self._pieces.append(piece)

    def _take(self) -> bytes:
        line = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces, self._held = [], 0
        return line
