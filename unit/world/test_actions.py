"""Which action a change calls for."""

from typing import Any

import pytest
from multicasskop.world.simulators.actions import Action, action_of

Json = dict[str, Any]


def spec(*names: str, **fields: object) -> Json:
    """A spec whose datacenters have one rack each."""
    described = [{"name": name, "rack": [{"name": "r1"}]} for name in names or ("dc1",)]
    return {"nodesPerRacks": 2, "cassandraImage": "c:1", "topology": {"dc": described}, **fields}


RESTART = {"dc": [{"name": "dc1", "rack": [{"name": "r1", "rollingRestart": True}]}]}
LABELLED = {"dc": [{"name": "dc1", "labels": {"zone": "a"}, "rack": [{"name": "r1"}]}]}


@pytest.mark.parametrize(
    ("after", "action"),
    [
        pytest.param(spec(), None, id="nothing"),
        pytest.param(spec(cassandraImage="c:2"), Action.UPDATE_IMAGE, id="image"),
        pytest.param(spec(configMapName="x"), Action.UPDATE_CONFIG_MAP, id="config map"),
        pytest.param(spec(configMapName="x", cassandraImage="c:2"), Action.UPDATE_CONFIG_MAP, id="config map first"),
        pytest.param(spec(dataCapacity="1Gi"), Action.UPSIZE, id="capacity"),
        pytest.param(spec(nodesPerRacks=3), Action.SCALE_UP, id="more"),
        pytest.param(spec(nodesPerRacks=1), Action.SCALE_DOWN, id="fewer"),
        pytest.param(spec("dc1", "dc2"), Action.INITIALIZING, id="a datacenter more"),
        pytest.param(spec("dc2"), Action.DELETE_DC, id="a datacenter less"),
        pytest.param(spec(topology=RESTART), Action.ROLLING_RESTART, id="restart"),
        pytest.param(spec(resources={"limits": {"cpu": "1"}}), Action.UPDATE_RESOURCES, id="resources"),
        pytest.param(spec(envVars=[{"name": "A"}]), Action.UPDATE_STATEFULSET, id="environment"),
        pytest.param(spec(topology=LABELLED), Action.UPDATE_STATEFULSET, id="labels of a datacenter"),
        pytest.param(spec(maxPodUnavailable=2), None, id="budget"),
        pytest.param(spec(deletePVC=True, autoPilot=True), None, id="flags of the operator"),
        pytest.param(spec(hardAntiAffinity=False, typo=3), None, id="what Go does not keep"),
    ],
)
def test_action(after: Json, action: Action | None) -> None:
    """The first difference in CassKop's order decides; some changes concern no pod."""
    assert action_of(spec(), after) is action
