"""The end of a CassandraCluster with `deletePVC`: its nodes go first, then its claims, then the mark that kept it.

The mark is the Go CassKop's finalizer. Others' finalizers are never touched (D8). As long as the mark is there no other
CassandraCluster can have the name, so claims are taken away while a live read shows this very one, still marked (D21).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, assert_never

from multicasskop.crds.names import PVC_FINALIZER
from multicasskop.informers.resource import Resource
from multicasskop.reconcilers.cassandracluster.facts import Facts, Rack
from multicasskop.reconcilers.cassandracluster.kinds import CASSANDRACLUSTERS, CLAIMS, PODS, STATEFULSETS
from multicasskop.reconcilers.cassandracluster.own_claims import own_claims
from multicasskop.reconcilers.cassandracluster.writes import Delete, Edit, Guard, Write
from multicasskop.reconcilers.finalizers import (
    Add,
    CleanUp,
    Nothing,
    Reconcile,
    Remove,
    add_patch,
    finalizer_step,
    remove_patch,
)

Json = dict[str, Any]
WHY: Final = "the CassandraCluster is deleted"


@dataclass(frozen=True, slots=True)
class Finalizing:
    """What is to be written for the beginning or the end of an object, and what its end waits for."""

    writes: tuple[Write, ...] = ()
    waiting: str = ""


def finalizing(facts: Facts) -> Finalizing:
    """Mark a living CassandraCluster, or take the mark off; clean up after one that is being deleted.

    Where there are writes nothing else may be done. Assumes that the view is fresh: what is not seen is not there.
    """
    meta = facts.cluster.metadata
    step = finalizer_step(PVC_FINALIZER in meta.finalizers, meta.deleting, bool(facts.wanted.spec.delete_pvc))
    match step:
        case Add():
            return Finalizing((_edit(facts, add_patch(_head(facts), PVC_FINALIZER), "deletePVC is asked for"),))
        case Remove():
            return Finalizing((_let_go(facts, "deletePVC is not asked for"),))
        case CleanUp():
            return _clean_up(facts)
        case Reconcile() | Nothing():
            return Finalizing()
        case never:
            assert_never(never)


def _clean_up(facts: Facts) -> Finalizing:
    racks = (*facts.racks, *facts.former)
    nodes = tuple(write for rack in racks for write in _nodes(facts, rack))
    there = [rack.id for rack in racks if _has_nodes(facts, rack)]
    if there:
        return Finalizing(nodes, f"the nodes of rack {', '.join(there)} to go")
    claims = [claim for rack in racks for claim in own_claims(facts, rack)]
    if claims:
        gone = tuple(_delete(facts, CLAIMS, claim.name, claim.uid) for claim in claims if not claim.deleting)
        return Finalizing(gone, f"{len(claims)} claims to go, the first of them {claims[0].name}")
    return Finalizing((_let_go(facts, "nothing of it is left"),))


def _is_ours(facts: Facts, rack: Rack) -> bool:
    return rack.statefulset is not None and facts.cluster.metadata.uid in rack.statefulset.owners


def _has_nodes(facts: Facts, rack: Rack) -> bool:
    """Whether something may still use, or make, a claim of the rack."""
    return bool(rack.pods) or _is_ours(facts, rack)


def _nodes(facts: Facts, rack: Rack) -> Iterator[Write]:
    found = rack.statefulset
    if found is None:
        # they go with their StatefulSet, but for those that it left behind when volumes were being resized
        yield from (_delete(facts, PODS, pod.name, pod.uid) for pod in rack.pods if not pod.deleting)
    elif _is_ours(facts, rack) and not found.deleting:
        yield _delete(facts, STATEFULSETS, found.name, found.uid)


def _delete(facts: Facts, resource: Resource, name: str, uid: str) -> Delete:
    """While the CassandraCluster is as it was seen: deleted, and still with the wish that its claims go."""
    meta = facts.cluster.metadata
    guard = Guard(CASSANDRACLUSTERS, meta.name, meta.uid, meta.resource_version)
    return Delete(resource, name, uid, guards=(guard,), why=WHY)


def _let_go(facts: Facts, why: str) -> Edit:
    return _edit(facts, remove_patch(_head(facts), PVC_FINALIZER), why)


def _head(facts: Facts) -> Json:
    meta = facts.cluster.metadata
    return {"metadata": {"uid": meta.uid, "finalizers": list(meta.finalizers)}}


def _edit(facts: Facts, operations: list[Json], why: str) -> Edit:
    meta = facts.cluster.metadata
    return Edit(CASSANDRACLUSTERS, meta.name, meta.uid, tuple(operations), why=why)
