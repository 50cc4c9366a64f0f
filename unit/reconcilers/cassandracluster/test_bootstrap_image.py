"""Which image prepares the pods: ours for clusters that are new, and for all others the one that they run with."""

from typing import Any

import pytest
from fakes.kop_kubernetes import STATEFULSETS
from fakes.kop_world import PLURAL, KopWorld
from multicasskop.reconcilers.cassandracluster.defaults import BOOTSTRAP_IMAGE

OURS, NEWER = "multicasskop/bootstrap:1", "multicasskop/bootstrap:2"


def images(world: KopWorld) -> set[str]:
    """The images of the containers that prepare pods."""
    sets = (each["spec"]["template"]["spec"]["initContainers"] for each in world.store.all(STATEFULSETS))
    return {each["image"] for containers in sets for each in containers if each["name"] == "bootstrap"}


def made(image: str, **spec: Any) -> KopWorld:  # noqa: ANN401 - any field of the spec
    """A cluster that a CassKop with this image made, and that runs."""
    world = KopWorld()
    world.restart(image)
    world.submit({"cassandraImage": "cassandra:4.1.10", "dataCapacity": "1Gi", **spec})
    world.settle()
    return world


@pytest.mark.parametrize(
    ("given", "spec", "runs"),
    [
        pytest.param(OURS, {}, OURS, id="none is named"),
        pytest.param(OURS, {"bootstrapImage": "mine:1"}, "mine:1", id="one is named"),
        pytest.param("", {}, BOOTSTRAP_IMAGE, id="the Go CassKop's"),
    ],
)
def test_new_cluster(given: str, spec: dict[str, Any], runs: str) -> None:
    """A cluster that names an image has it, another one has ours, which is to be seen in its spec."""
    world = made(given, **spec)
    assert images(world) == {runs}
    assert world.stored["spec"].get("bootstrapImage", BOOTSTRAP_IMAGE) == runs


@pytest.mark.parametrize("before", [OURS, ""], ids=["ours", "the Go CassKop's"])
def test_what_runs_keeps_its_image(before: str) -> None:
    """A later CassKop, with another image for new clusters, touches no pod of those that are there."""
    world = made(before)
    written = len(world.written)
    world.restart(NEWER)
    world.settle()
    assert images(world) == {before or BOOTSTRAP_IMAGE}
    assert len(world.written) == written


def test_lost_status_is_no_new_cluster() -> None:
    """Where StatefulSets are there, the cluster is not new, although its status is empty."""
    world = made("")
    world.store.patch(PLURAL, world.name, {"status": None})
    world.restart(NEWER)
    world.settle()
    assert images(world) == {BOOTSTRAP_IMAGE}
