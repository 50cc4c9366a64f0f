"""Plans made by one who only reads what stands on a stage, and beside them what the operator then sends."""

from typing import Any

import msgspec
from fakes.stage import CHILDREN, Stage
from multicasskop.reconcilers.multicasskop.facts import Child, Facts, MemberFacts, Parent
from multicasskop.reconcilers.multicasskop.plan import ChildChange, Originals, Plan, plan
from multicasskop.reconcilers.multicasskop.validate import judge
from multicasskop.reconcilers.multicasskop.writes import (
    CreateChild,
    PatchChild,
    PatchSeeds,
    patch_body,
    seeds_body,
    whole_body,
)
from multicasskop.reconcilers.patch import merged

Json = dict[str, Any]
Bodies = dict[str, list[bytes]]
"""Per member what is sent, in order, without the versions that are of the moment."""


def seen(stage: Stage, obj: Json) -> tuple[Facts, Originals]:
    """What a reader of all members sees, who remembers nothing."""
    found = Parent.of(obj)
    objects = {name: stage.child(name) for name in found.spec["override"]}
    members = {
        name: MemberFacts(name, child=None if item is None else Child.of(item), told=found.told(name))
        for name, item in objects.items()
    }
    uids = {obj["metadata"]["uid"]}
    kept = {name: item for name, item in objects.items() if item is not None}
    facts = Facts(found, members, stage.home.identity, uids, monotonic=1e6, now=stage.clock.now())
    return facts, Originals(obj, kept)


def foretold(stage: Stage, patch: Json | None = None) -> Plan:
    """The plan for the object as it is, or as it would be after a merge patch."""
    stored = stage.parent()
    obj = merged(stored, patch or {})
    generation = stored["metadata"]["generation"] + (obj["spec"] != stored["spec"])
    obj["metadata"] = {**obj["metadata"], "generation": generation}
    facts, originals = seen(stage, obj)
    return plan(facts, judge(facts.parent.meta.key, facts.parent.spec, tuple(stage.members)), originals)


def planned(found: Plan) -> Bodies:
    """What a plan has for each member."""
    told: Bodies = {}
    for step in found.steps:
        told.setdefault(step.member, []).extend(_without_version(_body(write)) for write in step.writes)
    return told


def sent(stage: Stage) -> Bodies:
    """What the operator has sent to each member."""
    told: Bodies = {}
    for name, call in stage.writes(CHILDREN):
        told.setdefault(name, []).append(_without_version(call.body))
    return told


def to_the_end(stage: Stage) -> None:
    """Let every CassKop work until the operator has nothing left to do."""
    for _ in range(2 * len(stage.members) + 2):
        stage.all_running()
        stage.wait(31)


def _body(write: ChildChange) -> Json:
    match write:
        case CreateChild():
            return whole_body(write) if write.seeds else write.body
        case PatchChild():
            return patch_body(write)
        case PatchSeeds():
            return seeds_body(write.seeds)


def _without_version(body: Json) -> bytes:
    metadata = {key: value for key, value in body.get("metadata", {}).items() if key != "resourceVersion"}
    return msgspec.json.encode({**body, "metadata": metadata} if metadata else body)
