"""A world of kind clusters, as commands of the engine and of kind."""

from pathlib import Path
from typing import Any

import pytest
from fakes.docker import Engine
from multicasskop.world.errors import NotSupportedError, WorldError
from multicasskop.world.kind.cluster import Cluster
from multicasskop.world.kind.world import KindWorld, ask_kind, is_ready
from multicasskop.world.progress import silent
from multicasskop.world.state import Ledger, State
from multicasskop.world.world import World

HOME, OTHER = "k8s-cluster1", "k8s-cluster2"
MEMBERS = (HOME, OTHER)


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> KindWorld:
    """Two clusters stand written down; the engine answers for their nodes."""
    folder = tmp_path / "world"
    clusters = {name: Cluster(name, str(folder / name), number, 0, 7000) for number, name in enumerate(MEMBERS)}
    ledger = Ledger(folder)
    with ledger.exclusive():
        ledger.create(State(MEMBERS, kind=clusters))
    for cluster in clusters.values():
        cluster.root.mkdir()
    engine.answer(**{"ps -a": clusters[HOME].control_plane, ".State.Status": "paused", "cat": '{"verb":"get"}'})
    return KindWorld(folder)


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kind and kubectl are there, and this machine's limits are left as they are."""
    for name in ("KIND_PATH", "KUBECTL_PATH"):
        monkeypatch.setenv(name, "/bin/sh")
    monkeypatch.setattr("multicasskop.world.kind.limits.allow_watches", silent)


@pytest.fixture
def kind(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A kind that writes down what it is asked."""
    program = engine.folder / "kind"
    program.write_text('#!/bin/sh\necho "$@" >> "${0%/*}/kind.asked"\n')
    program.chmod(0o755)
    monkeypatch.setenv("KIND_PATH", str(program))
    return engine.folder / "kind.asked"


def test_folder_tells_the_tier(world: KindWorld) -> None:
    """Whoever attaches to the folder gets a world of the same tier, with the same members."""
    found = World.attach(world.directory)
    assert isinstance(found, KindWorld)
    assert found.members == MEMBERS


def test_names_that_are_none_are_told_with_those_that_are(world: KindWorld) -> None:
    """An unknown member is an error that lists the members."""
    with pytest.raises(WorldError, match=f"no member nowhere .* there are: {HOME}, {OTHER}"):
        world.cluster("nowhere")


def test_there_are_no_planes(world: KindWorld) -> None:
    """What asks for a plane's processes is told that they are the nodes' own."""
    with pytest.raises(NotSupportedError, match=f"{HOME} is a kind cluster"):
        world.plane(HOME)


def test_pods_need_no_simulation(world: KindWorld) -> None:
    """Real kubelets run them; the error names the image that answers in them."""
    with pytest.raises(NotSupportedError, match=r"runs pods itself; images.cassandra_image answers"):
        world.simulate_pods(HOME)


@pytest.mark.parametrize(
    ("members", "loaded"), [((), MEMBERS), ((OTHER,), (OTHER,))], ids=["all, if none is named", "those named"]
)
def test_images_are_loaded_together(world: KindWorld, kind: Path, members: tuple[str, ...], loaded: Any) -> None:  # noqa: ANN401
    """One call of kind per member carries all images."""
    world.load("operator:1", "simulator:1", members=members)
    clusters = [world.cluster(member) for member in loaded]
    assert kind.read_text().splitlines() == [
        f"load docker-image --name {each.name} --nodes {each.control_plane} operator:1 simulator:1" for each in clusters
    ]


def test_images_that_are_there_are_not_loaded_again(world: KindWorld, kind: Path) -> None:
    """Of images a member is brought only those that it has not got yet, and nothing if it has them all."""
    for images in (["operator:1"], ["operator:1", "simulator:1"], ["operator:1"]):
        world.load(*images, members=[HOME])
    assert [line.split()[6:] for line in kind.read_text().splitlines()] == [["operator:1"], ["simulator:1"]]


def test_audit_log_is_fetched_from_the_node(world: KindWorld, engine: Engine) -> None:
    """Each time it is asked for, a fresh copy is made of what the control plane's node holds."""
    assert world.audit_log(HOME).read_text() == '{"verb":"get"}\n'
    (asked,) = engine.asked("exec")
    assert asked[1:] == [world.cluster(HOME).control_plane, "cat", "/var/log/kubernetes/audit.log"]


def test_status_shows_nodes(world: KindWorld) -> None:
    """The state of each node's container stands beside that of the processes on this machine."""
    assert world.status()[HOME][world.cluster(HOME).control_plane] == "paused"


def test_planes_are_not_started_over_clusters(world: KindWorld) -> None:
    """A folder in which kind clusters stand is refused for a world of planes."""
    with pytest.raises(WorldError, match="kind clusters stand"):
        World(world.directory).begin(MEMBERS, lambda progress: None, owned=False)


def test_cluster_that_was_never_begun_is_not_asked_for(tmp_path: Path) -> None:
    """Without the facts that its creation writes first, there is nothing to delete, and nothing fails."""
    ask_kind("delete", Cluster(HOME, str(tmp_path / HOME), 0, 0, 7000))


@pytest.mark.parametrize(
    ("node", "ready"),
    [
        ({"status": {"conditions": [{"type": "Ready", "status": "True"}]}}, True),
        ({"status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}}, False),
        ({"status": {"conditions": [{"type": "DiskPressure", "status": "True"}]}}, False),
        ({}, False),
    ],
    ids=["says so", "unknown", "says something else", "says nothing"],
)
def test_ready_nodes(node: dict[str, object], ready: bool) -> None:
    """A node is ready when its condition says so, and not before."""
    assert is_ready(node) is ready


@pytest.mark.usefixtures("programs")
def test_clusters_that_do_not_come_up_are_taken_away(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits for the world gets the error of the cluster at once, and finds nothing of it left."""
    asked: list[str] = []

    def refuse(verb: str, cluster: Cluster) -> None:
        asked.append(f"{verb} {cluster.member}")
        if verb == "create":
            raise WorldError(f"{cluster.member}: nodes not ready")

    monkeypatch.setattr("multicasskop.world.kind.world.ask_kind", refuse)
    with pytest.raises(WorldError, match=f"{HOME}: nodes not ready"):
        World.up(tmp_path / "new", [HOME], tier="kind")
    assert asked == [f"create {HOME}", f"delete {HOME}"]
    assert not (tmp_path / "new").exists()


@pytest.mark.usefixtures("programs")
def test_what_was_left_half_made_is_made_anew(world: KindWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """A world whose making was cut off is deleted and made again under the same folder."""
    asked: list[str] = []
    monkeypatch.setattr("multicasskop.world.kind.world.ask_kind", lambda verb, it: asked.append(f"{verb} {it.member}"))
    monkeypatch.setattr("multicasskop.world.kind.world.READY_SECONDS", 0.0)
    monkeypatch.setattr("multicasskop.world.kind.world.is_usable", lambda cluster: False)
    with pytest.raises(WorldError, match="nodes not ready after 0s"):
        world.begin([HOME], silent, owned=False)
    assert asked[:2] in ([f"delete {HOME}", f"delete {OTHER}"], [f"delete {OTHER}", f"delete {HOME}"])
    assert asked[2:] == [f"create {HOME}", f"delete {HOME}"]
