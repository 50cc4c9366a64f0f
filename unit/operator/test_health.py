"""The health server over real sockets: good clients are answered whatever the others do."""

import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from time import monotonic

import pytest
from multicasskop.informers.supervisor import Supervisor
from multicasskop.operator import health
from multicasskop.operator.health import Answer, Finding, HealthServer, Part, Query, parts_page


def echo(query: Query) -> Answer:
    """A page that shows what it was asked."""
    return Answer(200, f"{sorted(query.parameters)} {query.accept}".encode())


def broken(query: Query) -> Answer:
    """A page with a defect."""
    raise RuntimeError("a secret detail")


@pytest.fixture
def server() -> Iterator[HealthServer]:
    """A server on a free port, stopped and joined afterwards."""
    supervisor = Supervisor()
    pages = {"/echo": echo, "/broken": broken, "/large": lambda _: Answer(200, b"x" * 4_000_000)}
    serving = HealthServer("test", pages, ("127.0.0.1", 0), supervisor)
    serving.start()
    yield serving
    serving.stop()
    assert supervisor.running() == ()


def get(server: HealthServer, path: str, method: str = "GET", **headers: str) -> tuple[int, str]:
    """Status and body of one request."""
    address = f"http://127.0.0.1:{server.address[1]}{path}"
    request = urllib.request.Request(address, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def send(server: HealthServer, raw: bytes) -> socket.socket:
    """A connection on which something was sent."""
    connection = socket.create_connection(server.address, timeout=10)
    connection.sendall(raw)
    return connection


def left_over(connection: socket.socket) -> bytes:
    """What the server still sends until it closes or resets the connection."""
    try:
        return connection.recv(4096)
    except ConnectionResetError:
        return b""


def test_a_page_gets_parameters_and_accepted_types(server: HealthServer) -> None:
    """A page sees the query's parameters, also empty ones, and the accepted media types."""
    assert get(server, "/echo?verbose&a=1", Accept="text/plain") == (200, "['a', 'verbose'] text/plain")


def test_head_has_no_body(server: HealthServer) -> None:
    """HEAD is answered like GET, without the body."""
    assert get(server, "/echo", "HEAD") == (200, "")


@pytest.mark.parametrize(
    ("path", "method", "status", "body"),
    [
        pytest.param("/nothing", "GET", 404, "pages here:\n/echo\n/broken\n/large\n", id="unknown-page"),
        pytest.param("/echo", "POST", 405, "only GET and HEAD\n", id="post"),
        pytest.param("/broken", "GET", 500, "internal error, see the log\n", id="defect-shows-no-detail"),
        pytest.param("//[", "GET", 400, "not an address\n", id="no-address"),
    ],
)
def test_refused(server: HealthServer, path: str, method: str, status: int, body: str) -> None:
    """What is not served gets a plain answer without any inner detail."""
    assert get(server, path, method) == (status, body)


@pytest.mark.parametrize(
    ("raw", "first_line"),
    [
        pytest.param(b"hello\r\n\r\n", b"HTTP/1.1 400 Bad Request", id="not-http"),
        pytest.param(b"\x16\x03\x01\xff\r\n\r\n", b"HTTP/1.1 400 Bad Request", id="tls-hello"),
        pytest.param(b"GET /echo HTTP/1.1\r\nX: " + b"y" * 10_000_000, b"HTTP/1.1 431", id="ten-megabytes-of-header"),
        pytest.param(b"", b"", id="nothing"),
    ],
)
def test_broken_clients(server: HealthServer, raw: bytes, first_line: bytes) -> None:
    """Whatever a client sends, the server answers it or drops it, and goes on."""
    try:
        with send(server, raw) as connection:
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(4096)
        assert answer.startswith(first_line)
    except (ConnectionResetError, BrokenPipeError):
        assert len(raw) > health.REQUEST_BYTES
    assert get(server, "/echo")[0] == 200


def test_a_thousand_half_open_connections_do_not_delay_a_good_client(server: HealthServer) -> None:
    """With a thousand clients that never finish their request a good one is answered before those are given up."""
    slow = [send(server, b"GET /echo HTTP/1.1\r\nX: ") for _ in range(1_000)]
    began = monotonic()
    assert get(server, "/echo")[0] == 200
    assert monotonic() - began < health.REQUEST_SECONDS
    for connection in slow:
        connection.close()


def test_clients_that_do_not_read_do_not_delay_a_good_one(server: HealthServer) -> None:
    """Clients that ask for much and read nothing do not delay a good one."""
    deaf = [send(server, b"GET /large HTTP/1.1\r\n\r\n") for _ in range(20)]
    began = monotonic()
    assert get(server, "/echo")[0] == 200
    assert monotonic() - began < health.REQUEST_SECONDS
    for connection in deaf:
        connection.close()


def test_a_slow_client_is_given_up(server: HealthServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that does not finish its request in time is cut off."""
    monkeypatch.setattr(health, "REQUEST_SECONDS", 0.05)
    with send(server, b"GET /echo") as connection:
        assert left_over(connection) == b""


def test_stop_ends_open_connections() -> None:
    """Stopping does not wait for clients."""
    supervisor = Supervisor()
    serving = HealthServer("test", {}, ("127.0.0.1", 0), supervisor)
    serving.start()
    with send(serving, b"GET /"):
        began = monotonic()
        serving.stop()
    assert monotonic() - began < health.REQUEST_SECONDS
    assert supervisor.running() == ()


def test_a_taken_address_is_an_error_at_start(server: HealthServer) -> None:
    """Starting on a taken address raises OSError and leaves nothing behind."""
    second = HealthServer("second", {}, server.address, Supervisor())
    with pytest.raises(OSError, match="in use"):
        second.start()
    second.stop()


def part(name: str, ok: bool, detail: str = "", informational: bool = False) -> Part:
    """A part that finds the same always."""
    return Part(name, lambda: Finding(ok, detail), informational)


@pytest.mark.parametrize(
    ("parts", "verbose", "status", "body"),
    [
        pytest.param([part("a", True)], False, 200, "ok\n", id="all-good"),
        pytest.param([], False, 200, "ok\n", id="no-parts"),
        pytest.param([part("a", True, "since noon")], True, 200, "[+] a since noon\nok\n", id="verbose"),
        pytest.param(
            [part("a", True), part("b", False, "late")],
            False,
            503,
            "[+] a\n[-] b late\nnot ok: b\n",
            id="failures-are-always-named",
        ),
        pytest.param(
            [part("member c2", False, "dark", informational=True)], False, 200, "ok\n", id="dark-member-is-no-failure"
        ),
        pytest.param(
            [part("member c2", False, "dark", informational=True)], True, 200, "[!] member c2 dark\nok\n", id="shown"
        ),
    ],
)
def test_parts_page(parts: list[Part], verbose: bool, status: int, body: str) -> None:
    """A page over parts lists them by name; informational ones fail nothing."""
    answer = parts_page(lambda: tuple(parts))(Query({"verbose": [""]} if verbose else {}))
    assert (answer.status, answer.body.decode()) == (status, body)
