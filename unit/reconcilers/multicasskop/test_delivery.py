"""How a new child gets its seeds in time."""

import threading
from typing import Any

import pytest
from fakes.clock import FakeClock
from fakes.server import Call, FakeServer, forbidden
from fakes.stage import CHILDREN, NAMESPACE
from multicasskop.crds.names import OWNER
from multicasskop.informers.clock import SystemClock
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import ApiError
from multicasskop.informers.key import Key
from multicasskop.reconcilers.multicasskop.delivery import Courier, Discovery, patch_seeds
from multicasskop.reconcilers.multicasskop.ownership import Mark
from multicasskop.reconcilers.multicasskop.watches import CASSANDRACLUSTERS
from multicasskop.reconcilers.multicasskop.writes import CreateChild

Json = dict[str, Any]
KEY = Key(NAMESPACE, "demo")
SEEDS = ("a.example", "b.example")
MARK = Mark("home", NAMESPACE, "demo", "uid-of-ours", "created").text()
BODY: Json = {"metadata": {"name": "demo", "namespace": NAMESPACE, "annotations": {OWNER: MARK}}, "spec": {}}
WRITE = CreateChild("c1", KEY, BODY, SEEDS, "hash", "uid-of-ours")


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands."""
    return FakeClock()


@pytest.fixture
def server(clock: FakeClock) -> FakeServer:
    """A member without children."""
    return FakeServer("c1", clock)


def test_discovery_is_asked_once(server: FakeServer, clock: FakeClock) -> None:
    """Whether a create takes the status along is found out once in ten minutes, or when it turns out to be wrong."""
    discovery, deadline = Discovery(clock), Deadline(clock, 9999)
    assert discovery.takes_status(server, deadline)  # type: ignore[arg-type]
    assert discovery.takes_status(server, deadline)  # type: ignore[arg-type]
    assert len(server.calls) == 1
    server.whole = False
    discovery.forget("c1")
    assert not discovery.takes_status(server, deadline)  # type: ignore[arg-type]
    clock.advance(601)
    server.whole = True
    assert discovery.takes_status(server, deadline)  # type: ignore[arg-type]


def test_discovery_that_is_refused_is_no_answer(server: FakeServer, clock: FakeClock) -> None:
    """A refusal says nothing about the kind, and is raised."""
    server.fail("get", forbidden)
    with pytest.raises(ApiError):
        Discovery(clock).takes_status(server, Deadline(clock, 9))  # type: ignore[arg-type]


def test_seeds_alone_are_patched(server: FakeServer, clock: FakeClock) -> None:
    """Nothing of the status is sent but the seed list."""
    server.put(CHILDREN, BODY | {"status": {"phase": "Running"}})
    uid = server.find(CHILDREN, NAMESPACE, "demo")["metadata"]["uid"]  # type: ignore[index]
    answer = patch_seeds(server, KEY, SEEDS, Deadline(clock, 9), uid)  # type: ignore[arg-type]
    assert answer["status"] == {"phase": "Running", "seedlist": list(SEEDS)}
    assert server.calls[-1].body == {"metadata": {"uid": uid}, "status": {"seedlist": list(SEEDS)}}
    with pytest.raises(ApiError, match="uid is immutable"):
        patch_seeds(server, KEY, SEEDS, Deadline(clock, 9), "another")  # type: ignore[arg-type]


def test_courier_finds_the_child_as_soon_as_it_is_there(server: FakeServer) -> None:
    """Patches are sent before the create is answered, so that one finds the child at once."""
    created = threading.Event()
    clock = SystemClock()

    def notice(call: Call) -> None:
        if call.verb == "patch" and len(server.calls) >= 3 and not created.is_set():
            created.set()
            server.create(CASSANDRACLUSTERS, NAMESPACE, BODY)

    server.before = notice
    with Courier(server, WRITE, clock, Deadline(clock, 9)) as courier:  # type: ignore[arg-type]
        assert created.wait(10)
        while courier.answer is None:
            clock.sleep(threading.Event(), 0.001)
    assert courier.answer["status"] == {"seedlist": list(SEEDS)}
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("seeds/")]


def test_courier_ends_with_the_create(server: FakeServer) -> None:
    """When the create has failed nothing is sent any more, and no thread is left."""
    clock = SystemClock()
    with Courier(server, WRITE, clock, Deadline(clock, 9)) as courier:  # type: ignore[arg-type]
        pass
    sent = len(server.calls)
    assert courier.answer is None
    assert len(server.calls) == sent
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("seeds/")]


def test_courier_gives_up_when_it_is_refused(server: FakeServer) -> None:
    """A missing right is not knocked at again and again."""
    clock, stopped = SystemClock(), threading.Event()
    server.fail("patch", forbidden)
    with Courier(server, WRITE, clock, Deadline(clock, 9)):  # type: ignore[arg-type]
        clock.sleep(stopped, 0.1)
    assert len(server.calls) <= 5


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(BODY | {"metadata": {"name": "demo", "namespace": NAMESPACE}}, id="without a mark"),
        pytest.param(
            {"metadata": BODY["metadata"] | {"annotations": {OWNER: Mark("home", NAMESPACE, "x", "u").text()}}},
            id="of another parent",
        ),
        pytest.param(BODY | {"status": {"phase": "Running", "seedlist": ["own"]}}, id="ours, which runs already"),
    ],
)
def test_courier_touches_no_other_child(server: FakeServer, found: Json) -> None:
    """What stands under the name and is not what is being made keeps its seeds, and is not asked again and again."""
    clock, stopped = SystemClock(), threading.Event()
    before = server.put(CHILDREN, found)
    with Courier(server, WRITE, clock, Deadline(clock, 9)) as courier:  # type: ignore[arg-type]
        clock.sleep(stopped, 0.1)
    assert courier.answer is None
    assert server.find(CHILDREN, NAMESPACE, "demo") == before
    assert len(server.calls) <= 5
