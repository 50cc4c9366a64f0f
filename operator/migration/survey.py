"""What stands in the way of a migration, and what it would do: read from home and all members, nothing written."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from multicasskop.crds.base import Json
from multicasskop.crds.codes import Code
from multicasskop.crds.multicasskop import SeedMode
from multicasskop.crds.names import ADOPT
from multicasskop.crds.problem import Problem
from multicasskop.informers.errors import InformerError, is_forbidden
from multicasskop.informers.resource import Resource
from multicasskop.operator.home import Home
from multicasskop.operator.members.registration import check_kind
from multicasskop.operator.migration.differences import differences
from multicasskop.operator.migration.go_operator import GoOperator, go_operators, last_write
from multicasskop.operator.planning.members import Asked
from multicasskop.operator.planning.planner import Planned, planned
from multicasskop.reconcilers.multicasskop.effects import SEEDS, Change, changes
from multicasskop.reconcilers.multicasskop.facts import Child, Parent
from multicasskop.reconcilers.multicasskop.members import Conflict
from multicasskop.reconcilers.multicasskop.ownership import CASCADED, Mine, ownership
from multicasskop.reconcilers.multicasskop.plan import Step

_KEEP: Final = (
    "to keep what they have, set spec.seeds.mode: Manual and put each one's present list into its override's"
    " status.seedlist"
)
_STAY: Final = "they stay as they are, unless spec.seeds.onChange is Roll"
DEPLOYMENTS = Resource("apps", "v1", "deployments", "Deployment")


@dataclass(frozen=True, slots=True)
class Member:
    """One member of one MultiCasskop: what is there, and what would be done to it after the taking over."""

    name: str
    child: Child | None
    mine: bool = False
    """Whether it carries our mark already."""
    changes: tuple[Change, ...] = ()
    conflict: str = ""
    failure: str = ""
    """Why it could not be read."""

    @property
    def clean(self) -> bool:
        """Whether it is taken over as it is, without a write to its spec or its seeds."""
        unchanged = all(change.path.startswith("metadata.") for change in self.changes)
        return self.child is not None and unchanged and not self.conflict and not self.failure


@dataclass(frozen=True, slots=True)
class Candidate:
    """One MultiCasskop that is to come over."""

    parent: Parent
    home_id: str
    members: tuple[Member, ...] = ()
    problems: tuple[str, ...] = ()
    """Why the operator would refuse it."""
    advice: tuple[Problem, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether it comes over without a change to any child."""
        return not self.problems and all(member.clean for member in self.members)

    @property
    def unread(self) -> bool:
        """Whether a member could not be asked."""
        return any(member.failure for member in self.members)

    @property
    def done(self) -> bool:
        """Whether nothing is left to be taken over."""
        return self.clean and all(member.mine for member in self.members)


@dataclass(frozen=True, slots=True)
class Survey:
    """All that was found."""

    go: tuple[GoOperator, ...]
    looked_for_go: bool
    """Whether Deployments could be read."""
    asked: Asked
    candidates: tuple[Candidate, ...] = ()
    active: float | None = None
    """Seconds since the Go operator last wrote, where that is so short that it may still run."""

    @property
    def running(self) -> tuple[GoOperator, ...]:
        """Those that still run."""
        return tuple(found for found in self.go if found.replicas)


@dataclass(frozen=True, slots=True)
class Search:
    """Where Deployments are, as far as they may be read."""

    found: tuple[GoOperator, ...] = ()
    looked: bool = True


def find_go(home: Home) -> Search:
    """The Go operator's Deployments in home; where only one namespace may be read, those of it."""
    for place in dict.fromkeys(("", home.namespace)):
        try:
            items = home.cluster.client.list(DEPLOYMENTS, place, deadline=home.deadline)["items"]
        except InformerError as error:
            if is_forbidden(error):
                continue
            raise home.failed(error) from error
        return Search(tuple(go_operators(items)))
    return Search(looked=False)


def check_definition(home: Home) -> None:
    """Raise CommandError unless home has our definition, in which status is a sub-resource."""
    check_kind(home.cluster.client, "home", home.deadline)


def survey(home: Home, search: Search, asked: Asked, objects: Sequence[Json], idle: float) -> Survey:
    """Look at all objects and their children; raises CommandError when home does not answer.

    A Go operator that has not written for `idle` seconds is taken to be stopped.
    """
    made = [planned(home, asked, _adopting(obj, asked.members), obj) for obj in objects]
    written = last_write(item for each in made for look in each.sight.looks.values() for item in look.items)
    age = (home.clock.now() - written).total_seconds() if written is not None else None
    active = age if age is not None and age < idle else None
    return Survey(search.found, search.looked, asked, tuple(map(candidate, made)), active)


def _adopting(obj: Json, members: Sequence[str]) -> Json:
    """The object as it would be if a person had said that all children are to be taken over."""
    metadata = obj["metadata"]
    notes = {**(metadata.get("annotations") or {}), ADOPT: ",".join(members)}
    return {**obj, "metadata": {**metadata, "annotations": notes}}


def candidate(made: Planned) -> Candidate:
    """What the plan of one MultiCasskop means for its coming over."""
    verdict = made.plan.now.verdict
    steps: dict[str, list[Step]] = {}
    for step in made.plan.steps:
        steps.setdefault(step.member, []).append(step)
    members = tuple(_member(made, name, steps.get(name, [])) for name in made.known.facts.members)
    spec = made.parent.spec
    advice = (*differences(spec), *_seed_advice(made, members), *verdict.warnings)
    return Candidate(made.parent, made.sight.home_id, members, tuple(map(str, verdict.findings)), advice)


def _member(made: Planned, name: str, steps: Sequence[Step]) -> Member:
    facts = made.known.facts
    child, failure = facts.members[name].child, made.failures.get(name, "")
    end = made.plan.ends.get(name)
    if child is None:
        return Member(name, None, failure=failure)
    whose = ownership(child, facts.parent.meta, facts.home_id, facts.living, home_fresh=facts.home_fresh)
    last = steps[-1].after if steps else None
    found = changes(child, last) if last is not None else ()
    conflict = end.message if isinstance(end, Conflict) else ""
    # one that was only agreed upon would outlive its object; one of the Go operator's would not have
    mine = isinstance(whose, Mine) and whose.origin in CASCADED
    return Member(name, child, mine, found, conflict, failure)


def _seed_advice(made: Planned, members: Sequence[Member]) -> list[Problem]:
    """Seeds that would be written, which restarts pods; or that would not, which is told too."""
    case = made.plan.now.case
    if case is None:
        return []
    given = case.wish.seed_mode is SeedMode.MANUAL
    path = "spec.base.status.seedlist" if given else "spec.seeds"
    late = [m.name for m in members if any(change.path == SEEDS for change in m.changes)]
    lagging = [name for name in case.seeds.lagging if name not in late]
    found = []
    if late:
        what = "never reached the children" if given else "pods leave the lists, or spec.seeds.onChange is Roll"
        found.append(_seed_problem(path, what, f"would be delivered to {', '.join(late)}, and restart pods; {_KEEP}"))
    own = [name for name in case.seeds.own if name not in late]
    if own:
        found.append(_seed_problem(path, f"{', '.join(own)} with the seeds of their own CassKops", _STAY))
    if lagging:
        what = f"fewer seeds than the ring has in {', '.join(lagging)}"
        found.append(_seed_problem(path, what, _STAY))
    return found


def _seed_problem(path: str, found: str, allowed: str) -> Problem:
    return Problem(path, found, allowed, warning=True, code=Code.SEEDS_UNDELIVERED)
