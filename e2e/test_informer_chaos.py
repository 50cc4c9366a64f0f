"""The informer layer alone, in bad weather: what it tells and holds is what happened on real API servers."""

from pathlib import Path

import pytest
from multicasskop.world.campaign.storm import Storm, passed_by
from multicasskop.world.campaign.weather import ALL, CUTS, GONE
from multicasskop.world.proxy.faults import Faults
from multicasskop.world.world import World

pytestmark = pytest.mark.planes

# in a hurry, for delays grow to half a minute
STORMS = {
    "everything": Storm(ALL, 25.0),
    "cuts": Storm(CUTS, 12.0, hurry=8.0, complete=True),
    "expired": Storm(GONE, 12.0, hurry=40.0),
}


@pytest.mark.parametrize("storm", [pytest.param(storm, id=name) for name, storm in STORMS.items()])
def test_nothing_is_lost_or_invented(
    storm: Storm, world: World, namespace: str, faults: Faults, tmp_path: Path
) -> None:
    """Whatever happens on the way, stores end as the servers, changes are told once, and nothing is left or rushed.

    Where only streams were cut, every single change is told.
    """
    passage = passed_by(storm, world, namespace, faults, tmp_path)
    assert not passage.wrong, (storm.seed, passage.wrong[:20])
    assert passage.faults > 1
    assert passage.changes > 100
