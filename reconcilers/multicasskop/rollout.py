"""The walk: which member may be written now, and what the rollout waits for.

One after the other, in order; a member is written only when all before it are Ready for what is wanted of them. The
walk ends at the first that is not. Passed without being Ready are only members that were never registered, and, once
some member is Ready, those that lack a right, or (when asked for) are dark, or not registered any more: what is going
on in a child that cannot be seen is not known, and with it another one would be taken down.

A newer wish finds members in change for the older one. It reaches those first, since nothing else brings them to rest,
and the others, which are at rest, only when there is room again: a rollback must not take a second member down.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from multicasskop.crds.conditions import Reason
from multicasskop.crds.multicasskop import Phase
from multicasskop.crds.names import APPROVE, RESUME
from multicasskop.reconcilers.multicasskop.facts import RUNNING, Facts
from multicasskop.reconcilers.multicasskop.members import (
    Absent,
    Applying,
    Case,
    Conflict,
    Dark,
    Failed,
    Progressing,
    Ready,
    Refused,
    Soaking,
    Starting,
    State,
    Unknown,
    instant,
)
from multicasskop.reconcilers.multicasskop.policy import Policy


@dataclass(frozen=True, slots=True)
class Halt:
    """The rollout stopped at a member, and stays so until something else is wanted or a person lets it go on."""

    member: str
    why: str


@dataclass(frozen=True, slots=True)
class Walk:
    """What may be written now, and what is waited for, with the reason that `Ready` gives for it."""

    begin: tuple[str, ...] = ()
    waits_for: str = ""
    reason: Reason | None = None
    ask: tuple[str, ...] = ()
    """Members of which it must be learned how old our last write is, before anything is begun."""


def walk(case: Case, states: Mapping[str, State], halt: Halt | None, *, holds_newcomers: bool = False) -> Walk:
    """Walk the members in order, and say which of them may be written; newcomers may be held back for their seeds."""
    walker = _Walker(case, states, halt, case.seeds.resolved and not holds_newcomers)
    walker.take_up_overtaken()
    for name, state in states.items():
        if not walker.passes(name, state):
            break
    return walker.result()


def find_halt(case: Case, states: Mapping[str, State]) -> Halt | None:
    """What halts the rollout: a deadline, pods that started with the wrong seeds, or a halt that nobody has lifted."""
    if resumed(case.facts):
        return None
    deadline = case.wish.policy.progress_deadline
    for name, state in states.items():
        began = step_began(case, name)
        if isinstance(state, Progressing) and began is not None and case.facts.monotonic - began >= deadline:
            return Halt(name, f"did not become {state.wants} within {_seconds(deadline)} (has {state.has})")
        if _is_late(case, name):
            return Halt(name, "got its seeds late, its pods may have formed a ring of their own")
    return _told_halt(case.facts)


def _is_late(case: Case, member: str) -> bool:
    """Whether a child that joined others was made with other seeds, and nothing else is wanted of it since."""
    facts, desired = case.of(member)
    return facts.trace.late and facts.trace.hash == desired.hash


def step_began(case: Case, member: str) -> float | None:
    """When the step of a member began that has not ended, in monotonic seconds."""
    facts, desired = case.of(member)
    trace, told = facts.trace, facts.told
    if trace.hash:
        return trace.step_at if trace.hash == desired.hash else None
    return instant(case.facts, told.step_since) if told.step_since and told.hash == desired.hash else None


def resumed(facts: Facts) -> bool:
    """Whether a person has said that this generation goes on in spite of what halted it."""
    return facts.parent.meta.annotations.get(RESUME) == str(facts.parent.meta.generation)


def approved(facts: Facts, member: str) -> bool:
    """Whether a person has let this member have this generation."""
    given = (text.strip() for text in facts.parent.meta.annotations.get(APPROVE, "").split(","))
    return f"{member}@{facts.parent.meta.generation}" in given


def in_motion(states: Mapping[str, State]) -> tuple[str, ...]:
    """The members that are in change, or not at rest for whatever reason."""
    return tuple(name for name, state in states.items() if _moves(state))


def _moves(state: State) -> bool:
    return isinstance(state, Progressing | Soaking) or (isinstance(state, Applying) and bool(state.busy))


class _Walker:
    """The state of one walk."""

    def __init__(self, case: Case, states: Mapping[str, State], halt: Halt | None, takes_newcomers: bool) -> None:
        self._case, self._states, self._halt = case, states, halt
        self._takes_newcomers = takes_newcomers
        self._policy: Policy = case.wish.policy
        self._someone_ready = False
        self._begin: list[str] = []
        self._unverified: list[str] = []
        self._ask: list[str] = []
        self._waits_for, self._reason = "", None  # type: str, Reason | None
        # the first member is always made alone
        children = (member.child for member in case.facts.members.values())
        begun = any(child is not None and child.phase == RUNNING for child in children)
        self._limit = self._policy.concurrent if begun else 1
        self._moving = (*in_motion(states), *self._unseen())
        self._room = self._limit - len(self._moving)

    def take_up_overtaken(self) -> None:
        """Begin anew at members in change for an older wish, as long as no member before them is in trouble."""
        for name, state in self._states.items():
            if not self._is_untroubled(state) or len(self._begin) >= self._limit:
                break
            if isinstance(state, Applying) and state.busy and state.ours:
                self._due(name, state)

    def passes(self, name: str, state: State) -> bool:
        """Look at one member; whether the walk goes on behind it."""
        match state:
            case Ready():
                self._someone_ready = True
                self._unverified += [] if state.verified else [name]
                return True
            case Unknown(child=""):
                return True
            case Failed(passable=True) | Dark() | Unknown() if self._may_pass(state):
                self._note(name, _REASONS[type(state)])
                return True
            case Absent() | Applying():
                return self._due(name, state)
            case Progressing() | Soaking():
                self._ask += [name] if isinstance(state, Progressing) and state.ask else []
                self._note(name, _REASONS[type(state)])
                return self._room > 0
            case _:
                self._note(name, _REASONS[type(state)])
                return False

    def result(self) -> Walk:
        """What the walk has found; nothing is begun upon a gate that only the last report calls open."""
        if self._begin and self._unverified:
            return Walk((), self._waits_for, self._reason, (*self._unverified, *self._ask))
        return Walk(tuple(self._begin), self._waits_for, self._reason, tuple(self._ask))

    def _unseen(self) -> Iterable[str]:
        """Members that may be in change though nobody can see it; wherever they stand, as that is not known any more.

        Those that are registered live stand by their names, and behind all others once they are not.
        """
        lost = (name for name, state in self._states.items() if isinstance(state, Unknown) and state.child)
        return () if self._policy.skip_dark else lost

    def _is_untroubled(self, state: State) -> bool:
        match state:
            case Applying(busy=busy, ours=ours):
                return ours or not busy
            case Unknown(child=""):
                return True
            case Dark() | Unknown():
                return self._policy.skip_dark
            case Failed(passable=passable):
                return passable
            case _:
                # one that is gone cannot be made before the one in change is done, which would wait for it
                return isinstance(state, Ready | Absent)

    def _may_pass(self, state: State) -> bool:
        return self._someone_ready and (isinstance(state, Failed) or self._policy.skip_dark)

    def _due(self, name: str, state: Absent | Applying) -> bool:
        if name in self._begin:
            return self._room > 0
        hindrance = self._hindrance(name, state)
        full = hindrance is Reason.WAITING_FOR_GATE
        blocker = self._moving[0] if full else name
        unseen = full and isinstance(self._states[blocker], Unknown)
        self._note(blocker, Reason.NO_MEMBER if unseen else hindrance or Reason.APPLYING)
        if hindrance is None:
            self._begin.append(name)
            self._room -= name not in self._moving
        return hindrance is None and self._room > 0

    def _hindrance(self, name: str, state: Absent | Applying) -> Reason | None:
        """Why a member may not be written although its turn has come."""
        first = name == next(iter(self._states))
        match state:
            case _ if self._policy.paused:
                return Reason.PAUSED
            case _ if self._halt is not None:
                return Reason.HALTED
            case Absent() if not self._takes_newcomers:
                return Reason.SEEDS_PENDING
            case _ if self._policy.approval and not first and not approved(self._case.facts, name):
                return Reason.WAITING_FOR_APPROVAL
            case _ if self._room <= 0 and name not in self._moving:
                return Reason.WAITING_FOR_GATE
            case _:
                return None

    def _note(self, name: str, reason: Reason) -> None:
        if not self._waits_for:
            self._waits_for, self._reason = name, reason


_REASONS: Mapping[type[State], Reason] = {
    Unknown: Reason.NO_MEMBER,
    Dark: Reason.MEMBER_DARK,
    Failed: Reason.MEMBER_FAILED,
    Starting: Reason.STARTING,
    Conflict: Reason.CONFLICT,
    Refused: Reason.REFUSED,
    Progressing: Reason.WAITING_FOR_GATE,
    Soaking: Reason.SOAKING,
}


def _told_halt(facts: Facts) -> Halt | None:
    """A halt that was reported for this very generation: it outlives a restart, and the member's recovery."""
    status, meta = facts.parent.status, facts.parent.meta
    if status.get("phase") != Phase.HALTED or status.get("observedGeneration") != meta.generation:
        return None
    member, _, why = str(status.get("waitingFor", "")).partition(": ")
    return Halt(member, why)


def _seconds(duration: float) -> str:
    """A duration as Go prints it, in its two largest units."""
    whole = int(duration)
    hours, minutes, seconds = whole // 3600, whole // 60 % 60, whole % 60
    parts = [(hours, "h"), (minutes, "m"), (seconds, "s")]
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0s"
