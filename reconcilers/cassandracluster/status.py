"""The status of a CassandraCluster, and the patch that makes the stored one say it."""

from collections.abc import Mapping

from multicasskop.crds.base import Json
from multicasskop.crds.cassandracluster.status import RackStatus
from multicasskop.reconcilers.cassandracluster.condition_set import Findings, conditions, degraded
from multicasskop.reconcilers.cassandracluster.facts import Facts
from multicasskop.reconcilers.cassandracluster.summary import summary
from multicasskop.reconcilers.cassandracluster.words import Action
from multicasskop.reconcilers.conditions import find_condition, set_condition


def status_of(
    stored: Json, facts: Facts, racks: Mapping[str, RackStatus], findings: Findings, nodes: Json | None = None
) -> Json:
    """What the status is to say. What others keep in it stays; racks that are no more are gone from it.

    `stored` is the status as it is stored, of which `facts` were made; `nodes` is what is remembered of each pod, None
    where that is as it was.
    """
    whole = summary(facts.cluster.status, racks.values())
    told = {
        "phase": whole.phase,
        "initializingSubPhase": whole.sub_phase,
        "lastClusterAction": whole.action or None,
        "lastClusterActionStatus": whole.status,
        "seedlist": list(facts.seeds) or None,
        "cassandraRackStatus": _racks(stored.get("cassandraRackStatus") or {}, racks),
        **_observed(facts, findings),
        "nodes": _nodes(facts),
        "cassandraNodeStatus": stored.get("cassandraNodeStatus") if nodes is None else nodes or None,
    }
    return without_nulls({**stored, **told, "conditions": _said(stored, facts, *conditions(facts, whole, findings))})


def with_troubles(stored: Json, facts: Facts) -> Json:
    """The status as it is stored, and in it what keeps nodes away."""
    return {**stored, "conditions": _said(stored, facts, degraded(facts))}


def _said(stored: Json, facts: Facts, *wanted: Json) -> list[Json]:
    """The conditions with these in them; of those that say so already nothing moves."""
    known: list[Json] = stored.get("conditions") or []
    for found in wanted:
        if not _says_the_same(found, known):
            known = set_condition(known, found, facts.now)
    return known


def _observed(facts: Facts, findings: Findings) -> Json:
    """A spec that is not done is never observed: whoever wrote it, or waits for it, sees that it does not stand."""
    if findings.invalid:
        return {}
    if findings.refused:
        return {"lastClusterAction": Action.CORRECT_SPEC}
    return {"observedGeneration": facts.cluster.metadata.generation}


def status_patch(stored: Json, wanted: Json) -> Json | None:
    """The merge patch from one status to the other; None when they are the same."""
    patch = json_patch(stored, wanted)
    return {"status": patch} if patch else None


def json_patch(before: Json, after: Json) -> Json:
    """The merge patch (RFC 7386) that makes one object the other; lists go whole."""
    gone: Json = {key: None for key in before.keys() - after.keys()}
    changed = {key: _changed(before.get(key), value) for key, value in after.items() if before.get(key) != value}
    return gone | changed


def _changed(before: object, after: object) -> object:
    return json_patch(before, after) if isinstance(before, dict) and isinstance(after, dict) else after


def _racks(stored: Json, racks: Mapping[str, RackStatus]) -> Json:
    told = {name: status.model_dump(mode="json", by_alias=True) for name, status in racks.items()}
    return {name: {**(stored.get(name) or {}), **status} for name, status in told.items()}


def _nodes(facts: Facts) -> str:
    ready = sum(pod.ready and not pod.deleting for pod in facts.pods)
    return f"{ready}/{sum(rack.plan.nodes for rack in facts.racks)}"


def _says_the_same(found: Json, known: list[Json]) -> bool:
    before = find_condition(known, found["type"])
    return before is not None and {**before, "lastTransitionTime": ""} == {**found, "lastTransitionTime": ""}


def without_nulls(value: Json) -> Json:
    """An object as it is stored: what is null is not there."""
    return {key: _stripped(inner) for key, inner in value.items() if inner is not None}


def _stripped(value: object) -> object:
    match value:
        case dict():
            return without_nulls(value)
        case list():
            return [_stripped(inner) for inner in value]
        case _:
            return value
