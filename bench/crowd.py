"""Ten thousand CassandraClusters on a real API server, as the two operators leave them, and how they came to be."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from multicasskop.crds.generate import load_manifest
from multicasskop.crds.names import (
    CASSANDRACLUSTER_WHOLE_VERSION,
    CASSKOP_FIELD_MANAGER,
    FIELD_MANAGER,
    GROUP,
    LAST_APPLIED,
    OWNER,
    SEEDLIST,
)
from multicasskop.informers.framing import LineSplitter
from multicasskop.reconcilers.multicasskop.ownership import Mark
from multicasskop.world import kubeconfig
from multicasskop.world.accounts import rule
from multicasskop.world.api import Api, Json
from multicasskop.world.installing import install, install_crds
from multicasskop.world.kinds import CASSANDRACLUSTERS, Kind
from multicasskop.world.scenario import ring
from multicasskop.world.simulators.golang import last_applied
from multicasskop.world.simulators.status import initial
from multicasskop.world.simulators.topology import racks
from multicasskop.world.world import World
from rich.console import Console

from bench.settling import seeds, settle
from bench.stage import make_namespace, printer, sparing

MEMBER = "k8s-cluster1"
NAMESPACE = "crowd"
OBJECTS = 10_000
# each is created and then settled
EVENTS_EACH = 2
HOME = "00000000-6a5c-4c5e-9d0e-3f1b2a7c9e10"
BOOKMARK = b'{"type":"BOOKMARK"'
# what has no status of its own: the operator creates through it, with the seeds in the status
WHOLE = Kind(GROUP, CASSANDRACLUSTER_WHOLE_VERSION, CASSANDRACLUSTERS.plural)
CONNECTIONS = 8
# an API server with fifty thousand objects lives on 13 of them; without a limit it would take twice as much
MEMORY = "16GiB"
# while etcd compacts what a hundred thousand writes have left, a server may not answer for more than half a minute
PATIENCE = 600.0
PIECE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Crowd:
    """Where the objects are (a kubeconfig with the right to list and watch them, and no other) and their history.

    `end` ends their API server, of which the history has no need: it holds 10 GB and more, and is not idle for minutes.
    `stream` holds the lines of the watch that saw them all come, `version` is where that watch began, `last` the
    version of its last line. `size` is the mean length of an object, in bytes as the API server sends it.
    """

    objects: int
    kubeconfig: Path
    stream: Path
    version: str
    last: str
    size: float
    end: Callable[[], None]

    @property
    def events(self) -> int:
        """The lines of the stream."""
        return EVENTS_EACH * self.objects


@contextmanager
def crowded(console: Console, objects: int) -> Iterator[Crowd]:
    """A world of one member with the objects in it, taken down at the end of the block."""
    with sparing(MEMORY), TemporaryDirectory(prefix="mck-bench-") as folder:
        world = World.up(Path(folder) / "world", [MEMBER], progress=printer(console), owned=True)
        try:
            install_crds(world)
            if objects > OBJECTS:
                serve_one_version(world)
            console.print(f"creating {objects} CassandraClusters", style="dim")
            yield populate(world, Path(folder), objects)
        finally:
            world.down()


def serve_one_version(world: World) -> None:
    """Let the API server have one cache of all objects instead of one for each version of them.

    Each holds the changes of more than a minute, too: with three it had 17 GB after 10,000 objects, and stood still
    after 15,000.
    """
    manifest = load_manifest(CASSANDRACLUSTERS.plural)
    for version in manifest["spec"]["versions"]:
        version["served"] = version["name"] == CASSANDRACLUSTERS.version
    install(world, MEMBER, [manifest])


def populate(world: World, folder: Path, objects: int) -> Crowd:
    """Create the objects under the eyes of a watch, and make the account that may see them."""
    api = world.admin(MEMBER)
    make_namespace(world, MEMBER, NAMESPACE)
    version = api.list(CASSANDRACLUSTERS)["metadata"]["resourceVersion"]
    stream, administrator = folder / "stream", kubeconfig.read(world.kubeconfig, MEMBER)
    with recorded(api, version, stream, EVENTS_EACH * objects):
        operator, casskop = (
            Api.of(administrator, agent=name, timeout=PATIENCE) for name in (FIELD_MANAGER, CASSKOP_FIELD_MANAGER)
        )
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            kind = WHOLE if objects <= OBJECTS else CASSANDRACLUSTERS
            list(pool.map(partial(born, operator, casskop, kind), range(objects)))
    rules = [rule("get list watch", CASSANDRACLUSTERS.plural, groups=[GROUP])]
    entry = world.service_account(MEMBER, NAMESPACE, "reader", rules, cluster_wide=True, relayed=False)
    config = kubeconfig.write(folder / "reader.kubeconfig", [entry])
    size = len(api.request("GET", CASSANDRACLUSTERS.path(), timeout=PATIENCE).body) / objects
    return Crowd(objects, config, stream, version, last_version(stream), size, world.down)


def born(operator: Api, casskop: Api, kind: Kind, number: int) -> None:
    """Create one child as the operator does, and settle it as CassKop does: two managers, two events."""
    child = cluster(number)
    operator.create(kind, NAMESPACE, child | {"apiVersion": kind.api_version})
    settle(casskop, NAMESPACE, child["metadata"]["name"], child)


def cluster(number: int) -> Json:
    """A child of two datacenters with two racks each; with managed fields it comes to some 5 KB."""
    name = f"ring-{number:05}"
    topology = {"dc": [{"name": f"dc{dc}", "nodesPerRacks": 3, "rack": [rack(dc, 1), rack(dc, 2)]} for dc in (1, 2)]}
    spec = {**ring(name, [MEMBER])["spec"]["base"]["spec"], "topology": topology}
    described = racks(spec)
    mark = Mark(home=HOME, namespace=NAMESPACE, name=name, uid=f"{number:08x}{HOME[8:]}", origin="created")
    body = {"apiVersion": WHOLE.api_version, "kind": "CassandraCluster", "spec": spec}
    metadata = {"name": name, "namespace": NAMESPACE, "labels": {"team": "ring", "app": name}}
    noted = {
        OWNER: mark.text(),
        SEEDLIST: msgspec.json.encode(seeds(name, described)).decode(),
        LAST_APPLIED: last_applied({**body, "metadata": metadata}),
    }
    status = initial(described, seeds(name, described))
    return {**body, "metadata": {**metadata, "annotations": noted}, "status": status}


def rack(datacenter: int, number: int) -> Json:
    """A rack in a zone of its own."""
    zone = f"eu-west-{datacenter}{'abc'[number]}"
    return {"name": f"rack{number}", "labels": {"topology.kubernetes.io/zone": zone}}


@contextmanager
def recorded(api: Api, version: str, path: Path, lines: int) -> Iterator[None]:
    """Write so many lines of a watch from a version on into a file; the block ends when they are there.

    Raises TimeoutError when they do not come.
    """
    recorder = threading.Thread(target=record, args=(api, version, path, lines), daemon=True)
    recorder.start()
    yield
    recorder.join(PATIENCE)
    if recorder.is_alive() or not path.exists():
        raise TimeoutError(f"the watch did not bring {lines} events within {PATIENCE:.0f}s")


def record(api: Api, version: str, path: Path, lines: int) -> None:
    """Write so many lines; the file appears when it is complete. Bookmarks are left out.

    A server may end a watch before, that of a slow reader for one: the next one goes on behind the last line. Raises
    ValueError for a line that is no event of an object.
    """
    unfinished, left = path.with_suffix(".unfinished"), lines
    with unfinished.open("wb") as file:
        while left:
            for line in islice(watched(api, version), left):
                file.write(line + b"\n")
                version, left = version_of(line), left - 1
    unfinished.rename(path)


def watched(api: Api, version: str) -> Iterator[bytes]:
    """The lines of one watch but for its bookmarks, until the server ends it."""
    splitter = LineSplitter(MEMBER)
    with api.watch(CASSANDRACLUSTERS, "", version) as response:
        for piece in response.stream(PIECE):
            yield from (line for line in splitter.feed(piece) if not line.startswith(BOOKMARK))


def last_version(stream: Path) -> str:
    """The version of the object in the last line."""
    with stream.open("rb") as file:
        for line in file:
            last = line
    return version_of(last)


def version_of(line: bytes) -> str:
    """The version of the object in a line; ValueError when it is no event of one."""
    version: str = msgspec.json.decode(line)["object"].get("metadata", {}).get("resourceVersion", "")
    if not version:
        raise ValueError(f"no event of an object: {line[:200]!r}")
    return version
