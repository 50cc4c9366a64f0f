"""Each kind of fault at its default point: the rollout ends as if nothing had been, and nothing is made twice.

The plans are files under `faults/`; here each is run under the first of its workloads, in the nightly folder under
all. `--plan FILE` runs that plan alone, under all of them.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from multicasskop.world.campaign.report import report
from multicasskop.world.campaign.runs import run
from multicasskop.world.campaign.stage import Stage
from multicasskop.world.campaign.verdicts import judge
from multicasskop.world.proxy import plans
from multicasskop.world.proxy.plans import Plan

FAULTS = Path(__file__).parent / "faults"


def chosen(config: pytest.Config, workload: str) -> Iterator[Plan]:
    """The plans for a workload: all of those that are told, else each file's first."""
    told = [Path(path) for path in config.getoption("--plan")]
    for path in told or sorted(FAULTS.glob("*.yaml")):
        for number, plan in enumerate(plans.read(path).each()):
            if plan.workload == workload and (told or number == 0):
                yield plan


@pytest.mark.planes3
@pytest.mark.timeout(400)
@pytest.mark.parametrize("workload", ["create", "change", "delete"])
def test_faults_change_no_end(stage: Stage, pytestconfig: pytest.Config, workload: str) -> None:
    """Under each fault the end, the order, and what is made and unmade are those of a run without."""
    reference = run(stage, Plan(workload))
    judged = [(plan, judge(reference, run(stage, plan))) for plan in chosen(pytestconfig, workload)]
    found = report(judged)
    assert not found, found
