"""Members whose override was taken out: what becomes of their children.

With `deletion.onOverrideRemoved: Retain` they are left alone. With `Drain` they leave the ring as nodes do: first all
others forget their pods as seeds, then one datacenter after the other goes to 0 nodes, which CassKop refuses while
keyspaces replicate there and otherwise does by decommissioning node after node; only a child without nodes is deleted.

Datacenters go from the last to the first: of those with 0 nodes CassKop asks only the first one for its keyspaces, so
in this order, and one at a time, it is asked about each of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from multicasskop.crds.codes import Code
from multicasskop.crds.conditions import Reason
from multicasskop.informers.errors import FORBIDDEN
from multicasskop.reconcilers.multicasskop.desire import Datacenter, topology
from multicasskop.reconcilers.multicasskop.facts import DONE, RUNNING, Child, Facts, MemberFacts
from multicasskop.reconcilers.multicasskop.gate import Ask, Open, Shut, describe, gate
from multicasskop.reconcilers.multicasskop.members import (
    Applying,
    Case,
    Dark,
    Failed,
    Progressing,
    Ready,
    Starting,
    State,
)
from multicasskop.reconcilers.multicasskop.ownership import CASCADED, Mine, ownership
from multicasskop.reconcilers.multicasskop.rollout import Halt, Walk, approved
from multicasskop.reconcilers.multicasskop.seeds import delivered
from multicasskop.reconcilers.multicasskop.writes import DeleteChild, Due, PatchChild

REFUSED: Final = "DrainRefused"
# people have to change their keyspaces, and nothing tells us when they have
RETRY_SECONDS: Final = 300.0
_NOT_REGISTERED: Final = (
    f"{Code.UNKNOWN_MEMBER.value} is not registered, so its child cannot be drained;"
    " register it again, or give it up: deletion.onOverrideRemoved: Retain"
)
NO_NODES: Final = "no nodes, Running + Done"
_SCALE_DOWN: Final = "ScaleDown"


@dataclass(frozen=True, slots=True)
class Retained:
    """The child is left alone, for this reason."""

    why: str


@dataclass(frozen=True, slots=True)
class Leaving:
    """A member without an override: what is seen of it, how far it is, and what is to be written next."""

    member: MemberFacts
    state: State | Retained
    write: PatchChild | DeleteChild | None = None

    @property
    def drains(self) -> bool:
        """Whether there is something left to do about it."""
        return not isinstance(self.state, Retained)


def leaving_of(case: Case) -> Mapping[str, Leaving]:
    """All members whose override was taken out, the one that is to go first at the beginning."""
    return {name: _leaving(case, case.facts.former[name]) for name in reversed(tuple(case.facts.former))}


def drain_next(
    case: Case, states: Mapping[str, State], found: Walk, halt: Halt | None, leaving: Mapping[str, Leaving]
) -> Leaving | None:
    """The member whose write is due: the first that is not done with, when all that stay are Ready, and nobody waits.

    Of it, when it is its turn: one that is in the middle of something is not written.
    """
    first = next((each for each in leaving.values() if each.drains), None)
    if first is None or case.wish.policy.paused or halt is not None or found.begin or found.ask:
        return None
    rest = all(isinstance(state, Ready) and state.verified and not state.held for state in states.values())
    return first if rest else None


def awaits_approval(case: Case, leaving: Leaving) -> bool:
    """Whether a person has to let this member go before its first node does."""
    begins = isinstance(leaving.write, PatchChild)
    return begins and case.wish.policy.approval and not approved(case.facts, leaving.member.name)


def _leaving(case: Case, member: MemberFacts) -> Leaving:
    if not case.wish.policy.drain:
        return Leaving(member, Retained("its override was taken out; left alone (deletion.onOverrideRemoved: Retain)"))
    trouble = _unusable(case.facts, member)
    if trouble is not None or member.child is None:
        return Leaving(member, trouble or Starting("its child is not known yet"))
    if not _is_ours_to_delete(case.facts, member.child):
        return Leaving(member, Retained("it was there before and only agreed upon, so it is left"))
    return _drained(case, member, member.child)


def _unusable(facts: Facts, member: MemberFacts) -> State | None:
    if not member.registered:
        return Failed(Reason.NOT_REGISTERED, _NOT_REGISTERED)
    if not member.reach.ok:
        return Dark(member.reach.reason, member.reach.message)
    if member.trouble:
        return Failed(member.trouble, member.trouble_message, passable=member.trouble == FORBIDDEN)
    if not member.fresh or member.lagging:
        return Starting("its child is not known freshly now")
    if member.failure is not None and facts.monotonic < member.failure.retry_at:
        return Failed(member.failure.reason, member.failure.message, member.failure.retry_at)
    return None


def _is_ours_to_delete(facts: Facts, child: Child) -> bool:
    whose = ownership(child, facts.parent.meta, facts.home_id, facts.living, home_fresh=facts.home_fresh)
    return isinstance(whose, Mine) and whose.origin in CASCADED


def _drained(case: Case, member: MemberFacts, child: Child) -> Leaving:
    """How far the child of ours is, and the next step."""
    if child.meta.deleting:
        return Leaving(member, Progressing(f"is being deleted since {child.meta.deleting_since}", wants="gone"))
    left = [datacenter for datacenter in topology(child.spec) if datacenter.nodes]
    refused = _refused(case.facts, member, child, left[-1]) if left else None
    if refused is not None:
        return Leaving(member, refused)
    resting = _resting(case, member, child)
    if resting is not None:
        return Leaving(member, resting)
    if not left:
        write = DeleteChild(member.name, child.key, child.meta.uid, version=child.meta.version)
        return Leaving(member, Progressing("no nodes, is deleted next", wants="gone"), write)
    namers = ", ".join(_naming(case, child))
    if namers:
        return Leaving(member, Progressing(f"its pods are seeds of {namers}", wants="no seed list that names its pods"))
    return _emptying(member, child, left[-1])


def _refused(facts: Facts, member: MemberFacts, child: Child, datacenter: Datacenter) -> Failed | None:
    """Whether our last write was to empty this very datacenter, and CassKop has put its nodes back."""
    trace = member.trace
    if trace.hash != _hash(datacenter) or trace.written_at is None or child.processed < trace.generation:
        return None
    until = trace.written_at + RETRY_SECONDS
    if facts.monotonic >= until:
        return None
    why = f"CassKop put the nodes of {datacenter.name} back: keyspaces still replicate there, or it cannot tell"
    hint = f"ALTER KEYSPACE so that none does; tried again every {RETRY_SECONDS / 60:g} minutes"
    return Failed(REFUSED, f"{Code.ZERO_NODES_REFUSED.value} {why}; {hint}", until)


def _resting(case: Case, member: MemberFacts, child: Child) -> State | None:
    """What its CassKop is still at; None when it has nothing left to do."""
    wants = "Running + Done" if any(datacenter.nodes for datacenter in topology(child.spec)) else NO_NODES
    match gate(child, member.trace, case.wish.policy.settle, case.facts.monotonic, told_ready=False):
        case Shut(has, until):
            return Progressing(has, wants, until)
        case Ask(has):
            return Progressing(has, wants, ask=True)
        case Open():
            unproven = [] if child.reports_generation else list(_not_decommissioned(child))
            return (
                Progressing(f"{describe(child)}; not scaled down: {', '.join(unproven)}", wants) if unproven else None
            )


def _not_decommissioned(child: Child) -> Iterator[str]:
    """Racks of empty datacenters that CassKop does not say it has scaled down, which it does by decommissioning."""
    told = child.status.get("cassandraRackStatus")
    racks: Mapping[str, Any] = told if isinstance(told, dict) else {}
    for datacenter in topology(child.spec):
        for rack in () if datacenter.nodes else datacenter.racks:
            name = f"{datacenter.name}-{rack.name}"
            if _ended(racks.get(name)) != (RUNNING, _SCALE_DOWN, DONE):
                yield name


def _ended(rack: object) -> tuple[object, object, object]:
    found = rack if isinstance(rack, dict) else {}
    action = found.get("cassandraLastAction")
    last = action if isinstance(action, dict) else {}
    return found.get("phase"), last.get("name"), last.get("status")


def _naming(case: Case, child: Child) -> Iterator[str]:
    """The members that can be reached and whose seed lists still name a pod of this child."""
    racks = ((datacenter.name, rack.name) for datacenter in topology(child.spec) for rack in datacenter.racks)
    prefixes = tuple(f"{child.key.name}-{datacenter}-{rack}-" for datacenter, rack in racks)
    for name, member in case.facts.members.items():
        known = member.child if member.reach.ok else None
        if known is not None and any(seed.startswith(prefixes) for seed in (*delivered(known), *known.seeds)):
            yield name


def _emptying(member: MemberFacts, child: Child, datacenter: Datacenter) -> Leaving:
    """The write that takes all nodes from one datacenter; its list goes whole, as it is in this very version."""
    path = f"spec.topology.dc[{datacenter.name}].nodesPerRacks"
    patch = {"spec": {"topology": {"dc": list(_emptied(child, datacenter.name))}}}
    due = Due(patch, (path,))
    meta = child.meta
    write = PatchChild(member.name, child.key, meta.uid, meta.version, patch, (path,), _hash(datacenter), child.action)
    return Leaving(member, Applying(due), write)


def _emptied(child: Child, name: str) -> Iterator[Mapping[str, Any]]:
    given: Sequence[Any] = (child.spec.get("topology") or {}).get("dc") or [{"name": "dc1"}]
    for datacenter in given:
        yield datacenter | {"nodesPerRacks": 0} if datacenter.get("name") == name else datacenter


def _hash(datacenter: Datacenter) -> str:
    """Stands in the memory of our writes where that of a wish would stand."""
    return f"drain:{datacenter.name}"
