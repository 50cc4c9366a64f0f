"""The transport against an API server that follows a script, over real sockets."""

import gzip
import json
import threading
from importlib.metadata import PackageNotFoundError

import pytest
from fakes.api_server import FakeApiServer, Watch
from fakes.clock import FakeClock
from fakes.exchange import answer, failure, hold, silence
from fakes.wire import PATH, QUICK, TOKEN, WATCH, Background, failure_of, transport_to
from multicasskop.informers.answers import user_agent
from multicasskop.informers.breaker import Breaker
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import (
    ApiError,
    ConnectError,
    DeadlineExceeded,
    NotLeader,
    ReadTimeout,
    Stopped,
    is_throttled,
)
from multicasskop.informers.guard import WriteGuard
from multicasskop.informers.metrics import MEMBER_FAMILIES, Metrics
from multicasskop.informers.transport import TransportOptions
from prometheus_client import CollectorRegistry

NOWHERE = "http://127.0.0.1:1"


# requests


def test_request_and_response(server: FakeApiServer) -> None:
    """A request arrives as it was asked for, and the whole answer comes back."""
    server.on("PATCH", f"{PATH}/a", answer({"kind": "Pod"}, 201, {"X-Thing": "y"}))
    response = transport_to(server).request(
        "PATCH",
        f"{PATH}/a",
        query=(("fieldManager", "a b"), ("x", "ü&=")),
        body=b'{"a": 1}',
        content_type="application/merge-patch+json",
        headers={"X-Mine": "z"},
    )
    assert (response.status, response.headers["x-thing"], json.loads(response.body)) == (201, "y", {"kind": "Pod"})
    request = server.requests[0]
    assert (request.method, request.path, request.json) == ("PATCH", f"{PATH}/a", {"a": 1})
    assert request.query == {"fieldManager": "a b", "x": "ü&="}
    assert request.headers["content-type"] == "application/merge-patch+json"
    assert request.headers["x-mine"] == "z"
    assert request.headers["accept"] == "application/json"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["user-agent"].startswith("multicasskop/")


def test_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run from a checkout that is not installed, we introduce ourselves without a version."""

    def unknown(_: str) -> str:
        raise PackageNotFoundError

    monkeypatch.setattr("multicasskop.informers.answers.version", unknown)
    user_agent.cache_clear()
    assert user_agent() == "multicasskop/unknown"
    user_agent.cache_clear()


def test_connections_are_kept(server: FakeApiServer) -> None:
    """Requests one after the other go over one connection, be they refused or not."""
    server.on("GET", PATH, answer({}), failure(403, "Forbidden", "no"), answer({}))
    transport = transport_to(server)
    transport.request("GET", PATH)
    failure_of(lambda: transport.request("GET", PATH))
    transport.request("GET", PATH)
    assert {request.connection for request in server.received("GET", PATH)} == {1}


def test_address_with_a_path(plain: FakeApiServer) -> None:
    """A server behind a path of a proxy is asked under that path."""
    plain.on("GET", f"/k8s/c-1{PATH}", answer({}))
    assert transport_to(f"{plain.url}/k8s/c-1/").request("GET", PATH).status == 200
    assert not plain.unscripted


def test_names_stay_in_their_place(plain: FakeApiServer) -> None:
    """A quoted name goes over the wire as it was quoted."""
    failure_of(lambda: transport_to(plain).request("GET", f"{PATH}/..%2Fx%0D%0Ay"))
    assert plain.requests[0].target == f"{PATH}/..%2Fx%0D%0Ay"


def test_compression_when_asked_for(plain: FakeApiServer) -> None:
    """A compressed answer is unpacked for who asked for one, and nobody else says that it understands them."""
    body = json.dumps({"items": ["x" * 100_000]}).encode()
    plain.on("GET", PATH, answer(gzip.compress(body), 200, {"Content-Encoding": "gzip"}))
    transport = transport_to(plain)
    assert transport.request("GET", PATH, headers={"Accept-Encoding": "gzip"}).body == body
    transport.request("GET", PATH)
    assert [request.headers["accept-encoding"] for request in plain.requests] == ["gzip", "identity"]


def test_redirects_are_not_followed(plain: FakeApiServer) -> None:
    """A redirect is a refusal, and the place it points to hears nothing of us."""
    with FakeApiServer() as other:
        plain.on("GET", PATH, answer(b"", 307, {"Location": f"{other.url}/canary"}))
        error = failure_of(lambda: transport_to(plain).request("GET", PATH))
        assert isinstance(error, ApiError)
        assert (error.status, other.connections) == (307, 0)
        assert "canary" not in str(error)


def test_refusals_are_errors(server: FakeApiServer) -> None:
    """A refusal of a call and one of a stream are the same error, with the request in its text."""
    refused = failure(429, "TooManyRequests", "later", headers={"Retry-After": "3"})
    server.on("GET", PATH, refused)
    server.on("WATCH", PATH, refused)
    transport = transport_to(server)
    for error in (
        failure_of(lambda: transport.request("GET", PATH)),
        failure_of(lambda: transport.stream(PATH, WATCH)),
    ):
        assert is_throttled(error)
        assert isinstance(error, ApiError)
        assert error.retry_after == 3.0
        assert str(error) == f"eu: GET {PATH}: 429 TooManyRequests: later"


def test_nothing_shows_the_token(server: FakeApiServer) -> None:
    """Neither the transport nor its parts show the token when they are printed."""
    transport = transport_to(server)
    assert "canary" not in repr(transport)
    assert "canary" not in repr(list(vars(transport).values()))


# time


def test_the_time_of_a_run_ends_a_call(plain: FakeApiServer) -> None:
    """A call waits no longer than the run has time, and then says that it was the run's time that was over."""
    clock = FakeClock()
    plain.on("GET", PATH, silence)
    deadline = Deadline(clock, 0.2)
    call = Background(lambda: transport_to(plain, clock=clock).request("GET", PATH, deadline=deadline))
    plain.wait_for(1)
    clock.advance(0.2)
    assert isinstance(call.outcome(), DeadlineExceeded)


def test_a_slow_member_is_no_deadline(plain: FakeApiServer) -> None:
    """A silence longer than the read timeout is the member's fault while the run has time left."""
    clock = FakeClock()
    plain.on("GET", PATH, silence)
    transport = transport_to(plain, clock=clock, options=QUICK)
    error = failure_of(lambda: transport.request("GET", PATH, deadline=Deadline(clock, 60)))
    assert isinstance(error, ReadTimeout)


@pytest.mark.parametrize("cancel", [True, False], ids=["cancelled", "over"])
def test_no_time_left(plain: FakeApiServer, cancel: bool) -> None:
    """A run that is over or cancelled sends nothing any more."""
    deadline = Deadline(FakeClock(), 60 if cancel else 0)
    if cancel:
        deadline.cancel()
    error = failure_of(lambda: transport_to(plain).request("GET", PATH, deadline=deadline))
    assert isinstance(error, DeadlineExceeded)
    assert plain.connections == 0


def test_a_trickle_does_not_hold_a_worker(plain: FakeApiServer) -> None:
    """An answer that comes byte by byte is given up when the call has taken its time in all."""
    clock, watch = FakeClock(), Watch()
    plain.on("GET", PATH, watch)
    call = Background(lambda: transport_to(plain, clock=clock).request("GET", PATH))
    watch.send(b"x")
    clock.advance(TransportOptions().total_timeout)
    watch.send(b"x")
    assert isinstance(call.outcome(), ReadTimeout)


def test_all_connections_busy(plain: FakeApiServer) -> None:
    """A call that finds all connections in use waits for one only so long."""
    release = threading.Event()
    plain.on("GET", PATH, hold(release, answer({})))
    transport = transport_to(plain, options=TransportOptions(connections=1, pool_timeout=0))
    first = Background(lambda: transport.request("GET", PATH))
    plain.wait_for(1)
    error = failure_of(lambda: transport.request("GET", PATH))
    assert isinstance(error, ReadTimeout)
    assert "busy" in str(error)
    release.set()
    first.outcome()


# the write guard


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_who_does_not_lead_does_not_write(plain: FakeApiServer, method: str) -> None:
    """With the guard shut nothing that writes makes as much as a connection."""
    transport = transport_to(plain, guard=WriteGuard(FakeClock()))
    assert isinstance(failure_of(lambda: transport.request(method, PATH)), NotLeader)
    assert plain.connections == 0


def test_reading_is_free(plain: FakeApiServer) -> None:
    """With the guard shut lists and watches go out."""
    plain.on("GET", PATH, answer({}))
    watch = plain.on_watch(PATH)
    transport = transport_to(plain, guard=WriteGuard(FakeClock()))
    transport.request("GET", PATH)
    transport.stream(PATH, WATCH)
    watch.wait_opened()


def test_the_guard_is_asked_when_the_connection_stands(plain: FakeApiServer) -> None:
    """A write that had to wait for a connection is refused when the lease ended meanwhile: not a byte is sent."""
    clock, release = FakeClock(), threading.Event()
    guard = WriteGuard(clock)
    guard.open_until(10)
    plain.on("GET", PATH, hold(release, answer({})))
    plain.on("POST", PATH, answer({}))
    transport = transport_to(plain, clock=clock, guard=guard, options=TransportOptions(connections=1))
    first = Background(lambda: transport.request("GET", PATH))
    plain.wait_for(1)
    write = Background(lambda: transport.request("POST", PATH, body=b"{}"))
    clock.advance(10)
    release.set()
    first.outcome()
    assert isinstance(write.outcome(), NotLeader)
    assert plain.received("POST") == []


def test_an_open_guard(plain: FakeApiServer) -> None:
    """With the guard open writes pass."""
    guard = WriteGuard(FakeClock())
    guard.open_forever()
    plain.on("POST", PATH, answer({}, 201))
    assert transport_to(plain, guard=guard).request("POST", PATH, body=b"{}").status == 201


# the lease's own way


def test_the_lease_passes_guard_breaker_and_crowd(plain: FakeApiServer) -> None:
    """The lease is written with the guard shut, the member dark and all connections of the others in use."""
    clock, release = FakeClock(), threading.Event()
    breaker = Breaker("eu", clock)
    plain.on("GET", PATH, hold(release, answer({})))
    plain.on("PUT", "/lease", answer({}))
    transport = transport_to(
        plain, clock=clock, guard=WriteGuard(clock), breaker=breaker, options=TransportOptions(connections=1)
    )
    crowd = Background(lambda: transport.request("GET", PATH))
    plain.wait_for(1)
    breaker.open(ConnectError("eu", "refused"))
    lease = transport.for_lease()
    assert lease.request("PUT", "/lease", body=b"{}").status == 200
    release.set()
    crowd.outcome()


def test_the_lease_has_one_connection(plain: FakeApiServer) -> None:
    """All calls for the lease go over one connection, which nobody else uses."""
    plain.on("GET", "/lease", answer({}))
    transport = transport_to(plain)
    lease = transport.for_lease()
    for who in (lease, transport, lease, transport):
        who.request("GET", "/lease")
    assert [request.connection for request in plain.requests] == [1, 2, 1, 2]


def test_the_lease_is_impatient(plain: FakeApiServer) -> None:
    """A silent server holds the lease no longer than its own short time."""
    plain.on("GET", "/lease", silence)
    lease = transport_to(plain).for_lease(timeout=0.2)
    assert isinstance(Background(lambda: lease.request("GET", "/lease")).outcome(within=3), ReadTimeout)


def test_events_are_guarded_and_have_one_connection_that_a_stop_spares(plain: FakeApiServer) -> None:
    """Events pass the guard like all writes, over a connection of their own which outlives the member's transport."""
    clock = FakeClock()
    guard = WriteGuard(clock)
    plain.on("GET", PATH, answer({}))
    plain.on("POST", "/events", answer({}))
    transport = transport_to(plain, clock=clock, guard=guard)
    events = transport.for_events()
    assert isinstance(failure_of(lambda: events.request("POST", "/events", body=b"{}")), NotLeader)
    guard.open_forever()
    transport.request("GET", PATH)
    transport.stop()
    assert events.request("POST", "/events", body=b"{}").status == 200
    assert len({request.connection for request in plain.requests}) == 2


# stop


def test_stop_ends_everything_at_once(server: FakeApiServer) -> None:
    """Stopping ends a blocked call, a blocked opening of a stream and a blocked read within a second."""
    server.on("GET", PATH, silence)
    watch = Watch()
    server.on("WATCH", PATH, watch, silence)
    server.on("GET", "/livez", silence)
    transport = transport_to(server)
    stream = transport.stream(PATH, WATCH, 600)
    watch.wait_opened()
    blocked = [
        Background(lambda: transport.request("GET", PATH)),
        Background(lambda: transport.stream(PATH, WATCH, 600)),
        Background(lambda: transport.probe(600)),
        Background(stream.read),
    ]
    server.wait_for(4)
    transport.stop()
    outcomes = [call.outcome(within=1) for call in blocked]
    assert [type(outcome) for outcome in outcomes] == [Stopped] * 4
    assert isinstance(failure_of(lambda: transport.request("GET", PATH)), Stopped)
    assert isinstance(failure_of(lambda: transport.stream(PATH, WATCH)), Stopped)
    assert isinstance(failure_of(lambda: transport.probe(1)), Stopped)
    transport.close()


def test_stop_spares_the_lease(plain: FakeApiServer) -> None:
    """The lease can still be released when the member's transport has been stopped."""
    plain.on("PUT", "/lease", answer({}))
    transport = transport_to(plain)
    lease = transport.for_lease()
    transport.stop()
    assert lease.request("PUT", "/lease", body=b"{}").status == 200


# metrics


def test_requests_are_counted(plain: FakeApiServer) -> None:
    """Requests are counted by verb, kind and outcome, probes and calls that were not made are not."""
    registry, clock = CollectorRegistry(), FakeClock()
    metrics, guard = Metrics("mck", registry, MEMBER_FAMILIES), WriteGuard(clock)
    breaker = Breaker("eu", clock)
    plain.on("GET", f"{PATH}/a", answer({}), failure(429, "TooManyRequests", headers={"Retry-After": "7"}))
    plain.on("GET", PATH, silence)
    plain.on("GET", "/livez", answer("ok"))
    plain.on_watch(PATH)
    transport = transport_to(plain, clock=clock, metrics=metrics, guard=guard, breaker=breaker, options=QUICK)
    transport.request("GET", f"{PATH}/a")
    failure_of(lambda: transport.request("GET", f"{PATH}/a"))
    failure_of(lambda: transport.request("GET", PATH))
    transport.stream(PATH, WATCH).close()
    failure_of(lambda: transport.request("POST", PATH))
    transport.probe(5)
    breaker.open(ConnectError("eu", "refused"))
    failure_of(lambda: transport.request("GET", PATH))
    assert counted(registry) == {
        ("get", "pods", "200"): 1,
        ("get", "pods", "429"): 1,
        ("list", "pods", "ConnectTimeout"): 1,
        ("watch", "pods", "200"): 1,
    }
    assert registry.get_sample_value("mck_api_throttle_seconds_total", {"member": "eu"}) == 7


def counted(registry: CollectorRegistry) -> dict[tuple[str, str, str], float]:
    """Return the requests that were counted, by verb, kind and code."""
    samples = (sample for family in registry.collect() for sample in family.samples)
    return {
        (sample.labels["verb"], sample.labels["kind"], sample.labels["code"]): sample.value
        for sample in samples
        if sample.name == "mck_api_requests_total"
    }
