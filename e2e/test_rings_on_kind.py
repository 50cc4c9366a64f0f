"""The article's ring as its readers get it: both operators by their charts, in two kind clusters that are joined.

Nothing plays an operator here. What runs in Cassandra's pods answers like Cassandra: nodes find each other by the names
of the seeds, over the clusters' DNS, and talk over the routes between their pods.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from multicasskop.crds.names import GROUP
from multicasskop.world import oracles
from multicasskop.world.cassandra import described
from multicasskop.world.installed import Installed, is_ready
from multicasskop.world.kind import images, nodes
from multicasskop.world.kind.casskop_chart import casskops
from multicasskop.world.kind.joined import Zone, joined
from multicasskop.world.kind.world import KindWorld
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS, PODS, STATEFULSETS, Kind
from multicasskop.world.processes import wait_until
from multicasskop.world.recorder import Recorder
from multicasskop.world.scenario import child, parent, ready
from multicasskop.world.services.jaeger import Jaeger, Spans

pytestmark = [pytest.mark.kind, pytest.mark.usefixtures("loaded")]

Json = dict[str, Any]

MANIFEST = Path(__file__).parent / "samples" / "article.yaml"
NAME, CHILD, DOMAIN = "multi-casskop-e2e", "cassandra-e2e", "my.zone.dns.net"
PATIENCE = 240.0
LIVE = {"type": "read", "mbean": "org.apache.cassandra.db:type=StorageService", "attribute": "LiveNodes"}


@pytest.fixture
def jaeger(world: KindWorld, tmp_path: Path) -> Iterator[Jaeger]:
    """A real Jaeger beside the clusters, where all their pods reach it."""
    beside = nodes.gateway(world.cluster(world.members[0]))
    with Jaeger.found(tmp_path / "jaeger", host=beside) as found:
        yield found


@pytest.fixture
def operators(world: KindWorld, namespace: str, helm: str, jaeger: Jaeger) -> Iterator[None]:
    """MultiCassKop in home and a CassKop in each cluster, by their charts; the clusters are joined."""
    tracing = {"tracing": {"endpoint": jaeger.otlp}}
    installed = Installed(world, namespace, helm)
    installed.import_members()
    with joined(world, Zone(DOMAIN, namespace, CHILD)), casskops(world, namespace, helm, tracing):
        installed.install(tracing, "--wait", "--timeout=3m")
        yield
        installed.release.uninstall("--ignore-not-found")


class Article:
    """The ring of the article, in a namespace."""

    def __init__(self, world: KindWorld, namespace: str, recorder: Recorder) -> None:
        self.world, self.namespace, self.recorder = world, namespace, recorder
        self.home = world.admin(world.members[0])

    def apply(self, image: str) -> None:
        """Apply the manifest, with what the images, and the patience, of a test ask for; return when it is Ready."""
        body = yaml.safe_load(MANIFEST.read_text())
        base = body["spec"]["base"]
        body["metadata"]["namespace"] = base["metadata"]["namespace"] = self.namespace
        base["spec"] |= {
            **{name: image for name in ("cassandraImage", "configBuilderImage", "bootstrapImage")},
            "imagepullpolicy": "IfNotPresent",
            "backRestSidecar": {"enabled": False},
            "readinessInitialDelaySeconds": 1,
            "readinessHealthCheckPeriod": 1,
        }
        self.settled(self.home.create(Kind(GROUP, "v1alpha1", MULTICASSKOPS.plural), self.namespace, body))

    def edit(self, spec: Json) -> None:
        """Change the spec by a merge patch; return when that is done."""
        self.settled(self.home.patch(MULTICASSKOPS, self.namespace, NAME, {"spec": spec}))

    def settled(self, written: Json) -> None:
        """Return when what was written is Ready."""
        self.recorder.wait_for(ready(self.namespace, NAME, written["metadata"]["generation"]), PATIENCE)

    def pods(self) -> dict[str, tuple[str, Json]]:
        """The pods of Cassandra in all members by name, with the member."""
        labels = "app=cassandracluster"
        found = [(member, pod) for member in self.world.members for pod in self._pods(member, labels)]
        return {pod["metadata"]["name"]: (member, pod) for member, pod in found}

    def images(self) -> set[str]:
        """The images of all nodes."""
        return {described.cassandra(pod)["image"] for _, pod in self.pods().values()}

    def seeds(self) -> set[tuple[str, ...]]:
        """The lists of seeds with which nodes started."""
        return {described.place(pod).seeds for _, pod in self.pods().values()}

    def delete(self) -> None:
        """Delete it; return when the children are gone, too."""
        self.home.delete(MULTICASSKOPS, self.namespace, NAME)
        self.recorder.wait_for(parent(self.namespace, NAME, "DELETED"), PATIENCE)
        for member in self.world.members:
            self.recorder.wait_for(child(self.namespace, CHILD, member, "DELETED"))

    def is_gone(self) -> bool:
        """Whether nothing is left of it."""
        apis = map(self.world.admin, self.world.members)
        kinds = (CASSANDRACLUSTERS, STATEFULSETS)
        return not self.pods() and not any(api.items(kind, self.namespace) for api in apis for kind in kinds)

    def is_one_ring(self) -> bool:
        """Whether all pods are ready and each node sees all others, and nobody else."""
        pods = self.pods()
        addresses = {pod["status"].get("podIP", "") for _, pod in pods.values()}
        return all(is_ready(pod) for _, pod in pods.values()) and all(
            self._live(member, name) == addresses for name, (member, _) in pods.items()
        )

    def _pods(self, member: str, labels: str) -> list[Json]:
        return self.world.admin(member).items(PODS, self.namespace, labels=labels)

    def _live(self, member: str, pod: str) -> set[str]:
        """The addresses of the nodes that a node sees alive."""
        path = PODS.path(self.namespace, f"{pod}:8778", "proxy/jolokia/")
        return set(self.world.admin(member).request("POST", path, LIVE).json()["value"])


def until(condition: Callable[[], bool], what: str) -> None:
    """Return when it holds."""
    assert wait_until(condition, 60), f"not within a minute: {what}"


@pytest.mark.usefixtures("operators")
def test_ring_of_the_article_lives_over_two_clusters(
    world: KindWorld, namespace: str, recorder: Recorder, jaeger: Jaeger
) -> None:
    """The manifest becomes one ring, which stays one with another image, datacenter and seeds; then it goes."""
    old, new = images.cassandra_images()
    article = Article(world, namespace, recorder)
    article.apply(old)
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


def with_another_datacenter(article: Article) -> list[str]:
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
