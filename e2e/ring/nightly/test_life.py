"""What happens to a ring in its life, under LOCAL_QUORUM writes: every acknowledged one is read at the end."""

from collections.abc import Callable
from functools import partial

import pytest
from multicasskop.world.kind.article import CHILD
from multicasskop.world.kind.joined import route, tear
from multicasskop.world.kind.real_ring import AFTER, RealRing
from multicasskop.world.processes import wait_until

pytestmark = [pytest.mark.kind]

FIRST, OTHER = f"{CHILD}-dc1-rack1-0", f"{CHILD}-dc2-rack4-0"
# a roll of four to six nodes, each of which starts anew
ROLL = 900.0


@pytest.mark.timeout(3000)
def test_ring_lives_on(ring: RealRing, loaded: Callable[[], None]) -> None:
    """A killed process, a lost pod, more nodes and fewer, a restart, another release, other seeds, a lost node."""
    hosts = {peer.host for peer in ring.seen_by(FIRST)}
    ring.kill_cassandra(FIRST)
    ring.until_whole("after a process was killed")
    ring.delete_pod(OTHER)
    ring.until_whole("after a pod was deleted")
    loaded()
    grows_and_shrinks(ring)
    loaded()
    ring.edit({"restart": "once"}, ROLL)
    ring.until_whole("after all racks were restarted")
    loaded()
    ring.edit({"base": {"spec": {"cassandraImage": ring.images[AFTER].cassandra}}}, ROLL)
    ring.until_whole("with another release")
    loaded()
    ring.edit(seeded(ring, FIRST, OTHER), ROLL)
    ring.until_whole("with fewer seeds")
    loaded()
    ring.restart_node(FIRST)
    ring.until_whole("after a node was lost")
    assert {peer.host for peer in ring.seen_by(FIRST)} == hosts
    loaded()


def grows_and_shrinks(ring: RealRing) -> None:
    """The first datacenter gets a second node in each rack, and gives them back."""
    for nodes in (2, 1):
        ring.edit(ring.scaled(nodes), ROLL)
        ring.until_whole(f"{nodes} nodes in each rack of dc1")
        assert len(ring.pods()) == 2 + 2 * nodes


def seeded(ring: RealRing, *pods: str) -> dict[str, object]:
    """The ring with these pods as its seeds, also those that run."""
    return {"base": {"status": {"seedlist": [ring.seed(pod) for pod in pods]}}, "seeds": {"onChange": "Roll"}}


@pytest.mark.timeout(2400)
@pytest.mark.parametrize("lost", [False, True], ids=["seeds of both", "seeds of the lost one"])
def test_ring_that_is_torn_apart_stays_one(ring: RealRing, loaded: Callable[[], None], lost: bool) -> None:
    """Without a way between the clusters all pods and operators start again; with it there is one ring, as before."""
    if lost:
        ring.edit(seeded(ring, OTHER), ROLL)
        ring.until_whole("with seeds in the other datacenter alone")
    hosts = {peer.host for peer in ring.seen_by(FIRST)}
    tear(ring.world)
    try:
        apart = wait_until(partial(are_apart, ring), 120, 1.0)
        assert apart, "the clusters still reach each other"
        # whatever starts meanwhile belongs to the ring that it knows, and begins none
        ring.restart_operators()
        for pod in sorted(ring.pods()):
            ring.delete_pod(pod)
        alone(ring, ("dc2", OTHER), *([] if lost else [("dc1", FIRST)]))
    finally:
        route(ring.world, "replace")
    ring.until_whole("with the way back")
    assert {peer.host for pod in ring.first_pods() for peer in ring.seen_by(pod)} == hosts
    loaded()


def are_apart(ring: RealRing) -> bool:
    """Whether each datacenter holds the other one for down."""
    return ring.is_seen_as("DN", "dc2", FIRST) and ring.is_seen_as("DN", "dc1", OTHER)


def alone(ring: RealRing, *places: tuple[str, str]) -> None:
    """Datacenters come back without the other one."""
    for datacenter, pod in places:
        again = wait_until(partial(ring.is_seen_as, "UN", datacenter, pod), 240, 1.0)
        assert again, f"{datacenter} did not come back alone: {ring.seen_by(pod)}"
