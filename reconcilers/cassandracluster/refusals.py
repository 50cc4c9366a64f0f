"""What is refused, how it is told, and how it is taken back: values, and what the rules need of the two specs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from multicasskop.crds.cassandracluster import CassandraCluster, Datacenter
from multicasskop.crds.problem import path_of
from multicasskop.reconcilers.cassandracluster.facts import Facts, Rack
from multicasskop.reconcilers.cassandracluster.racks import RackPlan, racks
from multicasskop.reconcilers.cassandracluster.ring import Ring

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """One change that must not be done."""

    path: str
    old: str
    new: str
    why: str
    what_to_do: str

    def __str__(self) -> str:
        return f"{self.path}: {self.old} -> {self.new} is refused: {self.why}; {self.what_to_do}"


@dataclass(frozen=True, slots=True)
class Undo:
    """One place below `spec` and what is put back there; None for nothing. Elements of lists go by their names."""

    path: tuple[str, ...]
    value: object = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A refusal, and what takes the change back."""

    refusal: Refusal
    undo: tuple[Undo, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """The step from the accepted spec to the one that is wanted now. `before` is the accepted one with all defaults."""

    facts: Facts
    accepted: CassandraCluster
    before: CassandraCluster
    ring: Ring

    @property
    def was(self) -> Mapping[str, Datacenter]:
        """The accepted datacenters by name, with their racks."""
        return datacenters(self.before)

    @property
    def wanted(self) -> Mapping[str, Datacenter]:
        """The datacenters that are wanted, by name, with their racks."""
        return datacenters(self.facts.wanted)

    def accepted_datacenter(self, name: str) -> Json:
        """A datacenter as it was accepted, without defaults; empty when it was only one by default."""
        found = (self.accepted.spec.to_json().get("topology") or {}).get("dc") or []
        return next((each for each in found if each["name"] == name), {})

    def place(self, name: str, *fields: str) -> str:
        """The path of a datacenter of the wanted topology, or of something in it."""
        return path_of(["spec", "topology", "dc", list(self.wanted).index(name), *fields])


def datacenters(cluster: CassandraCluster) -> Mapping[str, Datacenter]:
    """The datacenters of a completed cluster by name."""
    return {each.name: each for each in (cluster.spec.topology and cluster.spec.topology.dc) or ()}


def plans(cluster: CassandraCluster) -> Mapping[str, RackPlan]:
    """What holds for each datacenter of a completed cluster: the same in all its racks."""
    return {plan.rack.datacenter: plan for plan in racks(cluster)}


def racks_of(facts: Facts, datacenter: str) -> tuple[Rack, ...]:
    """The racks of a datacenter, those that the topology has lost included."""
    return tuple(rack for rack in (*facts.racks, *facts.former) if rack.plan.rack.datacenter == datacenter)


def is_empty(rack: Rack) -> bool:
    """Whether a rack has no node, and none is asked for."""
    return not rack.pods and (rack.statefulset is None or rack.statefulset.replicas == rack.statefulset.exist == 0)


def stranded(facts: Facts) -> Iterator[Refusal]:
    """The racks that have nodes, and are not in the topology, where nobody knows what the topology was."""
    for rack in facts.former:
        if not is_empty(rack):
            why = f"rack {rack.id} has nodes, and is in the topology no more"
            yield Refusal("spec.topology.dc", rack.id, "none", why, f"put {rack.id} back")


def undone(spec: Json, undo: Undo) -> Json:
    """The spec with what is put back; the argument is not changed."""
    changed: Json = _put(spec, undo.path, undo.value)
    return changed


def _put(found: Any, path: tuple[str, ...], value: object) -> Any:  # noqa: ANN401  whatever stands there
    head, *rest = path
    if isinstance(found, list):
        return [_put(each, tuple(rest), value) if each.get("name") == head else each for each in found]
    below = _put(found.get(head) or {}, tuple(rest), value) if rest else value
    kept = {key: each for key, each in found.items() if key != head or below is not None}
    return kept if below is None else {**kept, head: below}
