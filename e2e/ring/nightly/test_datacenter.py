"""A datacenter joins a ring with data, and leaves it again: what the operators do, and what a person does between."""

import pytest
from multicasskop.world.kind import cql
from multicasskop.world.kind.article import CHILD, NAME
from multicasskop.world.kind.real_ring import AFTER, RealRing
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS
from multicasskop.world.processes import wait_until

pytestmark = [pytest.mark.kind]

WRITTEN = {number: f"order {number}" for number in range(200)}
OLD = (f"{CHILD}-dc1-rack1-0", f"{CHILD}-dc1-rack2-0")
NEW = (f"{CHILD}-dc2-rack4-0", f"{CHILD}-dc2-rack5-0")


@pytest.mark.timeout(2400)
def test_datacenter_joins_and_leaves(ring: RealRing) -> None:
    """Its nodes join, are rebuilt and read completely; it goes when no keyspace replicates there, and not before."""
    other = ring.world.members[1]
    ring.apply(ring.images[AFTER], without=other)
    ring.until_whole("one datacenter")
    with ring.client("dc1") as here:
        cql.make_keyspace(here, {"dc1": 2})
        cql.write(here, WRITTEN)
    ring.add(other)
    ring.until_whole("both datacenters")
    with ring.client("dc1") as here:
        cql.replicate(here, {"dc1": 2, "dc2": 2})
    for pod in NEW:
        ring.operate(pod, "rebuild", "dc1")
    with ring.client("dc2") as there:
        assert cql.read(there) == WRITTEN
    is_kept_while_it_has_data(ring, other)
    with ring.client("dc1") as here:
        cql.replicate(here, {"dc1": 2}, *cql.ALTERABLE)
    # a drain that was refused is tried again every five minutes, and at once when an operator starts
    ring.restart_operators()
    goes(ring, other)
    with ring.client("dc1") as here:
        cql.replicate(here, {"dc1": 2}, cql.AUTH)
        assert cql.read(here) == WRITTEN
    ring.delete()


def is_kept_while_it_has_data(ring: RealRing, member: str) -> None:
    """Its override is taken out, and its pods of the seeds: the status says what is in the way, and all nodes stay."""
    seeds = [ring.seed(pod) for pod in OLD]
    forgotten = {"base": {"status": {"seedlist": seeds}}, "seeds": {"onChange": "Roll"}}
    spec = {"deletion": {"onOverrideRemoved": "Drain"}, "override": {member: None}, **forgotten}
    ring.home.patch(MULTICASSKOPS, ring.namespace, NAME, {"spec": spec})
    refused = wait_until(lambda: "MCK206" in ring.message_of(member), 240, 1.0)
    assert refused, ring.message_of(member)
    assert ring.is_one_ring()
    assert len(ring.pods()) == 4


def goes(ring: RealRing, member: str) -> None:
    """Its nodes leave one by one, and its CassandraCluster is deleted; the others are a ring without it."""
    api = ring.world.admin(member)
    gone = wait_until(lambda: api.find(CASSANDRACLUSTERS, ring.namespace, CHILD) is None, 300, 1.0)
    assert gone, ring.message_of(member)
    assert wait_until(lambda: len(ring.pods()) == 2, 60), sorted(ring.pods())
    ring.until_whole("the first datacenter alone")
