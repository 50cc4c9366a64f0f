"""Asks the Jolokia in one pod: a request over a connection of its own, with an end to everything."""

import base64
import contextlib
import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, TypeVar

from multicasskop.informers.clock import Clock, SystemClock
from multicasskop.reconcilers.cassandracluster.jolokia.answers import Failed, shown, value_of
from multicasskop.reconcilers.cassandracluster.jolokia.questions import Question

AnswerT = TypeVar("AnswerT")

PORT: Final = 8778

_HEAD: Final = """\
POST /jolokia/ HTTP/1.1\r
Host: {host}:{port}\r
Content-Type: application/json\r
Content-Length: {length}\r
Accept-Encoding: identity\r
Connection: close\r
{login}\r
"""
_UNAUTHORIZED: Final = (401, 403)
_CHUNK: Final = 1 << 16
# the ring of a hundred nodes with 256 tokens each takes some 30 MB
_LIMIT: Final = 64 << 20
_KEEP_ALIVE: Final = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user of Jolokia. No text ever holds the password."""

    username: str
    password: str = field(repr=False)

    @property
    def header(self) -> str:
        """The value of the header Authorization."""
        return f"Basic {self._encoded}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """The forms in which somebody could repeat the password: as it is, in JSON, in the header."""
        forms = (self._encoded, self.password, json.dumps(self.password)[1:-1])
        return tuple(dict.fromkeys(form for form in forms if form))

    @property
    def _encoded(self) -> str:
        return base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds until a connection, until the whole answer to a question, and to a command, which may run for hours."""

    connect: float = 2.0
    question: float = 10.0
    command: float = 24 * 3600.0


class JolokiaClient:
    """The Jolokia of the node at one address. May be used from any thread, by several at a time.

    Whatever goes wrong is a value, `Failed`, in which no password stands. Proxies of the environment are ignored and
    redirects not followed: who answers is the pod or nobody. An answer larger than `limit` bytes is none. A node whose
    machine is gone is noticed by the kernel within two minutes, also in the middle of a command.
    """

    def __init__(
        self,
        address: str,
        port: int = PORT,
        credentials: Credentials | None = None,
        timeouts: Timeouts | None = None,
        *,
        limit: int = _LIMIT,
        clock: Clock | None = None,
    ) -> None:
        self.address = address
        self._port, self._credentials, self._limit = port, credentials, limit
        self._timeouts = timeouts or Timeouts()
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._closed = False

    def __repr__(self) -> str:
        return f"JolokiaClient({self.address}:{self._port})"

    def ask(self, question: Question[AnswerT]) -> AnswerT | Failed:
        """The answer, or why there is none. Waits for it, for a command as long as the command runs."""
        seconds = self._timeouts.command if question.is_command else self._timeouts.question
        refused: list[Failed] = []
        for call in question.calls:
            value = self._call(call.body(), seconds)
            if not isinstance(value, Failed):
                return question.read(value)
            if not value.is_not_offered:
                return value
            refused.append(value)
        # the node knows none of the ways, or one of them and not what it was asked about: that is not ours to say
        messages = dict.fromkeys(failed.message for failed in refused)
        return Failed("error", "; ".join(messages), refused[0].status)

    def close(self) -> None:
        """Cut all that is under way, in whatever thread, and what will be asked: it fails as `timeout`."""
        with self._lock:
            self._closed = True
            for line in self._open:
                with contextlib.suppress(OSError):  # it may have ended by itself
                    line.shutdown(socket.SHUT_RDWR)

    def _call(self, body: bytes, seconds: float) -> object | Failed:
        """Make one request within that time."""
        try:
            line = self._connected()
        except ConnectionRefusedError:
            return Failed("refused", f"nobody listens at {self.address}:{self._port}")
        except OSError as error:
            return Failed("unreachable", f"no connection to {self.address}:{self._port}: {_why(error)}")
        try:
            with self._held(line):
                return self._exchange(line, body, self._clock.monotonic() + seconds)
        except TimeoutError:
            return Failed("timeout", f"no answer within {seconds:g}s")
        except (OSError, http.client.IncompleteRead) as error:
            return Failed("timeout", f"the connection broke before there was a whole answer: {_why(error)}")
        except http.client.HTTPException as error:
            return Failed("garbage", f"no HTTP: {type(error).__name__}")

    def _connected(self) -> socket.socket:
        line = socket.create_connection((self.address, self._port), self._timeouts.connect)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _KEEP_ALIVE.items():
            if hasattr(socket, option):  # a platform may lack one
                line.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
        return line

    @contextmanager
    def _held(self, line: socket.socket) -> Iterator[None]:
        """Let `close` reach the connection while it is used."""
        with line:
            with self._lock:
                if self._closed:
                    raise ConnectionAbortedError("this client was closed")
                self._open.add(line)
            try:
                yield
            finally:
                with self._lock:
                    self._open.discard(line)

    def _exchange(self, line: socket.socket, body: bytes, until: float) -> object | Failed:
        self._limit_time(line, until)
        line.sendall(self._head(len(body)) + body)
        with http.client.HTTPResponse(line, method="POST") as response:
            response.begin()
            content = self._content(line, response, until)
        if response.status in _UNAUTHORIZED:
            return Failed("unauthorized", f"HTTP {response.status}", response.status)
        if isinstance(content, Failed):
            return content
        if response.status != http.HTTPStatus.OK:
            said = self._hide(content.decode(errors="replace"))
            return Failed("garbage", shown(f"HTTP {response.status}: {said}"), response.status)
        return value_of(content, self._hide)

    def _head(self, length: int) -> bytes:
        host = f"[{self.address}]" if ":" in self.address else self.address
        login = f"Authorization: {self._credentials.header}\r\n" if self._credentials else ""
        return _HEAD.format(host=host, port=self._port, length=length, login=login).encode()

    def _content(self, line: socket.socket, response: http.client.HTTPResponse, until: float) -> bytes | Failed:
        """The whole body, unless it is too large. Who sends byte after byte gets no more time than others."""
        pieces, size = [], 0
        while piece := response.read1(_CHUNK):
            pieces.append(piece)
            size += len(piece)
            if size > self._limit:
                return Failed("garbage", f"an answer of more than {self._limit} bytes")
            self._limit_time(line, until)
        if response.length:
            raise ConnectionResetError(f"{response.length} bytes are missing")
        return b"".join(pieces)

    def _limit_time(self, line: socket.socket, until: float) -> None:
        left = until - self._clock.monotonic()
        if left <= 0:
            raise TimeoutError
        line.settimeout(left)

    def _hide(self, text: str) -> str:
        """Take the credentials out of what somebody else has said."""
        for secret in self._credentials.secrets if self._credentials else ():
            text = text.replace(secret, "(redacted)")
        return text


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
