"""All that a report is made of: the decision, what came of its writes, and each member as it stands after them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from multicasskop.reconcilers.multicasskop.decide import Decision
from multicasskop.reconcilers.multicasskop.drain import NO_NODES, Leaving, Retained
from multicasskop.reconcilers.multicasskop.drift import Cause
from multicasskop.reconcilers.multicasskop.entries import Shown
from multicasskop.reconcilers.multicasskop.facts import Child, Facts
from multicasskop.reconcilers.multicasskop.gate import describe
from multicasskop.reconcilers.multicasskop.members import Failed, Progressing, Ready, State
from multicasskop.reconcilers.multicasskop.outcomes import Done, NotDone, Outcome
from multicasskop.reconcilers.multicasskop.rollout import step_began
from multicasskop.reconcilers.multicasskop.writes import CreateChild, PatchChild, PatchSeeds, RemoveFinalizer


@dataclass(frozen=True, slots=True)
class Picture:
    """One reconcile, to be reported."""

    facts: Facts
    decision: Decision
    outcomes: tuple[Outcome, ...]
    members: Mapping[str, Shown]
    beside_operator: bool = False
    """Whether the object stands in the operator's own namespace, where the members' credentials are."""

    leaving: Mapping[str, Leaving] = field(default_factory=dict)
    """The members without an override that have a child."""
    unrecorded: str = ""
    """Why orphans could not be written down, so that the parent must stay."""

    @property
    def states(self) -> Mapping[str, State]:
        """The state after the writes of each member that has something to do: also of those that are drained."""
        drained = {name: each.state for name, each in self.leaving.items() if not isinstance(each.state, Retained)}
        return {name: shown.state for name, shown in self.members.items()} | drained

    @property
    def all_ready(self) -> bool:
        """Whether nothing is left to do at any member."""
        return all(isinstance(state, Ready) and not state.held for state in self.states.values())

    @property
    def let_go(self) -> bool:
        """Whether the parent was let go, so that there is nothing left to write a status to."""
        return any(
            isinstance(outcome, Done) and isinstance(outcome.write, RemoveFinalizer) for outcome in self.outcomes
        )

    @property
    def generation(self) -> int:
        """The generation that was looked at."""
        return self.facts.parent.meta.generation


def picture(facts: Facts, decision: Decision, outcomes: Sequence[Outcome]) -> Picture:
    """Put together what is known after the writes."""
    case = decision.case
    members: dict[str, Shown] = {}
    for name, state in decision.states.items():
        if case is None:
            break
        member, desired = case.of(name)
        shown = Shown(member, desired, state, in_step=step_began(case, name) is not None, seen_at=facts.now)
        for outcome in outcomes:
            shown = _after(shown, outcome)
        members[name] = shown
    leaving = {name: _drained(each, outcomes) for name, each in decision.leaving.items()}
    return Picture(facts, decision, tuple(outcomes), members, leaving=leaving, unrecorded=_unrecorded(outcomes))


def _unrecorded(outcomes: Sequence[Outcome]) -> str:
    found = (o.trouble.message for o in outcomes if isinstance(o, NotDone) and isinstance(o.write, RemoveFinalizer))
    return next(found, "")


def _drained(leaving: Leaving, outcomes: Sequence[Outcome]) -> Leaving:
    """A member that leaves, after the write to it if there was one."""
    for outcome in outcomes:
        if getattr(outcome.write, "member", None) != leaving.member.name:
            continue
        match outcome:
            case NotDone(trouble=trouble):
                return replace(leaving, state=Failed(trouble.reason, trouble.message))
            case Done(write=PatchChild(), obj=obj) if obj is not None:
                child = Child.of(obj)
                member = replace(leaving.member, child=child)
                return replace(leaving, member=member, state=Progressing(describe(child), NO_NODES))
            case _:
                pass
    return leaving


def _after(shown: Shown, outcome: Outcome) -> Shown:
    """The member after one write to it; writes to others change nothing."""
    if getattr(outcome.write, "member", None) != shown.name:
        return shown
    match outcome:
        case NotDone(trouble=trouble):
            return replace(shown, state=Failed(trouble.reason, trouble.message))
        case Done(write=CreateChild() | PatchChild() | PatchSeeds() as write, obj=obj) if obj is not None:
            return _written(shown.with_child(obj), write)
        case _:
            return shown


def _written(shown: Shown, write: CreateChild | PatchChild | PatchSeeds) -> Shown:
    quiet = isinstance(write, PatchChild) and not write.in_spec
    if quiet or shown.child is None:
        return shown
    correction = write.cause is Cause.DRIFT if isinstance(write, PatchChild) else False
    has = Progressing(describe(shown.child))
    return replace(shown, state=has, in_step=True, begun=not (shown.in_step and correction))
