"""What really happened, told by watches of its own."""

import threading
from collections.abc import Iterator
from typing import Any, cast

import pytest
from fakes.api_server import FakeApiServer, Watch
from fakes.certificates import Authority
from fakes.clock import FakeClock
from fakes.exchange import answer
from fakes.objects import event, listed, widget
from multicasskop.world.api import Api
from multicasskop.world.kinds import Kind
from multicasskop.world.recorder import Entry, Recorder, describe
from multicasskop.world.world import World

AUTHORITY = Authority()
WIDGETS = Kind("example.com", "v1", "widgets")
MEMBERS = ("a", "b")


class TwoServers:
    """A world of two scripted API servers, as far as a recorder looks at one."""

    members = MEMBERS

    def __init__(self, servers: list[FakeApiServer]) -> None:
        self._servers = dict(zip(MEMBERS, servers, strict=True))
        self.watches: dict[str, Watch] = {}
        for member, server in self._servers.items():
            server.on("GET", WIDGETS.path(), answer(listed(widget(f"of-{member}", 1), version=5)))
            self.watches[member] = server.on_watch(WIDGETS.path())

    def admin(self, member: str) -> Api:
        """A client of a member."""
        return Api(member, self._servers[member].url, AUTHORITY.pem.decode(), "token")


@pytest.fixture
def clock() -> FakeClock:
    """A clock that a test moves."""
    return FakeClock(start=100.0)


@pytest.fixture
def world() -> Iterator[TwoServers]:
    """Two members."""
    with FakeApiServer(AUTHORITY) as first, FakeApiServer(AUTHORITY) as second:
        yield TwoServers([first, second])


@pytest.fixture
def recorder(world: TwoServers, clock: FakeClock) -> Iterator[Recorder]:
    """A recorder at work."""
    with Recorder(cast(World, world), [WIDGETS], clock=clock) as found:
        yield found


def named(name: str) -> Any:  # noqa: ANN401  a predicate
    """Entries of an object."""
    return lambda entry: entry.name == name


def test_what_was_there_is_recorded_at_the_start(recorder: Recorder) -> None:
    """After the start the objects of all members are entries."""
    assert sorted((entry.member, entry.type, entry.name) for entry in recorder.entries()) == [
        ("a", "ADDED", "of-a"),
        ("b", "ADDED", "of-b"),
    ]


def test_entries_carry_the_time_of_receipt(world: TwoServers, recorder: Recorder, clock: FakeClock) -> None:
    """The time is the recorder's own, taken when the event came."""
    clock.advance(2.5)
    world.watches["b"].send(event("MODIFIED", widget("of-b", 6)))
    found = recorder.wait_for(lambda entry: entry.type == "MODIFIED")
    assert (found.at, found.member, found.namespace) == (102.5, "b", "ns")


def test_waiting_ends_with_the_first_entry_that_fits(world: TwoServers, recorder: Recorder) -> None:
    """Also with one that had come before; `after` leaves those out."""
    first = recorder.wait_for(named("of-a"))
    assert first.type == "ADDED"
    world.watches["a"].send(event("MODIFIED", widget("of-a", 6)))
    assert recorder.wait_for(lambda entry: entry.name == "of-a" and entry.type == "MODIFIED", after=99.0).at == 100.0


def test_waiting_in_vain_tells_what_came(recorder: Recorder, clock: FakeClock) -> None:
    """When the time is up the error shows the last entries."""
    errors: list[str] = []

    def wait() -> None:
        with pytest.raises(TimeoutError) as caught:
            recorder.wait_for(named("nobody"), timeout=30)
        errors.append(str(caught.value))

    waiter = threading.Thread(target=wait)
    waiter.start()
    clock.wait_for_waiters(1)
    clock.advance(30)
    waiter.join()
    assert "nothing fitted within 30s" in errors[0]
    assert "widgets ns/of-b ADDED" in errors[0]


def test_history_is_of_one_object_or_of_all(world: TwoServers, recorder: Recorder) -> None:
    """By kind and namespace, and if asked by name and member."""
    world.watches["a"].send(event("MODIFIED", widget("of-a", 6)))
    recorder.wait_for(lambda entry: entry.type == "MODIFIED")
    assert [entry.type for entry in recorder.history("widgets", "ns", "of-a")] == ["ADDED", "MODIFIED"]
    assert len(recorder.history("widgets", "ns")) == 3
    assert len(recorder.history("widgets", "ns", member="b")) == 1
    assert recorder.history("widgets", "elsewhere") == ()


def test_description_tells_the_state() -> None:
    """One line says where, what, and in which state."""
    status = {"phase": "Running", "lastClusterAction": "ScaleUp", "lastClusterActionStatus": "Done"}
    child = {"metadata": {"name": "demo", "namespace": "ns", "generation": 3}, "status": status}
    line = describe(Entry(1.5, "a", "cassandraclusters", "MODIFIED", child))
    assert line == "1.500 a cassandraclusters ns/demo MODIFIED generation 3 Running ScaleUp Done"
