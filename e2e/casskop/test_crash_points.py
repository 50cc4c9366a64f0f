"""CassKop is killed at writes of every deed; all of them by `make soak`, here some of each, drawn by a seed."""

import os
from collections.abc import Callable
from random import Random

import pytest
from multicasskop.world.campaign.rack_deeds import DEEDS, Yard, crashes, do, judge
from multicasskop.world.operators import Operator
from multicasskop.world.proxy.faults import Faults
from multicasskop.world.world import World

pytestmark = [pytest.mark.planes, pytest.mark.timeout(300)]

SOME = 3
SEED = int(os.environ.get("CRASH_SEED", "6"))


@pytest.fixture
def yard(world: World, namespace: str, faults: Faults, start_real_casskop: Callable[..., Operator]) -> Yard:
    """A CassKop behind fault proxies. Without a lease: one that was killed need not be waited for."""
    return Yard(world, namespace, faults, start_real_casskop("", "--no-leader-elect", through=faults))


@pytest.mark.parametrize("name", DEEDS)
def test_killed_at_some_writes(yard: Yard, name: str) -> None:
    """Whichever write it is killed at, the next CassKop ends where nobody was killed, with the same commands."""
    print(f"CRASH_SEED={SEED}")  # noqa: T201 - shown with a failure
    reference = do(yard, DEEDS[name])
    chosen = Random(f"{SEED} {name}").sample(list(crashes(reference)), SOME)
    findings = [judge(reference, do(yard, DEEDS[name], rule), rule) for rule in chosen]
    assert not any(findings), "\n".join(filter(None, findings))
