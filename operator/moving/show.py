"""What `move-home` says: per MultiCasskop and member what was found, and what follows."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from multicasskop.crds.codes import Code
from multicasskop.operator.moving.judge import Done, Leave, Refuse, Take
from multicasskop.operator.moving.survey import Case, Dark
from multicasskop.operator.output.marks import Mark
from multicasskop.operator.output.table import pad, width

SHOWN: Final = 5


def lines(cases: Sequence[Case]) -> Iterator[str]:
    """All cases, by MultiCasskop."""
    wide = max((width(case.member) for case in cases), default=0)
    for key, group in groupby(cases, lambda case: case.ring.key):
        yield str(key)
        for case in group:
            sign, words = verdict_of(case)
            yield f"  {sign.sign} {pad(case.member, wide)}  {words}"


def verdict_of(case: Case) -> tuple[Mark, str]:
    """The mark and the words for one child."""
    child = named(case)
    match case.verdict:
        case Take(mark):
            return (Mark.ATTENTION if case.changes else Mark.GOOD), f"take over {child}, {mark.origin}; {then(case)}"
        case Done():
            return Mark.GOOD, f"{child} is owned here already; {then(case)}"
        case Leave(why):
            return Mark.TODO, f"{child} {why}"
        case Refuse(why):
            return Mark.BROKEN, f"{child} {why}; it may live   {Code.HOME_MAY_LIVE}"
        case Dark(why):
            return Mark.UNKNOWN, f"not asked: {why}"


def named(case: Case) -> str:
    """A child, and how it is."""
    there = case.child
    stands = f"{there.phase} {there.action_status}".strip() if there else ""
    return f"{case.desired.key} ({stands})" if stands else str(case.desired.key)


def then(case: Case) -> str:
    """What the operator will do to a child once it is its own."""
    if not case.changes:
        return "it is what is wanted, and nothing is written to it"
    more = f" and {len(case.changes) - SHOWN} more" if len(case.changes) > SHOWN else ""
    return f"the operator will change {', '.join(case.changes[:SHOWN])}{more}"


def words_to_say(cases: Sequence[Case]) -> tuple[str, ...]:
    """The ids of homes that could be called lost, in the order in which they were found."""
    found = (case.verdict.home for case in cases if isinstance(case.verdict, Refuse))
    return tuple(dict.fromkeys(filter(None, found)))
