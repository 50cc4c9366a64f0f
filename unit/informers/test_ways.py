"""Other credentials under a transport that is in use: what goes on, what is cut, and what is never sent."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import cast

import pytest
from fakes.api_server import FakeApiServer, Watch
from fakes.certificates import Authority
from fakes.exchange import answer, failure, silence
from fakes.rig import until
from fakes.wire import AUTHORITY, PATH, TOKEN, WATCH, Background, failure_of, transport_to
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.errors import ApiError, ConnectionClosed, CredentialsError, Stopped, TlsError
from multicasskop.informers.identity import Identity
from multicasskop.informers.transport import Transport
from multicasskop.informers.ways import Shift

OTHER = Authority("other")
RENEWED = "canary-renewed"


@pytest.fixture
def server() -> Iterator[FakeApiServer]:
    """A server with a certificate of our authority."""
    with FakeApiServer(AUTHORITY) as found:
        found.on("GET", PATH, answer({}))
        yield found


def known(server: FakeApiServer, **changes: object) -> Credentials:
    """What lets us in there."""
    first = Credentials(server=server.url, source="here", join="/", ca=AUTHORITY.pem, token=TOKEN, remedy="Mend it.")
    return replace(first, **changes)  # type: ignore[arg-type]


def opened(server: FakeApiServer, transport: Transport) -> tuple[Watch, Background]:
    """A stream that has been opened, and somebody who reads it to its end."""
    watch = server.on_watch(PATH)
    stream = transport.stream(PATH, WATCH)
    watch.wait_opened()

    def read() -> bytes:
        found = b""
        while chunk := stream.read():
            found += chunk
        stream.close()
        return found

    return watch, Background(read)


def test_another_token_takes_the_connections_there_are(server: FakeApiServer) -> None:
    """A token alone is changed without a new connection."""
    transport = transport_to(server, credentials=known(server))
    transport.request("GET", PATH)
    assert transport.renew(known(server, token=RENEWED)) is Shift.NONE
    transport.request("GET", PATH)
    first, second = server.requests
    assert second.headers["authorization"] == f"Bearer {RENEWED}"
    assert first.connection == second.connection


def test_another_authority_leaves_streams_alone(server: FakeApiServer) -> None:
    """With another CA new connections are made, and a stream that is open goes on to its own end."""
    transport = transport_to(server, credentials=known(server))
    transport.request("GET", PATH)
    watch, reader = opened(server, transport)
    assert transport.renew(known(server, ca=AUTHORITY.pem + OTHER.pem)) is Shift.TRUST
    transport.request("GET", PATH)
    requests = server.received("GET", PATH)
    assert requests[0].connection != requests[1].connection
    assert reader.running
    watch.write(b"the end\n")
    watch.end()
    assert reader.outcome() == b"the end\n"


def test_another_address_cuts_streams(server: FakeApiServer) -> None:
    """At another address everything begins anew, and what still runs at the old one is cut."""
    with FakeApiServer(AUTHORITY) as second:
        second.on("GET", PATH, answer({}))
        transport = transport_to(server, credentials=known(server))
        _, reader = opened(server, transport)
        assert transport.renew(known(second)) is Shift.MOVED
        assert isinstance(reader.outcome(), ConnectionClosed) or reader.outcome() == b""
        transport.request("GET", PATH)
        assert (transport.server, len(second.requests)) == (second.url, 1)


@pytest.mark.parametrize(
    "call",
    [lambda transport: transport.request("GET", PATH), lambda transport: transport.stream(PATH, WATCH)],
    ids=["call", "watch"],
)
def test_who_was_let_pass_for_one_address_does_not_call_another(
    server: FakeApiServer, call: Callable[[Transport], object]
) -> None:
    """What was allowed before the address changed goes to the old one, if anywhere: nobody has judged the new one."""

    class Moving:
        """Lets every call pass, and changes the address behind it."""

        def check(self) -> None:
            transport.renew(known(second))

    with FakeApiServer(AUTHORITY) as second:
        transport = transport_to(server, credentials=known(server))
        transport._identity = cast(Identity, Moving())
        assert isinstance(failure_of(partial(call, transport)), ConnectionClosed)
        assert second.requests == []


def test_stop_reaches_every_way(server: FakeApiServer) -> None:
    """A stream that began before a change ends at once with the transport."""
    transport = transport_to(server, credentials=known(server))
    _, reader = opened(server, transport)
    transport.renew(known(server, ca=AUTHORITY.pem + OTHER.pem))
    transport.stop()
    assert isinstance(reader.outcome(), Stopped) or reader.outcome() == b""
    assert isinstance(failure_of(lambda: transport.request("GET", PATH)), Stopped)


def test_unusable_certificates_change_nothing(server: FakeApiServer) -> None:
    """Certificates that cannot be used are refused, and the member is reached as before."""
    transport = transport_to(server, credentials=known(server))
    with pytest.raises(CredentialsError, match="not PEM, or damaged"):
        transport.renew(known(server, ca=b"canary"))
    assert transport.request("GET", PATH).status == 200


def test_distrust_comes_before_the_token(server: FakeApiServer) -> None:
    """With a CA that does not fit nothing is sent, and it is told which one it was and what to do."""
    transport = transport_to(server, credentials=known(server))
    transport.renew(known(server, ca=OTHER.pem, token=RENEWED))
    failure = failure_of(lambda: transport.request("GET", PATH))
    assert isinstance(failure, TlsError)
    assert failure.message.endswith("unable to get local issuer certificate, verified with here/ca.crt. Mend it.")
    until(lambda: server.handshakes_failed == 1)
    assert server.requests == []


def test_refusal_names_the_token_and_not_its_value(server: FakeApiServer) -> None:
    """A 401 says where the token is that was refused, what to do, and what the server says of it beyond the word."""
    with FakeApiServer(AUTHORITY) as strict:
        strict.on("GET", PATH, failure(401, "Unauthorized", "Unauthorized"), failure(401, "Unauthorized", "too old"))
        transport = transport_to(strict, credentials=known(strict))
        failure_ = failure_of(lambda: transport.request("GET", PATH))
    assert isinstance(failure_, ApiError)
    assert failure_.message == "here/token: the token is not accepted. Mend it. (the server: too old)"
    assert TOKEN not in str(failure_)


def test_old_ways_are_forgotten(server: FakeApiServer) -> None:
    """Many changes leave no more behind than what is still in use."""
    transport = transport_to(server, credentials=known(server))
    for number in range(20):
        transport.request("GET", PATH)
        transport.renew(known(server, ca=AUTHORITY.pem + b"\n" * number))
    transport.close()
    assert len(transport._ways._old) <= 2


def test_calls_are_given_up_and_streams_go_on(server: FakeApiServer) -> None:
    """Calls that wait for an answer end at once when they are given up; streams and later calls are not concerned."""
    transport = transport_to(server, credentials=known(server))
    watch, reader = opened(server, transport)
    server.on("POST", PATH, silence, answer({"second": True}))
    call = Background(lambda: transport.request("POST", PATH, body=b"{}"))
    server.wait_for(1, "POST", PATH)
    transport.give_up_calls()
    assert isinstance(call.outcome(), ConnectionClosed)
    assert reader.running
    assert transport.request("POST", PATH, body=b"{}").status == 200
    watch.send(b"x")
    watch.end()
    assert reader.outcome() == b"x"
