"""CassKop is killed at every write of every deed, in parts: `make soak SLICE=3/20` runs the third of twenty."""

from collections.abc import Callable

import pytest
from multicasskop.world.campaign.rack_deeds import DEEDS, Yard, crashes, do, judge
from multicasskop.world.campaign.slices import part_of
from multicasskop.world.operators import Operator
from multicasskop.world.proxy.faults import Faults
from multicasskop.world.world import World

pytestmark = [pytest.mark.planes, pytest.mark.timeout(3600)]


@pytest.fixture
def yard(world: World, namespace: str, faults: Faults, start_real_casskop: Callable[..., Operator]) -> Yard:
    """A CassKop behind fault proxies. Without a lease: one that was killed need not be waited for."""
    return Yard(world, namespace, faults, start_real_casskop("", "--no-leader-elect", through=faults))


@pytest.mark.parametrize("name", DEEDS)
def test_killed_at_every_write(yard: Yard, name: str, pytestconfig: pytest.Config) -> None:
    """Whichever write it is killed at, the next CassKop ends where nobody was killed, with the same commands."""
    reference = do(yard, DEEDS[name])
    chosen = list(part_of(crashes(reference), pytestconfig.getoption("--slice")))
    findings = [judge(reference, do(yard, DEEDS[name], rule), rule) for rule in chosen]
    assert not any(findings), "\n".join(filter(None, findings))
