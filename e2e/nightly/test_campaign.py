"""The long campaign: all plans under all workloads, and a crash at every write of each, in parts.

`make soak SLICE=3/20` runs the third of twenty parts. Nothing here is random: the parts together are the whole.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from multicasskop.world.campaign.crash_points import crash_plans, stop_plans
from multicasskop.world.campaign.report import report
from multicasskop.world.campaign.runs import Ran, run
from multicasskop.world.campaign.slices import part_of
from multicasskop.world.campaign.stage import Stage
from multicasskop.world.campaign.verdicts import judge
from multicasskop.world.campaign.workloads import WORKLOADS
from multicasskop.world.health import Usage, flat
from multicasskop.world.proxy import plans
from multicasskop.world.proxy.actions import Status
from multicasskop.world.proxy.plans import Plan
from multicasskop.world.proxy.rules import Match, Rule

# what is kept of the last 2,000 topics of events and 1,024 views is full after some 200 rings: until then memory grows
WARM, RUNS = 220, 440
FAULTS = Path(__file__).parent.parent / "faults"
SECOND, THIRD = "k8s-cluster2", "k8s-cluster3"
CODES = (400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 429, 500, 502, 503, 504)


def status_plans(workload: str) -> Iterator[Plan]:
    """Every error, in every form, in place of the second member's first write."""
    first = Match(member=SECOND, plural="cassandraclusters", verb=("create", "patch", "delete"), nth=1)
    for code in CODES:
        for form in ("status", "html", "empty"):
            rule = Rule(first, Status(code, form=form), f"{code}-{form}")
            yield Plan(workload, (rule,), why=f"F8: {code} as {form}")


def aimed(plan: Plan) -> Plan:
    """The plan with its rules where the workload writes: a datacenter is added in the third member alone."""
    if plan.workload != "add":
        return plan
    return replace(plan, rules=tuple(map(at_the_third, plan.rules)))


def at_the_third(rule: Rule) -> Rule:
    """The rule, at the third member if it was at the second."""
    return replace(rule, match=replace(rule.match, member=THIRD)) if SECOND in rule.match.member else rule


def all_plans(reference: Ran) -> Iterator[Plan]:
    """Everything that is tried on a workload."""
    yield from crash_plans(reference)
    yield from map(aimed, faults(str(reference.plan.workload)))


def faults(workload: str) -> Iterator[Plan]:
    """Every error, and every file's plan, whatever workload it was written for."""
    yield from status_plans(workload)
    for path in sorted(FAULTS.glob("*.yaml")):
        for plan in plans.read(path).each():
            yield Plan(workload, plan.rules, plan.seed, plan.heal_after, plan.more_writes, f"{path.stem}: {plan.why}")
            break


@pytest.mark.planes3
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("workload", WORKLOADS)
def test_campaign(stage: Stage, pytestconfig: pytest.Config, workload: str) -> None:
    """Whatever is tried on a workload, it ends as if nothing had been."""
    stage.settle = 1.0
    reference = run(stage, Plan(workload))
    chosen = list(part_of(all_plans(reference), pytestconfig.getoption("--slice")))
    judged = [(plan, judge(reference, run(stage, plan))) for plan in chosen]
    found = report(judged)
    assert not found, found


@pytest.mark.planes
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("workload", [name for name in WORKLOADS if name != "add"])
def test_asked_to_stop_at_every_write(led_stage: Stage, pytestconfig: pytest.Config, workload: str) -> None:
    """Asked to stop at any write, the operator leaves in good order, and the next one ends where none was stopped."""
    led_stage.settle = 1.0
    reference = run(led_stage, Plan(workload))
    chosen = part_of(stop_plans(reference), pytestconfig.getoption("--slice"))
    found = report([(plan, judge(reference, run(led_stage, plan))) for plan in chosen])
    assert not found, found


@pytest.mark.planes
@pytest.mark.timeout(3600)
def test_resources_are_flat(stage: Stage) -> None:
    """O12: after many rings that came and went, one process holds no more than after the first ones."""
    before = Usage.of(stage.operator.pid)
    for number in range(RUNS):
        # the workload that leaves nothing: of a ring that is still there, something has to be remembered
        run(stage, Plan("delete"))
        before = Usage.of(stage.operator.pid) if number == WARM else before
    found = flat(before, Usage.of(stage.operator.pid))
    assert not found, found
