"""The world as fixtures. Tests say by a marker which tier they need; what cannot be had is skipped with the reason."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from multicasskop.world import programs
from multicasskop.world.errors import ProgramsError
from multicasskop.world.installing import install_crds
from multicasskop.world.kinds import NAMESPACES
from multicasskop.world.operators import Launch, Operator, credentials
from multicasskop.world.progress import lines_to
from multicasskop.world.recorder import Recorder
from multicasskop.world.simulators.casskop import CassKop
from multicasskop.world.simulators.modes import Mode, SimulatorOptions
from multicasskop.world.world import World, sweep

MEMBERS = ("k8s-cluster1", "k8s-cluster2")
INSTANT = SimulatorOptions(Mode.INSTANT)
MISSING = pytest.StashKey[str]()
FOLDER = Path(__file__).resolve().parent.parent / ".world"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a tier that does not exist yet."""
    for item in items:
        if item.get_closest_marker("kind"):
            item.add_marker(pytest.mark.skip(reason="tier kind does not exist yet in this project"))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build the control planes' programs before the first test, where it may take minutes and can be watched."""
    needed = any("world" in getattr(item, "fixturenames", ()) for item in session.items)
    if not needed or session.config.option.collectonly:
        return
    capture = session.config.pluginmanager.getplugin("capturemanager")
    try:
        with capture.global_and_fixture_disabled():
            programs.find_or_build(lines_to(sys.stderr))
    except ProgramsError as error:
        session.config.stash[MISSING] = f"tier planes: {error}"


@pytest.fixture(scope="session")
def world(pytestconfig: pytest.Config) -> Iterator[World]:
    """Two members with our kinds, without an operator and without CassKop."""
    if MISSING in pytestconfig.stash:
        pytest.skip(pytestconfig.stash[MISSING])
    sweep(FOLDER)
    found = World.up(FOLDER / f"tests-{os.getpid()}", MEMBERS, owned=True)
    try:
        install_crds(found)
        yield found
    finally:
        found.down()


@pytest.fixture
def namespace(world: World, request: pytest.FixtureRequest) -> Iterator[str]:
    """A namespace of this test's own in all members; it and all in it is deleted afterwards."""
    name = new_name(request.node.name)
    for member in world.members:
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        world.admin(member).create(NAMESPACES, "", body)
    yield name
    for member in world.members:
        world.admin(member).delete(NAMESPACES, "", name)


@pytest.fixture
def recorder(world: World) -> Iterator[Recorder]:
    """A recorder that runs during the test."""
    with Recorder(world) as found:
        yield found


StartOperator = Callable[..., Operator]


@pytest.fixture
def start_operator(
    world: World, namespace: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[StartOperator]:
    """Starts operator processes: `start_operator("--workers=2", LOG_LEVEL="debug")`; all of them end with the test.

    They run in the test's namespace with a ServiceAccount that has the rights of the charts; home is the first member.
    """
    started: list[Operator] = []

    def start(*flags: str, wait: bool = True, members: tuple[str, ...] = MEMBERS, **environment: str) -> Operator:
        directory = tmp_path / f"operator-{len(started)}"
        directory.mkdir()
        home, *remotes = members
        found = Operator(directory, Launch(namespace, home, remotes, flags, environment))
        credentials(world, found.kubeconfig, found.launch)
        started.append(found)
        found.start(wait=wait)
        return found

    yield start
    for found in started:
        found.kill()
        request.node.add_report_section("call", f"operator {found.pid}", found.tail())


@pytest.fixture
def operator(start_operator: StartOperator) -> Operator:
    """One operator over both members, ready."""
    return start_operator()


StartCassKop = Callable[..., None]


@pytest.fixture
def casskop(world: World, namespace: str) -> Iterator[StartCassKop]:
    """Starts simulated CassKops for this test's namespace: `casskop()` in all members, at zero delay.

    `casskop(SimulatorOptions(Mode.NORMAL, scale=0.02), members=["k8s-cluster2"])` says otherwise.
    """
    started: list[CassKop] = []

    def start(options: SimulatorOptions = INSTANT, *, members: Sequence[str] = MEMBERS) -> None:
        for member in members:
            found = CassKop(world.admin(member), replace(options, namespace=namespace))
            found.start()
            started.append(found)

    yield start
    for found in started:
        found.stop()


def new_name(text: str) -> str:
    """Return a namespace's name that tells the test and was never used before."""
    words = "".join(letter if letter.isalnum() else "-" for letter in text.lower()).strip("-")
    return f"{words[:40].rstrip('-')}-{os.urandom(3).hex()}"
