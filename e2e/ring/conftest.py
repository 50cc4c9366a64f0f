"""The article's ring on real Cassandra: images, names, routes and both operators by their charts."""

import sys
from collections.abc import Callable, Iterator

import pytest
from multicasskop.world.kind import cassandra, cql, images
from multicasskop.world.kind.article import Images, named, operators
from multicasskop.world.kind.joined import reachable
from multicasskop.world.kind.real_ring import AFTER, BEFORE, RealRing
from multicasskop.world.kind.world import KindWorld
from multicasskop.world.progress import lines_to
from multicasskop.world.recorder import Recorder


@pytest.fixture(scope="session", autouse=True)
def means(pytestconfig: pytest.Config) -> None:
    """What a real ring needs beside the tier; a tier that was asked for by name must not be left out."""
    if lacking := cassandra.missing() or cql.missing():
        (pytest.fail if pytestconfig.getoption("--tier") else pytest.skip)(lacking)


@pytest.fixture(scope="session")
def images_of(world: KindWorld) -> Callable[[str], Images]:
    """The images of a release, with ours before it, in all nodes."""
    progress = lines_to(sys.stderr)

    def found(release: str) -> Images:
        ours = cassandra.bootstrap_image(progress)
        result = Images(cassandra.cassandra_image(release, progress), ours, ours)
        world.load(*{*result}, images.operator_image(progress))
        return result

    return found


@pytest.fixture
def release(request: pytest.FixtureRequest) -> str:
    """The release of Cassandra."""
    return str(getattr(request, "param", AFTER))


@pytest.fixture
def ring(
    world: KindWorld,
    namespace: str,
    helm: str,
    recorder: Recorder,
    release: str,
    images_of: Callable[[str], Images],
) -> Iterator[RealRing]:
    """The article's ring, not made yet; operators and names are there, and this machine reaches pods."""
    there = {each: images_of(each) for each in {release, *([BEFORE] if release == AFTER else [])}}
    with reachable(world), named(world, namespace), operators(world, namespace, helm, {}), cql.routed(world):
        yield RealRing(world, namespace, recorder, there)
