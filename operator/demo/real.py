"""The stage with a real ring: two kind clusters, both operators by their charts, Cassandra in pods, names in a zone.

`choice` tells whether it can be had; the test world makes the images where none can be pulled.
"""

import contextlib
import hashlib
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import ClassVar

from multicasskop.operator.demo.play import Examination, Preparation
from multicasskop.operator.demo.proof import Claim
from multicasskop.operator.demo.stage import NAMES, Json, Stage, shown
from multicasskop.operator.output.table import table
from multicasskop.world import tools
from multicasskop.world.errors import ApiError, WorldError
from multicasskop.world.installed import Installed
from multicasskop.world.kind import cassandra, casskop_chart, cql, images
from multicasskop.world.kind.article import DOMAIN, Images, named
from multicasskop.world.kind.joined import route
from multicasskop.world.kind.nodetool import Peer
from multicasskop.world.kind.real_ring import DATACENTERS, LATEST, RealRing
from multicasskop.world.kind.world import KindWorld
from multicasskop.world.kinds import MULTICASSKOPS
from multicasskop.world.processes import wait_until
from multicasskop.world.progress import ProgressSink, silent, telling

RELEASE = LATEST["4.1"]
ORDERS = {number: f"order {number}" for number in range(200)}
PATIENCE = 120.0


class RealStage(Stage):
    """As any stage; the ring is a real one, and is examined."""

    TIER: ClassVar[str] = "kind"
    CLUSTERS: ClassVar[str] = "kind clusters"
    ring_seconds = 420.0
    gone_seconds = 240.0

    def __init__(self, directory: Path, manifest: Json) -> None:
        super().__init__(directory, manifest)
        self._lent = ExitStack()
        self._images: Images | None = None
        self._helm = ""

    @property
    def introduction(self) -> str:
        """What is going to be shown, and what with."""
        place = f"Files are kept in {shown(self.directory)}; the engine keeps the images."
        return f"Demo: one ring of real Cassandra {RELEASE} in two kind clusters on this machine. {place}"

    def preparations(self, *, trace: bool) -> tuple[Preparation, ...]:
        """Clusters, images, kinds, names, and both operators by their charts."""
        home = self.cast.home
        return (
            Preparation(f"{self.CLUSTERS} {', '.join(self.cast.members)}", self.raise_clusters),
            Preparation(f"images of Cassandra {RELEASE} and of ours, in all nodes", self.load_images),
            Preparation("custom resources installed in both clusters", self.install),
            Preparation(f"names in {DOMAIN} by BIND, routes between pods", self.join),
            Preparation("CassKop installed in both clusters, by its chart", self.start_casskop),
            Preparation(f"MultiCassKop installed in {home}, by its chart", self.start_operator),
        )

    def examinations(self) -> tuple[Examination, ...]:
        """What the nodes say of the ring, and whether data goes through it."""
        return (
            Examination("nodetool status, asked in both datacenters", self.ask_nodes),
            Examination(f"{len(ORDERS)} LOCAL_QUORUM writes in dc1, read in dc2", self.write_and_read),
        )

    @property
    def kind_world(self) -> KindWorld:
        """The clusters, once they are up."""
        if not isinstance(self.world, KindWorld):
            raise WorldError("the clusters are not up yet")
        return self.world

    @property
    def ring(self) -> RealRing:
        """The ring, once images and recorder are there."""
        if self._images is None:
            raise WorldError("the images are not loaded yet")
        return RealRing(self.kind_world, self.cast.namespace, self.recorder, {RELEASE: self._images})

    @property
    def installed(self) -> Installed:
        """MultiCassKop's installation."""
        return Installed(self.kind_world, self.cast.namespace, self._helm)

    def load_images(self, progress: ProgressSink = silent) -> str:
        """Pull or make all images, bring them into the nodes, and find Helm or build it."""
        world = self.kind_world
        self._helm = tools.find_or_build(tools.HELM, progress)
        ours = cassandra.bootstrap_image(progress)
        self._images = Images(cassandra.cassandra_image(RELEASE, progress), ours, ours)
        every = {*self._images, images.operator_image(progress)}
        with telling(progress, "loading images into all nodes"):
            world.load(*every)
        return ""

    def join(self, progress: ProgressSink = silent) -> str:
        """Give pods names that both clusters know, and a way to each other."""
        name = f"multicasskop-demo-{hashlib.sha256(str(self.directory.resolve()).encode()).hexdigest()[:6]}"
        # written down first: what is begun can be taken away by another process
        (self.directory / NAMES).write_text(name)
        self._lent.enter_context(named(self.kind_world, self.cast.namespace, progress, name))
        route(self.kind_world, "replace")
        return ""

    def start_casskop(self, _: ProgressSink = silent) -> str:
        """Install CassKop in every member."""
        values = {"images": {"bootstrap": self.ring.images[RELEASE].bootstrap}}
        for member in self.cast.members:
            found = casskop_chart.release(self.kind_world, self.cast.namespace, self._helm, member)
            casskop_chart.install(found, values)
        return ""

    def start_operator(self, progress: ProgressSink = silent) -> str:
        """Import the members as the article does, and install MultiCassKop in home."""
        self.installed.import_members()
        self.installed.install({}, "--wait", "--timeout=5m", progress=progress)
        return ""

    def apply(self) -> None:
        """Create the article's MultiCasskop, with images that are there, and short delays of probes."""
        self.manifest = self.ring.manifest(self.ring.images[RELEASE])
        super().apply()

    def delete(self) -> None:
        """Ask for the deletion of the MultiCasskop; returns at once."""
        self.world.admin(self.cast.home).delete(MULTICASSKOPS, self.cast.namespace, self.cast.name)

    def ask_nodes(self) -> tuple[Claim, Sequence[str]]:
        """Whether each datacenter sees all nodes up and normal, and the ring as each sees it."""
        ring = self.ring
        wait_until(ring.is_one_ring, PATIENCE, 1.0)
        views = {pod: ring.seen_by(pod) for pod in ring.first_pods()}
        against = tuple(f"{pod} sees {told(view)}" for pod, view in views.items() if not ring.is_whole(view))
        count = len(ring.pods())
        text = f"{count} nodes up and normal in {' and '.join(DATACENTERS)}, as nodetool says in both"
        return Claim(text, against), ring_lines(views)

    def write_and_read(self) -> tuple[Claim, Sequence[str]]:
        """Whether all that is written in one datacenter can be read in the other."""
        ring = self.ring
        here, there = DATACENTERS
        with (
            cql.routed(self.kind_world),
            ring.client(here) as writer,
            ring.client(there) as reader,
        ):
            cql.make_keyspace(writer, dict.fromkeys(DATACENTERS, 2))
            cql.write(writer, ORDERS)
            found = cql.read(reader)
        lost = sorted(number for number, text in ORDERS.items() if found.get(number) != text)
        against = (f"orders {', '.join(map(str, lost[:10]))} are not there",) if lost else ()
        text = f"{len(ORDERS)} orders written in {here} with LOCAL_QUORUM, all of them read in {there}"
        return Claim(text, against), ()

    def left_over(self) -> tuple[str, ...]:
        """What is there now of the MultiCasskop, its children and their pods; these have a moment to end."""
        wait_until(self.ring.is_gone, PATIENCE, 1.0)
        pods = (f"{member}: pod {name}" for name, (member, _) in self.ring.pods().items())
        return (*super().left_over(), *pods)

    def trouble(self) -> str:
        """Nothing: kubelets start again what has left, and what does not come in its time is told."""
        return ""

    def keep(self) -> None:
        """Let the clusters go on; the names of pods stay as they are from now on."""
        self._lent.pop_all()
        super().keep()

    def strike(self) -> None:
        """End everything and take the folder away."""
        # clusters that do not answer are taken away all the same
        with contextlib.suppress(WorldError, ApiError):
            self._lent.close()
        super().strike()


def told(view: Sequence[Peer]) -> str:
    """A ring in a few words."""
    return ", ".join(f"{peer.datacenter}/{peer.rack} {peer.state}" for peer in view) or "nothing"


def ring_lines(views: dict[str, tuple[Peer, ...]]) -> list[str]:
    """The ring as each of some nodes sees it, side by side: one line per node of the ring."""
    peers = sorted({(peer.datacenter, peer.rack, peer.address) for view in views.values() for peer in view})
    states = [{peer.address: peer.state for peer in view} for view in views.values()]
    rows = [[*peer, *(state.get(peer[2], "--") for state in states)] for peer in peers]
    return table(["DATACENTER", "RACK", "ADDRESS", *(f"BY {pod}" for pod in views)], rows)
