"""The client over real bytes: what it sends, and that everything that can go wrong is a value and has an end."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fakes.api_server import FakeApiServer
from fakes.exchange import Answer, Exchange, answer, half, hold, raw, reset, silence
from multicasskop.reconcilers.cassandracluster.jolokia.answers import Failed
from multicasskop.reconcilers.cassandracluster.jolokia.client import Credentials, JolokiaClient, Timeouts
from multicasskop.reconcilers.cassandracluster.jolokia.questions import (
    Cleanup,
    Decommission,
    HostIds,
    Keyspaces,
    OperationMode,
)

PATH = "/jolokia/"
USER = Credentials("cassandra", 'pa"ss-word')
IDS = {"10.0.0.1": "h-1"}
SHORT = Timeouts(connect=0.5, question=0.2, command=5.0)


@pytest.fixture
def server() -> Iterator[FakeApiServer]:
    """Somebody who listens."""
    with FakeApiServer() as found:
        yield found


def client(server: FakeApiServer, **more: Any) -> JolokiaClient:  # noqa: ANN401  as of the client
    """A client of it."""
    host, port = server.url.removeprefix("http://").split(":")
    return JolokiaClient(host, int(port), **more)


def success(value: object) -> Answer:
    """Jolokia's answer with a value."""
    return answer({"request": {}, "value": value, "timestamp": 1, "status": 200})


def error(status: int, text: str) -> Answer:
    """Jolokia's answer with an error, which is HTTP 200."""
    return answer({"request": {}, "error_type": text.split(" : ")[0], "error": text, "status": status})


NO_ATTRIBUTE = error(404, "javax.management.AttributeNotFoundException : No such attribute: HostIdMap")
ARGUMENTS = error(400, "java.lang.IllegalArgumentException : Invalid number of operation arguments")
UNKNOWN_KEYSPACE = error(400, "java.lang.IllegalArgumentException : Keyspace [app] does not exist")
BUSY = error(500, "java.lang.UnsupportedOperationException : Node in LEAVING state")


def test_question_is_a_post_of_json(server: FakeApiServer) -> None:
    """One request over a connection of its own, to Jolokia's path."""
    server.on("POST", PATH, success(["system", "app"]))
    assert client(server).ask(Keyspaces()) == ("system", "app")
    (asked,) = server.received()
    assert (asked.method, asked.target, asked.json["attribute"]) == ("POST", PATH, "Keyspaces")
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["host"] == server.url.removeprefix("http://")
    assert "authorization" not in asked.headers


def test_credentials_are_sent_and_never_shown(server: FakeApiServer) -> None:
    """The header is that of basic authentication; nothing prints the password."""
    server.on("POST", PATH, success("NORMAL"))
    found = client(server, credentials=USER)
    assert found.ask(OperationMode()) == "NORMAL"
    assert server.received()[0].headers["authorization"] == "Basic Y2Fzc2FuZHJhOnBhInNzLXdvcmQ="
    assert "ss-word" not in repr(found) + repr(USER)


@pytest.mark.parametrize(
    "echo",
    [
        pytest.param(error(500, 'java.lang.Exception : login pa"ss-word failed'), id="in an error"),
        pytest.param(answer('<html>pa"ss-word</html>'), id="in a page"),
        pytest.param(answer('{"login": "pa\\"ss-word"}'), id="as JSON spells it"),
        pytest.param(answer("no: Basic Y2Fzc2FuZHJhOnBhInNzLXdvcmQ=", 502), id="the header"),
    ],
)
def test_no_failure_repeats_the_password(server: FakeApiServer, echo: Answer) -> None:
    """Whoever answers may say what it was sent; we don't pass that on."""
    server.on("POST", PATH, echo)
    found = client(server, credentials=USER).ask(Keyspaces())
    assert isinstance(found, Failed)
    assert "(redacted)" in found.message
    assert "ss-word" not in found.message
    assert "Y2Fz" not in found.message


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        pytest.param(answer("(401)", 401), "unauthorized", id="HTTP 401"),
        pytest.param(answer("(403)", 403), "unauthorized", id="HTTP 403"),
        pytest.param(answer("no context", 404), "garbage", id="HTTP 404"),
        pytest.param(answer("", 302, {"Location": "http://127.0.0.1:1/"}), "garbage", id="redirect"),
        pytest.param(answer("<html>It works!</html>"), "garbage", id="another's page"),
        pytest.param(success({"a": 1}), "garbage", id="an answer to another question"),
        pytest.param(raw(b"SSH-2.0-OpenSSH_9.2\r\n"), "garbage", id="no HTTP"),
        pytest.param(raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n"), "garbage", id="headers without end"),
        pytest.param(raw(b""), "timeout", id="hung up"),
        pytest.param(reset, "timeout", id="reset"),
        pytest.param(half(b'{"status":200', 500), "timeout", id="half an answer"),
        pytest.param(silence, "timeout", id="silence"),
        pytest.param(BUSY, "error", id="an exception of Cassandra's"),
    ],
)
def test_whatever_goes_wrong_is_a_value(server: FakeApiServer, script: Answer, reason: str) -> None:
    """No exception leaves the client, and nothing is waited for longer than was said."""
    server.on("POST", PATH, script)
    # an answer that comes may take its time on a busy machine
    found = client(server, timeouts=SHORT if reason == "timeout" else Timeouts()).ask(Keyspaces())
    assert isinstance(found, Failed)
    assert found.reason == reason


def chunked(*chunks: bytes, end: bool) -> Answer:
    """An answer in chunks, with or without the last one."""

    def send(exchange: Exchange) -> None:
        exchange.head(200, {"Transfer-Encoding": "chunked"})
        for chunk in (*chunks, *([b""] if end else [])):
            exchange.chunk(chunk)
        exchange.close()

    return send


def test_answer_in_chunks_is_read_whole(server: FakeApiServer) -> None:
    """Large answers come in chunks; one that ends too early is none."""
    server.on("POST", PATH, chunked(b'{"status":200,', b'"value":[]}', end=True), chunked(b'{"status":200', end=False))
    assert client(server).ask(Keyspaces()) == ()
    broken = client(server).ask(Keyspaces())
    assert isinstance(broken, Failed)
    assert broken.reason == "timeout"


def test_answer_that_comes_drop_by_drop_has_an_end(server: FakeApiServer) -> None:
    """Every byte comes in time, the whole does not."""
    ended = threading.Event()

    def drip(exchange: Exchange) -> None:
        exchange.head(200, {"Content-Length": "100000"})
        while not ended.wait(0.02) and not exchange.ended.is_set():
            exchange.raw(b" ")

    server.on("POST", PATH, drip)
    found = client(server, timeouts=SHORT).ask(Keyspaces())
    ended.set()
    assert found == Failed("timeout", "no answer within 0.2s")


def test_answer_that_is_too_large_is_none(server: FakeApiServer) -> None:
    """Memory is bounded, whoever answers."""
    server.on("POST", PATH, success(["x" * 5000]))
    assert client(server, limit=1000).ask(Keyspaces()) == Failed("garbage", "an answer of more than 1000 bytes")


def test_nobody_listens() -> None:
    """A node that is down refuses the connection."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert JolokiaClient("127.0.0.1", port).ask(Keyspaces()) == Failed("refused", f"nobody listens at 127.0.0.1:{port}")


@pytest.mark.parametrize(
    "address", [pytest.param("no such name.invalid", id="no address"), pytest.param("255.255.255.255", id="no route")]
)
def test_no_connection_comes_about(address: str) -> None:
    """What cannot be reached is told with the system's reason."""
    found = JolokiaClient(address, timeouts=SHORT).ask(Keyspaces())
    assert isinstance(found, Failed)
    assert found.reason == "unreachable"
    assert found.message.startswith(f"no connection to {address}:8778: ")


def test_backlog_that_is_full_is_unreachable() -> None:
    """A connection that nobody accepts is given up after its own, short time."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        found = JolokiaClient("127.0.0.1", full.getsockname()[1], timeouts=Timeouts(connect=0.1)).ask(Keyspaces())
        for each in waiting:
            each.close()
    assert isinstance(found, Failed)
    assert found.reason == "unreachable"


def test_other_way_is_tried_where_the_first_is_not_offered(server: FakeApiServer) -> None:
    """5.0 has no HostIdMap: the other attribute is read."""
    server.on("POST", PATH, NO_ATTRIBUTE, success(IDS))
    assert client(server).ask(HostIds()) == IDS
    assert [asked.json["attribute"] for asked in server.received()] == ["HostIdMap", "EndpointToHostId"]


def test_old_decommission_takes_no_argument(server: FakeApiServer) -> None:
    """3.11 refuses the argument that 4.0 wants."""
    server.on("POST", PATH, ARGUMENTS, success(None))
    assert client(server).ask(Decommission()) is None
    assert [asked.json["arguments"] for asked in server.received()] == [[True], []]


def test_other_way_is_not_tried_after_another_error(server: FakeApiServer) -> None:
    """A command that Cassandra refused is not given twice."""
    server.on("POST", PATH, BUSY)
    found = client(server).ask(Decommission())
    assert found == Failed("error", "java.lang.UnsupportedOperationException : Node in LEAVING state", 500)
    assert len(server.received()) == 1


def test_error_of_a_known_way_is_not_hidden_by_the_other(server: FakeApiServer) -> None:
    """Status 400 also tells of wrong values: what both ways say is told."""
    server.on("POST", PATH, UNKNOWN_KEYSPACE, ARGUMENTS)
    found = client(server).ask(Cleanup("app"))
    assert isinstance(found, Failed)
    assert "Keyspace [app] does not exist; " in found.message
    assert (found.reason, found.status) == ("error", 400)


def test_d11_command_may_take_longer_than_a_question(server: FakeApiServer) -> None:
    """A question has its time, a command another; neither is without end."""
    go = threading.Event()
    server.on("POST", PATH, hold(go, success(None)))
    with ThreadPoolExecutor() as threads:
        told = threads.submit(client(server, timeouts=SHORT).ask, Decommission())
        server.wait_for(1)
        with pytest.raises(TimeoutError):
            told.result(SHORT.question + 0.1)
        go.set()
        assert told.result(5) is None


def test_d11_silent_node_does_not_hold_up_the_questions_of_others(server: FakeApiServer) -> None:
    """One client answers several threads at a time."""
    go = threading.Event()
    server.on("POST", PATH, hold(go, success("NORMAL")), success("LEAVING"))
    found = client(server)
    with ThreadPoolExecutor() as threads:
        first = threads.submit(found.ask, OperationMode())
        server.wait_for(1)
        assert found.ask(OperationMode()) == "LEAVING"
        go.set()
        assert first.result(5) == "NORMAL"


def test_closed_client_cuts_what_is_under_way(server: FakeApiServer) -> None:
    """A process that ends does not wait for a node, and asks no more."""
    server.on("POST", PATH, silence)
    found = client(server)
    with ThreadPoolExecutor() as threads:
        told = threads.submit(found.ask, Decommission())
        server.wait_for(1)
        found.close()
        ended = told.result(5)
    assert isinstance(ended, Failed)
    assert ended.reason == "timeout"
    assert isinstance(found.ask(Keyspaces()), Failed)
    assert len(server.received()) == 1


def test_proxies_of_the_environment_are_ignored(server: FakeApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who answers is the pod or nobody."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    server.on("POST", PATH, success([]))
    assert client(server).ask(Keyspaces()) == ()


def test_address_of_ipv6_goes_in_brackets() -> None:
    """The Host header is what HTTP wants it to be."""
    with FakeApiServer(host="127.0.0.1") as server:
        server.on("POST", PATH, success([]))
        found = client(server)
        found.address = "::ffff:127.0.0.1"
        assert found.ask(Keyspaces()) == ()
        assert server.received()[0].headers["host"].startswith("[::ffff:127.0.0.1]:")
