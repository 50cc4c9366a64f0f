"""The world's own client, against real HTTP over TLS."""

from collections.abc import Iterator

import pytest
from fakes.api_server import FakeApiServer
from fakes.certificates import Authority
from fakes.exchange import answer, close, failure
from multicasskop.world.api import Api
from multicasskop.world.errors import ApiError
from multicasskop.world.kinds import CASSANDRACLUSTERS, NAMESPACES, PODS
from multicasskop.world.kubeconfig import Entry

AUTHORITY = Authority()
POD = "/api/v1/namespaces/ns/pods/p"


@pytest.fixture
def server() -> Iterator[FakeApiServer]:
    """An API server that answers what a test says."""
    with FakeApiServer(AUTHORITY) as found:
        yield found


@pytest.fixture
def api(server: FakeApiServer) -> Api:
    """A client of it."""
    return Api("m", server.url, AUTHORITY.pem.decode(), "secret-token", agent="tester")


def test_requests_carry_token_and_agent(server: FakeApiServer, api: Api) -> None:
    """The server knows who asks, and under which name what is written will be noted."""
    server.on("GET", POD, answer({"metadata": {"name": "p"}}))
    assert api.get(PODS, "ns", "p") == {"metadata": {"name": "p"}}
    headers = server.requests[0].headers
    assert (headers["authorization"], headers["user-agent"]) == ("Bearer secret-token", "tester")


def test_paths_follow_the_kind() -> None:
    """Core and grouped, namespaced and not, with name and sub-resource."""
    assert PODS.path("ns", "p", "status") == f"{POD}/status"
    assert CASSANDRACLUSTERS.path("ns") == "/apis/db.orange.com/v2/namespaces/ns/cassandraclusters"
    assert CASSANDRACLUSTERS.path() == "/apis/db.orange.com/v2/cassandraclusters"
    assert NAMESPACES.path("ignored", "ns") == "/api/v1/namespaces/ns"


def test_changes_are_sent_as_what_they_are(server: FakeApiServer, api: Api) -> None:
    """A merge patch says so, and a delete says what becomes of dependents."""
    server.on("PATCH", f"{POD}/status", answer({}))
    server.on("DELETE", POD, answer({}))
    api.patch(PODS, "ns", "p", {"status": {"phase": "Running"}}, subresource="status")
    api.delete(PODS, "ns", "p", propagation="Orphan")
    patch, delete = server.requests
    assert patch.headers["content-type"] == "application/merge-patch+json"
    assert patch.json == {"status": {"phase": "Running"}}
    assert delete.json == {"propagationPolicy": "Orphan"}


def test_absent_is_none_where_it_may_be(server: FakeApiServer, api: Api) -> None:
    """Finding and deleting what is not there are no errors, getting it is."""
    for verb in ("GET", "DELETE"):
        server.on(verb, POD, failure(404, "NotFound"))
    assert api.find(PODS, "ns", "p") is None
    api.delete(PODS, "ns", "p")
    with pytest.raises(ApiError) as caught:
        api.get(PODS, "ns", "p")
    assert caught.value.is_not_found


@pytest.mark.parametrize(
    ("status", "reason", "conflict", "exists"),
    [(409, "Conflict", True, False), (409, "AlreadyExists", False, True), (403, "Forbidden", False, False)],
)
def test_refusals_tell_status_and_reason(
    server: FakeApiServer, api: Api, status: int, reason: str, conflict: bool, exists: bool
) -> None:
    """An error names member, request, status, reason and the server's words."""
    server.on("PUT", POD, failure(status, reason, "because"))
    with pytest.raises(ApiError, match=rf"m: PUT {POD}: {status} {reason}: because") as caught:
        api.replace(PODS, "ns", {"metadata": {"name": "p"}})
    assert (caught.value.is_conflict, caught.value.is_already_exists) == (conflict, exists)


def test_answers_that_are_no_json_are_quoted(server: FakeApiServer, api: Api) -> None:
    """A load balancer's page is an error like any other."""
    server.on("GET", POD, answer("<html>502 Bad Gateway</html>", 502))
    with pytest.raises(ApiError, match=r"502.*Bad Gateway"):
        api.find(PODS, "ns", "p")


def test_no_answer_is_status_zero(server: FakeApiServer, api: Api) -> None:
    """A connection that breaks is an error without a status, for requests and for watches."""
    server.on("GET", POD, close)
    server.on("WATCH", PODS.path("ns"), close)
    with pytest.raises(ApiError) as caught:
        api.get(PODS, "ns", "p")
    assert caught.value.status == 0
    with pytest.raises(ApiError) as caught, api.watch(PODS, "ns", "1"):
        pass
    assert caught.value.status == 0


def test_server_of_another_authority_is_not_believed(server: FakeApiServer) -> None:
    """Certificates are verified."""
    stranger = Api("m", server.url, Authority().pem.decode(), "secret-token")
    with pytest.raises(ApiError, match="SSLError"):
        stranger.request("GET", "/livez")
    assert server.requests == []


def test_client_certificate_logs_in(server: FakeApiServer) -> None:
    """A context with a certificate in place of a token is presented to the server."""
    certificate, key = (part.decode() for part in AUTHORITY.issue())
    with FakeApiServer(context=AUTHORITY.server_context("127.0.0.1", clients=True)) as strict:
        strict.on("GET", "/livez", answer("ok"))
        entry = Entry("m", strict.url, AUTHORITY.pem.decode(), certificate=certificate, key=key)
        assert Api.of(entry).request("GET", "/livez").body == b"ok"


def test_token_does_not_show(api: Api) -> None:
    """The text made from a client has no secret in it."""
    assert "secret-token" not in repr(api)
