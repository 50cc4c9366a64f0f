"""Namespaces of tests go with all that is in them: one that cannot costs its API server more than all tests."""

import pytest
from multicasskop.crds.names import FINALIZER
from multicasskop.world.kinds import MULTICASSKOPS, NAMESPACES
from multicasskop.world.namespaces import take_away
from multicasskop.world.processes import wait_until
from multicasskop.world.scenario import ring
from multicasskop.world.world import World

pytestmark = pytest.mark.planes


def test_namespace_goes_although_nobody_lets_go(world: World) -> None:
    """What carries the finalizer of an operator that is gone is let go."""
    api, name = world.admin(world.members[0]), "nobody-lets-go"
    api.create(NAMESPACES, "", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    held = ring("demo", world.members)
    held["metadata"]["finalizers"] = [FINALIZER]
    api.create(MULTICASSKOPS, name, held)
    take_away(api, name)
    assert wait_until(lambda: api.find(NAMESPACES, "", name) is None, 30)
