"""Plans made by one who only reads what stands on a stage, and beside them what the operator then sends."""

from typing import Any

import msgspec
from fakes.stage import CHILDREN, NAMESPACE, Stage
from multicasskop.crds.names import OWNER
from multicasskop.reconcilers.multicasskop.facts import Child, Facts, MemberFacts, Parent
from multicasskop.reconcilers.multicasskop.ownership import read_mark
from multicasskop.reconcilers.multicasskop.plan import ChildChange, Originals, Plan, plan
from multicasskop.reconcilers.multicasskop.restart import TRIGGER, waiting_racks
from multicasskop.reconcilers.multicasskop.validate import judge
from multicasskop.reconcilers.multicasskop.writes import (
    CreateChild,
    DeleteChild,
    PatchChild,
    PatchSeeds,
    patch_body,
    seeds_body,
    whole_body,
)
from multicasskop.reconcilers.patch import merged

Json = dict[str, Any]
DELETED = b"delete"
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
    former = {name: found_there for name in stage.members if (found_there := _former(stage, found, name))}
    uids = {obj["metadata"]["uid"]}
    kept = {name: item for name, item in objects.items() if item is not None}
    facts = Facts(found, members, stage.home.identity, uids, monotonic=1e6, now=stage.clock.now(), former=former)
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
        told.setdefault(step.member, []).extend(map(_told, step.writes))
    return told


def sent(stage: Stage) -> Bodies:
    """What the operator has sent to each member."""
    told: Bodies = {}
    for name, call in stage.writes(CHILDREN):
        told.setdefault(name, []).append(DELETED if call.verb == "delete" else _without_version(call.body))
    return told


def to_the_end(stage: Stage) -> None:
    """Let every CassKop work until the operator has nothing left to do."""
    for _ in range(2 * len(stage.members) + 2):
        for name in stage.members:
            _begin_restarts(stage, name)
        stage.all_running()
        stage.wait(31)


def _begin_restarts(stage: Stage, name: str) -> None:
    """Let a member's CassKop take out the triggers of its racks, as it does when it begins."""
    child = stage.child(name)
    if child is not None and waiting_racks(Child.of(child)):
        dcs = [
            {**dc, "rack": [{key: value for key, value in rack.items() if key != TRIGGER} for rack in dc["rack"]]}
            for dc in child["spec"]["topology"]["dc"]
        ]
        server = stage.members[name].server
        server.edit(CHILDREN, NAMESPACE, "demo", {"spec": {"topology": {"dc": dcs}}}, by="casskop")


def _former(stage: Stage, parent: Parent, name: str) -> MemberFacts | None:
    """A member without an override that has a child of this object."""
    item = stage.child(name)
    mark = read_mark(item["metadata"].get("annotations", {}).get(OWNER)) if item is not None else None
    if item is None or name in parent.spec["override"] or mark is None or mark.uid != parent.meta.uid:
        return None
    return MemberFacts(name, child=Child.of(item), told=parent.told(name))


def _told(write: ChildChange) -> bytes:
    match write:
        case CreateChild():
            return _without_version(whole_body(write) if write.seeds else write.body)
        case PatchChild():
            return _without_version(patch_body(write))
        case PatchSeeds():
            return _without_version(seeds_body(write.seeds, write.uid))
        case DeleteChild():
            return DELETED


def _without_version(body: Json) -> bytes:
    metadata = {key: value for key, value in body.get("metadata", {}).items() if key != "resourceVersion"}
    return msgspec.json.encode({**body, "metadata": metadata} if metadata else body)
