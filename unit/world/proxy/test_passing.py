"""Without a fault the proxy changes nothing, and writes down what it has seen."""

import json
from pathlib import Path

import pytest
import urllib3
from fakes.api_server import FakeApiServer
from fakes.certificates import Authority
from fakes.exchange import answer, close
from fakes.proxied import Caller, event, proxied
from fakes.rig import until
from multicasskop.world.proxy.faults import Faults
from multicasskop.world.proxy.trace import Passed

PODS = "/api/v1/namespaces/team/pods"
BODY = {"spec": {"text": "x" * 100_000}}


def test_request_and_answer_arrive_unchanged(server: FakeApiServer, caller: Caller) -> None:
    """Method, path, parameters, headers and body reach the server; code, headers and body come back."""
    server.on("POST", PODS, answer(BODY, 201, {"x-mark": "kept"}))
    found = caller.request("POST", f"{PODS}?fieldManager=ours&x=%2F", BODY)
    (seen,) = server.received("POST")
    assert (seen.target, seen.json) == (f"{PODS}?fieldManager=ours&x=%2F", BODY)
    assert (seen.headers["authorization"], seen.headers["user-agent"]) == ("Bearer s3cret", "multicasskop/1")
    assert (found.status, found.json(), found.headers["x-mark"]) == (201, BODY, "kept")


def test_connection_is_kept(server: FakeApiServer, caller: Caller) -> None:
    """Ten requests of one caller need one connection to the server."""
    server.on("GET", PODS, answer({}))
    assert {caller.request("GET", PODS).status for _ in range(10)} == {200}
    assert server.connections == 1


def test_server_that_closed_an_idle_connection_is_asked_again(server: FakeApiServer, caller: Caller) -> None:
    """An idle connection that the server has closed costs the caller nothing."""
    server.on("GET", PODS, answer({}, headers={"Connection": "close"}), answer({"second": True}))
    assert caller.request("GET", PODS).json() == {}
    assert caller.request("GET", PODS).json() == {"second": True}


def test_server_without_an_answer_is_a_closed_connection(server: FakeApiServer, caller: Caller) -> None:
    """When the server ends the connection in place of an answer the caller's ends too."""
    server.on("GET", PODS, close)
    with pytest.raises(urllib3.exceptions.ProtocolError):
        caller.request("GET", PODS)


def test_lines_of_a_watch_come_as_they_are_sent(server: FakeApiServer, caller: Caller) -> None:
    """Each line is handed on at once, two in one piece and one in two pieces too, and the end is an end."""
    stream = server.on_watch(PODS)
    with caller.watch(PODS) as lines:
        one, two, three = event("ADDED", "a", 1), event("MODIFIED", "a", 2), event("DELETED", "a", 3)
        stream.send(one)
        assert next(lines) == one.rstrip()
        stream.write(two + three[:10])
        assert next(lines) == two.rstrip()
        stream.write(three[10:])
        assert next(lines) == three.rstrip()
        stream.end()
        assert list(lines) == []


def test_caller_who_leaves_a_watch_leaves_the_server_too(server: FakeApiServer, caller: Caller) -> None:
    """The proxy ends the server's stream when the caller is gone, though nothing is sent any more."""
    stream = server.on_watch(PODS)
    with caller.watch(PODS) as lines:
        stream.send(event("ADDED", "a", 1))
        next(lines)
    (left,) = caller.faults.trace.wait_for(lambda entry: entry.verb == "watch", 5)
    assert left.code == 200


def test_server_is_verified() -> None:
    """A server whose certificate is not of the authority gets no request, and no token."""
    with FakeApiServer(Authority()) as server, proxied(server, trusting=Authority()) as caller:
        with pytest.raises(urllib3.exceptions.ProtocolError):
            caller.request("GET", PODS)
        assert (server.requests, server.connections) == ([], 1)


def test_trusted_server_is_reached_over_tls() -> None:
    """With the right authority the way is TLS from end to end."""
    authority = Authority()
    with FakeApiServer(authority) as server, proxied(server, trusting=authority) as caller:
        server.on("GET", PODS, answer({"over": "TLS"}))
        assert caller.request("GET", PODS).json() == {"over": "TLS"}


def test_trace_tells_each_request(server: FakeApiServer, caller: Caller) -> None:
    """A request's entry has all by which a rule could know it, and what became of it."""
    path = "/apis/db.orange.com/v2/namespaces/team/cassandraclusters/demo/status"
    server.on("PATCH", path, answer({}, 409))
    caller.request("PATCH", f"{path}?fieldManager=ours&dryRun=All", {"status": {}})
    (entry,) = caller.faults.trace.wait_for(lambda entry: True)
    told = (entry.member, entry.verb, entry.group, entry.plural, entry.namespace, entry.name, entry.subresource)
    assert told == ("one", "patch", "db.orange.com", "cassandraclusters", "team", "demo", "status")
    assert (entry.manager, entry.dry_run, entry.code, entry.forwarded, entry.rule) == ("ours", True, 409, 1, "")


def test_trace_tells_each_line(server: FakeApiServer, caller: Caller) -> None:
    """A line's entry has type, object and version; one that cannot be read is told as such."""
    stream = server.on_watch(PODS)
    with caller.watch(PODS) as lines:
        stream.send(event("ADDED", "a", 1), b"nonsense\n")
        next(lines), next(lines)
    # what passes is told when it has passed
    until(lambda: len(caller.faults.trace.watched()) == 2)
    found = [(line.type, line.namespace, line.name, line.version) for line in caller.faults.trace.watched()]
    assert found == [("ADDED", "team", "a", "1"), ("?", "", "", "")]


def test_trace_holds_no_token_and_no_body(server: FakeApiServer, caller: Caller, tmp_path: Path) -> None:
    """Neither the token nor what was sent stands in the trace."""
    server.on("POST", PODS, answer(BODY, 201))
    caller.request("POST", PODS, {"data": {"password": "hunter2"}})
    caller.faults.trace.wait_for(lambda entry: True)
    caller.faults.trace.save(tmp_path / "trace.jsonl")
    text = (tmp_path / "trace.jsonl").read_text()
    assert json.loads(text)["entry"] == "request"
    assert "s3cret" not in text
    assert "hunter2" not in text


def test_writes_have_numbers(server: FakeApiServer, caller: Caller) -> None:
    """Mutating requests are told in the order in which they were read; leases and events are not among them."""
    events, leases = (
        "/apis/events.k8s.io/v1/namespaces/team/events",
        "/apis/coordination.k8s.io/v1/namespaces/team/leases",
    )
    for path in (PODS, events, leases, f"{PODS}/a"):
        server.on("POST" if path != f"{PODS}/a" else "DELETE", path, answer({}))
    server.on("GET", PODS, answer({}))
    caller.request("GET", PODS)
    for path in (PODS, events, leases):
        caller.request("POST", path, {})
    caller.request("DELETE", f"{PODS}/a")
    caller.faults.trace.wait_for(is_delete)
    assert [(entry.verb, entry.name) for entry in caller.faults.trace.writes()] == [("create", ""), ("delete", "a")]


def test_waiting_for_a_request_tells_what_came_instead(server: FakeApiServer, caller: Caller) -> None:
    """Who waits in vain is told the last requests."""
    server.on("GET", PODS, answer({}))
    caller.request("GET", PODS)
    caller.faults.trace.wait_for(lambda entry: True)
    with pytest.raises(TimeoutError, match="one list pods team/ → 200"):
        caller.faults.trace.wait_for(is_delete, 0.01)


def is_delete(entry: Passed) -> bool:
    """Whether it is a delete."""
    return entry.verb == "delete"


def test_stopping_leaves_no_thread(server: FakeApiServer) -> None:
    """The proxy's end ends the watches that stand, and who is held."""
    stream = server.on_watch(PODS)
    with proxied(server) as caller, caller.watch(PODS):
        stream.wait_opened()
        faults: Faults = caller.faults
    assert not faults.proxy("one").is_busy()
