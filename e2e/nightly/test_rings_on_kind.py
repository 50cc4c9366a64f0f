"""The article's ring as its readers get it: both operators by their charts, in two kind clusters that are joined.

Nothing plays an operator here. What runs in Cassandra's pods answers like Cassandra: nodes find each other by the names
of the seeds, over the clusters' DNS, and talk over the routes between their pods.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from multicasskop.world import oracles
from multicasskop.world.cassandra import described
from multicasskop.world.kind import images
from multicasskop.world.kind.article import CHILD, DOMAIN, NAME, Article, Images, operators
from multicasskop.world.kind.joined import Zone, joined
from multicasskop.world.kind.world import KindWorld
from multicasskop.world.kinds import MULTICASSKOPS, PODS
from multicasskop.world.processes import wait_until
from multicasskop.world.recorder import Recorder
from multicasskop.world.services.jaeger import Jaeger, Spans

pytestmark = [pytest.mark.kind, pytest.mark.usefixtures("loaded")]

Json = dict[str, Any]

LIVE = {"type": "read", "mbean": "org.apache.cassandra.db:type=StorageService", "attribute": "LiveNodes"}


@pytest.fixture
def installed(world: KindWorld, namespace: str, helm: str, jaeger: Jaeger) -> Iterator[None]:
    """Both operators, which send traces."""
    tracing = {"tracing": {"endpoint": jaeger.otlp}}
    with joined(world, Zone(DOMAIN, namespace, CHILD)), operators(world, namespace, helm, tracing):
        yield


class Simulated(Article):
    """The ring whose nodes are simulated."""

    def images(self) -> set[str]:
        """The images of all nodes."""
        return {described.cassandra(pod)["image"] for _, pod in self.pods().values()}

    def seeds(self) -> set[tuple[str, ...]]:
        """The lists of seeds with which nodes started."""
        return {described.place(pod).seeds for _, pod in self.pods().values()}

    def is_one_ring(self) -> bool:
        """Whether all pods are ready and each node sees all others, and nobody else."""
        addresses = self.addresses()
        return self.are_ready() and all(
            self._live(member, name) == addresses for name, (member, _) in self.pods().items()
        )

    def _live(self, member: str, pod: str) -> set[str]:
        """The addresses of the nodes that a node sees alive."""
        path = PODS.path(self.namespace, f"{pod}:8778", "proxy/jolokia/")
        return set(self.world.admin(member).request("POST", path, LIVE).json()["value"])


def until(condition: Callable[[], bool], what: str) -> None:
    """Return when it holds."""
    assert wait_until(condition, 60), f"not within a minute: {what}"


@pytest.mark.usefixtures("installed")
def test_ring_of_the_article_lives_over_two_clusters(
    world: KindWorld, namespace: str, recorder: Recorder, jaeger: Jaeger
) -> None:
    """The manifest becomes one ring, which stays one with another image, datacenter and seeds; then it goes."""
    old, new = images.cassandra_images()
    article = Simulated(world, namespace, recorder)
    article.apply(Images(old, old, old))
    history = oracles.children(recorder.entries(), namespace, CHILD)
    assert oracles.created_in_order(history, world.members) == oracles.created_once(history) == ()
    assert len(article.pods()) == 4
    until(article.is_one_ring, "each node sees all others")
    is_one_trace(world, article, jaeger)
    article.edit({"base": {"spec": {"cassandraImage": new}}})
    assert article.images() == {new}
    until(article.is_one_ring, "each node of the new image sees all others")
    seeds = with_another_datacenter(article)
    until(article.is_one_ring, "each node sees that of the new datacenter, too")
    assert len(article.pods()) == 5
    article.edit({"base": {"status": {"seedlist": seeds}}, "seeds": {"onChange": "Roll"}})
    assert article.seeds() == {tuple(seeds)}
    until(article.is_one_ring, "each node with the new seeds sees all others")
    article.delete()
    until(article.is_gone, "nothing is left of it")


def with_another_datacenter(article: Simulated) -> list[str]:
    """Add a datacenter of one node to the first cluster; return the seeds with that node among them."""
    home = article.world.members[0]
    spec = article.home.get(MULTICASSKOPS, article.namespace, NAME)["spec"]
    datacenters = spec["override"][home]["spec"]["topology"]["dc"]
    topology = {"dc": [*datacenters, {"name": "dc3", "rack": [{"name": "rack1"}]}]}
    article.edit({"override": {home: {"spec": {"topology": topology}}}})
    return [*spec["base"]["status"]["seedlist"], f"{CHILD}-dc3-rack1-0.{DOMAIN}"]


def is_one_trace(world: KindWorld, article: Article, jaeger: Jaeger) -> None:
    """What both operators did in both clusters, down to the nodes, is one trace: CassKops' actions are below steps."""
    status = article.home.get(MULTICASSKOPS, article.namespace, NAME)["status"]
    spans = jaeger.wait(lambda: jaeger.trace(status["traceparent"].split("-")[1]), is_whole)
    home, other = world.members
    assert {(span.service, span.resource["k8s.cluster.name"]) for span in spans} == {
        ("multicasskop", home),
        ("casskop", home),
        ("casskop", other),
    }
    by_id = {span.id: span for span in spans}
    assert {by_id[span.parent].name for span in spans if span.name == "casskop action"} == {"step"}
    assert {"casskop rack", "jolokia call", "POST statefulsets"} <= {span.name for span in spans}


def is_whole(spans: Spans) -> bool:
    """Whether root, both steps and both CassKops' actions have come."""
    names = [span.name for span in spans]
    return [names.count(name) for name in ("rollout", "step", "casskop action")] == [1, 2, 2]
