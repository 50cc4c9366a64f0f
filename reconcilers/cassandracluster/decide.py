"""What is to be done about one CassandraCluster now: a pure function of what is seen and of what nodes answered."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from multicasskop.crds.base import Json
from multicasskop.crds.cassandracluster.status import RackStatus
from multicasskop.reconcilers.cassandracluster.belongings import belongings, withdrawn
from multicasskop.reconcilers.cassandracluster.condition_set import Findings
from multicasskop.reconcilers.cassandracluster.defaults import to_persist
from multicasskop.reconcilers.cassandracluster.due import grows
from multicasskop.reconcilers.cassandracluster.facts import Facts, Scene
from multicasskop.reconcilers.cassandracluster.finalizing import finalizing
from multicasskop.reconcilers.cassandracluster.generate import wanted_statefulset
from multicasskop.reconcilers.cassandracluster.kinds import CASSANDRACLUSTERS
from multicasskop.reconcilers.cassandracluster.node_status import NodeStatuses, node_status
from multicasskop.reconcilers.cassandracluster.operations import Operations, operations
from multicasskop.reconcilers.cassandracluster.refused import refused
from multicasskop.reconcilers.cassandracluster.removing import removing
from multicasskop.reconcilers.cassandracluster.ring import Ring, Unanswered
from multicasskop.reconcilers.cassandracluster.statefulset import live_capacity
from multicasskop.reconcilers.cassandracluster.statefulset.comparison import forbidden
from multicasskop.reconcilers.cassandracluster.statefulset.shapes import UnusableSpec
from multicasskop.reconcilers.cassandracluster.status import status_of, status_patch, with_troubles
from multicasskop.reconcilers.cassandracluster.triggers import triggers
from multicasskop.reconcilers.cassandracluster.walk import walk
from multicasskop.reconcilers.cassandracluster.writes import Patch, Write


@dataclass(frozen=True, slots=True)
class Decision:
    """What one look has led to.

    The status is written first, and what it says is then done; `question` is what a node must be asked before more can
    be decided. `again` is in how many seconds to look again, where no change will tell.
    """

    status: Json | None = None
    """What the status is to say; None when that is not known yet."""
    writes: tuple[Write, ...] = ()
    question: Unanswered | None = None
    again: float | None = None
    failures: tuple[str, ...] = ()
    """Operations on nodes that have failed, each as a sentence."""
    whole: bool = True
    """Whether all was decided, so that nothing else was to be written."""


# nobody may tell when a view is good again that has only grown old
STALE: Final = Decision(again=5.0, whole=False)
DATA_SIZE: Final = "spec.volumeClaimTemplates[data].spec.resources.requests.storage"


def decide(facts: Facts, stored: Json, ring: Ring) -> Decision:
    """What to do. Nothing is done on a view that may be an old one. `stored` is the status as it is stored."""
    if not facts.fresh:
        return STALE
    decision = _decided(facts, stored, ring)
    if decision.status is None and facts.failure:
        # whatever comes first may be what is refused, each time
        return replace(decision, status=with_troubles(stored, facts))
    return decision


def _decided(facts: Facts, stored: Json, ring: Ring) -> Decision:
    end = finalizing(facts)
    if facts.cluster.metadata.deleting:
        findings = Findings(ending=True, waiting=end.waiting)
        return Decision(status_of(stored, facts, _as_they_are(facts), findings), end.writes)
    if end.writes:
        return Decision(writes=end.writes)
    try:
        return _accepted(facts, stored, ring)
    except Unanswered as missing:
        return Decision(question=missing, whole=False)
    except UnusableSpec as error:
        return Decision(status_of(stored, facts, _as_they_are(facts), Findings(invalid=str(error))))


def _accepted(facts: Facts, stored: Json, ring: Ring) -> Decision:
    """Take back what must not be done; write down what was accepted, and what it leaves out."""
    if facts.taken:
        raise UnusableSpec(f"{facts.taken[0]}; nothing is done while it is there")
    verdict = refused(facts, ring)
    if verdict.refusals:
        said = status_of(stored, facts, _as_they_are(facts), Findings(refused=str(verdict)))
        # taking it back needs the version that was looked at, which saying it changes
        is_said = status_patch(stored, said) is None
        return Decision(said, _one(verdict.write) if is_said else (), whole=is_said)
    if verdict.write is not None:
        return Decision(writes=(*withdrawn(facts), verdict.write))
    defaults = to_persist(facts.cluster, facts.bootstrap_image if facts.is_untouched else "")
    if defaults:
        return Decision(writes=(_own(facts, defaults, "defaults"),))
    spent = triggers(facts, ring)
    return Decision(writes=(spent,)) if spent is not None else _walked(facts, stored, ring)


def _walked(facts: Facts, stored: Json, ring: Ring) -> Decision:
    """Go on with the racks. What belongs to all of them needs no node's answer."""
    try:
        walked = walk(facts, ring)
    except Unanswered as missing:
        return Decision(writes=belongings(facts), question=missing, whole=False)
    leaving = removing(facts)
    beside = _beside(facts, ring, walked.statuses)
    waiting = walked.waiting or leaving.waiting or beside.operations.waiting
    racks = {**beside.operations.statuses, **leaving.statuses}
    findings = Findings(fixed=_fixed(facts, ring), rack=walked.rack, waiting=waiting)
    said = status_of(stored, facts, racks, findings, beside.nodes.told)
    writes = (*belongings(facts), *leaving.writes, *walked.writes, *beside.nodes.writes, *beside.operations.writes)
    times = (walked.again, beside.nodes.again, beside.operations.again)
    again = min((seconds for seconds in times if seconds is not None), default=None)
    return Decision(said, writes, beside.question, again, beside.operations.failures, beside.question is None)


@dataclass(frozen=True, slots=True)
class _Beside:
    """What is done beside the racks' actions; a question that is open there holds up nothing else."""

    nodes: NodeStatuses
    operations: Operations
    question: Unanswered | None = None


def _beside(facts: Facts, ring: Ring, statuses: Mapping[str, RackStatus]) -> _Beside:
    nodes, done = NodeStatuses(facts.cluster.status.cassandra_node_status or {}), Operations(statuses)
    try:
        nodes = node_status(facts, ring)
        done = operations(facts, ring, statuses)
    except Unanswered as missing:
        return _Beside(nodes, done, missing)
    return _Beside(nodes, done)


def _fixed(facts: Facts, ring: Ring) -> str:
    """What is asked for and a StatefulSet that stands cannot get, in a sentence for the first that cannot."""
    for rack in facts.racks:
        if rack.statefulset is not None:
            wanted = wanted_statefulset(Scene(facts, rack, ring), rack.statefulset.replicas)
            # volumes that grow have an action of their own
            grow = grows(live_capacity(rack.statefulset.raw), rack.plan.capacity)
            paths = [path for path in forbidden(rack.statefulset.raw, wanted) if not (grow and path == DATA_SIZE)]
            if paths:
                return f"StatefulSet {rack.statefulset.name} was made with another {', '.join(paths)}"
    return ""


def _one(write: Write | None) -> tuple[Write, ...]:
    return (write,) if write is not None else ()


def _own(facts: Facts, patch: Json, why: str) -> Patch:
    """A change of the CassandraCluster itself, if it is as it was looked at."""
    meta = facts.cluster.metadata
    return Patch(CASSANDRACLUSTERS, meta.name, meta.uid, patch, version=meta.resource_version, why=why)


def _as_they_are(facts: Facts) -> Mapping[str, RackStatus]:
    """What the status says of racks; those that it does not know yet come in by a decision on them."""
    known = facts.cluster.status.cassandra_rack_status or {}
    return {rack.id: rack.status for rack in (*facts.racks, *facts.former) if rack.id in known}
