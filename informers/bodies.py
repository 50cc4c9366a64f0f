"""The bodies of answers: whole, or as they come."""

from collections.abc import Callable, Iterator
from io import BytesIO

from multicasskop.informers.connections import FAILURES, Connection, cut
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import AnswerTooLarge, InformerError
from urllib3 import BaseHTTPResponse

PIECE = 64 * 1024
# of a busy stream: fewer reads cost less, while room for so much costs a quiet one more than all it brings
LARGE_PIECE = 256 * 1024


class Stream:
    """The body of an answer that is read as it comes.

    One thread reads; `shutdown` may be called by any other. Errors are those of the transport.
    """

    def __init__(
        self, response: BaseHTTPResponse, failed: Callable[[Exception], InformerError], contact: Callable[[], None]
    ) -> None:
        """Read from `response`, tell `contact` whenever something came, and ask `failed` what a failure means."""
        self._response, self._failed, self._contact = response, failed, contact
        connection = response.connection
        self._wire = None
        if isinstance(connection, Connection):
            connection.be_patient()
            self._wire = connection.wire
        self._piece = PIECE
        self._shut = False

    def read(self) -> bytes:
        """Wait for bytes and return what is there; nothing at the end, and after `shutdown`.

        ReadTimeout after a silence longer than the stream was opened for, ConnectionClosed when it was cut off.
        """
        if self._shut:
            return b""
        try:
            data = self._response.read1(self._piece, decode_content=False) or b""
        except FAILURES as error:
            if self._shut:
                return b""
            raise self._failed(error) from error
        self._piece = LARGE_PIECE if len(data) > PIECE // 2 else PIECE
        if data:
            self._contact()
        else:
            # the connection is the pool's again, and soon perhaps somebody else's
            self._wire = None
        return data

    def be_patient(self, seconds: float) -> None:
        """Let a read wait so long for bytes from now on; by the thread that reads."""
        if self._wire is not None:
            self._wire.settimeout(seconds)

    def shutdown(self) -> None:
        """End a read that is blocked in another thread, at once, and every later one."""
        self._shut = True
        wire = self._wire
        if wire is not None:
            cut(wire)

    def close(self) -> None:
        """Give the connection up; only by the thread that reads, or when nobody does."""
        self._response.close()
        self._response.release_conn()


def read_all(member: str, response: BaseHTTPResponse, limit: Deadline, size_limit: int) -> bytes:
    """Return the whole body, and give the connection back to its pool.

    Raises AnswerTooLarge for more than `size_limit` bytes, TimeoutError when `limit` is over before the end, and
    whatever the HTTP library raises.
    """
    # one buffer that grows in place: pieces that are joined at the end would leave holes of the body's size in the heap
    body = BytesIO()
    try:
        for piece in _pieces(member, response, limit, size_limit):
            body.write(piece)
        return body.getvalue()
    except BaseException:
        response.close()
        raise
    finally:
        response.release_conn()


def _pieces(member: str, response: BaseHTTPResponse, limit: Deadline, size_limit: int) -> Iterator[bytes]:
    size = 0
    while piece := response.read1(PIECE, decode_content=True):
        size += len(piece)
        if size > size_limit:
            raise AnswerTooLarge(member, f"an answer of more than {size_limit} bytes")
        if limit.expired:
            raise TimeoutError
        yield piece
