"""The article on real Cassandra: two kind clusters, both operators by their charts, one ring with data in both.

Pods have the names that External DNS gives them, in a zone of BIND that both clusters ask for; routes between the
clusters' pods stand for Calico's routable pool.
"""

import pytest
from multicasskop.world import oracles
from multicasskop.world.kind import cql
from multicasskop.world.kind.article import CHILD, Images
from multicasskop.world.kind.real_ring import QUICK, RealRing
from multicasskop.world.processes import wait_until

pytestmark = [pytest.mark.kind]

PLACES = [("dc1", "rack1"), ("dc1", "rack2"), ("dc2", "rack4"), ("dc2", "rack5")]
WRITTEN = 200


def test_article_on_real_cassandra(ring: RealRing, releases: tuple[Images, ...]) -> None:
    """The manifest becomes one ring of both datacenters; what is written in one is read in the other; then all goes."""
    ring.apply(releases[-1], config=QUICK)
    history = oracles.children(ring.recorder.entries(), ring.namespace, CHILD)
    assert oracles.created_in_order(history, ring.world.members) == oracles.created_once(history) == ()
    ring.until_whole("both datacenters see four nodes, up and normal")
    for pod in ring.first_pods():
        assert [(peer.datacenter, peer.rack) for peer in ring.seen_by(pod)] == PLACES
    with cql.client(ring.addresses_in("dc1"), "dc1") as here, cql.client(ring.addresses_in("dc2"), "dc2") as there:
        cql.make_keyspace(here, {"dc1": 2, "dc2": 2})
        cql.write(here, range(WRITTEN))
        assert cql.read(there) == {number: f"order {number}" for number in range(WRITTEN)}
    ring.delete()
    assert wait_until(ring.is_gone, 60), "something is left of it"
