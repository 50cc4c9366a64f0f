"""What a living StatefulSet says."""

from typing import Any

import pytest
from fakes.cassandra import SEEDS, dc, generated, topology
from fakes.server_defaults import stored
from multicasskop.reconcilers.cassandracluster.statefulset import (
    live_capacity,
    live_restart,
    live_seeds,
    with_capacity,
)
from multicasskop.reconcilers.cassandracluster.statefulset.comparison import difference
from multicasskop.reconcilers.cassandracluster.statefulset.last_applied import original

Json = dict[str, Any]
STORAGE = {
    "name": "gc",
    "mountPath": "/gc",
    "pvcSpec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}},
}
PERSISTENT: Json = {"dataCapacity": "1Gi", "storageConfigs": [STORAGE]}


@pytest.mark.parametrize("seeds", [SEEDS, SEEDS[::-1], ()], ids=["two", "in another order", "none"])
def test_seeds(seeds: tuple[str, ...]) -> None:
    """The seeds are read back in their order."""
    assert live_seeds(stored(generated(seeds=seeds))) == seeds


def test_seeds_of_something_else() -> None:
    """A StatefulSet without a bootstrap container has no seeds."""
    assert live_seeds({"spec": {"template": {"spec": {"containers": []}}}}) == ()


@pytest.mark.parametrize("restarted", ["20261101T100000", ""])
def test_restart(restarted: str) -> None:
    """The label of the last restart is read back."""
    assert live_restart(stored(generated(restarted=restarted))) == restarted


def test_what_lives_changes_nothing() -> None:
    """A StatefulSet that is generated with what the living one shows is the living one."""
    live = stored(generated(PERSISTENT, restarted="20261101T100000"))
    desired = generated(PERSISTENT, seeds=live_seeds(live), restarted=live_restart(live))
    assert difference(live, desired) is None


@pytest.mark.parametrize(
    ("spec", "volume", "expected"),
    [
        pytest.param(PERSISTENT, "data", "1Gi", id="data"),
        pytest.param(PERSISTENT, "gc", "2Gi", id="another"),
        pytest.param(PERSISTENT, "x", "", id="one that is not there"),
        pytest.param({}, "data", "", id="nothing is kept"),
    ],
)
def test_capacity(spec: Json, volume: str, expected: str) -> None:
    """The size of the claims is read by the name of the volume."""
    assert live_capacity(stored(generated(spec)), volume) == expected


def test_d5_another_capacity() -> None:
    """Made again with another capacity, a set has claims of that size, and its annotation says so; all else stays."""
    live = stored(generated(PERSISTENT))
    live["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["limits"] = {"storage": "9Gi"}
    found = with_capacity(live, "5Gi")
    assert found["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["limits"] == {"storage": "9Gi"}
    assert (live_capacity(found), live_capacity(found, "gc"), live_capacity(live)) == ("5Gi", "2Gi", "1Gi")
    assert live_capacity(original(found)) == "5Gi"
    wanted = generated({**PERSISTENT, **topology(dc(dataCapacity="5Gi"))})
    assert difference(found, wanted) is None
    assert found["spec"]["template"] == live["spec"]["template"]


def test_another_capacity_without_an_annotation() -> None:
    """Where nothing was kept, nothing is made up."""
    live = stored(generated(PERSISTENT))
    live["metadata"]["annotations"] = {"a": "b"}
    found = with_capacity(live, "5Gi")
    assert live_capacity(found) == "5Gi"
    assert found["metadata"]["annotations"] == {"a": "b"}


def test_d7_no_claims_cannot_be_made_larger() -> None:
    """A set without claims for data is not given any in the course of making them larger."""
    with pytest.raises(LookupError, match="demo-dc1-rack1 makes no claims for data"):
        with_capacity(stored(generated()), "5Gi")
