"""An end at every write: before the server sees it, after it has committed, and between it and the next one."""

from collections.abc import Iterator
from typing import Literal

from multicasskop.world.campaign.runs import Ran
from multicasskop.world.proxy.actions import Crash, Terminate
from multicasskop.world.proxy.plans import Plan
from multicasskop.world.proxy.rules import Match, Rule

MOMENTS: tuple[Literal["before", "after", "between"], ...] = ("before", "after", "between")


def crash_plans(reference: Ran) -> Iterator[Plan]:
    """Three plans for each write of an undisturbed run, numbered from 1: the operator is killed."""
    return _plans(reference, "killed", Crash)


def stop_plans(reference: Ran) -> Iterator[Plan]:
    """The same, but the operator is asked to stop, as when its pod is deleted."""
    return _plans(reference, "stopped", Terminate)


def _plans(reference: Ran, word: str, end: type[Crash | Terminate]) -> Iterator[Plan]:
    for number, write in enumerate(reference.writes, 1):
        what = f"{write.verb} {write.plural}{'/' * bool(write.subresource)}{write.subresource} in {write.member}"
        for moment in MOMENTS:
            yield Plan(
                reference.plan.workload,
                (Rule(Match(writes=True, nth=number), end(moment), f"{word}-{moment}-{number}"),),
                why=f"{word} {moment} write {number} of {len(reference.writes)}: {what}",
            )
