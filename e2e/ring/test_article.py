"""The article's steps, one by one, as a reader would do them, on real Cassandra: two kind clusters, Helm, kubectl.

Pods have the names that External DNS gives them, in a zone of BIND that both clusters ask for; routes between the
clusters' pods stand for Calico's routable pool. `make e2e-ring VERSIONS="4.0 5.0"` runs it with other releases.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from multicasskop.world import oracles
from multicasskop.world.installed import Installed
from multicasskop.world.kind import cql
from multicasskop.world.kind.article import CHILD, NAME, Images, named
from multicasskop.world.kind.casskop_chart import casskops
from multicasskop.world.kind.joined import reachable
from multicasskop.world.kind.nodetool import kubectl
from multicasskop.world.kind.real_ring import LATEST, RealRing
from multicasskop.world.kind.world import KindWorld
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS
from multicasskop.world.namespaces import take_away
from multicasskop.world.processes import wait_until
from multicasskop.world.recorder import Recorder
from multicasskop.world.scenario import child, parent, ready, settled

pytestmark = [pytest.mark.kind]

VERSIONS = os.environ.get("VERSIONS", "4.1").split()
NAMESPACE = "cassandra-e2e"
PLACES = [("dc1", "rack1"), ("dc1", "rack2"), ("dc2", "rack4"), ("dc2", "rack5")]
WRITTEN = {number: f"order {number}" for number in range(200)}
PATIENCE = 360.0


class Reader(NamedTuple):
    """Who follows the article: a world with names and routes, and tools."""

    ring: RealRing
    installed: Installed

    def kubectl(self, context: str, *arguments: str) -> str:
        """Run kubectl, and return what it printed."""
        return kubectl(self.ring.world, context, *arguments, seconds=300.0)


@pytest.fixture
def reader(
    world: KindWorld, helm: str, recorder: Recorder, release: str, images_of: Callable[[str], Images]
) -> Iterator[Reader]:
    """What the article takes for granted; its namespace is gone from both clusters afterwards."""
    images = {release: images_of(release)}
    with reachable(world), named(world, NAMESPACE), cql.routed(world):
        yield Reader(RealRing(world, NAMESPACE, recorder, images), Installed(world, NAMESPACE, helm))
    for member in world.members:
        take_away(world.admin(member), NAMESPACE)


# a function's own mark: one on the module stands behind that of the tier
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("release", [pytest.param(LATEST[version], id=version) for version in VERSIONS], indirect=True)
def test_the_articles_steps_lead_where_it_says(reader: Reader, release: str, tmp_path: Path) -> None:
    """Namespaces, imported Secret, Helm, manifest: one ring, member after member, with data; a delete takes it away."""
    ring, installed = reader
    home, other = ring.world.members
    for member in ring.world.members:
        reader.kubectl(member, "create", "namespace", NAMESPACE)
    installed.import_members()
    assert reader.kubectl(home, "-n", NAMESPACE, "get", "secret", other, "-o", "name").strip() == f"secret/{other}"
    images = ring.images[release]
    with casskops(ring.world, NAMESPACE, installed.helm, {"images": {"bootstrap": images.bootstrap}}):
        assert "kubectl" in installed.install({}, "--wait", "--timeout=5m")
        tells_what_the_article_shows(installed)
        manifest = tmp_path / "article.yaml"
        manifest.write_text(yaml.safe_dump(ring.manifest(images._replace(bootstrap=""))))
        reader.kubectl(home, "-n", NAMESPACE, "apply", "-f", str(manifest))
        becomes_one_ring(reader, images)
        has_its_data_everywhere(ring)
        reader.kubectl(home, "-n", NAMESPACE, "delete", "mck", NAME, "--timeout=120s")
        nothing_is_left(ring)
        installed.release.uninstall("--wait")


def tells_what_the_article_shows(installed: Installed) -> None:
    """A client for home by the local access, one for the other by its Secret, both synced, the lease, ready."""
    home, other = installed.home, *installed.remotes
    installed.wait_log('"member registered"', f'"member":"{home}"', '"role":"home"', '"via":"in-cluster"')
    installed.wait_log('"member registered"', f'"member":"{other}"', '"role":"remote"', '"via":"import"')
    installed.wait_log('"leading"')
    for member in (home, other):
        installed.wait_log('"member synced"', f'"member":"{member}"')
    installed.wait_log('"ready"', '"members":"2/2"')


def becomes_one_ring(reader: Reader, images: Images) -> None:
    """One child after the other comes to run, with the same seeds, and all nodes see each other in both datacenters."""
    ring, recorder = reader.ring, reader.ring.recorder
    for member in ring.world.members:
        recorder.wait_for(settled(NAMESPACE, CHILD, member), PATIENCE)
    recorder.wait_for(ready(NAMESPACE, NAME), PATIENCE)
    waited = ("wait", "--for=condition=Ready", f"mck/{NAME}", "--timeout=120s")
    reader.kubectl(ring.world.members[0], "-n", NAMESPACE, *waited)
    history = oracles.children(recorder.entries(), NAMESPACE, CHILD)
    assert oracles.created_in_order(history, ring.world.members) == oracles.created_once(history) == ()
    wanted = ring.manifest(images)["spec"]["base"]["status"]["seedlist"]
    for member in ring.world.members:
        found = ring.world.admin(member).get(CASSANDRACLUSTERS, NAMESPACE, CHILD)
        assert found["status"]["seedlist"] == wanted
        assert found["spec"]["bootstrapImage"] == images.bootstrap
    ring.until_whole("both datacenters see four nodes, up and normal")
    for pod in ring.first_pods():
        assert [(peer.datacenter, peer.rack) for peer in ring.seen_by(pod)] == PLACES


def has_its_data_everywhere(ring: RealRing) -> None:
    """What is written in one datacenter is read in the other; it stays while the first one grows and shrinks again."""
    with ring.client("dc1") as here, ring.client("dc2") as there:
        cql.make_keyspace(here, {"dc1": 2, "dc2": 2})
        cql.write(here, WRITTEN)
        assert cql.read(there) == WRITTEN
        for nodes in (2, 1):
            ring.edit(ring.scaled(nodes))
            ring.until_whole(f"{nodes} nodes in each rack of dc1")
            assert len(ring.pods()) == 2 + 2 * nodes
        assert cql.read(there) == WRITTEN


def nothing_is_left(ring: RealRing) -> None:
    """Parent, children and pods are gone from both clusters."""
    ring.recorder.wait_for(parent(NAMESPACE, NAME, "DELETED"))
    for member in ring.world.members:
        ring.recorder.wait_for(child(NAMESPACE, CHILD, member, "DELETED"))
        assert ring.world.admin(member).items(CASSANDRACLUSTERS, NAMESPACE) == []
    assert ring.home.items(MULTICASSKOPS, NAMESPACE) == []
    assert wait_until(ring.is_gone, 60), "something is left of it"
