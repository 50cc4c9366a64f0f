"""Changes of the spec that must not be done: they are taken back, and whatever else was changed with them stays.

Beside a MultiCasskop, which writes the spec of its children, this must not become a fight. It calls a child `Refused`,
and writes it no more, once CassKop is past the generation that it wrote, and what it wrote does not stand. So the
status must never say that a refused spec was observed: while something is refused nothing is done but to take it back,
and `observedGeneration` stays as it is; the generation that this makes is observed as any other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from multicasskop.crds.names import LAST_APPLIED
from multicasskop.reconcilers.cassandracluster.accepted import annotation, is_kept
from multicasskop.reconcilers.cassandracluster.defaults import completed
from multicasskop.reconcilers.cassandracluster.facts import Facts
from multicasskop.reconcilers.cassandracluster.kinds import CASSANDRACLUSTERS
from multicasskop.reconcilers.cassandracluster.places import operations
from multicasskop.reconcilers.cassandracluster.refusals import Change, Finding, Refusal, stranded, undone
from multicasskop.reconcilers.cassandracluster.refused_sizes import sizes
from multicasskop.reconcilers.cassandracluster.refused_topology import topology
from multicasskop.reconcilers.cassandracluster.ring import Ring
from multicasskop.reconcilers.cassandracluster.writes import Edit, Patch

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is refused of a spec, and the one write that follows: restore it, or remember what was accepted.

    Where there is a write, or a refusal, nothing else is to be done in this run.
    """

    refusals: tuple[Refusal, ...] = ()
    write: Edit | Patch | None = None

    def __str__(self) -> str:
        """All that is refused, as one text."""
        return "; ".join(map(str, self.refusals))


def refused(facts: Facts, ring: Ring) -> Verdict:
    """Compare the spec with the one that was last accepted; before defaults are written, and before any action.

    Raises Unanswered where a node must say whether keyspaces have data in a datacenter. Nothing is refused before a
    first spec was accepted, but that racks with pods are taken out of the topology: what was there is not known then.
    """
    if facts.accepted is None:
        lost = tuple(stranded(facts))
        return Verdict(lost) if lost else Verdict(write=_accept(facts))
    change = Change(facts, facts.accepted, completed(facts.accepted), ring)
    found = tuple(_findings(change))
    if found:
        return Verdict(tuple(each.refusal for each in found), _restore(facts, found))
    return Verdict(write=None if is_kept(facts.cluster, facts.accepted) else _accept(facts))


def _findings(change: Change) -> Iterator[Finding]:
    yield from topology(change)
    yield from sizes(change)


def _accept(facts: Facts) -> Patch:
    meta = facts.cluster.metadata
    patch = {"metadata": {"annotations": {LAST_APPLIED: annotation(facts.cluster)}}}
    return Patch(
        CASSANDRACLUSTERS, meta.name, meta.uid, patch, version=meta.resource_version, why="the spec is accepted"
    )


def _restore(facts: Facts, found: tuple[Finding, ...]) -> Edit:
    meta, spec = facts.cluster.metadata, facts.cluster.spec.to_json()
    restored = spec
    for each in found:
        for undo in each.undo:
            restored = undone(restored, undo)
    why = "; ".join(each.refusal.path for each in found)
    places = operations(spec, restored, "/spec")
    return Edit(CASSANDRACLUSTERS, meta.name, meta.uid, places, version=meta.resource_version, why=f"refused: {why}")
