"""What the transport makes of refused tokens, and of a member that does not answer."""

from dataclasses import replace
from pathlib import Path

import pytest
from fakes.api_server import FakeApiServer
from fakes.certificates import Authority
from fakes.clock import FakeClock
from fakes.exchange import answer, failure, silence
from fakes.wire import PATH, TOKEN, WATCH, Background, failure_of, transport_to
from multicasskop.informers.breaker import Breaker
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.errors import (
    ApiError,
    ConnectError,
    CredentialsError,
    MemberUnreachable,
    ReadTimeout,
    is_unauthorized,
)
from multicasskop.informers.imported import from_directory
from multicasskop.informers.transport import GATEWAY_FAILURES, Transport, TransportOptions

# tokens

NOWHERE = "http://127.0.0.1:1"


@pytest.fixture
def mounted(tmp_path: Path, plain: FakeApiServer) -> Credentials:
    """Return credentials over a mounted token, to the plain server."""
    for name, content in (("token", TOKEN), ("ca.crt", Authority().pem.decode()), ("server", "https://x")):
        (tmp_path / name).write_text(content)
    return replace(from_directory(tmp_path, local=True), server=plain.url)


def tokens_of(server: FakeApiServer) -> list[str]:
    """Return the tokens of all requests, in order."""
    return [request.headers["authorization"].removeprefix("Bearer ") for request in server.requests]


@pytest.mark.parametrize("verb", ["GET", "POST", "WATCH"])
def test_refused_once_as_unauthorized(plain: FakeApiServer, mounted: Credentials, tmp_path: Path, verb: str) -> None:
    """A request that is refused as unauthorized is sent once more at once, with the token read again."""
    clock = FakeClock()
    plain.on(verb, PATH, failure(401, "Unauthorized"), answer({}))
    transport = transport_to(plain, credentials=mounted, clock=clock)
    mounted.bearer(clock)
    clock.advance(1)
    (tmp_path / "token").write_text("second")
    send(transport, verb)
    assert tokens_of(plain) == [TOKEN, "second"]


def send(transport: Transport, verb: str) -> None:
    """Send a request of that verb."""
    if verb == "WATCH":
        transport.stream(PATH, WATCH).close()
    else:
        transport.request(verb, PATH)


@pytest.mark.parametrize("verb", ["GET", "POST", "WATCH"])
def test_unauthorized_for_good(plain: FakeApiServer, verb: str) -> None:
    """A second refusal is the caller's to see: there are exactly two requests."""
    plain.on(verb, PATH, failure(401, "Unauthorized"))
    assert is_unauthorized(failure_of(lambda: send(transport_to(plain), verb)))
    assert len(plain.requests) == 2


def test_without_a_token(plain: FakeApiServer, mounted: Credentials, tmp_path: Path) -> None:
    """When there is no token to be had nothing is sent."""
    (tmp_path / "token").unlink()
    error = failure_of(lambda: transport_to(plain, credentials=mounted).request("GET", PATH))
    assert isinstance(error, CredentialsError)
    assert plain.requests == []


def test_without_credentials(plain: FakeApiServer) -> None:
    """A member that lets anybody in is sent no header."""
    nobody = Credentials(server=plain.url, source="test")
    plain.on("GET", PATH, answer({}))
    transport_to(plain, credentials=nobody).request("GET", PATH)
    assert "authorization" not in plain.requests[0].headers


# the breaker


def test_three_refused_connections_make_a_member_dark() -> None:
    """After three calls that could not connect the fourth is not made, and says why."""
    breaker = Breaker("eu", FakeClock())
    transport = transport_to(NOWHERE, breaker=breaker)
    errors = [failure_of(lambda: transport.request("GET", PATH)) for _ in range(2)]
    errors += [failure_of(lambda: transport.stream(PATH, WATCH)) for _ in range(2)]
    assert [type(error) for error in errors] == [ConnectError, ConnectError, ConnectError, MemberUnreachable]
    assert "refused the connection" in str(errors[3])


def test_a_dark_member_is_not_called(plain: FakeApiServer) -> None:
    """While a member is dark neither call nor stream reaches it, and the first probe that succeeds lets them pass."""
    breaker = Breaker("eu", FakeClock())
    transport = transport_to(plain, breaker=breaker)
    breaker.open(ConnectError("eu", "refused"))
    for verb in ("GET", "POST", "WATCH"):
        error = failure_of(lambda verb=verb: send(transport, verb))  # type: ignore[misc]
        assert isinstance(error, MemberUnreachable)
    assert plain.connections == 0
    plain.on("GET", "/livez", answer("ok"))
    plain.on("GET", PATH, answer({}))
    transport.probe(5)
    breaker.close()
    send(transport, "GET")


def test_answers_and_bytes_are_signs_of_life(plain: FakeApiServer) -> None:
    """Each answer, refusals too, and each piece of a stream is noted as a contact."""
    clock = FakeClock()
    breaker = Breaker("eu", clock)
    plain.on("GET", PATH, failure(403, "Forbidden"))
    watch = plain.on_watch(PATH)
    transport = transport_to(plain, clock=clock, breaker=breaker)
    contacts = []
    clock.advance(1)
    failure_of(lambda: transport.request("GET", PATH))
    contacts.append(breaker.contact)
    clock.advance(1)
    stream = transport.stream(PATH, WATCH)
    contacts.append(breaker.contact)
    clock.advance(1)
    watch.send(b"x")
    stream.read()
    contacts.append(breaker.contact)
    assert contacts == [1.0, 2.0, 3.0]
    stream.close()


# the probe


@pytest.mark.parametrize("status", [200, 401, 403, 404, 429, 500])
def test_any_answer_of_the_server_is_one(plain: FakeApiServer, status: int) -> None:
    """A probe is content with whatever the server itself says."""
    plain.on("GET", "/livez", answer("x", status))
    transport_to(plain).probe(5)


@pytest.mark.parametrize("status", sorted(GATEWAY_FAILURES))
def test_a_gateway_is_no_server(plain: FakeApiServer, status: int) -> None:
    """A probe that is answered by what stands before the server has failed."""
    plain.on("GET", "/livez", answer("no backend", status))
    error = failure_of(lambda: transport_to(plain).probe(5))
    assert isinstance(error, ApiError)
    assert error.status == status


def test_a_probe_has_its_own_time_and_connection(plain: FakeApiServer) -> None:
    """A probe waits for no other call and no longer than it is told."""
    plain.on("GET", PATH, silence)
    plain.on("GET", "/livez", answer("ok"), silence)
    transport = transport_to(plain, options=TransportOptions(connections=1))
    crowd = Background(lambda: transport.request("GET", PATH))
    plain.wait_for(1)
    transport.probe(5)
    assert isinstance(Background(lambda: failure_of(lambda: transport.probe(0.2))).outcome(within=3), ReadTimeout)
    transport.stop()
    crowd.outcome()


def test_a_probe_that_cannot_connect() -> None:
    """A probe says why it could not connect."""
    error = failure_of(lambda: transport_to(NOWHERE).probe(5))
    assert isinstance(error, ConnectError)
