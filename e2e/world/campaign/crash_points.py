"""A crash at every write: before the server sees it, after it has committed, and between it and the next one."""

from collections.abc import Iterator
from typing import Literal

from multicasskop.world.campaign.runs import Ran
from multicasskop.world.proxy.actions import Crash
from multicasskop.world.proxy.plans import Plan
from multicasskop.world.proxy.rules import Match, Rule

MOMENTS: tuple[Literal["before", "after", "between"], ...] = ("before", "after", "between")


def crash_plans(reference: Ran) -> Iterator[Plan]:
    """Three plans for each write of an undisturbed run, numbered from 1."""
    for number, write in enumerate(reference.writes, 1):
        what = f"{write.verb} {write.plural}{'/' * bool(write.subresource)}{write.subresource} in {write.member}"
        for moment in MOMENTS:
            yield Plan(
                reference.plan.workload,
                (Rule(Match(writes=True, nth=number), Crash(moment), f"crash-{moment}-{number}"),),
                why=f"killed {moment} write {number} of {len(reference.writes)}: {what}",
            )
