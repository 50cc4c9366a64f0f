"""The article on real Cassandra: two kind clusters, both operators by their charts, one ring with data in both.

Pods have the names that External DNS gives them, in a zone of BIND that both clusters ask for; routes between the
clusters' pods stand for Calico's routable pool. `make e2e-ring VERSIONS="4.0 5.0"` runs it with other releases.
"""

import os

import pytest
from multicasskop.world import oracles
from multicasskop.world.kind import cql
from multicasskop.world.kind.article import CHILD
from multicasskop.world.kind.real_ring import LATEST, RealRing
from multicasskop.world.processes import wait_until

pytestmark = [pytest.mark.kind]

VERSIONS = os.environ.get("VERSIONS", "4.1").split()
PLACES = [("dc1", "rack1"), ("dc1", "rack2"), ("dc2", "rack4"), ("dc2", "rack5")]
WRITTEN = 200


@pytest.mark.parametrize("release", [pytest.param(LATEST[version], id=version) for version in VERSIONS], indirect=True)
def test_article_on_real_cassandra(ring: RealRing, release: str) -> None:
    """The manifest becomes one ring, what is written in dc1 is read in dc2 while dc1 changes; then it goes."""
    ring.apply(ring.images[release])
    history = oracles.children(ring.recorder.entries(), ring.namespace, CHILD)
    assert oracles.created_in_order(history, ring.world.members) == oracles.created_once(history) == ()
    ring.until_whole("both datacenters see four nodes, up and normal")
    for pod in ring.first_pods():
        assert [(peer.datacenter, peer.rack) for peer in ring.seen_by(pod)] == PLACES
    written = {number: f"order {number}" for number in range(WRITTEN)}
    with cql.client(ring.addresses_in("dc1"), "dc1") as here, cql.client(ring.addresses_in("dc2"), "dc2") as there:
        cql.make_keyspace(here, {"dc1": 2, "dc2": 2})
        cql.write(here, written)
        assert cql.read(there) == written
        grows_and_shrinks(ring)
        assert cql.read(there) == written
    ring.delete()
    assert wait_until(ring.is_gone, 60), "something is left of it"


def grows_and_shrinks(ring: RealRing) -> None:
    """The first datacenter gets a node in each rack, which leave the ring again before their pods go."""
    home = ring.world.members[0]
    for nodes in (2, 1):
        topology = {"dc": [{"name": "dc1", "nodesPerRacks": nodes, "rack": [{"name": "rack1"}, {"name": "rack2"}]}]}
        ring.edit({"override": {home: {"spec": {"topology": topology}}}})
        ring.until_whole(f"{nodes} nodes in each rack of dc1")
        assert len(ring.pods()) == 2 + 2 * nodes
