"""What can be told of a home that is called lost: any sign of its life is a refusal."""

from collections.abc import Iterator

import pytest
from fakes.api_server import FakeApiServer
from fakes.clock import FakeClock
from fakes.exchange import answer, failure
from fakes.home import listed, mck, path
from multicasskop.informers.clock import Clock
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.deadline import Deadline
from multicasskop.operator.access import Access, Contexts
from multicasskop.operator.moving.lost import Evidence, evidence
from multicasskop.operator.moving.reach import Reach

IDENTITY = "/api/v1/namespaces/kube-system"


def access(server: FakeApiServer, name: str, clock: Clock) -> Access:
    """A cluster as a person reaches it."""
    return Access(name, Credentials(server=server.url, source="context"), clock, Deadline(clock, 30.0))


def of_id(server: FakeApiServer, identity: str) -> None:
    """Let a cluster be known by an id."""
    server.on("GET", IDENTITY, answer({"kind": "Namespace", "metadata": {"name": "kube-system", "uid": identity}}))


@pytest.fixture
def server() -> Iterator[FakeApiServer]:
    """The cluster that is asked."""
    with FakeApiServer() as found:
        yield found


def told(server: FakeApiServer, *, as_member: bool = False) -> Evidence:
    """Ask for signs of life of the home `gone`, either as a member or by its own context."""
    clock = FakeClock()
    home = access(server, "c1", clock)
    contexts = Contexts("", clock, Deadline(clock, 30.0), {})
    reach = Reach(home, "c1" if as_member else "", contexts, {}, {}, "")
    old = None if as_member else access(server, "the lost home", clock)
    try:
        return evidence("gone", {"uid-demo"}, ["c1"] if as_member else [], reach, old)
    finally:
        home.close()
        if old is not None:
            old.close()


@pytest.mark.parametrize("as_member", [False, True], ids=["its context", "a member"])
def test_owner_lives(server: FakeApiServer, as_member: bool) -> None:
    """A home that answers and has the owner is alive, whatever it is reached as."""
    of_id(server, "gone")
    server.on("GET", path(""), listed(mck()))
    found = told(server, as_member=as_member)
    assert "cassandra/demo lives there" in found.alive[0]


def test_home_that_does_not_say(server: FakeApiServer) -> None:
    """What is not shown may be alive."""
    of_id(server, "gone")
    server.on("GET", path(""), failure(403, "Forbidden"))
    assert "does not say which MultiCasskops it has" in told(server).alive[0]


@pytest.mark.parametrize(
    "objects",
    [listed(), listed(mck("other")), answer("404 page not found", 404)],
    ids=["no objects", "other objects", "no kind"],
)
def test_home_without_the_owners(server: FakeApiServer, objects: object) -> None:
    """A home that answers, and whose MultiCasskops are gone, has nothing to lose."""
    of_id(server, "gone")
    server.on("GET", path(""), objects)  # type: ignore[arg-type]
    found = told(server)
    assert (found.alive, len(found.said)) == ((), 1)


def test_another_cluster(server: FakeApiServer) -> None:
    """A context that leads elsewhere says nothing of the lost home, and that is said."""
    of_id(server, "other")
    assert told(server) == Evidence((), ("the context of the lost home leads to another cluster, whose id is other",))


def test_silence_proves_nothing(server: FakeApiServer) -> None:
    """A home that does not answer, and one that nobody can ask, are a person's word alone."""
    of_id(server, "other")
    assert told(server, as_member=True).said == ("nothing here leads to home gone: that it is lost is your word alone",)
    with FakeApiServer() as silent:
        silent.on("GET", IDENTITY, failure(503, "ServiceUnavailable"))
        found = told(silent)
    assert found.alive == ()
    assert "does not answer" in found.said[0]
