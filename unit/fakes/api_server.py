"""An API server that does what a test says, in real HTTP/1.1 bytes over a real socket.

A test scripts what is answered to which request, and holds the live end of a stream in its hand:

    with FakeApiServer() as server:
        server.on("GET", "/api/v1/pods", answer({"kind": "PodList", …}))
        watch = server.on_watch("/api/v1/pods")
        …
        watch.send({"type": "ADDED", "object": …})
        watch.cut()

Nothing here waits for time to pass; whoever waits, waits for something to happen.
"""

import json
import socket
import ssl
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from fakes.certificates import Authority
from fakes.exchange import PATIENCE, Answer, Exchange, Received, answer


@dataclass
class Watch:
    """The live end of a stream: an answer, and what the test does with it while it is open."""

    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    chunked: bool = True
    opened: threading.Event = field(default_factory=threading.Event)
    closed: threading.Event = field(default_factory=threading.Event)
    beginning: tuple[object, ...] = ()
    goes_on: bool = True
    _exchange: Exchange | None = None

    def __call__(self, exchange: Exchange) -> None:
        """Open the stream with the lines it begins with, and leave it to the test, if it goes on."""
        framing = {"Transfer-Encoding": "chunked"} if self.chunked else {"Connection": "close"}
        exchange.head(200, {**self.headers, **framing})
        self._exchange = exchange
        for each in self.beginning:
            exchange.chunk(each if isinstance(each, bytes) else json.dumps(each).encode() + b"\n")
        if not self.goes_on:
            exchange.chunk(b"")
            self.closed.set()
        self.opened.set()
        exchange.wait(self.closed)

    def send(self, *lines: object) -> None:
        """Send events, each as a chunk of its own: bytes as they are, anything else as a line of JSON."""
        for line in lines:
            self.write(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n")

    def write(self, data: bytes) -> None:
        """Send bytes as one chunk."""
        exchange = self._open()
        (exchange.chunk if self.chunked else exchange.raw)(data)

    def end(self) -> None:
        """End the stream as a server does whose time is over."""
        exchange = self._open()
        if self.chunked:
            exchange.chunk(b"")
        else:
            exchange.close()
        self.closed.set()

    def cut(self) -> None:
        """End the connection in the middle of the stream."""
        self._open().close()
        self.closed.set()

    def reset(self) -> None:
        """End the connection with a reset."""
        self._open().reset()
        self.closed.set()

    def wait_opened(self) -> Received:
        """Return the request once the stream stands."""
        return self._open().request

    def _open(self) -> Exchange:
        if not self.opened.wait(PATIENCE) or self._exchange is None:
            raise AssertionError(f"no watch was opened within {PATIENCE} s")
        return self._exchange


class FakeApiServer:
    """Listens on loopback, with TLS when given an authority.

    What comes for a verb and path is answered by the scripts for it, one after the other. When they are used up the
    last one is given again, except that a stream cannot be: then the request waits until the test scripts another.
    What nobody scripted is answered with 404 as plain text, as an API server answers for a kind it does not serve,
    and kept in `unscripted`.
    """

    def __init__(
        self, authority: Authority | None = None, *, context: ssl.SSLContext | None = None, host: str = "127.0.0.1"
    ) -> None:
        """Listen, with a certificate of the authority or with a TLS context of the test's own; `start` answers."""
        self._listener = socket.create_server((host, 0))
        self._context = context or (authority.server_context(host) if authority else None)
        self._scheme = "https" if self._context else "http"
        self._changed = threading.Condition()
        self._scripts: dict[tuple[str, str], deque[Answer]] = defaultdict(deque)
        self._last: dict[tuple[str, str], Answer] = {}
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []
        self._wires: list[socket.socket] = []
        self._connections = 0
        self.requests: list[Received] = []
        self.unscripted: list[Received] = []
        self.handshakes_failed = 0

    @property
    def url(self) -> str:
        """The address."""
        host, port = self._listener.getsockname()[:2]
        return f"{self._scheme}://{host}:{port}"

    @property
    def connections(self) -> int:
        """How many connections have been accepted."""
        return self._connections

    def on(self, verb: str, path: str, *answers: Answer) -> None:
        """Answer requests of this verb (a method, or WATCH) to this path with these answers, in this order."""
        with self._changed:
            self._scripts[verb, path].extend(answers)
            self._changed.notify_all()

    def on_watch(self, path: str, watch: Watch | None = None) -> Watch:
        """Answer the next watch on this path by a stream, and return its live end."""
        live = watch or Watch()
        self.on("WATCH", path, live)
        return live

    def received(self, verb: str = "", path: str = "") -> list[Received]:
        """Return the requests so far, all of them or those of one verb or path."""
        with self._changed:
            return [r for r in self.requests if verb in {"", r.verb} and path in {"", r.path}]

    def wait_for(self, count: int, verb: str = "", path: str = "") -> list[Received]:
        """Return the requests when at least `count` of that kind have come."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.received(verb, path)) >= count, PATIENCE):
                raise AssertionError(f"{verb} {path}: {len(self.received(verb, path))} requests, not {count}")
            return self.received(verb, path)

    def start(self) -> Self:
        """Begin to answer."""
        self._spawn(self._accept)
        return self

    def stop(self) -> None:
        """Refuse new connections, cut those that stand, and wait for all threads; a second time does nothing."""
        if self._ended.is_set():
            return
        with self._changed:
            self._ended.set()
            self._changed.notify_all()
        # closing the listener would not wake the thread that accepts; a last caller does
        socket.create_connection(self._listener.getsockname()[:2]).close()
        for wire in tuple(self._wires):
            _shut(wire)
        for thread in tuple(self._threads):
            thread.join(PATIENCE)
        self._listener.close()

    def __enter__(self) -> Self:
        """Begin to answer."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def _spawn(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(name="fake-api-server", target=target, args=args)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            wire, _ = self._listener.accept()
            if self._ended.is_set():
                wire.close()
                return
            self._connections += 1
            self._spawn(self._serve, wire, self._connections)

    def _serve(self, plain: socket.socket, number: int) -> None:
        with plain:
            self._wires.append(plain)
            if self._ended.is_set():
                return
            try:
                wire = self._context.wrap_socket(plain, server_side=True) if self._context else plain
            except (ssl.SSLError, OSError):
                self.handshakes_failed += 1
                return
            with wire, wire.makefile("rb") as reader:
                self._wires.append(wire)
                while not self._ended.is_set() and self._one(wire, reader, number):
                    pass

    def _one(self, wire: socket.socket, reader: Any, number: int) -> bool:  # noqa: ANN401  a buffered reader
        """Serve one request; return whether the connection goes on."""
        try:
            request = _receive(reader, number)
            if request is None:
                return False
            exchange = Exchange(wire, request, self._ended)
            self._script_for(request)(exchange)
        except OSError:  # the client has gone, which is its right
            return False
        return exchange.keep_alive

    def _script_for(self, request: Received) -> Answer:
        key = request.verb, request.path
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
            script = self._scripts[key]
            if isinstance(self._last.get(key), Watch):
                self._changed.wait_for(lambda: script or self._ended.is_set())
            if script:
                self._last[key] = script.popleft()
            elif key not in self._last:
                self.unscripted.append(request)
            return self._last.get(key) or answer("404 page not found\n", 404)


def _receive(reader: Any, number: int) -> Received | None:  # noqa: ANN401  a buffered reader
    line = reader.readline().decode("latin-1").split()
    if len(line) != 3:
        return None
    headers: dict[str, str] = {}
    while (header := reader.readline().decode("latin-1").strip()) != "":
        name, _, value = header.partition(":")
        headers[name.lower()] = value.strip()
    body = reader.read(int(headers.get("content-length", "0")))
    return Received(line[0], line[1], headers, body, number)


def _shut(wire: socket.socket) -> None:
    try:
        socket.socket.shutdown(wire, socket.SHUT_RDWR)
    except OSError:  # it has ended already
        return
