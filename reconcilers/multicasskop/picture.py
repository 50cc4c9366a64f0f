"""All that a report is made of: the decision, what came of its writes, and each member as it stands after them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from multicasskop.reconcilers.multicasskop.decide import Decision
from multicasskop.reconcilers.multicasskop.drift import Cause
from multicasskop.reconcilers.multicasskop.entries import Shown
from multicasskop.reconcilers.multicasskop.facts import Facts
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

    @property
    def states(self) -> Mapping[str, State]:
        """The state of each member after the writes."""
        return {name: shown.state for name, shown in self.members.items()}

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
    return Picture(facts, decision, tuple(outcomes), members)


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
