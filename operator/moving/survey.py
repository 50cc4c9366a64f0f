"""What there is of a lost home's children, member by member, before anything is written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from multicasskop.crds.names import OWNER
from multicasskop.informers.errors import InformerError
from multicasskop.operator.access import Json
from multicasskop.operator.moving.judge import Done, Homes, Leave, Refuse, Take, Verdict, judge
from multicasskop.operator.moving.reach import Reach
from multicasskop.operator.moving.wanted import Ring, changes
from multicasskop.reconcilers.multicasskop.desire import Desired
from multicasskop.reconcilers.multicasskop.facts import Child
from multicasskop.reconcilers.multicasskop.ownership import read_mark
from multicasskop.reconcilers.multicasskop.watches import CASSANDRACLUSTERS


@dataclass(frozen=True, slots=True)
class Dark:
    """The member could not be asked."""

    why: str


@dataclass(frozen=True, slots=True)
class Case:
    """One child: whose it is to be, what was found, and what follows.

    `live` is the version that was judged, `changes` are the paths that the operator will write once it is its own.
    """

    ring: Ring
    member: str
    desired: Desired
    verdict: Verdict | Dark
    live: Json | None = field(default=None, repr=False)
    changes: tuple[str, ...] = ()

    @property
    def child(self) -> Child | None:
        """The child as the operator reads it."""
        return Child.of(self.live) if self.live is not None else None


def survey(rings: Sequence[Ring], homes: Homes, reach: Reach) -> tuple[Case, ...]:
    """Look at every child that a MultiCasskop of this home wants; a member that cannot be asked is told as such."""
    return tuple(case for ring in rings for case in of_ring(ring, homes, reach))


def of_ring(ring: Ring, homes: Homes, reach: Reach) -> Iterator[Case]:
    """The children of one MultiCasskop, compared with what it wants: its seeds are those of all of them."""
    found = [look(ring, member, desired, homes, reach) for member, desired in ring.children.items()]
    children = {case.member: child for case in found if (child := case.child) is not None}
    due = changes(ring, children)
    for case in found:
        ours = isinstance(case.verdict, Take | Done)
        yield replace(case, changes=due.get(case.member, ()) if ours else ())


def look(ring: Ring, member: str, desired: Desired, homes: Homes, reach: Reach) -> Case:
    """Look at one child."""
    case = Case(ring, member, desired, Leave("is not known here: no Secret, no context of its name"))
    try:
        if reach.of(member) is None:
            return case
        live = reach.find(member, CASSANDRACLUSTERS, desired.key)
    except InformerError as error:
        return replace(case, verdict=Dark(str(error).removeprefix(f"{member}: ")))
    return judged(case, live, homes)


def judged(case: Case, live: Json | None, homes: Homes) -> Case:
    """The case with what follows from what is there."""
    child = Child.of(live) if live is not None else None
    return replace(case, verdict=judge(child, case.ring.meta, homes), live=live)


def to_take(cases: Sequence[Case]) -> tuple[Case, ...]:
    """The children that are taken over."""
    return tuple(case for case in cases if isinstance(case.verdict, Take))


def refused(cases: Sequence[Case]) -> tuple[Case, ...]:
    """The children whose owner may be alive."""
    return tuple(case for case in cases if isinstance(case.verdict, Refuse))


def dark(cases: Sequence[Case]) -> tuple[Case, ...]:
    """The children that could not be looked at."""
    return tuple(case for case in cases if isinstance(case.verdict, Dark))


def owners(cases: Sequence[Case]) -> Iterator[str]:
    """The UIDs of the lost home's MultiCasskops whose children are taken over."""
    for case in to_take(cases):
        child = case.child
        mark = read_mark(child.meta.annotations.get(OWNER)) if child else None
        if mark is not None:
            yield mark.uid
