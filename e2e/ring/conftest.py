"""The article's ring on real Cassandra: images, names, routes and both operators by their charts."""

import sys
from collections.abc import Iterator

import pytest
from multicasskop.world.kind import cassandra, cql, images
from multicasskop.world.kind.article import Images, named, operators
from multicasskop.world.kind.joined import reachable
from multicasskop.world.kind.real_ring import RELEASES, RealRing
from multicasskop.world.kind.world import KindWorld
from multicasskop.world.progress import lines_to
from multicasskop.world.recorder import Recorder


@pytest.fixture(scope="session")
def releases(world: KindWorld) -> tuple[Images, ...]:
    """Two releases of Cassandra, with our image before them, in all nodes."""
    progress = lines_to(sys.stderr)
    ours = cassandra.bootstrap_image(progress)
    found = tuple(Images(cassandra.cassandra_image(release, progress), ours, ours) for release in RELEASES)
    world.load(*{image for each in found for image in each}, images.operator_image(progress))
    return found


@pytest.fixture
def ring(world: KindWorld, namespace: str, helm: str, recorder: Recorder) -> Iterator[RealRing]:
    """The article's ring, not made yet; operators and names are there, and this machine reaches pods."""
    with reachable(world), named(world, namespace), operators(world, namespace, helm, {}), cql.routed(world):
        yield RealRing(world, namespace, recorder)
