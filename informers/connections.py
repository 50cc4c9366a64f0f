"""Connections to one member: how they are made, checked, cut, and what their failures mean."""

import contextlib
import errno
import socket
import ssl
import struct
import threading
import weakref
from collections.abc import Callable
from functools import partial
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from multicasskop.informers.chunks import Answer
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import (
    CONNECT_TIMEOUT,
    DNS_FAILED,
    ConnectError,
    ConnectionClosed,
    ReadTimeout,
    TlsError,
    TransportError,
)
from multicasskop.informers.names import Names, Patience, connect
from multicasskop.informers.opening import current_opening
from multicasskop.informers.tls import client_context
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    EmptyPoolError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
)

# everything that the HTTP library raises for a connection
FAILURES = (HTTPError, HTTPException, OSError)
# what TLS sends at once
RECORD = 16 * 1024
# an end without a word, which TLS calls an error of its own
_CUT = (ssl.SSLEOFError, ssl.SSLZeroReturnError)


class Connections:
    """Makes pools to one member's server, and can cut all connections at once.

    `before_send(method)` is called for each request when the connection stands and nothing has been sent: what it
    raises is what the caller of the request gets, and not a byte leaves.
    """

    def __init__(self, credentials: Credentials, before_send: Callable[[str], None]) -> None:
        """Prepare; CredentialsError when the certificates cannot be used."""
        self._credentials = credentials
        self._before_send = before_send
        parts = urlsplit(credentials.server)
        self._host, self._port = parts.hostname or "", parts.port
        self.base_path = parts.path.rstrip("/")
        self._context = client_context(credentials) if parts.scheme == "https" else None
        self._names = Names()
        self._thread = threading.local()
        self._lock = threading.Lock()
        self._wires: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._calls: weakref.WeakSet[socket.socket] = weakref.WeakSet()

    def pool(self, size: int, *, block: bool, calls: bool = False) -> HTTPConnectionPool:
        """Return a pool that keeps at most `size` connections, and with `block` makes no more than that.

        Those of `calls` can be cut apart from all others.
        """
        options: dict[str, Any] = {
            "maxsize": size,
            "block": block,
            "retries": False,
            "owner": self,
            "calls": calls,
        }
        if self._context is None:
            plain = HTTPConnectionPool(self._host, self._port or 80, **options)
            plain.ConnectionCls = Connection
            return plain
        if self._credentials.server_name:
            options["server_hostname"] = self._credentials.server_name
        secure = HTTPSConnectionPool(self._host, self._port or 443, ssl_context=self._context, **options)
        secure.ConnectionCls = _TlsConnection
        return secure

    def allow(self, limit: Deadline) -> None:
        """Give what this thread sends next so much time in all; the HTTP library has no way to hand it on."""
        self._thread.limit = limit

    @property
    def limit(self) -> Deadline | None:
        """The time of what this thread sends."""
        return getattr(self._thread, "limit", None)

    def before_send(self, method: str, wire: socket.socket, *, calls: bool) -> None:
        """Let a request pass that is about to be sent over this socket, or raise."""
        with self._lock:
            self._wires.add(wire)
            if calls:
                self._calls.add(wire)
        opening = None if calls else current_opening()
        if opening is not None:
            opening.connected(partial(cut, wire))
        self._before_send(method)

    def connect(self, host: str, port: int, patience: Patience) -> socket.socket:
        """Return a socket that is connected; OSError, which is a socket.gaierror where the name does not resolve."""
        return connect(self._names.addresses(host, port, patience), _socket_options(), patience)

    def check_peer(self, wire: socket.socket) -> None:
        """Return when the credentials may be shown to whoever is at the other end, or raise CredentialsError."""
        self._credentials.check_peer(str(wire.getpeername()[0]))

    @property
    def busy(self) -> bool:
        """Whether there are sockets left that may carry a call."""
        with self._lock:
            return bool(self._wires)

    def cut(self) -> None:
        """End every read and write that is under way, at once and from any thread."""
        self._cut(self._wires)

    def cut_calls(self) -> None:
        """The same for calls alone."""
        self._cut(self._calls)

    def _cut(self, which: weakref.WeakSet[socket.socket]) -> None:
        with self._lock:
            wires = tuple(which)
        for wire in wires:
            cut(wire)


def cut(wire: socket.socket) -> None:
    """Shut a socket down, which ends a read that is blocked in another thread; closing it would wait for the reader."""
    # the errors are ENOTCONN and EBADF: it has ended already
    with contextlib.suppress(OSError):
        # past the method of the TLS socket, which would take the session away from under the reader
        socket.socket.shutdown(wire, socket.SHUT_RDWR)


class Connection(HTTPConnection):
    """Asks its owner between connecting and sending, and remembers its socket even when the answer takes it over.

    A call waits for its peer as often as the peer likes, and so before each wait it is looked how much time is left.
    """

    wire: socket.socket | None = None
    _limit: Deadline | None = None

    def __init__(self, *args: Any, owner: Connections, calls: bool = False, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self._owner, self._calls = owner, calls

    def _new_conn(self) -> socket.socket:
        """Connect to an address that is allowed: a name may lead anywhere, and a byte sent there is sent."""
        wire = self._connected()
        try:
            self._owner.check_peer(wire)
            # for the handshake
            wire.settimeout(self._patience())
        except BaseException:
            wire.close()
            raise
        return wire

    def _connected(self) -> socket.socket:
        try:
            return self._owner.connect(self._dns_host, self.port, self._patience)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, "no connection in time") from error
        except OSError as error:
            raise NewConnectionError(self, "no connection") from error

    def connect(self) -> None:
        """Connect, or raise what says that it was the connecting that failed."""
        self._limit = self._owner.limit
        self._patience()
        try:
            super().connect()
        except TimeoutError as error:
            # the handshake's; the library would call it a read that took too long
            raise ConnectTimeoutError(self, "the handshake took too long") from error
        except (*_CUT, ConnectionError) as error:
            raise NewConnectionError(self, "cut in the handshake") from error

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Connect if need be, ask, send."""
        self._limit = self._owner.limit
        if self.sock is None:
            self.connect()
        self.wire = self.sock
        if self.wire is not None:
            self._owner.before_send(method, self.wire, calls=self._calls)
        super().request(method, url, *args, **kwargs)

    def send(self, data: Any) -> None:  # noqa: ANN401  as the library has it
        """Send while there is time, in parts: over TLS the library would give each record all the time anew."""
        for start in range(0, len(data), RECORD):
            self._pace()
            super().send(data[start : start + RECORD])

    def response_class(self, sock: socket.socket, *args: Any, **kwargs: Any) -> Answer:  # type: ignore[override]  # noqa: ANN401
        """Return the answer that comes over this connection; the library calls it as if it were a class."""
        return Answer(sock, *args, before_read=self._pace, **kwargs)

    def be_patient(self) -> None:
        """Forget the time of the call: from now on only a silence is too long."""
        self._limit = None
        if self.wire is not None:
            self.wire.settimeout(self.timeout)

    def _pace(self) -> None:
        if self._limit is not None and self.wire is not None:
            self.wire.settimeout(self._patience())

    def _patience(self) -> float | None:
        """Return for how long the peer may be waited for now; TimeoutError when the time of the call is over."""
        if self._limit is None:
            return self.timeout
        left = self._limit.left()
        if left <= 0.0:
            raise TimeoutError
        return left if self.timeout is None else min(left, self.timeout)


class _TlsConnection(Connection, HTTPSConnection):
    """The same over TLS."""


def translate(member: str, server: str, error: Exception) -> TransportError:
    """Return what a failure of the HTTP library means to a caller."""
    root = _root(error)
    match error:
        case EmptyPoolError():
            return ReadTimeout(member, "all connections are busy")
        case NameResolutionError():
            return ConnectError(member, f"the name in {server} does not resolve", DNS_FAILED)
        case NewConnectionError() if isinstance(root, OSError) and root.errno == errno.ECONNREFUSED:
            return ConnectError(member, f"{server} refused the connection")
        case NewConnectionError():
            return ConnectError(member, f"no connection to {server}: {_words(root)}")
        case ConnectTimeoutError():
            return ConnectError(member, f"no connection to {server} in time", CONNECT_TIMEOUT)
        case ReadTimeoutError() | TimeoutError():
            return ReadTimeout(member, f"{server} did not answer in time")
        case ProtocolError() if isinstance(root, TimeoutError):
            # while something was sent
            return ReadTimeout(member, f"{server} did not answer in time")
        case SSLError() if not isinstance(root, _CUT):
            return TlsError(member, f"no trust between us and {server}: {_words(root)}")
        case DecodeError():
            return ConnectionClosed(member, f"{server} sent a damaged compressed answer")
        case _:
            return ConnectionClosed(member, f"{server} ended the connection: {_words(root)}")


def _root(error: BaseException) -> BaseException:
    """Return what the HTTP library wraps, which it keeps as cause, as context or as last argument."""
    inner = next((arg for arg in reversed(error.args) if isinstance(arg, BaseException)), None) or error.__cause__
    return _root(inner) if inner is not None else error


def _words(error: BaseException) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            return error.verify_message
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError():
            return "cut off"
        case ssl.SSLError():
            return error.reason or "TLS failure"
        case OSError():
            return error.strerror or type(error).__name__
        case _:
            return type(error).__name__


def _socket_options() -> list[tuple[int, int, int | bytes]]:
    """Return options that send at once and notice a dead peer in about a minute, where no proxy stands between.

    With the connection, or with the process, goes what has not reached the peer: else the kernel would go on sending,
    and a network that comes back could bring a write of one that does not lead any more.
    """
    wanted = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}
    return [
        (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
        (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)),
        # not every system has all three
        *(
            (socket.IPPROTO_TCP, getattr(socket, name), value)
            for name, value in wanted.items()
            if hasattr(socket, name)
        ),
    ]
