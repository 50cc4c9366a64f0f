"""Where benchmarks run: two real control planes, CassKop simulated at zero delay, the operator as a process."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from multicasskop.world.installing import install_crds
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS, NAMESPACES
from multicasskop.world.operators import Launch, Operator, credentials
from multicasskop.world.progress import Progress, ProgressSink
from multicasskop.world.recorder import Recorder
from multicasskop.world.simulators.modes import Mode, SimulatorOptions
from multicasskop.world.world import World
from rich.console import Console

MEMBERS = ("k8s-cluster1", "k8s-cluster2")
NAMESPACE = "bench"
# In the first member many workers, so that what is measured is the operator and not the simulator's queue; in the other
# one as many as the Go CassKop has, since no figure waits for it.
WORKERS = {MEMBERS[0]: 16, MEMBERS[1]: 1}
_LIMIT = "GOMEMLIMIT"


@dataclass(frozen=True, slots=True)
class Stage:
    """A running world with a recorder of the two kinds that the figures are about, and the operator."""

    world: World
    recorder: Recorder
    operator: Operator


@contextmanager
def staged(console: Console) -> Iterator[Stage]:
    """A stage that is taken down at the end of the block, whatever happens in it."""
    with tempfile.TemporaryDirectory(prefix="mck-bench-") as folder:
        world = World.up(Path(folder) / "world", MEMBERS, progress=printer(console), owned=True)
        try:
            yield from _with_operator(world, Path(folder))
        finally:
            world.down()


def _with_operator(world: World, folder: Path) -> Iterator[Stage]:
    install_crds(world)
    for member in MEMBERS:
        make_namespace(world, member)
        world.simulate(member, SimulatorOptions(Mode.INSTANT, workers=WORKERS[member], namespace=NAMESPACE))
    operator = Operator(folder, Launch(NAMESPACE, MEMBERS[0], MEMBERS[1:], relayed=False))
    credentials(world, operator.kubeconfig, operator.launch)
    operator.start()
    try:
        with Recorder(world, [MULTICASSKOPS, CASSANDRACLUSTERS]) as recorder:
            yield Stage(world, recorder, operator)
    finally:
        operator.stop()


def make_namespace(world: World, member: str, name: str = NAMESPACE) -> None:
    """Create a namespace in one member."""
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    world.admin(member).create(NAMESPACES, "", body)


def printer(console: Console) -> ProgressSink:
    """A sink that prints each piece of the world's progress."""

    def show(progress: Progress) -> None:
        console.print(progress.line(), style="dim")

    return show


@contextmanager
def sparing(memory: str) -> Iterator[None]:
    """Let programs in Go that are started meanwhile collect their garbage before each takes more memory than that."""
    before = os.environ.get(_LIMIT)
    os.environ[_LIMIT] = memory
    try:
        yield
    finally:
        os.environ.pop(_LIMIT)
        os.environ |= {_LIMIT: before} if before else {}
