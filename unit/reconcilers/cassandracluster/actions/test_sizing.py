"""Changing the size of a rack."""

import pytest
from fakes.rack_scene import stateful
from multicasskop.reconcilers.cassandracluster.actions.sizing import resized
from multicasskop.reconcilers.cassandracluster.kinds import STATEFULSETS
from multicasskop.reconcilers.cassandracluster.writes import Patch


@pytest.mark.parametrize("replicas", [0, 1, 3])
def test_resized(replicas: int) -> None:
    """Only the number changes, of the very StatefulSet that was looked at: an older view is refused."""
    found = stateful("dc1-rack1", 2)
    assert resized(found, replicas, "so wanted") == Patch(
        STATEFULSETS, found.name, found.uid, {"spec": {"replicas": replicas}}, version="7", why="so wanted"
    )
