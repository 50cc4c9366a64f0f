"""The proxy's connection to the API server, one for each of a caller's."""

import socket
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from multicasskop.world.proxy.answers import Answer
from multicasskop.world.proxy.requests import Request
from multicasskop.world.proxy.wire import Broken, Wire, body_of

TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Target:
    """An API server: its address, and how it is verified (None for plain HTTP)."""

    url: str
    context: ssl.SSLContext | None

    def connect(self) -> socket.socket:
        """Open a connection; OSError when that cannot be done."""
        host, port = self.address()
        plain = socket.create_connection((host, port), timeout=TIMEOUT)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        found = self.context.wrap_socket(plain, server_hostname=host) if self.context else plain
        found.settimeout(None)
        return found

    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.url)
        return parts.hostname or "127.0.0.1", parts.port or 443


class Upstream:
    """Asks one server, over one connection as long as that lives."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._wire: Wire | None = None

    @property
    def wire(self) -> Wire:
        """The connection, where the rest of a stream comes from."""
        if self._wire is None:
            self._wire = Wire(self._target.connect())
        return self._wire

    def ask(self, request: Request) -> Answer:
        """Send a request and return the answer, of a watch its beginning. OSError when there is none."""
        if self._wire is not None and self._wire.has_ended():
            self.close()
        host, port = self._target.address()
        self.wire.send(request.wire(f"{host}:{port}"))
        if (head := self.wire.head()) is None:
            raise Broken("the server closed the connection without an answer")
        streams = request.verb == "watch" and head.is_chunked and head.first[1] == "200"
        answer = Answer.of(head, b"" if streams else body_of(self.wire, head, asks=False), streams=streams)
        if head.ends_connection and not streams:
            self.close()
        return answer

    def shut(self) -> None:
        """Wake whoever waits here; for other threads."""
        if self._wire is not None:
            self._wire.shut()

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._wire is not None:
            self._wire.close()
            self._wire = None
