"""The article on real Cassandra: two kind clusters, both operators by their charts, one ring with data in both.

Nothing plays a part here but routes and names between the clusters, which stand for Calico and External DNS.
"""

import sys
from collections.abc import Callable, Iterator

import pytest
from multicasskop.world import oracles
from multicasskop.world.kind import cassandra, cql, images
from multicasskop.world.kind.article import Article, Images, operators
from multicasskop.world.kind.nodetool import Peer, nodetool, status
from multicasskop.world.kind.world import KindWorld
from multicasskop.world.processes import wait_until
from multicasskop.world.progress import lines_to
from multicasskop.world.recorder import Recorder

pytestmark = [pytest.mark.kind]

RELEASE = "4.1.10"
# a ring on a test's machine need not wait for late news for half a minute
QUICK = {"jvm-options": {"cassandra_ring_delay_ms": 3000}, "cassandra-yaml": {"phi_convict_threshold": 5}}
WRITTEN = 200


@pytest.fixture(scope="session")
def real(world: KindWorld) -> Images:
    """Cassandra's image and ours, in all nodes."""
    progress = lines_to(sys.stderr)
    found = Images(cassandra.cassandra_image(RELEASE, progress), *[cassandra.bootstrap_image(progress)] * 2)
    world.load(*{*found}, images.operator_image(progress))
    return found


@pytest.fixture
def article(world: KindWorld, namespace: str, helm: str, recorder: Recorder) -> Iterator[Article]:
    """The article's ring, not made yet; the operators are there, and this machine reaches pods."""
    with operators(world, namespace, helm, {}), cql.routed(world):
        yield Article(world, namespace, recorder)


def seen_by(article: Article, pod: str) -> tuple[Peer, ...]:
    """The ring as a node sees it."""
    member, _ = article.pods()[pod]
    return status(nodetool(article.world, member, article.namespace, pod, "status"))


def until(condition: Callable[[], bool], what: str) -> None:
    """Return when it holds."""
    assert wait_until(condition, 60, 1.0), f"not within a minute: {what}"


def is_one_ring(article: Article) -> bool:
    """Whether every datacenter sees all nodes up and normal, and nobody else."""
    firsts = {name.rpartition("-rack")[0]: name for name in sorted(article.pods(), reverse=True)}
    views = [seen_by(article, name) for name in firsts.values()]
    return all(
        {peer.address for peer in view} == article.addresses() and {peer.state for peer in view} == {"UN"}
        for view in views
    )


def test_article_on_real_cassandra(article: Article, real: Images) -> None:
    """The manifest becomes one ring of both datacenters; what is written in one is read in the other; then all goes."""
    article.apply(real, config=QUICK)
    history = oracles.children(article.recorder.entries(), article.namespace, "cassandra-e2e")
    assert oracles.created_in_order(history, article.world.members) == oracles.created_once(history) == ()
    until(lambda: is_one_ring(article), "both datacenters see four nodes, up and normal")
    peers = seen_by(article, "cassandra-e2e-dc1-rack1-0")
    assert [(peer.datacenter, peer.rack) for peer in peers] == [
        ("dc1", "rack1"),
        ("dc1", "rack2"),
        ("dc2", "rack4"),
        ("dc2", "rack5"),
    ]
    by_datacenter = {dc: {peer.address for peer in peers if peer.datacenter == dc} for dc in ("dc1", "dc2")}
    with cql.client(by_datacenter["dc1"], "dc1") as here, cql.client(by_datacenter["dc2"], "dc2") as there:
        cql.make_keyspace(here, {"dc1": 2, "dc2": 2})
        cql.write(here, range(WRITTEN))
        assert cql.read(there) == {number: f"order {number}" for number in range(WRITTEN)}
    article.delete()
    until(article.is_gone, "nothing is left of it")
