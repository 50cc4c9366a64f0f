"""The HTTP side of the operator: `/livez`, `/readyz`, `/metrics`, `/statusz`.

Guaranteed: a good client is answered within a second whatever slow, silent or broken clients do: one thread serves all
connections, each may take a few seconds and a few kilobytes, and when there are too many the oldest ones go. Only GET
and HEAD exist, there is no debug listener, and no answer shows a stack. Assumed: pages answer at once, out of memory.
"""

import asyncio
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import structlog
from multicasskop.informers.supervisor import Supervisor

log = structlog.get_logger("health")
REQUEST_SECONDS = 5.0
REQUEST_BYTES = 8192
CONNECTIONS = 512
PLAIN = "text/plain; charset=utf-8"
REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 500: "Internal Server Error"}
REASONS |= {431: "Request Header Fields Too Large", 503: "Service Unavailable"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one part of the process says of itself."""

    ok: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A part with a name, and how to ask it; an informational one is shown but fails nothing."""

    name: str
    check: Callable[[], Finding]
    informational: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked for: the parameters, and the accepted media types."""

    parameters: Mapping[str, list[str]] = field(default_factory=dict)
    accept: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body and its media type."""

    status: int
    body: bytes
    content_type: str = PLAIN


Page = Callable[[Query], Answer]


def parts_page(parts: Callable[[], tuple[Part, ...]]) -> Page:
    """A page over parts: 200 when all of them hold, 503 otherwise; `?verbose`, or a failure, lists them by name."""

    def page(query: Query) -> Answer:
        """Answer 200, or 503 with the names of the parts that fail; `verbose` lists all of them."""
        found = [(part, part.check()) for part in parts()]
        bad = [part.name for part, finding in found if not finding.ok and not part.informational]
        verbose = bad or "verbose" in query.parameters
        lines = [_part_line(part, finding) for part, finding in found] if verbose else []
        last = f"not ok: {', '.join(bad)}" if bad else "ok"
        return Answer(503 if bad else 200, ("\n".join((*lines, last)) + "\n").encode())

    return page


def _part_line(part: Part, finding: Finding) -> str:
    mark = "[+]" if finding.ok else "[!]" if part.informational else "[-]"
    return f"{mark} {part.name}{' ' + finding.detail if finding.detail else ''}"


class HealthServer:
    """Serves pages at one address, from one thread of its own.

    `start` raises OSError when the address is taken; afterwards `address` is the one in use (port 0 took a free one).
    """

    def __init__(self, name: str, pages: Mapping[str, Page], address: tuple[str, int], supervisor: Supervisor) -> None:
        self._name = name
        self._pages = pages
        self._wanted = address
        self._supervisor = supervisor
        self._loop = asyncio.new_event_loop()
        self._open: dict[asyncio.Task[None], None] = {}
        self._stopping = asyncio.Event()
        self._thread: threading.Thread | None = None
        self._server: asyncio.Server | None = None
        self.address = address

    def start(self) -> None:
        """Bind the address, then serve until `stop`."""
        host, port = self._wanted
        serving = asyncio.start_server(self._connected, host or None, port, limit=REQUEST_BYTES, backlog=CONNECTIONS)
        try:
            self._server = self._loop.run_until_complete(serving)
        except OSError:
            self._loop.close()
            raise
        self.address = self._server.sockets[0].getsockname()[:2]
        self._thread = self._supervisor.spawn(f"http/{self._name}", self._serve)

    def stop(self) -> None:
        """Close the address and all connections, and wait for the thread."""
        if self._thread is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._until_stopped())
        finally:
            self._loop.close()

    async def _until_stopped(self) -> None:
        await self._stopping.wait()
        assert self._server is not None  # noqa: S101 - started before the thread was
        self._server.close()
        left = list(self._open)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - asyncio calls this as a task
        self._open[task] = None
        while len(self._open) > CONNECTIONS:
            oldest = next(iter(self._open))
            del self._open[oldest]
            oldest.cancel()
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                await self._exchange(reader, writer)
        except (TimeoutError, ConnectionError, asyncio.CancelledError):
            log.debug("client given up", server=self._name)
        finally:
            self._open.pop(task, None)
            writer.transport.abort()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            answer, head = Answer(431, b"request too large\n"), False
        except asyncio.IncompleteReadError:
            return
        else:
            answer, head = self._answer(request), request.startswith(b"HEAD ")
        writer.write(_encoded(answer, head))
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    def _answer(self, request: bytes) -> Answer:
        first, *headers = request.decode("latin-1").split("\r\n")
        words = first.split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            return Answer(400, b"not a request\n")
        if words[0] not in {"GET", "HEAD"}:
            return Answer(405, b"only GET and HEAD\n")
        return self._page(words[1], _header(headers, "accept"))

    def _page(self, target: str, accept: str) -> Answer:
        try:
            address = urlsplit(target)
        except ValueError:
            return Answer(400, b"not an address\n")
        page = self._pages.get(address.path)
        if page is None:
            return Answer(404, ("\n".join(("pages here:", *self._pages)) + "\n").encode())
        try:
            return page(Query(parse_qs(address.query, keep_blank_values=True), accept))
        except Exception:
            log.exception("page failed", server=self._name, page=address.path)
            return Answer(500, b"internal error, see the log\n")


def _header(lines: list[str], name: str) -> str:
    pairs = (line.partition(":") for line in lines)
    return next((value.strip() for key, _, value in pairs if key.lower() == name), "")


def _encoded(answer: Answer, head: bool) -> bytes:
    lines = (
        f"HTTP/1.1 {answer.status} {REASONS[answer.status]}",
        f"Content-Type: {answer.content_type}",
        f"Content-Length: {len(answer.body)}",
        "X-Content-Type-Options: nosniff",
        "Connection: close",
    )
    return "\r\n".join((*lines, "", "" if head else answer.body.decode())).encode()
