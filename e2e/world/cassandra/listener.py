"""Port 8778 of one pod: HTTP/1.1 as Jolokia's agent speaks it, and the ways in which it does not."""

import asyncio
import base64
import contextlib
import socket
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from multicasskop.world.cassandra.rules import Line

PORT = 8778
BACKLOG = 64
HEAD_LIMIT = 1 << 16
GARBAGE = b"<html><body>It works!</body></html>"
ERROR = (
    b'{"error_type":"java.lang.OutOfMemoryError","error":"java.lang.OutOfMemoryError : Java heap space","status":500}'
)
REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed"}

BROKEN = (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError)

Answer = Callable[[bytes], Awaitable[bytes]]


class Asked(NamedTuple):
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Credentials(NamedTuple):
    """Who may ask."""

    username: str
    password: str

    @property
    def header(self) -> str:
        """The header that is wanted."""
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


class Listener:
    """Serves one node at one address, as `line` says at each request. All of it runs in one event loop.

    Other paths than Jolokia's are given in `more`. Closed, it keeps the address: nobody listens there, and nobody else
    gets it. Raises OSError when somebody has it.
    """

    def __init__(
        self,
        address: str,
        answer: Answer,
        line: Callable[[], Line],
        credentials: Credentials | None = None,
        *,
        more: dict[str, Answer] | None = None,
        port: int = PORT,
    ) -> None:
        self.address, self._port = address, port
        self._reserved: socket.socket | None = take(address, port)
        self._line, self._credentials = line, credentials
        self._paths = {"/jolokia": answer, **(more or {})}
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Begin to listen."""
        if self._server is None:
            self._server = await asyncio.start_server(
                self._serve, sock=self._reserved, backlog=BACKLOG, limit=HEAD_LIMIT
            )

    def close(self) -> None:
        """Listen no more, and end all connections."""
        if self._server is not None:
            self._shut()
            self._reserved = take(self.address, self._port)

    def leave(self) -> None:
        """Close, and give the address back."""
        self._shut()
        if self._reserved is not None:
            self._reserved.close()
            self._reserved = None

    def _shut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = self._reserved = None
        for connection in self._connections:
            connection.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        task = asyncio.current_task()
        assert task is not None, "a connection is a task"
        self._connections.add(task)
        try:
            with contextlib.suppress(*BROKEN):
                while (asked := await read(reader)) is not None:
                    if self._line() is Line.HANG:
                        await reader.read()  # whatever comes, until the other side gives up
                    else:
                        await self._respond(asked, writer)
                    if asked.headers.get("connection", "").lower() == "close":
                        break
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            self._connections.discard(task)
            writer.close()

    async def _respond(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        status, body = await self._answer(asked)
        whole = head(status, len(body)) + body
        if self._line() is Line.BREAK:
            writer.write(whole[:-2])
            await writer.drain()
            raise ConnectionAbortedError("as the rules say")
        writer.write(whole)
        await writer.drain()

    async def _answer(self, asked: Asked) -> tuple[int, bytes]:
        answer = self._paths.get(asked.path.rstrip("/"))
        if answer is None:
            return 404, b"<h1>404 Not Found</h1>No context found for request"
        if asked.method != "POST":
            return 405, b""
        match self._line():
            case Line.GARBAGE:
                return 200, GARBAGE
            case Line.ERROR:
                return 200, ERROR
            case Line.UNAUTHORIZED:
                return 401, b"(401) Unauthorized"
        if self._credentials is not None and asked.headers.get("authorization") != self._credentials.header:
            return 401, b"(401) Unauthorized"
        return 200, await answer(asked.body)


async def read(reader: asyncio.StreamReader) -> Asked | None:
    """The next request of a connection; None at its end."""
    try:
        text = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = text.rstrip().split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method, path, headers, body)


def head(status: int, length: int) -> bytes:
    """The head of an answer."""
    lines = [f"HTTP/1.1 {status} {REASONS[status]}", "Content-Type: application/json; charset=utf-8"]
    return "\r\n".join([*lines, f"Content-Length: {length}", "", ""]).encode()


def take(address: str, port: int = PORT) -> socket.socket:
    """Take an address, so that nobody else gets it; OSError when somebody has it."""
    found = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # former connections may linger
    try:
        found.bind((address, port))
    except OSError:
        found.close()
        raise
    return found
