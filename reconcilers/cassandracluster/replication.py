"""Whether a datacenter may lose its nodes: no keyspace has data there, as a node says."""

from multicasskop.reconcilers.cassandracluster.facts import Facts, Rack
from multicasskop.reconcilers.cassandracluster.jolokia.answers import Failed
from multicasskop.reconcilers.cassandracluster.jolokia.operations import ReplicatedIn
from multicasskop.reconcilers.cassandracluster.refusals import is_empty, racks_of
from multicasskop.reconcilers.cassandracluster.ring import Ring


def in_the_way(facts: Facts, ring: Ring, datacenter: str) -> str:
    """What keeps a datacenter from having no nodes, in a sentence; empty when nothing does.

    Nobody is asked where no node of it ever was in the ring. Where nobody can say, that is in the way. Raises
    Unanswered until a node has been asked.
    """
    known = facts.cluster.status.cassandra_node_status or {}
    there = [pod for rack in racks_of(facts, datacenter) for pod in rack.pods]
    full = [rack for rack in racks_of(facts, datacenter) if not is_empty(rack)]
    if not full or (there and not any(pod.started or pod.ready or pod.name in known for pod in there)):
        return ""
    return replicated(facts, ring, datacenter)


def datacenter_goes(facts: Facts, rack: Rack) -> bool:
    """Whether no node of a rack's datacenter is to be left."""
    return not any(each.plan.nodes for each in racks_of(facts, rack.plan.rack.datacenter))


def replicated(facts: Facts, ring: Ring, datacenter: str) -> str:
    """Which keyspace has data in a datacenter, or that nobody says so, in a sentence; empty when none has."""
    speakers = facts.speakers
    if not speakers:
        return f"no node answers that could say whether keyspaces have replicas in {datacenter}"
    found = ring.ask_any(speakers, ReplicatedIn(datacenter))
    if isinstance(found, Failed):
        return f"node {speakers[-1].name} does not say whether keyspaces have replicas in {datacenter}: {found.message}"
    return f"keyspace {found} has replicas in {datacenter}" if found else ""
