"""The operator ends at every write that it makes: before it, after it, and between it and the next one.

It is killed at all of them, and asked to stop at some, drawn by a seed: at all of them by `make soak`.
"""

import os
from random import Random

import pytest
from multicasskop.world.campaign.crash_points import crash_plans, stop_plans
from multicasskop.world.campaign.report import report
from multicasskop.world.campaign.runs import run
from multicasskop.world.campaign.stage import Stage
from multicasskop.world.campaign.verdicts import judge
from multicasskop.world.proxy.plans import Plan

MOST_WRITES = {"create": 6, "delete": 4}
"""A write more in an undisturbed run is a finding of its own: the figure changes here, with a reason, or not at all."""


SOME = 2
SEED = int(os.environ.get("CRASH_SEED", "7"))


@pytest.mark.planes
@pytest.mark.timeout(300)
@pytest.mark.parametrize("workload", MOST_WRITES)
def test_killed_at_every_write(stage: Stage, workload: str) -> None:
    """Whichever write it is killed at, a new process ends where nobody was killed, and makes nothing twice."""
    reference = run(stage, Plan(workload))
    assert len(reference.writes) <= MOST_WRITES[workload]
    judged = [(plan, judge(reference, run(stage, plan))) for plan in crash_plans(reference)]
    assert len(judged) == 3 * len(reference.writes)
    found = report(judged)
    assert not found, found


@pytest.mark.planes
@pytest.mark.timeout(300)
@pytest.mark.parametrize("workload", MOST_WRITES)
def test_asked_to_stop_at_some_writes(led_stage: Stage, workload: str) -> None:
    """Asked to stop at a write, the operator leaves in good order, and the next one goes on as if none had."""
    print(f"CRASH_SEED={SEED}")  # noqa: T201 - shown with a failure
    reference = run(led_stage, Plan(workload))
    plans = Random(f"{SEED} {workload}").sample(list(stop_plans(reference)), SOME)
    found = report([(plan, judge(reference, run(led_stage, plan))) for plan in plans])
    assert not found, found
