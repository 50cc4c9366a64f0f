"""Calls that wait for a token: a helper that hangs holds nobody for longer than there is time."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random

import pytest
from fakes.clock import FakeClock
from fakes.rig import until
from fakes.wire import PATH, WATCH, Background, transport_to
from multicasskop.informers.breaker import Breaker
from multicasskop.informers.clock import SystemClock
from multicasskop.informers.cluster import Cluster, ClusterOptions
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import (
    BAD_CREDENTIALS,
    ConnectError,
    CredentialsError,
    DeadlineExceeded,
    InformerError,
    MemberUnreachable,
    Stopped,
)
from multicasskop.informers.probe import ProbeOptions
from multicasskop.informers.resource import Resource
from multicasskop.informers.supervisor import Supervisor
from multicasskop.informers.tokens import Token, TokenCache
from multicasskop.informers.transport import Transport

NOWHERE = "http://127.0.0.1:1"
PODS = Resource("", "v1", "pods", "Pod")


@dataclass
class Hanging:
    """Credentials of a helper that hangs until the test ends."""

    release: threading.Event

    def __call__(self, _: datetime) -> Token:
        """Hang."""
        self.release.wait(30)
        raise CredentialsError("x", "the test is over")

    @property
    def credentials(self) -> Credentials:
        """The credentials."""
        return Credentials(server=NOWHERE, source="x", tokens=TokenCache(self, "context c exec helper", slow=True))


@pytest.fixture
def hanging() -> Iterator[Credentials]:
    """Return credentials of a helper that hangs."""
    release = threading.Event()
    yield Hanging(release).credentials
    release.set()


Ask = Callable[[Transport], object]
ASKED: dict[str, Ask] = {
    "a call": lambda transport: transport.request("GET", PATH),
    "a stream": lambda transport: transport.stream(PATH, WATCH, 600),
    "a probe": lambda transport: transport.probe(600),
}


@pytest.mark.parametrize(
    ("ask", "kind"),
    [
        (lambda transport, clock: transport.request("GET", PATH, deadline=Deadline(clock, 20)), DeadlineExceeded),
        (lambda transport, _: transport.request("GET", PATH), CredentialsError),
        (lambda transport, _: transport.stream(PATH, WATCH, 30), CredentialsError),
        (lambda transport, _: transport.probe(2), CredentialsError),
    ],
    ids=["a call with a deadline", "a call", "a stream", "a probe"],
)
def test_waiting_for_a_token_ends(
    hanging: Credentials, ask: Callable[[Transport, FakeClock], object], kind: type[InformerError]
) -> None:
    """A call whose time is over waits no longer for its token, and says for whom it waited."""
    clock = FakeClock()
    transport = transport_to(NOWHERE, credentials=hanging, clock=clock)
    call = Background(lambda: ask(transport, clock))
    clock.wait_for_waiters()
    clock.advance(120)
    error = call.outcome(within=3)
    assert type(error) is kind
    assert "context c exec helper: no token in time" in str(error)


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("renewed", [False, True], ids=["", "after other credentials came"])
def test_stop_ends_the_waiting(hanging: Credentials, ask: Ask, renewed: bool) -> None:
    """A transport that is stopped lets go at once of all that wait for a token."""
    clock = FakeClock()
    transport = transport_to(NOWHERE, credentials=hanging, clock=clock)
    call = Background(lambda: ask(transport))
    clock.wait_for_waiters()
    if renewed:
        transport.renew(replace(hanging, tokens=None, token="other"))  # noqa: S106
    transport.stop()
    assert isinstance(call.outcome(within=1), Stopped)


@pytest.mark.parametrize("name", ["a call", "a stream"])
def test_darkness_ends_the_waiting(hanging: Credentials, name: str) -> None:
    """What waits for a token when the member goes dark is given up, as what waits for an answer is."""
    clock = FakeClock()
    breaker = Breaker("eu", clock)
    transport = transport_to(NOWHERE, credentials=hanging, clock=clock, breaker=breaker)
    call = Background(lambda: ASKED[name](transport))
    clock.wait_for_waiters()
    breaker.open(ConnectError("eu", "refused"))
    transport.give_up_calls()
    assert isinstance(call.outcome(within=1), MemberUnreachable)


def test_a_cluster_with_a_helper_that_hangs(hanging: Credentials) -> None:
    """A member whose helper hangs is told dark, for its credentials, and is let go at once."""
    supervisor = Supervisor()
    probe = ProbeOptions(interval=0.02, timeout=0.05, dark_after=0.1, longest_gap=0.1)
    cluster = Cluster(
        "eu",
        hanging,
        clock=SystemClock(),
        random=Random(1),
        guard=None,
        supervisor=supervisor,
        options=ClusterOptions(probe=probe),
    )
    cluster.informer(PODS)
    cluster.engage()
    until(lambda: not cluster.reachable)
    assert cluster.reachability.reason == BAD_CREDENTIALS
    assert "context c exec helper" in cluster.reachability.message
    letting_go = Background(cluster.disengage)
    letting_go.outcome(within=1)
    assert supervisor.running() == ()
