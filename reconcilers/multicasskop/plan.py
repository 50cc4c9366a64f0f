"""What the operator would write, from now until all is as wanted: its own decisions, asked again and again.

After each decision the world is imagined as it would be when the writes have been taken and CassKop is done with them.
So the order, the bytes and what is refused are the operator's own, and not a second opinion. What only holds up (a
pause, an approval, a halt, a dark member) is lifted in imagination, and told by `now`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from multicasskop.crds.base import Json
from multicasskop.crds.names import FINALIZER
from multicasskop.reconcilers.multicasskop.decide import Decision, decide
from multicasskop.reconcilers.multicasskop.facts import DONE, RUNNING, Child, Facts, MemberFacts
from multicasskop.reconcilers.multicasskop.managers import migrated
from multicasskop.reconcilers.multicasskop.members import State
from multicasskop.reconcilers.multicasskop.ownership import Origin
from multicasskop.reconcilers.multicasskop.restart import without_triggers
from multicasskop.reconcilers.multicasskop.validate import Verdict
from multicasskop.reconcilers.multicasskop.writes import (
    AddFinalizer,
    CreateChild,
    DeleteChild,
    PatchChild,
    PatchSeeds,
    RemoveFinalizer,
    Write,
    as_migrated,
    completed,
    seeds_body,
)
from multicasskop.reconcilers.patch import merged

# each member may need its seeds, its spec and what was held back for the seeds of others
_ROUNDS_PER_MEMBER: Final = 8
ChildChange = CreateChild | PatchChild | PatchSeeds | DeleteChild


@dataclass(frozen=True, slots=True)
class Step:
    """What is written to one member in its turn, and how its child is before and after."""

    member: str
    writes: tuple[ChildChange, ...]
    before: Child | None
    after: Child | None


@dataclass(frozen=True, slots=True)
class Originals:
    """The objects as they were just read, with their records of managers; what is not there was not read."""

    parent: Json = field(default_factory=dict)
    children: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps, what is decided at this very moment, and how each member stands in the end."""

    now: Decision
    steps: tuple[Step, ...] = ()
    finalizer: AddFinalizer | RemoveFinalizer | None = None
    """What is done to the MultiCasskop itself before anything else."""
    ends: Mapping[str, State] = field(default_factory=dict)
    unseen: tuple[str, ...] = ()
    """Members of which nothing is known, so that nothing can be said of them."""

    @property
    def empty(self) -> bool:
        """Whether nothing is to be written."""
        return not self.steps and self.finalizer is None


def plan(facts: Facts, verdict: Verdict, originals: Originals | None = None) -> Plan:
    """All that is to be written for one MultiCasskop, in order.

    Of one that is refused or being deleted there are no steps: `now` tells why, or what goes.
    """
    finalizer = _finalizer(decide(_imagined(facts), verdict))
    facts = facts if finalizer is None else _with_finalizer(facts, finalizer)
    now = decide(facts, verdict)
    if facts.parent.meta.deleting or not now.verdict.valid:
        return Plan(now, finalizer=finalizer)
    steps, last = _steps(_imagined(facts), _lifted(verdict), originals or Originals())
    everyone = {**facts.members, **facts.former}
    unseen = tuple(name for name, member in everyone.items() if member.registered and not member.visible)
    return Plan(now, steps, finalizer, {name: last.states[name] for name in last.states if name not in unseen}, unseen)


def _steps(imagined: Facts, wanted: Verdict, read: Originals) -> tuple[tuple[Step, ...], Decision]:
    """The steps, and the decision that has nothing left to write."""
    steps: list[Step] = []
    for _ in range(_ROUNDS_PER_MEMBER * (len(imagined.members) + 1)):
        found = decide(imagined, wanted)
        due = _by_member(_as_sent(imagined, write, read) for write in found.writes)
        if not due:
            return tuple(steps), found
        for name, writes in due.items():
            before = imagined.member(name).child
            after = _after(before, writes)
            steps.append(Step(name, writes, before, after))
            imagined = _with_child(imagined, name, None if after is None else _settled(after))
    raise AssertionError("the decisions do not come to rest")


def _by_member(writes: Iterator[Write]) -> dict[str, tuple[ChildChange, ...]]:
    due: dict[str, tuple[ChildChange, ...]] = {}
    for write in writes:
        if isinstance(write, ChildChange):
            due[write.member] = (*due.get(write.member, ()), write)
    return due


def _as_sent(facts: Facts, write: Write, read: Originals) -> Write:
    """The write with what is added to it only when it is sent, from objects that are read for that."""
    if not isinstance(write, PatchChild):
        return write
    from_go = write.origin is Origin.AGREED and FINALIZER in facts.parent.meta.finalizers and migrated(read.parent)
    write = as_migrated(write) if from_go else write
    live = read.children.get(write.member)
    return write if live is None else completed(write, live)


# the world as it is imagined


def _lifted(verdict: Verdict) -> Verdict:
    """The verdict without what only holds up."""
    if verdict.wish is None:
        return verdict
    policy = replace(verdict.wish.policy, paused=False, approval=False, soak=0.0)
    return replace(verdict, wish=replace(verdict.wish, policy=policy))


def _imagined(facts: Facts) -> Facts:
    """Every child that can be seen at rest, nothing failing, nobody waited for."""
    members, former = (
        {name: _at_rest(member) for name, member in found.items()} for found in (facts.members, facts.former)
    )
    parent = facts.parent
    status = {key: value for key, value in parent.status.items() if key != "phase"}
    spec = {key: value for key, value in parent.spec.items() if key != "paused"}
    return replace(facts, members=members, former=former, parent=replace(parent, spec=spec, status=status), root=None)


def _at_rest(member: MemberFacts) -> MemberFacts:
    if not member.visible:
        return replace(member, registered=False, child=None)
    child = member.child
    settled = None if child is None else _settled(child)
    return replace(member, child=settled, lagging=False, failure=None, trouble="")


def _settled(child: Child) -> Child:
    """The child when its CassKop has ended its work on it, and has taken out the triggers that it followed."""
    done = {"phase": RUNNING, "lastClusterActionStatus": DONE, "observedGeneration": child.meta.generation}
    return replace(child, spec=without_triggers(child.spec), status={**child.status, **done})


def _after(before: Child | None, writes: tuple[ChildChange, ...]) -> Child | None:
    """The child when these writes have been taken and worked off; its version is not known any more."""
    if any(isinstance(write, DeleteChild) for write in writes):
        return None
    obj = {"metadata": {}} if before is None else _object(before)
    for write in writes:
        match write:
            case CreateChild():
                obj = merged(write.body, {"metadata": {"generation": 1}} | seeds_body(write.seeds))
            case PatchChild():
                obj = merged(obj, write.patch)
                obj["metadata"]["generation"] += "spec" in write.patch
            case PatchSeeds():
                obj = merged(obj, seeds_body(write.seeds, write.uid))
    obj["metadata"]["resourceVersion"] = ""
    return Child.of(obj)


def _object(child: Child) -> Json:
    meta = child.meta
    head = {"name": meta.key.name, "namespace": meta.key.namespace, "uid": meta.uid, "generation": meta.generation}
    times = {"creationTimestamp": meta.created, "deletionTimestamp": meta.deleting_since}
    metadata = {**head, **times, "finalizers": list(meta.finalizers), "annotations": dict(meta.annotations)}
    return {"metadata": metadata, "spec": child.spec, "status": child.status}


def _with_child(facts: Facts, name: str, child: Child | None) -> Facts:
    if name in facts.members:
        return replace(facts, members={**facts.members, name: replace(facts.members[name], child=child)})
    # in their order: the last one goes first
    former = {other: replace(m, child=child) if other == name else m for other, m in facts.former.items()}
    return replace(facts, former={other: member for other, member in former.items() if member.child is not None})


def _finalizer(decision: Decision) -> AddFinalizer | RemoveFinalizer | None:
    return next((w for w in decision.writes if isinstance(w, AddFinalizer | RemoveFinalizer)), None)


def _with_finalizer(facts: Facts, change: AddFinalizer | RemoveFinalizer) -> Facts:
    meta = facts.parent.meta
    others = tuple(name for name in meta.finalizers if name != FINALIZER)
    finalizers = (*others, FINALIZER) if isinstance(change, AddFinalizer) else others
    return replace(facts, parent=replace(facts.parent, meta=replace(meta, finalizers=finalizers)))
