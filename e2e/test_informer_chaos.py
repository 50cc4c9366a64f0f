"""The informer layer alone, under faults: what it tells and holds is what happened on real API servers."""

from pathlib import Path

import pytest
from multicasskop.world.campaign.chaos import ChaosPlan, run_chaos
from multicasskop.world.campaign.fault_mix import ALL, CUTS, GONE
from multicasskop.world.proxy.faults import Faults
from multicasskop.world.world import World

pytestmark = pytest.mark.planes

# in a hurry, for delays grow to half a minute
PLANS = {
    "everything": ChaosPlan(ALL, 25.0),
    "cuts": ChaosPlan(CUTS, 12.0, hurry=8.0, complete=True),
    "expired": ChaosPlan(GONE, 12.0, hurry=40.0),
}


@pytest.mark.parametrize("plan", [pytest.param(plan, id=name) for name, plan in PLANS.items()])
def test_nothing_is_lost_or_invented(
    plan: ChaosPlan, world: World, namespace: str, faults: Faults, tmp_path: Path
) -> None:
    """Whatever happens on the way, stores end as the servers, changes are told once, and nothing is left or rushed.

    Where only streams were cut, every single change is told.
    """
    result = run_chaos(plan, world, namespace, faults, tmp_path)
    assert not result.wrong, (plan.seed, result.wrong[:20])
    assert result.faults > 1
    assert result.changes > 100
