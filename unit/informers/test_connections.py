"""Connections: what each failure is told as, who is trusted, and what is sent to whom."""

import gzip
import socket
import ssl
import struct
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from fakes.api_server import FakeApiServer
from fakes.certificates import Authority
from fakes.exchange import Answer, answer, close, half, raw, reset, silence
from fakes.wire import AUTHORITY, PATH, QUICK, TOKEN, Background, failure_of, stall, transport_to
from multicasskop.informers.connections import Connections, translate
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.errors import (
    ConnectError,
    ConnectionClosed,
    InformerError,
    ReadTimeout,
    TlsError,
    TransportError,
)
from urllib3.exceptions import HTTPError

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
PACKED = {"Content-Encoding": "gzip"}
BROKEN: dict[str, tuple[Answer, type[InformerError], str, str]] = {
    "closed": (close, ConnectionClosed, "ConnectionRefused", "ended the connection"),
    "reset": (reset, ConnectionClosed, "ConnectionRefused", "ended the connection"),
    "no HTTP": (raw(b"SSH-2.0-x\r\n"), ConnectionClosed, "ConnectionRefused", "ended the connection"),
    "half of the headers": (raw(b"HTTP/1.1 200 OK\r\nA: b\r\n"), ConnectionClosed, "ConnectionRefused", "ended the"),
    "half of the body": (half(b'{"a', 100), ConnectionClosed, "ConnectionRefused", "ended the connection"),
    "half of a chunk": (raw(CHUNKED + b"64\r\nabc"), ConnectionClosed, "ConnectionRefused", "ended the"),
    "no last chunk": (raw(CHUNKED + b"3\r\nabc\r\n"), ConnectionClosed, "ConnectionRefused", "ended the"),
    "no chunk": (raw(CHUNKED + b"canary"), ConnectionClosed, "ConnectionRefused", "ended the connection"),
    "no gzip": (answer(b"canary", 200, PACKED), ConnectionClosed, "ConnectionRefused", "damaged compressed"),
    "silence": (silence, ReadTimeout, "ConnectTimeout", "did not answer in time"),
    "silence in the body": (stall(200, b"abc"), ReadTimeout, "ConnectTimeout", "did not answer in time"),
    "silence in a refusal": (stall(500, b"abc"), ReadTimeout, "ConnectTimeout", "did not answer in time"),
}


@pytest.mark.parametrize(("script", "kind", "reason", "text"), BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_broken_answers(
    server: FakeApiServer, script: Answer, kind: type[InformerError], reason: str, text: str, method: str
) -> None:
    """Each way of not answering is told apart and names the server, and the request is sent once."""
    server.on(method, PATH, script)
    error = failure_of(lambda: transport_to(server, options=QUICK).request(method, PATH, body=b"{}"))
    assert type(error) is kind
    assert isinstance(error, TransportError)
    assert (error.member, error.reason) == ("eu", reason)
    assert text in str(error)
    assert server.url in str(error)
    assert len(server.requests) == 1
    assert "canary" not in f"{error!r}"


def test_half_of_a_compressed_answer(server: FakeApiServer) -> None:
    """A compressed answer that ends early is an error, or at least never taken for a whole one."""
    server.on("GET", PATH, half(gzip.compress(b"x" * 10_000)[:30], 1000))
    error = failure_of(lambda: transport_to(server).request("GET", PATH, headers={"Accept-Encoding": "gzip"}))
    assert isinstance(error, ConnectionClosed)


# no connection


def free_port() -> int:
    """Return a port on which nobody listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture
def deaf() -> Iterator[str]:
    """Return the address of a listener that accepts nobody, with its queue full, so that packets are dropped."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        yield "http://{}:{}".format(*listener.getsockname())
        for one in waiting:
            one.close()


def test_refused() -> None:
    """A port on which nobody listens is told as refused."""
    error = failure_of(lambda: transport_to(f"http://127.0.0.1:{free_port()}").request("GET", PATH))
    assert isinstance(error, ConnectError)
    assert (error.reason, "refused the connection" in str(error)) == ("ConnectionRefused", True)


def test_dropped(deaf: str) -> None:
    """A peer that drops our packets is told as a connect timeout."""
    transport = transport_to(deaf, options=replace(QUICK, connect_timeout=0.2))
    error = failure_of(lambda: transport.request("GET", PATH))
    assert isinstance(error, ConnectError)
    assert (error.reason, "no connection to" in str(error)) == ("ConnectTimeout", True)


def test_no_handshake() -> None:
    """A peer that accepts and then keeps silent while we want TLS is told as a connect timeout."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        url = "https://{}:{}".format(*listener.getsockname())
        transport = transport_to(url, options=replace(QUICK, connect_timeout=0.2))
        error = failure_of(lambda: transport.request("GET", PATH))
    assert isinstance(error, ConnectError)
    assert error.reason == "ConnectTimeout"


def test_unknown_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that does not resolve is told as such."""

    def nobody(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    error = failure_of(lambda: transport_to("https://api.invalid:6443").request("GET", PATH))
    assert isinstance(error, ConnectError)
    assert (error.reason, str(error)) == ("DNSFailed", "eu: the name in https://api.invalid:6443 does not resolve")


def test_unreachable_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network without a way there is told in the system's words."""

    def no_way(*_: object, **__: object) -> None:
        raise OSError(113, "No route to host")

    monkeypatch.setattr(socket.socket, "connect", no_way)
    error = failure_of(lambda: transport_to("http://10.255.255.1").request("GET", PATH))
    assert isinstance(error, ConnectError)
    assert "No route to host" in str(error)


# trust


OTHER = Authority("other")
UNTRUSTED = {
    "other CA": (OTHER.server_context("127.0.0.1"), "unable to get local issuer certificate"),
    "other name": (AUTHORITY.server_context("api.example"), "IP address mismatch"),
    "expired": (
        AUTHORITY.server_context(
            "127.0.0.1", certificate=AUTHORITY.issue("127.0.0.1", age=timedelta(9), life=timedelta(1))
        ),
        "certificate has expired",
    ),
    "wants to see us": (AUTHORITY.server_context("127.0.0.1", clients=True), ""),
}


@pytest.mark.parametrize(("context", "text"), UNTRUSTED.values(), ids=UNTRUSTED)
def test_untrusted(context: ssl.SSLContext, text: str) -> None:
    """Nothing is sent to a server that is not the one we know, or that does not know us, and the error says why."""
    with FakeApiServer(context=context) as server:
        error = failure_of(lambda: transport_to(server).request("POST", PATH, body=b"canary"))
        assert isinstance(error, TlsError | ConnectionClosed)
        assert isinstance(error, TlsError) or not text
        assert text in str(error)
        assert server.requests == []


@pytest.mark.parametrize(
    ("first_words", "kind"),
    [(b"HTTP/1.0 400 Bad Request\r\n\r\n", TlsError), (b"", ConnectError)],
    ids=["plain HTTP", "cut in the handshake"],
)
def test_no_tls_at_all(first_words: bytes, kind: type[InformerError]) -> None:
    """A server that speaks no TLS is not trusted, and one that ends the handshake without a word was not reached."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        url = "https://{}:{}".format(*listener.getsockname())
        call = Background(lambda: transport_to(url).request("GET", PATH))
        with closing(listener.accept()[0]) as wire:
            heard = wire.recv(65_536)
            wire.sendall(first_words)
            with suppress(OSError):  # who understood the words may have hung up already
                wire.shutdown(socket.SHUT_WR)
            error = call.outcome()
    assert type(error) is kind
    assert TOKEN.encode() not in heard


def test_client_certificate() -> None:
    """A client certificate opens the door where one is asked for."""
    certificate, key = AUTHORITY.issue()
    with FakeApiServer(context=AUTHORITY.server_context("127.0.0.1", clients=True)) as server:
        server.on("GET", PATH, answer({}))
        known = Credentials(server=server.url, source="test", ca=AUTHORITY.pem, certificate=certificate, key=key)
        assert transport_to(server, credentials=known).request("GET", PATH).status == 200
        assert "authorization" not in server.requests[0].headers


def test_other_server_name() -> None:
    """The name to be verified may be another than that of the address."""
    with FakeApiServer(context=AUTHORITY.server_context("api.example")) as server:
        server.on("GET", PATH, answer({}))
        known = Credentials(server=server.url, source="test", ca=AUTHORITY.pem, server_name="api.example")
        assert transport_to(server, credentials=known).request("GET", PATH).status == 200


# sockets


def test_dead_peers_are_noticed(plain: FakeApiServer) -> None:
    """Connections send at once, and ask a silent peer whether it lives: after 30 s, every 10 s, three times."""
    wires: list[socket.socket] = []
    plain.on("GET", "/", answer({}))
    known = Credentials(server=plain.url, source="test")

    class Watched(Connections):
        def before_send(self, method: str, wire: socket.socket, *, calls: bool) -> None:
            wires.append(wire)
            super().before_send(method, wire, calls=calls)

    pool = Watched(known, lambda _: None).pool(1, block=False)
    pool.urlopen("GET", "/", retries=False)
    wanted = {"TCP_NODELAY": 1, "TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}
    for name, value in wanted.items():
        if hasattr(socket, name):
            assert wires[0].getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) == value
    assert wires[0].getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    # closed without delay, and without the rest of what was to be sent
    assert struct.unpack("ii", wires[0].getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)) == (1, 0)


@pytest.mark.parametrize("address", ["https://[::1]:6443/x", "https://api.example", "http://10.0.0.1:80/"])
def test_addresses(address: str) -> None:
    """Addresses with and without port and path, and of version 6, are taken apart."""
    connections = Connections(Credentials(server=address, source="test", ca=AUTHORITY.pem), lambda _: None)
    pool = connections.pool(1, block=True)
    assert pool.host in {"::1", "[::1]", "api.example", "10.0.0.1"}
    assert pool.port in {6443, 443, 80}
    assert connections.base_path in {"/x", ""}


def test_what_the_library_may_invent() -> None:
    """An exception of the HTTP library that nobody has thought of is a closed connection."""
    error = translate("eu", "https://x", HTTPError("new in version 9"))
    assert type(error) is ConnectionClosed
