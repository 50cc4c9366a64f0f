"""From what is seen to what is written: the one decision of a reconcile, pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from multicasskop.crds.codes import Code
from multicasskop.crds.conditions import Reason
from multicasskop.crds.multicasskop import MemberState
from multicasskop.crds.names import FINALIZER
from multicasskop.informers.errors import FORBIDDEN
from multicasskop.reconcilers.conditions import timestamp
from multicasskop.reconcilers.multicasskop.deletion import STEADY, Farewell, Terms, farewell, finalizer_change
from multicasskop.reconcilers.multicasskop.drain import Leaving, awaits_approval, drain_next, leaving_of
from multicasskop.reconcilers.multicasskop.facts import Facts
from multicasskop.reconcilers.multicasskop.finding import Finding
from multicasskop.reconcilers.multicasskop.history import is_under_way, rollout_told, step_context
from multicasskop.reconcilers.multicasskop.members import (
    Absent,
    Applying,
    Case,
    Dark,
    Failed,
    Progressing,
    Ready,
    Refused,
    Soaking,
    Starting,
    State,
    states_of,
)
from multicasskop.reconcilers.multicasskop.outcomes import Done, NotDone, Outcome
from multicasskop.reconcilers.multicasskop.ownership import Origin, mark_of
from multicasskop.reconcilers.multicasskop.policy import rollout_order
from multicasskop.reconcilers.multicasskop.rollout import Halt, Walk, find_halt, step_began, walk
from multicasskop.reconcilers.multicasskop.seed_probe import NO_INQUIRY, Inquiry, inquire
from multicasskop.reconcilers.multicasskop.seeds import plan_seeds
from multicasskop.reconcilers.multicasskop.validate import Verdict
from multicasskop.reconcilers.multicasskop.writes import (
    AddFinalizer,
    LearnAge,
    RemoveFinalizer,
    Write,
    change,
    create,
)
from multicasskop.reconcilers.trace_context import TraceContext

_LAG_SECONDS = 0.1
_SOON_SECONDS = 0.01
_RETRY_SECONDS = 0.5
_UNRECORDED_SECONDS = 10.0
# a member that nobody wants a child in wakes only those whose child is in its cache
_UNSEEN_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be written now, in this order, and all that it follows from.

    `quiet`: something must be learned or seen first, so nothing is to be reported from this moment.
    """

    verdict: Verdict
    writes: tuple[Write, ...] = ()
    case: Case | None = None
    states: Mapping[str, State] = field(default_factory=dict)
    walk: Walk = field(default_factory=Walk)
    halt: Halt | None = None
    farewell: Farewell | None = None
    leaving: Mapping[str, Leaving] = field(default_factory=dict)
    """Members whose override was taken out, with what becomes of their children."""
    quiet: bool = False
    unsure: bool = False
    """A member is not known yet of which something was reported before: the report stands, unless something is done."""
    inquiry: Inquiry = NO_INQUIRY
    wake: float | None = None
    """Seconds after which to look again although nothing has happened."""


def decide(facts: Facts, verdict: Verdict) -> Decision:
    """Decide what is to be done for one MultiCasskop as it is seen now."""
    meta, (cascade, paused) = facts.parent.meta, switches(facts)
    if meta.deleting and FINALIZER not in meta.finalizers:
        return Decision(verdict, quiet=True)
    turned = finalizer_change(facts, cascade=cascade, paused=paused)
    if turned is not None:
        return Decision(verdict, (turned,), quiet=True)
    if meta.deleting:
        return _end(facts, verdict)
    verdict = _checked_names(facts, verdict)
    if verdict.wish is None or not verdict.valid:
        return Decision(verdict)
    if any(member.visible and member.lagging for member in facts.members.values()):
        return Decision(verdict, quiet=True, wake=_LAG_SECONDS)
    return _roll_out(Case(facts, verdict.wish, plan_seeds(verdict.wish, facts.members)), verdict)


def switches(facts: Facts) -> tuple[bool, bool]:
    """Whether the cascade is wanted, and whether nothing may be written: readable whatever else is wrong."""
    spec = facts.parent.spec
    return spec.get("deleteCassandraCluster") is True, spec.get("paused") is True


def _end(facts: Facts, verdict: Verdict) -> Decision:
    order = rollout_order(verdict.wish.policy.order if verdict.wish else (), tuple(facts.members), facts.members)
    terms = Terms.of(facts.parent.spec, facts.parent.meta)
    end = farewell(facts, order, terms)
    return Decision(verdict, end.writes, farewell=end, wake=_earliest([*_retries(facts), *_looks(facts, terms)]))


def _retries(facts: Facts) -> Iterator[float]:
    """In how many seconds what failed is tried again."""
    for member in (*facts.members.values(), *facts.former.values()):
        if member.failure is not None:
            yield member.failure.retry_at - facts.monotonic


def _looks(facts: Facts, terms: Terms) -> Iterator[float]:
    """In how many seconds a dark member may be waited for no more."""
    if any(not member.visible for member in facts.former.values()):
        yield _UNSEEN_SECONDS
    if terms.let_go_at is None or facts.now is None:
        return
    yield (terms.let_go_at - facts.now).total_seconds()
    for member in (*facts.members.values(), *facts.former.values()):
        if not member.reach.ok and member.reach.since is not None:
            yield (member.reach.since + STEADY - facts.now).total_seconds()


def _checked_names(facts: Facts, verdict: Verdict) -> Verdict:
    """Refuse another name for the children while children of the old name exist."""
    strays = [(member.name, key) for member in facts.members.values() for key in member.strays]
    if not strays:
        return verdict
    member, key = strays[0]
    found = f"{member} has the child {key} of this object"
    allowed = f'the name "{key.name}" as before, or first delete that child or take its owner annotation off'
    finding = Finding(Reason.RENAME_REFUSED, Code.RENAME_REFUSED, "spec.base.metadata.name", found, allowed)
    return replace(verdict, findings=(*verdict.findings, finding))


def _roll_out(case: Case, verdict: Verdict) -> Decision:
    states, leaving = states_of(case), leaving_of(case)
    halt = find_halt(case, states)
    inquiry = inquire(case, states)
    found = walk(case, states, halt, holds_newcomers=inquiry.holds)
    writes: tuple[Write, ...] = tuple(_question(case, name) for name in found.ask)
    for name in found.begin:
        writes += _writes(case, name, states[name])
    drained = drain_next(case, states, found, halt, leaving)
    if drained is not None and awaits_approval(case, drained):
        found, drained = replace(found, waits_for=drained.member.name, reason=Reason.WAITING_FOR_APPROVAL), None
    writes += _drains(case, drained)
    everyone = (*states.values(), *(each.state for each in leaving.values()))
    starting = any(isinstance(state, Starting) for state in everyone)
    return Decision(
        verdict,
        writes,
        case,
        states,
        found,
        halt,
        leaving=leaving,
        quiet=any(isinstance(write, LearnAge) for write in writes),
        unsure=starting and case.facts.parent.status.get("observedGeneration") == case.facts.parent.meta.generation,
        wake=_earliest([*filter(None, (next_look(case, states, inquiry),)), *_looks_at(case, leaving)]),
        inquiry=inquiry,
    )


def _drains(case: Case, leaving: Leaving | None) -> tuple[Write, ...]:
    """What is due for the one member that is drained now."""
    if leaving is None:
        return ()
    if isinstance(leaving.state, Progressing) and leaving.state.ask:
        return (_question(case, leaving.member.name),)
    return (leaving.write,) if leaving.write is not None else ()


def _looks_at(case: Case, leaving: Mapping[str, Leaving]) -> Iterator[float]:
    """In how many seconds time alone may change something about a member that leaves."""
    for each in leaving.values():
        match each.state:
            case Progressing(until=float() as until) | Failed(retry_at=float() as until):
                yield until - case.facts.monotonic
            case Dark() | Starting():
                yield _UNSEEN_SECONDS


def _writes(case: Case, name: str, state: State) -> tuple[Write, ...]:
    (member, desired), meta, home = case.of(name), case.facts.parent.meta, case.facts.home_id
    step = step_trace(case.facts, name)
    match state:
        case Applying(due) if member.child is not None:
            return change(desired, member.child, mark_of(meta, home, due.origin or Origin.CREATED), due, step)
        case Absent():
            seeds = case.seeds.wanted.get(name, ())
            others = (other for other in case.facts.members.values() if other.name != name)
            joins = any(other.child is not None or other.told.uid for other in others)
            return (create(desired, mark_of(meta, home, Origin.CREATED), seeds, step, joins=joins),)
        case _:
            return ()


def step_trace(facts: Facts, name: str) -> TraceContext | None:
    """The span of a step that begins now; by the time in the status, so that any later process can end it."""
    if facts.root is None or facts.now is None:
        return None
    return step_context(facts.root, name, timestamp(facts.now))


def trace_of_run(facts: Facts, decision: Decision) -> TraceContext | None:
    """The span that a run belongs under; None for one that has to do with no rollout and no deletion."""
    parent, generation = facts.parent, facts.parent.meta.generation
    begins = any(getattr(write, "step", None) is not None for write in decision.writes)
    # what was said and what is stored: the first and the last report of a rollout may be written a little later
    under_way = any(is_under_way(status, generation) for status in (parent.status, parent.stored))
    # it is put on for the sake of the first write
    adds = any(isinstance(write, AddFinalizer) for write in decision.writes)
    prepares = adds and rollout_told(parent.status).get("generation") != generation
    return facts.root if parent.meta.deleting or begins or prepares or under_way else None


def _question(case: Case, name: str) -> LearnAge:
    child = case.facts.member(name).child
    if child is None:
        raise ValueError(f"{name}: the age of a child that is not there")
    return LearnAge(name, child.key, child.meta.uid, child.action)


def waking(facts: Facts, decision: Decision, outcomes: Sequence[Outcome]) -> float | None:
    """In how many seconds to look again, after the writes."""
    times = [seconds for outcome in outcomes if (seconds := _after(outcome)) is not None]
    if decision.wake is not None:
        times.append(decision.wake)
    if decision.case is not None and any(isinstance(outcome, Done) for outcome in outcomes):
        times.append(decision.case.wish.policy.progress_deadline)
    return _earliest(times)


def _after(outcome: Outcome) -> float | None:
    """When to look again because of what came of a write."""
    match outcome:
        case Done(write=LearnAge()):
            return _SOON_SECONDS
        case NotDone(write=RemoveFinalizer()):
            return _UNRECORDED_SECONDS
        case NotDone(trouble=trouble) if trouble.reason == FORBIDDEN:
            return _SOON_SECONDS  # the others go on
        case NotDone(trouble=trouble):
            return trouble.wait or _RETRY_SECONDS
        case _:
            return None


def next_look(case: Case, states: Mapping[str, State], inquiry: Inquiry = NO_INQUIRY) -> float | None:
    """In how many seconds time alone may change something: soak, settle, deadlines, backoff, another look at seeds."""
    instants: list[float] = [] if inquiry.again is None else [inquiry.again]
    for name, state in states.items():
        match state:
            case Progressing(until=until):
                began = step_began(case, name)
                instants += [until] if until is not None else []
                instants += [began + case.wish.policy.progress_deadline] if began is not None else []
            case Soaking(until):
                instants.append(until)
            case Failed(retry_at=float() as retry_at):
                instants.append(retry_at)
            case Ready(contested=float() as contested):
                instants.append(contested)
            case _:
                pass
    return _earliest([instant - case.facts.monotonic for instant in instants])


def _earliest(seconds: list[float]) -> float | None:
    """The first of these that is yet to come."""
    return min((left for left in seconds if left > 0), default=None)


@dataclass(frozen=True, slots=True)
class Note:
    """What is worth remembering of a child that was looked at.

    `met` is the hash of the wish that its spec is seen to meet. `believed` is that of one that it is known to have met,
    or refused, only by the last report: from now on this process knows it too.
    """

    member: str
    uid: str
    held: bool
    ready: bool
    refused: str = ""
    believed: str = ""
    met: str = ""


def notes_of(case: Case, states: Mapping[str, State]) -> tuple[Note, ...]:
    """What this look has shown of each child."""
    names = (name for name in states if case.facts.members[name].child is not None)
    return tuple(_note(case, name, states[name]) for name in names)


def _note(case: Case, name: str, state: State) -> Note:
    member, desired = case.of(name)
    child, told = member.child, member.told
    met = isinstance(state, Progressing | Soaking | Ready) and not (state.held or state.drifted)
    was = told.state in _MET and told.hash == desired.hash and child is not None and told.uid == child.meta.uid
    return Note(
        name,
        child.meta.uid if child else "",
        held=(met and child is not None and child.caught_up) or (was and told.state != MemberState.REFUSED),
        ready=isinstance(state, Soaking | Ready),
        refused=desired.hash if isinstance(state, Refused) else "",
        believed=desired.hash if was else "",
        met=desired.hash if met else "",
    )


_MET = frozenset({MemberState.READY, MemberState.SOAKING, MemberState.REFUSED})
