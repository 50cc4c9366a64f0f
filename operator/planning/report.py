"""A plan in the form in which it is shown: rows with their changes, notes with their codes, and what it comes to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from multicasskop.crds.base import Json
from multicasskop.crds.codes import Code
from multicasskop.crds.names import FINALIZER
from multicasskop.operator.manifests import parts_of
from multicasskop.operator.planning.planner import Planned
from multicasskop.operator.planning.rehearsal import Answer, Said
from multicasskop.operator.planning.sight import Source
from multicasskop.reconcilers.multicasskop.decide import Decision
from multicasskop.reconcilers.multicasskop.deletion import Abandoned, Blocked, Farewell, Going, Gone, Left, ToDelete
from multicasskop.reconcilers.multicasskop.desire import topology
from multicasskop.reconcilers.multicasskop.drain import Retained
from multicasskop.reconcilers.multicasskop.effects import (
    ROLLING_RESTART,
    SEEDS,
    Change,
    Effect,
    action_of,
    changes,
    effect_of,
    restarted,
)
from multicasskop.reconcilers.multicasskop.facts import Child, Parent
from multicasskop.reconcilers.multicasskop.members import (
    Conflict,
    Dark,
    Failed,
    Progressing,
    Ready,
    Refused,
    State,
    Unknown,
)
from multicasskop.reconcilers.multicasskop.plan import Step
from multicasskop.reconcilers.multicasskop.refusals import refusals
from multicasskop.reconcilers.multicasskop.restart import RESTART_PATH
from multicasskop.reconcilers.multicasskop.writes import AddFinalizer, PatchChild

DELETE: Final = "delete"
_FATES: Final[Mapping[type, str]] = {
    Left: "left alone",
    Going: "being deleted",
    Blocked: "blocked",
    Abandoned: "left behind, on record",
}
TAKEN_OVER: Final = "taken over, not changed"


@dataclass(frozen=True, slots=True)
class Note:
    """Something to know about one member: advice, or with `refused` a change that will not be taken."""

    text: str
    code: str = ""
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One member in its turn. `step` is 0 for those that have none."""

    step: int
    member: str
    effect: str
    nodes: tuple[int, int] | None = None
    """How many of its nodes are restarted."""
    changes: tuple[tuple[Change, str], ...] = ()
    """Each with where it comes from."""
    notes: tuple[Note, ...] = ()
    planned: Step | None = None
    whole: bool = False
    """Whether a child is created together with its seeds."""


@dataclass(frozen=True, slots=True)
class PlanReport:
    """All that is shown of a plan."""

    namespace: str
    name: str
    generation: int
    fresh: bool
    """Whether the object is new, or in a new generation."""
    sources: Mapping[str, Source]
    failures: Mapping[str, str]
    rows: tuple[Row, ...]
    holds: tuple[str, ...]
    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    assumed: tuple[str, ...] = ()
    """Members that are taken to be registered although nobody said so."""
    soak: float = 0.0
    """Seconds that a member must stay Running before the next one's turn."""
    concurrent: int = 1
    """How many members may be in change at the same time."""
    settle: float = 0.0
    """Seconds of calm that count as the end where CassKop tells no generation."""
    silent: tuple[str, ...] = ()
    """Members whose CassKop does not tell which generation it has worked off."""
    answers: tuple[Answer, ...] = ()
    """What the servers said of the requests, if they were asked."""

    @property
    def refused_by_servers(self) -> bool:
        """Whether a server would not take a request."""
        return any(answer.said is Said.REFUSED for answer in self.answers)

    @property
    def refused(self) -> bool:
        """Whether CassKop would put something back."""
        return any(note.refused for row in self.rows for note in row.notes)

    @property
    def steps(self) -> tuple[Row, ...]:
        """The rows that write."""
        return tuple(row for row in self.rows if row.step)

    @property
    def partly(self) -> bool:
        """Whether a member could not be asked, or nothing is known of one."""
        unheard = any(answer.said is Said.SILENT for answer in self.answers)
        return bool(self.failures) or unheard or Source.UNKNOWN in self.sources.values()


def report_of(made: Planned) -> PlanReport:
    """Put a plan in the form in which it is shown."""
    decision, parent, wish = made.plan.now, made.parent, made.plan.now.verdict.wish
    stored = made.sight.stored
    fresh = stored is None or stored["metadata"].get("generation") != parent.meta.generation
    return PlanReport(
        namespace=parent.meta.key.namespace,
        name=parent.meta.key.name,
        generation=(stored or {}).get("metadata", {}).get("generation", 0),
        fresh=fresh,
        sources=made.known.sources,
        failures=made.failures,
        rows=tuple(_farewell_rows(decision.farewell) if decision.farewell is not None else _rows(made)),
        holds=tuple(_holds(made, decision)),
        problems=tuple(map(str, decision.verdict.findings)),
        warnings=tuple(f"{warning.code} {warning}" for warning in decision.verdict.warnings),
        assumed=_assumed(made),
        soak=wish.policy.soak if wish is not None else 0.0,
        concurrent=wish.policy.concurrent if wish is not None else 1,
        settle=wish.policy.settle if wish is not None else 0.0,
        silent=tuple(_silent(made)),
    )


def _assumed(made: Planned) -> tuple[str, ...]:
    told = Parent.of(made.sight.stored) if made.sight.stored is not None else None
    known = {name for name in made.members if told is not None and told.told(name).state}
    return () if made.asked.members else tuple(name for name in made.members if name not in known)


def _silent(made: Planned) -> Iterator[str]:
    for name in dict.fromkeys(step.member for step in made.plan.steps):
        child = made.known.facts.member(name).child
        if child is not None and not child.reports_generation:
            yield name


def _rows(made: Planned) -> Iterator[Row]:
    """The steps, and between them, where their turn would be, the members to which nothing is written."""
    home, order = _home_row(made), list(made.known.facts.members)
    written = {step.member for step in made.plan.steps}
    calm = [name for name in order if name not in written]
    yield from home
    for number, step in enumerate(made.plan.steps, len(home) + 1):
        while calm and order.index(calm[0]) < (order.index(step.member) if step.member in order else len(order)):
            yield Row(0, calm[0], *_at_rest(made, calm.pop(0)))
        yield _step_row(made, number, step)
    yield from (Row(0, name, *_at_rest(made, name)) for name in calm)
    rest = [name for name in made.members if name not in order and name not in written]
    yield from (_left_alone(made, name) for name in rest if made.plan.now.verdict.wish)


def _farewell_rows(end: Farewell) -> Iterator[Row]:
    """What becomes of each child with its MultiCasskop, in the order in which they are deleted."""
    number = 0
    for name, fate in end.fates:
        match fate:
            case ToDelete(key):
                number += 1
                yield Row(number, name, DELETE, notes=(Note(f"{key} and its pods; its volumes with deletePVC"),))
            case Gone():
                yield Row(0, name, "gone")
            case _:
                why = fate.why if isinstance(fate, Abandoned) else fate.message
                yield Row(0, name, _FATES[type(fate)], notes=(Note(why),))


def _left_alone(made: Planned, name: str) -> Row:
    """A member without an override to which nothing is written, and why."""
    leaving = made.plan.now.leaving.get(name)
    match leaving.state if leaving is not None else None:
        case None:
            return Row(0, name, "left alone", notes=(Note("registered, but has no override entry", Code.LEFT_ALONE),))
        case Retained(why):
            return Row(0, name, "left alone", notes=(Note(why, Code.LEFT_ALONE),))
        case state:
            return Row(0, name, "to be drained", notes=(Note(f"now: {_standing(state)}"),))


def _standing(state: State | Retained) -> str:
    match state:
        case Progressing(has, wants):
            return f"{has}; wants {wants}"
        case Failed(reason, message) | Dark(reason, message):
            return f"{reason}: {message}"
        case _:
            return str(getattr(state, "message", "nothing in its way"))


def _home_row(made: Planned) -> list[Row]:
    if made.plan.finalizer is None:
        return []
    verb = "set" if isinstance(made.plan.finalizer, AddFinalizer) else "taken off"
    return [Row(1, made.home or "home", f"finalizer {FINALIZER} {verb}")]


def _step_row(made: Planned, number: int, step: Step) -> Row:
    if step.after is None:
        return Row(number, step.member, DELETE, notes=_deleted_notes(step), planned=step)
    found = changes(step.before, step.after)
    effect = effect_of(step.before, found)
    origin = next((write.origin for write in step.writes if isinstance(write, PatchChild) and write.origin), None)
    wanted = made.parent.spec
    listed = (
        () if effect is Effect.CREATE else tuple((change, origin_of(wanted, step.member, change)) for change in found)
    )
    nodes = _nodes(step.before or step.after)
    return Row(
        number,
        step.member,
        TAKEN_OVER if origin is not None and not found else effect.value,
        (nodes if effect is Effect.CREATE else restarted(step.before, found), nodes),
        listed,
        (*_step_notes(step, found), *_hindrance(made, step.member)),
        step,
        made.sight.looks[step.member].whole if step.member in made.sight.looks else False,
    )


def _deleted_notes(step: Step) -> tuple[Note, ...]:
    where = step.before.key if step.before is not None else step.member
    return (Note(f"{where} has no node left; its volumes go with deletePVC"),)


def _step_notes(step: Step, found: tuple[Change, ...]) -> Iterator[Note]:
    if step.before is None or step.after is None:
        return
    for problem in refusals(step.before.spec, step.after.spec):
        yield Note(str(problem), problem.code, refused=not problem.warning)
    # a restart that is asked for comes after the one that the rest leads to
    carried = (change for change in found if change.action != ROLLING_RESTART)
    restarting = tuple(change for change in carried if change.effect is Effect.RESTART)
    if len({change.action for change in restarting}) > 1:
        yield Note(f"one restart carries all; CassKop will call it {action_of(restarting)}", Code.ONE_RESTART)


def _nodes(child: Child) -> int:
    return sum(datacenter.nodes for datacenter in topology(child.spec))


def origin_of(spec: Json, member: str, change: Change) -> str:
    """Where a value comes from: the override if it says so, else base; seeds may be computed."""
    overrides = spec.get("override") or {}
    if member not in overrides:
        return "drain"
    given = overrides[member]
    parts = parts_of(change.path)
    if change.path == RESTART_PATH:
        return "spec"
    if _leads(given, parts):
        return "override"
    if _leads(spec.get("base"), parts):
        return "base"
    return "computed" if change.path == SEEDS else "left out now" if change.new is None else "default"


def _leads(value: object, parts: tuple[str | int, ...]) -> bool:
    for part in parts:
        match value:
            case dict() if part in value:
                value = value[part]
            case list() if isinstance(part, int) and part < len(value):
                value = value[part]
            case _:
                return False
    return True


def _at_rest(made: Planned, name: str) -> tuple[str, None, tuple[()], tuple[Note, ...]]:
    """A member to which nothing is written, and why."""
    if name in made.plan.unseen:
        return "not known", None, (), (Note("its child could not be read, and home does not know it"),)
    effect, notes = _end(made.plan.ends.get(name))
    return effect, None, (), (*notes, *_hindrance(made, name))


def _end(state: State | None) -> tuple[str, tuple[Note, ...]]:
    match state:
        case Ready(drifted=()) | None:
            return Effect.NONE.value, ()
        case Ready(drifted=paths):
            return Effect.NONE.value, (Note(f"edited by hand, only reported: {', '.join(paths)}"),)
        case Conflict(message):
            return "conflict", (Note(message, Code.CONFLICT, refused=True),)
        case Refused(never=problems) if problems:
            return "refused", tuple(Note(str(problem), problem.code, refused=True) for problem in problems)
        case Refused(paths):
            text = f"put back by CassKop or somebody else: {', '.join(paths)}"
            return "refused", (Note(text, Code.REFUSED, refused=True),)
        case Unknown():
            return "unknown member", (Note("no member of this name is registered", Code.UNKNOWN_MEMBER),)
        case _:
            return "not reached", (Note("a member before it stands in the way"),)


def _hindrance(made: Planned, name: str) -> Iterator[Note]:
    """What holds a member up at this moment."""
    match made.plan.now.states.get(name):
        case Progressing(has, wants, ask=False):
            yield Note(f"now: {has}; wants {wants}")
        case Failed(reason, message):
            yield Note(f"now: {reason}: {message}")
        case Dark(reason, message) if name not in made.plan.unseen:
            yield Note(f"now: {reason}: {message}", Code.UNREACHABLE)


def _holds(made: Planned, decision: Decision) -> Iterator[str]:
    """What keeps the operator from beginning."""
    wish, meta = decision.verdict.wish, made.parent.meta
    if meta.deleting:
        yield "it is being deleted: nothing is created or changed any more"
    if wish is not None and wish.policy.paused:
        yield "spec.paused is true: nothing is written until it is taken away"
    if decision.halt is not None:
        yield f"halted at {decision.halt.member}: {decision.halt.why}"
    if wish is not None and wish.policy.approval:
        yield "spec.rollout.approval is Manual: each member after the first waits for its approval"
