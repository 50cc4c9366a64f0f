"""The ring of the article in two joined kind clusters: its manifest with the images and the patience of a test."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml
from multicasskop.crds.names import GROUP
from multicasskop.world.api import Json
from multicasskop.world.charts import Values
from multicasskop.world.installed import Installed, is_ready
from multicasskop.world.kind.bind import name_server
from multicasskop.world.kind.casskop_chart import casskops
from multicasskop.world.kind.joined import answering, forwarded
from multicasskop.world.kind.publisher import Publisher, publishing
from multicasskop.world.kind.world import KindWorld
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS, PODS, STATEFULSETS, Kind
from multicasskop.world.progress import ProgressSink, silent
from multicasskop.world.recorder import Recorder
from multicasskop.world.scenario import child, parent, ready

MANIFEST: Final = Path(__file__).resolve().parents[2] / "samples" / "article.yaml"
NAME, CHILD, DOMAIN = "multi-casskop-e2e", "cassandra-e2e", "my.zone.dns.net"
PATIENCE: Final = 600.0


class Images(NamedTuple):
    """What runs in the pods."""

    cassandra: str
    builder: str
    bootstrap: str


@contextmanager
def operators(world: KindWorld, namespace: str, helm: str, values: Values) -> Iterator[None]:
    """MultiCassKop in home and a CassKop in each cluster, by their charts."""
    installed = Installed(world, namespace, helm)
    installed.import_members()
    with casskops(world, namespace, helm, values):
        installed.install(values, "--wait", "--timeout=3m")
        try:
            yield
        finally:
            installed.release.uninstall("--ignore-not-found")


@contextmanager
def named(world: KindWorld, namespace: str, progress: ProgressSink = silent, server: str = "") -> Iterator[Publisher]:
    """Pods have names in the article's zone, which BIND holds and the DNS of all clusters asks for.

    `server` may name BIND's container.
    """
    with name_server(DOMAIN, progress, server) as found, publishing(world, found, namespace) as publisher:
        block = forwarded(DOMAIN, found.address)
        with answering(world, dict.fromkeys(world.members, block)):
            yield publisher


class Article:
    """The ring of the article, in a namespace."""

    def __init__(self, world: KindWorld, namespace: str, recorder: Recorder) -> None:
        self.world, self.namespace, self.recorder = world, namespace, recorder
        self.home = world.admin(world.members[0])

    def apply(self, images: Images, *, without: str = "", **spec: Any) -> None:  # noqa: ANN401 - any field of a child
        """Apply the manifest, as `manifest` gives it; return when it is Ready."""
        body = self.manifest(images, without=without, **spec)
        self.settled(self.home.create(Kind(GROUP, "v1alpha1", MULTICASSKOPS.plural), self.namespace, body))

    def manifest(self, images: Images, *, without: str = "", **spec: Any) -> Json:  # noqa: ANN401 - any field of a child
        """The article's manifest, with what the images, and the patience, of a test ask for.

        One member may be left out, and so may the bootstrap image: then it is CassKop's own choice.
        """
        body: Json = yaml.safe_load(MANIFEST.read_text())
        body["spec"]["override"].pop(without, None)
        base = body["spec"]["base"]
        body["metadata"]["namespace"] = base["metadata"]["namespace"] = self.namespace
        base["spec"] |= {
            "cassandraImage": images.cassandra,
            "configBuilderImage": images.builder,
            **({"bootstrapImage": images.bootstrap} if images.bootstrap else {}),
            "imagepullpolicy": "IfNotPresent",
            "backRestSidecar": {"enabled": False},
            "readinessInitialDelaySeconds": 1,
            # each look starts programs in the pod, which a busy machine feels
            "readinessHealthCheckPeriod": 3,
            **spec,
        }
        return body

    def add(self, member: str) -> None:
        """Give it the member that was left out; return when that is done."""
        self.edit({"override": {member: yaml.safe_load(MANIFEST.read_text())["spec"]["override"][member]}})

    def edit(self, spec: Json, seconds: float = PATIENCE) -> None:
        """Change the spec by a merge patch; return when that is done."""
        self.settled(self.write(spec), seconds)

    def write(self, spec: Json) -> Json:
        """Change the spec by a merge patch; what is there then."""
        return self.home.patch(MULTICASSKOPS, self.namespace, NAME, {"spec": spec})

    def settled(self, written: Json, seconds: float = PATIENCE) -> None:
        """Return when what was written is Ready."""
        self.recorder.wait_for(ready(self.namespace, NAME, written["metadata"]["generation"]), seconds)

    def pods(self) -> dict[str, tuple[str, Json]]:
        """The pods of Cassandra in all members by name, with the member."""
        labels = "app=cassandracluster"
        found = [(member, pod) for member in self.world.members for pod in self._pods(member, labels)]
        return {pod["metadata"]["name"]: (member, pod) for member, pod in found}

    def are_ready(self) -> bool:
        """Whether all pods are."""
        return all(is_ready(pod) for _, pod in self.pods().values())

    def addresses(self) -> set[str]:
        """The addresses of all pods."""
        return {pod["status"].get("podIP", "") for _, pod in self.pods().values()}

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

    def _pods(self, member: str, labels: str) -> list[Json]:
        return self.world.admin(member).items(PODS, self.namespace, labels=labels)
