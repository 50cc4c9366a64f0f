"""What happens to a ring in its life, under LOCAL_QUORUM writes: every acknowledged one is read at the end."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from multicasskop.world.kind import cql
from multicasskop.world.kind.article import CHILD
from multicasskop.world.kind.joined import route
from multicasskop.world.kind.real_ring import AFTER, BEFORE, RealRing
from multicasskop.world.processes import wait_until

pytestmark = [pytest.mark.kind]

FIRST, OTHER = f"{CHILD}-dc1-rack1-0", f"{CHILD}-dc2-rack4-0"


@pytest.fixture
def loaded(ring: RealRing) -> Iterator[Callable[[], None]]:
    """The ring with data, and a load on its first datacenter; afterwards nothing that was acknowledged is missing."""
    ring.apply(ring.images[BEFORE])
    ring.until_whole("a new ring")
    with cql.client(ring.addresses_in("dc1"), "dc1") as session:
        cql.make_keyspace(session, {"dc1": 2, "dc2": 2})
        with cql.loaded(session) as load:

            def check() -> None:
                assert load.goes_on(), f"no write is acknowledged any more: {list(load.failed.items())[-1:]}"

            check()
            yield check
        found = wait_until(lambda: not load.lost(cql.read(session)), 60)
        assert found, f"lost: {load.lost(cql.read(session))[:10]} of {len(load.acknowledged)}"
    with cql.client(ring.addresses_in("dc2"), "dc2") as there:
        assert load.lost(cql.read(there)) == []
    ring.delete()


@pytest.mark.timeout(2400)
def test_ring_lives_on(ring: RealRing, loaded: Callable[[], None]) -> None:
    """A killed process, a lost pod, another release, and no way between the clusters while all pods start again."""
    hosts = {peer.host for peer in ring.seen_by(FIRST)}
    ring.kill_cassandra(FIRST)
    ring.until_whole("after a process was killed")
    ring.delete_pod(OTHER)
    ring.until_whole("after a pod was deleted")
    loaded()
    ring.edit({"base": {"spec": {"cassandraImage": ring.images[AFTER].cassandra}}})
    ring.until_whole("with another release")
    assert {peer.host for peer in ring.seen_by(FIRST)} == hosts
    loaded()
    lives_apart(ring)
    loaded()


def lives_apart(ring: RealRing) -> None:
    """Without a way between the clusters all pods and operators start again; with it there is one ring, as before."""
    hosts = {peer.host for peer in ring.seen_by(FIRST)}
    route(ring.world, "delete")
    try:
        apart = wait_until(
            lambda: ring.is_seen_as("DN", "dc2", FIRST) and ring.is_seen_as("DN", "dc1", OTHER), 120, 1.0
        )
        assert apart, "the clusters still reach each other"
        # whatever starts meanwhile belongs to the ring that it knows, and begins none
        ring.restart_operators()
        for pod in sorted(ring.pods()):
            ring.delete_pod(pod)
        for datacenter, pod in (("dc1", FIRST), ("dc2", OTHER)):
            again = wait_until(partial(ring.is_seen_as, "UN", datacenter, pod), 180, 1.0)
            assert again, f"{datacenter} did not come back alone: {ring.seen_by(pod)}"
    finally:
        route(ring.world, "replace")
    ring.until_whole("with the way back")
    assert {peer.host for pod in ring.first_pods() for peer in ring.seen_by(pod)} == hosts
