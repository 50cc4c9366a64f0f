"""Chunked bodies, whatever the pieces in which they arrive."""

import socket
from http.client import IncompleteRead

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.informers.chunks import HEAD_LIMIT, Answer, Chunks

BODY = b"5\r\nhello\r\n1;name=value\r\n \r\nA\r\nwide world\r\n0\r\nTrailer: x\r\n\r\n"
CONTENT = b"hello wide world"
HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def framed(lines: list[bytes]) -> bytes:
    """A body of one chunk per line."""
    return b"".join(b"%x\r\n%b\r\n" % (len(line), line) for line in lines) + b"0\r\n\r\n"


@pytest.mark.parametrize("cut", range(len(BODY) + 1))
def test_two_pieces_cut_anywhere_give_the_same_content(cut: int) -> None:
    """A cut in a size, in content, in the end of a chunk or in trailers changes nothing."""
    chunks = Chunks()
    assert chunks.feed(BODY[:cut]) + chunks.feed(BODY[cut:]) == CONTENT
    assert chunks.ended


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=8), st.lists(st.integers(1, 60), min_size=1))
def test_any_chunks_in_any_pieces_give_the_same_content(lines: list[bytes], sizes: list[int]) -> None:
    """Neither how the server cut its answer nor how the network did can be seen in the content."""
    body, chunks, content, position, turn = framed(lines), Chunks(), b"", 0, 0
    while position < len(body):
        assert not chunks.ended
        size = sizes[turn % len(sizes)]
        content += chunks.feed(body[position : position + size])
        position, turn = position + size, turn + 1
    assert content == b"".join(lines)
    assert chunks.ended


def test_content_is_handed_out_before_its_chunk_is_complete() -> None:
    """An object of megabytes in one chunk is not held back, and not held in memory."""
    chunks = Chunks()
    assert chunks.feed(b"ff\r\nabc") == b"abc"
    assert chunks.feed(b"def") == b"def"
    assert not chunks.ended


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([b"zz\r\nhello\r\n"], id="no size"),
        pytest.param([b"-5\r\nhello\r\n"], id="negative size"),
        pytest.param([b"3\r\nhello\r\n"], id="longer than it said"),
        pytest.param([b"3\r\nhel", b"lo\r\n"], id="longer than it said, in the next piece"),
        pytest.param([b"5" * (HEAD_LIMIT + 1)], id="a head without an end"),
        pytest.param([b"0\r\n" + b"a: b\r\n" * HEAD_LIMIT], id="trailers without an end"),
    ],
)
def test_what_are_no_chunks_is_refused(pieces: list[bytes]) -> None:
    """Damaged framing is an error, and never content."""
    chunks = Chunks()
    with pytest.raises(ValueError, match="chunk"):
        list(map(chunks.feed, pieces))


class Wire:
    """An answer over a real pair of sockets: what the server sent so far, and whether it is gone."""

    def __init__(self) -> None:
        self._server, self.client = socket.socketpair()
        self.client.settimeout(5)

    def send(self, data: bytes, *, close: bool = False) -> None:
        """Send, and perhaps leave."""
        self._server.sendall(data)
        if close:
            self._server.close()

    def answer(self) -> Answer:
        """The answer, its head read."""
        answer = Answer(self.client, before_read=lambda: None)
        answer.begin()
        return answer


def test_many_chunks_are_one_read() -> None:
    """All events that are there come in one call."""
    wire = Wire()
    wire.send(HEAD + framed([b"one\n", b"two\n", b"three\n"]))
    answer = wire.answer()
    content = answer.read1(100) + answer.read1(100)
    assert content == b"one\ntwo\nthree\n"
    assert answer.read1(100) == b""


def test_a_read_gives_no_more_than_was_asked_for() -> None:
    """A reader that takes ten bytes gets ten, and the rest later."""
    wire = Wire()
    wire.send(HEAD + framed([b"x" * 50]))
    answer = wire.answer()
    pieces = iter(lambda: answer.read1(10), b"")
    assert [len(piece) <= 10 for piece in pieces].count(False) == 0


def test_connection_is_given_up_only_when_the_end_was_told() -> None:
    """As long as the reader does not know of the end the answer is open, so that nobody else gets its connection."""
    wire = Wire()
    wire.send(HEAD + framed([b"last"]))
    answer = wire.answer()
    content = b""
    while content != b"last":
        content += answer.read1(100)
    assert not answer.isclosed()
    assert answer.read1(100) == b""
    assert answer.isclosed()


@pytest.mark.parametrize(
    "sent", [b"", b"5\r\nhe", b"5\r\nhello\r\n", b"zz\r\n"], ids=["nothing", "half", "no end", "damage"]
)
def test_an_answer_without_its_end_is_incomplete(sent: bytes) -> None:
    """A connection that ends early is never taken for the end of the body."""
    wire = Wire()
    wire.send(HEAD + sent, close=True)
    answer = wire.answer()
    with pytest.raises(IncompleteRead):
        list(iter(lambda: answer.read1(100), b""))


def test_an_answer_of_stated_length_is_read_as_ever() -> None:
    """What is not chunked is the HTTP library's own business."""
    wire = Wire()
    wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
    answer = wire.answer()
    assert b"".join(iter(lambda: answer.read1(3), b"")) == b"hello"
