"""One request and what a server of a test does with it: whole answers, half ones, none."""

import json
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

PATIENCE = 10.0


@dataclass(frozen=True)
class Received:
    """One request as it came over the wire."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    connection: int

    @property
    def path(self) -> str:
        """The path without its query, unquoted."""
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, str]:
        """The parameters."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def verb(self) -> str:
        """The method, or WATCH for a GET that asks for a watch."""
        return "WATCH" if self.method == "GET" and self.query.get("watch") == "true" else self.method

    @property
    def json(self) -> Any:  # noqa: ANN401  whatever was sent
        """The body as JSON."""
        return json.loads(self.body)


class Exchange:
    """The server's side of one request; an answer is a function that is given one.

    `ended` is set when the answer must stop waiting: the server shuts down.
    """

    def __init__(self, wire: socket.socket, request: Received, ended: threading.Event) -> None:
        """Answer `request` over `wire`."""
        self.request, self.ended = request, ended
        self.keep_alive = True
        self._wire = wire

    def raw(self, data: bytes) -> None:
        """Send these bytes as they are."""
        self._wire.sendall(data)

    def head(self, status: int, headers: Mapping[str, str]) -> None:
        """Send status line and headers."""
        lines = [f"HTTP/1.1 {status} Scripted", *(f"{name}: {value}" for name, value in headers.items())]
        self.raw("\r\n".join((*lines, "", "")).encode())

    def chunk(self, data: bytes) -> None:
        """Send one chunk of a chunked body; an empty one ends it."""
        self.raw(b"%x\r\n%b\r\n" % (len(data), data))

    def close(self) -> None:
        """End the connection in good order, whatever of the answer is missing."""
        self.keep_alive = False

    def reset(self) -> None:
        """End the connection with a reset: unread and unsent bytes are lost."""
        self.keep_alive = False
        self._wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def wait(self, event: threading.Event) -> None:
        """Wait for a test to set `event`, or for the end of the server."""
        while not event.wait(0.02) and not self.ended.is_set():
            pass


Answer = Callable[[Exchange], None]


def answer(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """Answer with a whole body: bytes and text as they are, anything else as JSON."""

    def send(exchange: Exchange) -> None:
        match body:
            case bytes():
                data, kind = body, "text/plain"
            case str():
                data, kind = body.encode(), "text/plain"
            case _:
                data, kind = json.dumps(body).encode(), "application/json"
        exchange.head(status, {"Content-Type": kind, "Content-Length": str(len(data)), **(headers or {})})
        exchange.raw(data)

    return send


def failure(
    status: int,
    reason: str = "",
    message: str = "",
    *,
    causes: tuple[Mapping[str, str], ...] = (),
    details: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Answer with a Status, as the API server refuses things."""
    return answer(status_object(status, reason, message, causes=causes, details=details), status, headers)


def status_object(
    status: int,
    reason: str = "",
    message: str = "",
    *,
    causes: tuple[Mapping[str, str], ...] = (),
    details: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a Status: the body of a refusal, or the object of an ERROR event."""
    extra = {**(details or {}), **({"causes": list(causes)} if causes else {})}
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "code": status,
        "reason": reason,
        "message": message,
        **({"details": extra} if extra else {}),
    }


def half(body: bytes, promised: int) -> Answer:
    """Promise more bytes than are sent, then end the connection."""

    def send(exchange: Exchange) -> None:
        exchange.head(200, {"Content-Type": "application/json", "Content-Length": str(promised)})
        exchange.raw(body)
        exchange.close()

    return send


def raw(data: bytes) -> Answer:
    """Send these bytes in place of an answer, then end the connection."""

    def send(exchange: Exchange) -> None:
        exchange.raw(data)
        exchange.close()

    return send


def reset(exchange: Exchange) -> None:
    """Answer with a reset."""
    exchange.reset()


def close(exchange: Exchange) -> None:
    """Answer with nothing, and end the connection."""
    exchange.close()


def hold(until: threading.Event, then: Answer = close) -> Answer:
    """Answer nothing until the event is set."""

    def send(exchange: Exchange) -> None:
        exchange.wait(until)
        then(exchange)

    return send


def silence(exchange: Exchange) -> None:
    """Never answer: read the request, and keep the connection open for as long as the server lives."""
    exchange.ended.wait(PATIENCE)
    exchange.close()
