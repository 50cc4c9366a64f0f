"""A datacenter shrinks while its nodes do not answer, and while its operators are killed whenever they have written."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from multicasskop.world.kind.article import CHILD
from multicasskop.world.kind.real_ring import RealRing
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS, STATEFULSETS
from multicasskop.world.processes import wait_until
from multicasskop.world.scenario import condition

pytestmark = [pytest.mark.kind]

LEAVING = f"{CHILD}-dc1-rack1-1"
WRITTEN = {kind.plural for kind in (MULTICASSKOPS, CASSANDRACLUSTERS, STATEFULSETS)}
SLOW = 900.0


@pytest.mark.timeout(2400)
def test_datacenter_shrinks_through_trouble(ring: RealRing, loaded: Callable[[], None]) -> None:
    """No node goes that has not left the ring, and all of it comes to its end, with every acknowledged write."""
    ring.edit(ring.scaled(2), SLOW)
    ring.until_whole("two nodes in each rack of dc1")
    shrinks_when_its_nodes_answer(ring)
    loaded()
    ring.edit(ring.scaled(2), SLOW)
    ring.until_whole("two nodes in each rack of dc1, again")
    with restless(ring) as killed:
        ring.edit(ring.scaled(1), SLOW)
    assert len(killed) >= 3
    ring.until_whole("one node in each rack of dc1, again")
    loaded()


def shrinks_when_its_nodes_answer(ring: RealRing) -> None:
    """While a node that is to leave does not answer, the status says so and no pod goes; then it leaves."""
    with ring.jolokia_hangs(LEAVING):
        written = ring.write(ring.scaled(1))
        told = wait_until(lambda: "NodeFails" in degraded(ring), 120, 1.0)
        assert told, degraded(ring)
        assert LEAVING in ring.pods()
        assert LEAVING in degraded(ring)
    ring.settled(written, SLOW)
    ring.until_whole("one node in each rack of dc1")
    assert len(ring.pods()) == 4


def degraded(ring: RealRing) -> str:
    """What the first datacenter's CassandraCluster says is wrong."""
    found = condition(ring.home.get(CASSANDRACLUSTERS, ring.namespace, CHILD), "Degraded")
    return f"{found.get('reason')}: {found.get('message')}"


@contextmanager
def restless(ring: RealRing) -> Iterator[list[int]]:
    """Kill all operators whenever one of them has written something in home, as soon as all of them are there."""
    killed, stopped = list[int](), threading.Event()

    def work() -> None:
        seen = len(ring.recorder.entries())
        while not stopped.is_set():
            ring.recorder.wait_for_more(seen, 1.0)
            news = ring.recorder.entries()[seen:]
            seen += len(news)
            if any(entry.plural in WRITTEN and entry.member == ring.world.members[0] for entry in news):
                ring.restart_operators(grace=0)
                killed.append(seen)
                wait_until(ring.operators_are_ready, 60)

    thread = threading.Thread(target=work, name="restless", daemon=True)
    thread.start()
    try:
        yield killed
    finally:
        stopped.set()
        thread.join()
