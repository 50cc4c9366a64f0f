"""Simulated pods as a process of a world: started, told what goes wrong, found by who judges."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.api_server import FakeApiServer
from fakes.certificates import Authority
from fakes.exchange import answer, failure
from fakes.simulated import record
from multicasskop.world import kubeconfig
from multicasskop.world import world as worlds
from multicasskop.world.cassandra.options import PodOptions
from multicasskop.world.cassandra.rules import Line, Rule
from multicasskop.world.errors import WorldError
from multicasskop.world.kinds import CLAIMS, PODS, STORAGE_CLASSES
from multicasskop.world.kubeconfig import Entry
from multicasskop.world.planes import controllers
from multicasskop.world.planes.plane import Plane
from multicasskop.world.processes import wait_until
from multicasskop.world.state import Ledger, State
from multicasskop.world.world import World

AUTHORITY = Authority()
MEMBER = "eu"
EXISTS = failure(409, "AlreadyExists", "it is there")


@pytest.fixture
def server() -> Iterator[FakeApiServer]:
    """An API server without pods and claims."""
    with FakeApiServer(AUTHORITY) as found:
        for kind, listed in ((PODS, "PodList"), (CLAIMS, "PersistentVolumeClaimList")):
            page = {"apiVersion": "v1", "kind": listed, "metadata": {"resourceVersion": "1"}, "items": []}
            found.on("GET", kind.path(), answer(page))
            found.on_watch(kind.path())
        yield found


@pytest.fixture
def world(server: FakeApiServer, tmp_path: Path) -> Iterator[World]:
    """A world of one plane, whose processes are not there."""
    folder = tmp_path / "world"
    planes = {name: Plane(name, str(folder / name), 1, 2, 3) for name in (MEMBER, "us")}
    ledger = Ledger(folder)
    with ledger.exclusive():
        ledger.create(State(tuple(planes), planes=planes))
    for plane in planes.values():
        plane.root.mkdir()
    entry = Entry(MEMBER, server.url, AUTHORITY.pem.decode(), "token")
    kubeconfig.write(controllers.kubeconfig(planes[MEMBER]), [entry])
    found = World(folder)
    yield found
    found.down()


@pytest.mark.parametrize("offered", [answer({}), EXISTS], ids=["new", "there already"])
def test_process_offers_storage_and_watches(world: World, server: FakeApiServer, offered: object) -> None:
    """It finds a class of storage there, or makes one that is the default and whose volumes can grow."""
    server.on("POST", STORAGE_CLASSES.path(), offered)  # type: ignore[arg-type]
    world.simulate_pods(MEMBER, PodOptions(ready=0.5))
    (made,) = server.wait_for(1, "POST", STORAGE_CLASSES.path())
    assert made.json["allowVolumeExpansion"]
    assert made.json["metadata"]["annotations"] == {"storageclass.kubernetes.io/is-default-class": "true"}
    server.wait_for(1, "WATCH", PODS.path())
    server.wait_for(1, "WATCH", CLAIMS.path())
    assert world.status()[MEMBER] == {"pods": "running"}


def test_pods_are_disturbed_once_that_counts(world: World, server: FakeApiServer) -> None:
    """The call returns when the rules are followed; a new simulator begins without them."""
    server.on("POST", STORAGE_CLASSES.path(), EXISTS)
    world.simulate_pods(MEMBER)
    world.disturb(MEMBER, Rule(pods="*", line=Line.HANG))
    rules = world.plane(MEMBER).root / "pods.rules"
    assert b"hang" in rules.read_bytes()
    world.simulate_pods(MEMBER)
    assert not rules.exists()
    world.disturb(MEMBER)
    assert wait_until(lambda: rules.read_bytes() == b"[]", 1)


def test_nobody_who_follows_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules without a simulator are an error, not a test that passes."""
    monkeypatch.setattr(worlds, "FOLLOW_SECONDS", 0.05)
    with pytest.raises(WorldError, match="eu: no simulated pods followed"):
        world.disturb(MEMBER, Rule(pods="*", line=Line.HANG))


def test_ring_of_all_members_goes_with_the_world(world: World) -> None:
    """There is one per namespace and name, wherever its nodes are."""
    world.ring("ns", "demo").write(record(1))
    assert World(world.directory).ring("ns", "demo").ring().nodes.keys() == {"h-1"}
    assert world.ring("other", "demo").ring().nodes == {}
    world.down()
    assert not world.directory.exists()
