"""The client: what goes over the wire for each call, and what is taken for an answer."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from fakes.api_server import FakeApiServer
from fakes.clock import FakeClock
from fakes.exchange import answer, failure, silence, status_object
from fakes.wire import AUTHORITY, Background, failure_of, transport_to
from multicasskop.informers.client import Client
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import (
    ApiError,
    DeadlineExceeded,
    UnexpectedAnswer,
    is_conflict,
    is_invalid,
    is_not_found,
)
from multicasskop.informers.resource import Resource

CHILDREN = Resource("db.orange.com", "v2", "cassandraclusters", "CassandraCluster")
CRDS = Resource("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", namespaced=False)
COLLECTION = "/apis/db.orange.com/v2/namespaces/n/cassandraclusters"
OBJECT = f"{COLLECTION}/a"
CHILD = {
    "apiVersion": "db.orange.com/v2",
    "kind": "CassandraCluster",
    "metadata": {"name": "a", "namespace": "n", "uid": "u", "resourceVersion": "7"},
}


@pytest.fixture
def client(plain: FakeApiServer) -> Client:
    """Return a client of the server."""
    return Client(transport_to(plain))


def test_get(plain: FakeApiServer, client: Client) -> None:
    """An object is read by its path, and comes back as plain data."""
    plain.on("GET", OBJECT, answer(CHILD))
    assert client.get(CHILDREN, "n", "a") == CHILD
    assert client.member == "eu"


def test_get_nothing(plain: FakeApiServer, client: Client) -> None:
    """An absent object is an error that says so."""
    plain.on("GET", OBJECT, failure(404, "NotFound", "no", details={"name": "a", "kind": "cassandraclusters"}))
    assert is_not_found(failure_of(lambda: client.get(CHILDREN, "n", "a")))


def test_cluster_scoped(plain: FakeApiServer, client: Client) -> None:
    """An object without a namespace is read and believed without one."""
    found = {"kind": "CustomResourceDefinition", "metadata": {"name": "x.y"}}
    plain.on("GET", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/x.y", answer(found))
    assert client.get(CRDS, "", "x.y") == found


def test_list(plain: FakeApiServer, client: Client) -> None:
    """A list is asked for with everything that was given, compressed."""
    plain.on("GET", COLLECTION, answer({"kind": "CassandraClusterList", "items": [CHILD]}))
    found = client.list(
        CHILDREN, "n", label_selector="a=b,c!=d", field_selector="metadata.name=a", limit=5, version="0"
    )
    assert found["items"] == [CHILD]
    request = plain.requests[0]
    assert request.query == {
        "labelSelector": "a=b,c!=d",
        "fieldSelector": "metadata.name=a",
        "limit": "5",
        "resourceVersion": "0",
    }
    assert request.headers["accept-encoding"] == "gzip"


def test_consistent_list_of_all(plain: FakeApiServer, client: Client) -> None:
    """Without anything given the list is a consistent one of all namespaces."""
    plain.on("GET", "/apis/db.orange.com/v2/cassandraclusters", answer({"kind": "CassandraClusterList", "items": []}))
    assert client.list(CHILDREN)["items"] == []
    assert plain.requests[0].query == {}


@pytest.mark.parametrize(
    ("version", "path", "api_version"),
    [
        (None, COLLECTION, "db.orange.com/v2"),
        ("v1alpha1", COLLECTION.replace("v2", "v1alpha1"), "db.orange.com/v1alpha1"),
    ],
    ids=["own version", "another version"],
)
def test_create(plain: FakeApiServer, client: Client, version: str | None, path: str, api_version: str) -> None:
    """An object is created through the version asked for, and says in its body which one that is."""
    plain.on("POST", path, answer({**CHILD, "apiVersion": api_version}, 201))
    body = {"metadata": {"name": "a"}, "spec": {"x": 1}}
    stored = client.create(CHILDREN, "n", body, field_manager="multicasskop", version=version)
    assert stored["metadata"]["uid"] == "u"
    request = plain.requests[0]
    assert request.query == {"fieldManager": "multicasskop"}
    assert request.headers["content-type"] == "application/json"
    assert request.json == {**body, "apiVersion": api_version, "kind": "CassandraCluster"}


def test_create_under_a_generated_name(plain: FakeApiServer, client: Client) -> None:
    """A create that leaves the name to the server believes the name it gets."""
    plain.on("POST", COLLECTION, answer(CHILD, 201))
    assert client.create(CHILDREN, "n", {"metadata": {"generateName": "x-"}})["metadata"]["name"] == "a"


def test_merge_patch(plain: FakeApiServer, client: Client) -> None:
    """A merge patch keeps its nulls, which remove."""
    plain.on("PATCH", f"{OBJECT}/status", answer(CHILD))
    body = {"metadata": {"uid": "u", "resourceVersion": "7"}, "status": {"x": None, "y": [1]}}
    client.merge_patch(CHILDREN, "n", "a", body, subresource="status", field_manager="m")
    request = plain.requests[0]
    assert request.headers["content-type"] == "application/merge-patch+json"
    assert (request.json, request.query) == (body, {"fieldManager": "m"})


def test_rehearsal(plain: FakeApiServer, client: Client) -> None:
    """In a rehearsal every write asks the server to store nothing, and reads are what they always are."""
    plain.on("GET", OBJECT, answer(CHILD))
    plain.on("POST", COLLECTION, answer(CHILD, 201))
    plain.on("PATCH", OBJECT, answer(CHILD))
    plain.on("PUT", OBJECT, answer(CHILD))
    plain.on("DELETE", OBJECT, answer({"kind": "Status", "status": "Success"}))
    rehearsal = client.rehearsing()
    rehearsal.create(CHILDREN, "n", {"metadata": {"name": "a"}}, field_manager="m")
    rehearsal.merge_patch(CHILDREN, "n", "a", {})
    rehearsal.json_patch(CHILDREN, "n", "a", [])
    rehearsal.update(CHILDREN, "n", "a", {})
    rehearsal.delete(CHILDREN, "n", "a", uid="u")
    rehearsal.get(CHILDREN, "n", "a")
    *writes, read = plain.requests
    assert [request.query.get("dryRun") for request in writes] == ["All"] * 5
    assert read.query == {}
    assert writes[-1].json["dryRun"] == ["All"]
    client.merge_patch(CHILDREN, "n", "a", {})
    assert plain.requests[-1].query == {}


def test_json_patch(plain: FakeApiServer, client: Client) -> None:
    """A JSON patch is a list of operations, and a test that fails is told as invalid."""
    plain.on("PATCH", OBJECT, answer(CHILD), failure(422, "Invalid", "the server rejected our request"))
    operations = [{"op": "test", "path": "/metadata/finalizers", "value": None}]
    client.json_patch(CHILDREN, "n", "a", operations, field_manager="m")
    request = plain.requests[0]
    assert request.headers["content-type"] == "application/json-patch+json"
    assert (request.json, request.query) == (operations, {"fieldManager": "m"})
    assert is_invalid(failure_of(lambda: client.json_patch(CHILDREN, "n", "a", operations)))


def test_update(plain: FakeApiServer, client: Client) -> None:
    """An update sends the whole object, and one that came too late is a conflict."""
    plain.on("PUT", OBJECT, answer(CHILD), failure(409, "Conflict", "modified"))
    client.update(CHILDREN, "n", "a", CHILD)
    assert plain.requests[0].json == CHILD
    assert is_conflict(failure_of(lambda: client.update(CHILDREN, "n", "a", CHILD)))


@pytest.mark.parametrize(
    ("given", "options"),
    [
        ({}, {"propagationPolicy": "Background"}),
        ({"uid": "u"}, {"propagationPolicy": "Background", "preconditions": {"uid": "u"}}),
        ({"grace_seconds": 0}, {"propagationPolicy": "Background", "gracePeriodSeconds": 0}),
        (
            {"uid": "u", "version": "7", "propagation": "Foreground"},
            {"propagationPolicy": "Foreground", "preconditions": {"uid": "u", "resourceVersion": "7"}},
        ),
    ],
    ids=["plain", "uid", "at once", "uid and version"],
)
@pytest.mark.parametrize("answered", [CHILD, status_object(200)], ids=["lives on", "gone"])
def test_delete(
    plain: FakeApiServer, client: Client, given: dict[str, Any], options: dict[str, Any], answered: dict[str, Any]
) -> None:
    """A delete carries its preconditions and says what becomes of the dependents."""
    plain.on("DELETE", OBJECT, answer(answered))
    assert client.delete(CHILDREN, "n", "a", **given) == answered
    assert plain.requests[0].json == {"apiVersion": "v1", "kind": "DeleteOptions", **options}


def test_raw_get(plain: FakeApiServer, client: Client) -> None:
    """Any path may be asked for an object."""
    plain.on("GET", "/version", answer({"gitVersion": "v1.36.3"}))
    assert client.raw_get("/version") == {"gitVersion": "v1.36.3"}


CALLS: dict[str, Callable[[Client, Deadline | None], Any]] = {
    "get": lambda client, deadline: client.get(CHILDREN, "n", "a", deadline=deadline),
    "list": lambda client, deadline: client.list(CHILDREN, "n", deadline=deadline),
    "create": lambda client, deadline: client.create(CHILDREN, "n", CHILD, deadline=deadline),
    "merge": lambda client, deadline: client.merge_patch(CHILDREN, "n", "a", {}, deadline=deadline),
    "json": lambda client, deadline: client.json_patch(CHILDREN, "n", "a", [], deadline=deadline),
    "update": lambda client, deadline: client.update(CHILDREN, "n", "a", CHILD, deadline=deadline),
    "delete": lambda client, deadline: client.delete(CHILDREN, "n", "a", deadline=deadline),
    "raw": lambda client, deadline: client.raw_get(OBJECT, deadline=deadline),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_every_call_has_a_deadline(plain: FakeApiServer, client: Client, call: Callable[..., Any]) -> None:
    """No call begins when the run's time is over."""
    assert isinstance(failure_of(lambda: call(client, Deadline(FakeClock(), 0))), DeadlineExceeded)
    assert plain.requests == []


STRANGE = {
    "another name": {**CHILD, "metadata": {"name": "b", "namespace": "n"}},
    "another namespace": {**CHILD, "metadata": {"name": "a", "namespace": "m"}},
    "another kind": {**CHILD, "kind": "Secret"},
    "no metadata": {"kind": "CassandraCluster"},
    "no object in metadata": {"kind": "CassandraCluster", "metadata": "canary"},
    "a success": status_object(200),
    "a table": {"kind": "Table", "rows": []},
    "a list": [CHILD],
    "text": "<html>canary</html>",
    "nothing": b"",
    "half": json.dumps(CHILD)[:50],
    "binary": b"\xff\xfe",
    "poison": b'{"a":' * 5000,
    "a list without items": {"kind": "CassandraClusterList"},
    "a list of other things": {"kind": "PodList", "items": []},
}


@pytest.mark.parametrize("body", STRANGE.values(), ids=STRANGE)
@pytest.mark.parametrize("call", ["get", "list", "create", "merge", "json", "update"])
def test_what_is_no_answer(plain: FakeApiServer, client: Client, call: str, body: object) -> None:
    """A success that brings another object than was asked for, or none at all, is an error and is not handed on."""
    for verb, path in (("GET", OBJECT), ("GET", COLLECTION), ("POST", COLLECTION), ("PATCH", OBJECT), ("PUT", OBJECT)):
        plain.on(verb, path, answer(body))
    error = failure_of(lambda: CALLS[call](client, None))
    assert isinstance(error, UnexpectedAnswer)
    assert str(error).startswith("eu: ")
    assert "canary" not in str(error)


def test_lost_answer(plain: FakeApiServer, client: Client) -> None:
    """A write whose answer is lost is an error like another; that it may have landed is for the next read to see."""
    plain.on("POST", COLLECTION, silence)
    call = Background(lambda: client.create(CHILDREN, "n", CHILD))
    plain.wait_for(1)
    plain.stop()
    assert not isinstance(call.outcome(), dict | ApiError)


def test_over_tls() -> None:
    """All of it works over TLS as well."""
    with FakeApiServer(AUTHORITY) as server:
        server.on("GET", OBJECT, answer(CHILD))
        assert Client(transport_to(server)).get(CHILDREN, "n", "a") == CHILD
