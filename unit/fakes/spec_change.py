"""A CassandraCluster whose spec was changed: what was accepted, what is wanted, and what is there."""

from collections.abc import Iterable, Mapping
from typing import Any

from fakes.cassandra import bare
from fakes.patches import apply_json_patch, apply_merge_patch
from fakes.rack_scene import NOW, RUNS, node, stateful
from multicasskop.crds.base import Json
from multicasskop.reconcilers.cassandracluster.defaults import completed
from multicasskop.reconcilers.cassandracluster.facts import Facts, Rack
from multicasskop.reconcilers.cassandracluster.jolokia.operations import ReplicatedIn
from multicasskop.reconcilers.cassandracluster.racks import RackPlan, racks
from multicasskop.reconcilers.cassandracluster.ring import Ask, Ring
from multicasskop.reconcilers.cassandracluster.writes import Edit, Patch


def changed_spec(
    before: Json | None,
    after: Json,
    *,
    made: bool = True,
    nodes: Mapping[str, int] | None = None,
    former: Iterable[Rack] = (),
    status: Json | None = None,
    **metadata: Any,  # noqa: ANN401
) -> Facts:
    """What is seen when `after` is wanted; the racks have the `nodes` that are said, or else those that were accepted.

    Without `made` nothing is there.
    """
    cluster = bare(after, status=status, resourceVersion="41", generation=3, **metadata)
    wanted, accepted = completed(cluster), None if before is None else bare(before)
    known = {plan.rack.id: plan.nodes for plan in racks(completed(accepted or cluster))} | dict(nodes or {})
    seen = tuple(seen_rack(plan, known.get(plan.rack.id, 0)) if made else Rack(plan) for plan in racks(wanted))
    return Facts(cluster, wanted, NOW, racks=seen, former=tuple(former), accepted=accepted)


def seen_rack(plan: RackPlan, nodes: int, **fields: Any) -> Rack:  # noqa: ANN401
    """A rack with so many nodes that are well."""
    pods = tuple(node(plan.rack.id, ordinal) for ordinal in range(nodes))
    return Rack(plan, **{"status": RUNS, "statefulset": stateful(plan.rack.id, nodes), "pods": pods, **fields})


def answering(facts: Facts, answers: Mapping[str, object]) -> Ring:
    """A ring in which nodes say which keyspace has data in a datacenter."""
    return Ring({Ask(pod.uid, ReplicatedIn(name)): said for pod in facts.speakers for name, said in answers.items()})


def after_write(facts: Facts, write: Edit | Patch | None) -> Json:
    """The object as it is when the write was carried out."""
    meta = {"name": facts.cluster.metadata.name, "uid": facts.cluster.metadata.uid, "resourceVersion": "41"}
    stored: Json = {"metadata": meta, "spec": facts.cluster.spec.to_json()}
    match write:
        case Edit():
            return apply_json_patch(stored, write.guarded)
        case Patch():
            changed: Json = apply_merge_patch(stored, write.patch)
            return changed
        case None:
            return stored
