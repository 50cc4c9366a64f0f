"""The state of one member, derived afresh from its child as observed, and never stored as truth."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from multicasskop.crds.problem import Problem
from multicasskop.informers.errors import FORBIDDEN
from multicasskop.reconcilers.multicasskop.desire import Desired, Wish
from multicasskop.reconcilers.multicasskop.drift import (
    CORRECTIONS_SECONDS,
    SEEDS_PATH,
    Cause,
    Difference,
    cause_of,
    compare,
    recent_corrections,
    with_nodes,
)
from multicasskop.reconcilers.multicasskop.facts import Child, Facts, MemberFacts
from multicasskop.reconcilers.multicasskop.gate import WANTS, Ask, Open, Shut, describe, gate
from multicasskop.reconcilers.multicasskop.ownership import (
    Foreign,
    Mine,
    Origin,
    Unowned,
    first_claim,
    may_adopt,
    ownership,
)
from multicasskop.reconcilers.multicasskop.refusals import never_written
from multicasskop.reconcilers.multicasskop.restart import waiting_racks
from multicasskop.reconcilers.multicasskop.seeds import SeedPlan, delivered, in_use
from multicasskop.reconcilers.multicasskop.writes import Due
from multicasskop.reconcilers.patch import merged
from multicasskop.reconcilers.same import differences, dotted

_SEED_BACKOFF = 5.0


@dataclass(frozen=True, slots=True)
class Unknown:
    """Named in the override, and registered nowhere. `child` is one that it had when it was: it may be in change."""

    child: str = ""


@dataclass(frozen=True, slots=True)
class Dark:
    """Cannot be reached."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Starting:
    """Reached, but what it holds is not known yet, or not known any more: nothing may be decided upon it."""

    message: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The member refuses what we ask of it. `passable`: only a right is missing there, and the others go on."""

    reason: str
    message: str
    retry_at: float | None = None
    passable: bool = False


@dataclass(frozen=True, slots=True)
class Conflict:
    """The child there is, or is wanted by, somebody else's."""

    message: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing is written to the member until something else is wanted.

    CassKop, or somebody, put back what we wrote; or it is `never` written, since it would be lost or stuck there.
    """

    paths: tuple[str, ...]
    never: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Absent:
    """There is no child; `vanished` is the UID of one that was there and that we did not delete."""

    vanished: str = ""


@dataclass(frozen=True, slots=True)
class Applying:
    """The child differs from what it is to be.

    `busy` says what it has when it is in change all the same: for an older wish, by a hand's edit, or because something
    is broken there. `ours`: its step began with a write of ours, or what is due sets an edit right.
    """

    due: Due
    busy: str = ""
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Progressing:
    """The child is as wanted, and its CassKop is at work on it. `ask`: the age of our last write must be learned.

    Here as in the states after it, `drifted` names paths that were edited by hand and are only to be reported, and
    `held` says that a change of its spec waits for seeds to leave the lists.
    """

    has: str
    wants: str = WANTS
    until: float | None = None
    ask: bool = False
    drifted: tuple[str, ...] = ()
    held: bool = False


@dataclass(frozen=True, slots=True)
class Soaking:
    """Running and Done, but not for long enough."""

    until: float
    drifted: tuple[str, ...] = ()
    held: bool = False


@dataclass(frozen=True, slots=True)
class Ready:
    """Running and Done for what is wanted.

    `verified` is False when only the last report says so; `contested` is when seeds that something else keeps changing
    are set right again.
    """

    verified: bool = True
    silent: bool = False
    drifted: tuple[str, ...] = ()
    held: bool = False
    contested: float | None = None


State = (
    Unknown | Dark | Starting | Failed | Conflict | Refused | Absent | Applying | Progressing | Soaking | Ready
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """One moment of one MultiCasskop: all that a member's state follows from."""

    facts: Facts
    wish: Wish
    seeds: SeedPlan

    def of(self, member: str) -> tuple[MemberFacts, Desired]:
        """What is seen and what is wanted of one member."""
        return self.facts.members[member], self.wish.children[member]


def states_of(case: Case) -> Mapping[str, State]:
    """The state of every member that has an override, in rollout order."""
    return {name: state_of(case, name) for name in case.wish.children}


def state_of(case: Case, name: str) -> State:
    """The state of one member: the first of these looks that finds something, else what the gate says."""
    member, desired = case.of(name)
    looks: tuple[Callable[[Case, MemberFacts, Desired], State | None], ...]
    looks = (_unusable, _failing, _missing, _not_ours, _going)
    for look in looks:
        state = look(case, member, desired)
        if state is not None:
            return state
    if member.child is None:
        raise AssertionError("a member without a child is Absent")
    return _compared(case, member, desired, member.child)


def _unusable(case: Case, member: MemberFacts, desired: Desired) -> State | None:
    if not member.registered:
        return Unknown((member.told.child or member.told.uid) if member.told.uid else "")
    if not member.reach.ok:
        return Dark(member.reach.reason, member.reach.message)
    if member.trouble:
        return Failed(member.trouble, member.trouble_message, passable=member.trouble == FORBIDDEN)
    if not member.fresh:
        return Starting("its children are not known yet")
    return None


def _failing(case: Case, member: MemberFacts, desired: Desired) -> State | None:
    failure = member.failure
    if failure is None or case.facts.monotonic >= failure.retry_at:
        return None
    return Failed(failure.reason, failure.message, failure.retry_at, passable=failure.reason == FORBIDDEN)


def _missing(case: Case, member: MemberFacts, desired: Desired) -> State | None:
    if member.child is not None:
        return None
    older = first_claim(case.facts.parent.meta, member.rivals)
    if older is not None:
        return Conflict(f"{desired.key} is wanted by {older.key} too, which is older")
    return Absent(member.told.uid)


def _not_ours(case: Case, member: MemberFacts, desired: Desired) -> State | None:
    child, facts = member.child, case.facts
    if child is None:
        return None
    whose = ownership(child, facts.parent.meta, facts.home_id, facts.living, home_fresh=facts.home_fresh)
    match whose:
        case Mine():
            return None
        case Foreign(namesake=True) if may_adopt(facts.parent.meta, member.name):
            return Applying(Due(origin=Origin.ADOPTED))
        case Foreign(mark, namesake):
            return Conflict(f"{desired.key} belongs to {mark.key}{' of a home without an id' if namesake else ''}")
        case Unowned():
            return _adopted(case, member, desired, child)


def _adopted(case: Case, member: MemberFacts, desired: Desired, child: Child) -> State | None:
    """A child without an owner is ours if it is what we want, or if a person says so; it is not changed for that."""
    older = first_claim(case.facts.parent.meta, member.rivals)
    if older is not None:
        return Conflict(f"{desired.key} is wanted by {older.key} too, which is older")
    unlike = differences({"spec": with_nodes(desired.spec, child.spec)}, {"spec": child.spec})
    if not unlike:
        return Applying(Due(origin=Origin.AGREED))
    if may_adopt(case.facts.parent.meta, member.name):
        return Applying(Due(origin=Origin.ADOPTED))
    paths = ", ".join(map(dotted, unlike[:5]))
    return Conflict(f"{desired.key} exists without an owner and differs in {paths}")


def _going(case: Case, member: MemberFacts, desired: Desired) -> State | None:
    child = member.child
    if child is None or not child.meta.deleting:
        return None
    return Progressing(f"is being deleted since {child.meta.deleting_since}", wants="gone, to be made again")


def _compared(case: Case, member: MemberFacts, desired: Desired, child: Child) -> State:
    """The state of a child of ours: whether it differs from what it is to be, and if not, whether it is at rest."""
    unlike, seeds = compare(desired, child), _seeds_due(case, member, child)
    held = unlike is not None and case.seeds.holds(desired)
    if unlike is None or held:
        return _applying(member, child, seeds) if seeds else _gated(case, member, desired, child, held=held)
    return _judged(case, member, desired, child, unlike, seeds)


def _judged(
    case: Case, member: MemberFacts, desired: Desired, child: Child, unlike: Difference, seeds: Due | None
) -> State:
    never = never_written(child.spec, merged(child.spec, unlike.patch.get("spec", {})))
    if never:
        return Refused(tuple(problem.path for problem in never), never)
    cause = cause_of(unlike.paths, desired, child, member.trace, member.told, case.facts.monotonic)
    if cause is Cause.REFUSED:
        return Refused(unlike.paths)
    if cause is Cause.DRIFT and case.wish.policy.report_drift:
        return _gated(case, member, desired, child, drifted=unlike.paths)
    wanted, correction = (seeds.seeds, seeds.correction) if seeds else (None, False)
    # where somebody has only taken away what remembers the last restart, that is put back and nothing restarts
    restart = unlike.restart and cause is Cause.NEWS
    return _applying(member, child, Due(unlike.patch, unlike.paths, cause, None, wanted, correction, restart))


def _applying(member: MemberFacts, child: Child, due: Due) -> Applying:
    in_step = member.trace.step_at is not None or bool(not member.trace.hash and member.told.step_since)
    at_rest = child.running and child.caught_up and not waiting_racks(child)
    return Applying(due, "" if at_rest and not in_step else describe(child), in_step or due.cause is Cause.DRIFT)


def _seeds_due(case: Case, member: MemberFacts, child: Child) -> Due | None:
    """The seeds to be written, if there are any: because others are wanted, or because something changed them."""
    wanted = case.seeds.wanted.get(member.name, ())
    if not wanted or (wanted == delivered(child) and in_use(child, wanted)):
        return None
    if wanted != delivered(child):
        return Due(paths=(SEEDS_PATH,), seeds=wanted)
    if _contested_until(case, member) is not None:
        return None
    return Due(paths=(SEEDS_PATH,), cause=Cause.DRIFT, seeds=wanted, correction=True)


def _contested_until(case: Case, member: MemberFacts) -> float | None:
    """When seeds that something else keeps changing may be set right again; None for now."""
    now, trace = case.facts.monotonic, member.trace
    times = recent_corrections(trace, SEEDS_PATH, now)
    if not times:
        return None
    last = max(at for at, path in trace.corrections if path == SEEDS_PATH)
    until = last + min(CORRECTIONS_SECONDS / 2, _SEED_BACKOFF * 2**times)
    return until if now < until else None


def _gated(
    case: Case,
    member: MemberFacts,
    desired: Desired,
    child: Child,
    *,
    held: bool = False,
    drifted: tuple[str, ...] = (),
) -> State:
    policy, now = case.wish.policy, case.facts.monotonic
    told_ready = _told_ready(member, desired, child)
    match gate(child, member.trace, policy.settle, now, told_ready=told_ready):
        case Shut(has, until):
            return Progressing(has, until=until, drifted=drifted, held=held)
        case Ask(has):
            return Progressing(has, ask=True, drifted=drifted, held=held)
        case Open(verified, silent):
            soaked_at = _ready_since(case, member, told_ready=told_ready) + policy.soak
            seeded = in_use(child, case.seeds.wanted.get(member.name, ()))
            contested = None if seeded else _contested_until(case, member)
            if now < soaked_at:
                return Soaking(soaked_at, drifted, held)
            return Ready(verified, silent, drifted, held, contested)


def _told_ready(member: MemberFacts, desired: Desired, child: Child) -> bool:
    told = member.told
    return told.state in {"Ready", "Soaking"} and (told.uid, told.hash) == (child.meta.uid, desired.hash)


def _ready_since(case: Case, member: MemberFacts, *, told_ready: bool) -> float:
    """Since when the gate has been open, in monotonic seconds; one that was Ready before a restart has soaked."""
    facts = case.facts
    if member.trace.ready_at is not None:
        return member.trace.ready_at
    if told_ready and member.told.state == "Ready":
        return float("-inf")
    return instant(facts, member.told.since) if told_ready else facts.monotonic


def instant(facts: Facts, text: str) -> float:
    """A time of day out of a status, in monotonic seconds; now, when there is none."""
    try:
        ago = (facts.now - datetime.fromisoformat(text)).total_seconds() if facts.now else 0.0
    except (ValueError, TypeError):
        ago = 0.0
    return facts.monotonic - max(0.0, ago)
