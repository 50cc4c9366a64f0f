"""What must hold of racks in a recorded history: no node loses its pod or its claims while it is in the ring.

Each verdict returns what it found, as sentences; empty means it held.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from multicasskop.world.api import Json
from multicasskop.world.cassandra.ring import GONE, Node
from multicasskop.world.kinds import CASSANDRACLUSTERS, CLAIMS, STATEFULSETS
from multicasskop.world.recorder import Entry

Findings = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class History:
    """One CassandraCluster: the recorded entries of it and of what is its own, and all records of its nodes.

    `wall` is what wall clock and recorder differ by, in seconds: nodes are recorded by the one, entries by the other.
    """

    name: str
    entries: Sequence[Entry]
    nodes: Sequence[Node]
    wall: float = 0.0

    def of(self, plural: str) -> Iterator[Entry]:
        """The entries of a kind."""
        return (entry for entry in self.entries if entry.plural == plural and self._is_own(entry))

    def _is_own(self, entry: Entry) -> bool:
        label = (entry.object["metadata"].get("labels") or {}).get("cassandracluster")
        return self.name in (label, entry.name if entry.plural == CASSANDRACLUSTERS.plural else "")

    def is_ending(self, at: float) -> bool:
        """Whether the cluster as a whole was being deleted, or was gone."""
        seen = [entry for entry in self.of(CASSANDRACLUSTERS.plural) if entry.at <= at]
        return bool(seen) and (seen[-1].type == "DELETED" or "deletionTimestamp" in seen[-1].object["metadata"])

    def is_in_ring(self, pod: str, at: float) -> bool:
        """Whether the node of a pod was part of the ring, or about to be."""
        now = at + self.wall
        records = [node for node in self.nodes if node.pod.rpartition("/")[2] == pod and node.at <= now]
        return bool(records) and max(records, key=lambda node: node.at).mode_at(now) not in GONE


def judge(history: History) -> Findings:
    """All verdicts."""
    return (*shrunk(history), *robbed(history))


def shrunk(history: History) -> Findings:
    """No StatefulSet has become smaller, nor came back smaller, than the nodes in it that had not left the ring."""
    return tuple(
        f"{after.name} went from {size_of(before)} to {size_of(after)} while the node of {pod} was in the ring"
        for versions in by_name(history.of(STATEFULSETS.plural)).values()
        for before, after in pairwise(entry for entry in versions if entry.type != "DELETED")
        if not history.is_ending(after.at)
        for pod in (f"{after.name}-{ordinal}" for ordinal in range(size_of(after), size_of(before)))
        if history.is_in_ring(pod, after.at)
    )


def robbed(history: History) -> Findings:
    """No claim was deleted whose node was in the ring."""
    sets = {entry.name for entry in history.of(STATEFULSETS.plural)}
    return tuple(
        f"claim {entry.name} was deleted while the node of {pod} was in the ring"
        for versions in by_name(history.of(CLAIMS.plural)).values()
        for entry in versions[:1] + [after for before, after in pairwise(versions) if not is_going(before)]
        if is_going(entry) and not history.is_ending(entry.at)
        for pod in pods_of(entry.name, sets)
        if history.is_in_ring(pod, entry.at)
    )


def by_name(entries: Iterable[Entry]) -> dict[tuple[str, str], list[Entry]]:
    """The versions of each object in their order, also of one that was made anew."""
    found: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        found.setdefault((entry.member, entry.name), []).append(entry)
    return found


def size_of(entry: Entry) -> int:
    """How many pods a StatefulSet wants."""
    spec: Json = entry.object["spec"]
    return int(spec.get("replicas", 1))


def is_going(entry: Entry) -> bool:
    """Whether an object was deleted, or is about to be gone."""
    return entry.type == "DELETED" or "deletionTimestamp" in entry.object["metadata"]


def pods_of(claim: str, sets: Iterable[str]) -> list[str]:
    """The pod that a claim is for, among those of some StatefulSets."""
    stem, _, ordinal = claim.rpartition("-")
    return [f"{name}-{ordinal}" for name in sets if stem.endswith(f"-{name}")]
