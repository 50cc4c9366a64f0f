"""What traces cost when nobody takes them: the gate's latency with an endpoint that hangs, beside one without any."""

import socket
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from multicasskop.world.installing import install_crds
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS
from multicasskop.world.operators import Launch, Operator, credentials
from multicasskop.world.recorder import Recorder
from multicasskop.world.simulators.modes import Mode, SimulatorOptions
from multicasskop.world.world import World
from rich.console import Console

from bench.gate import latency
from bench.measure import Comparison, Result, Side, at_most
from bench.stage import MEMBERS, WORKERS, make_namespace, printer

PAIRS = 100
WARM_UP = 5
GOAL = at_most(1.05)
HANGING, NONE = "hanging", "none"
REMARK = "a socket that takes connections and never answers, so that every export runs into its timeout"


@dataclass(frozen=True, slots=True)
class Course:
    """A world with one operator per namespace: one with an endpoint that hangs, one without any."""

    world: World
    recorder: Recorder

    def round(self, number: int) -> dict[str, float]:
        """One object for each operator, one after the other, by turns the one and the other first; milliseconds."""
        order = (HANGING, NONE) if number % 2 else (NONE, HANGING)
        return {name: latency(self.world, self.recorder, f"gate-{number}", name) for name in order}


def measure(console: Console) -> list[Result]:
    """The ratio of the medians, both operators running all the time and working in turns."""
    with prepared(console) as course:
        rounds = [course.round(number) for number in range(WARM_UP + PAIRS)][WARM_UP:]
    ours, theirs = (tuple(found[name] for found in rounds) for name in (HANGING, NONE))
    sides = Side("hanging endpoint", ours, REMARK), Side("no endpoint", theirs)
    return [Comparison("trace_overhead", "ms", *sides, GOAL)]


@contextmanager
def prepared(console: Console) -> Iterator[Course]:
    """Both operators, ready, and CassKops at zero delay."""
    with tempfile.TemporaryDirectory(prefix="mck-bench-") as folder, socket.create_server(("127.0.0.1", 0)) as silent:
        world = World.up(Path(folder) / "world", MEMBERS, progress=printer(console), owned=True)
        flags = {HANGING: [f"--otlp-endpoint=http://127.0.0.1:{silent.getsockname()[1]}"], NONE: []}
        operators: list[Operator] = []
        try:
            install_crds(world)
            for member in MEMBERS:
                world.simulate(member, SimulatorOptions(Mode.INSTANT, workers=WORKERS[member]))
            operators += [launched(world, Path(folder) / name, name, given) for name, given in flags.items()]
            with Recorder(world, [MULTICASSKOPS, CASSANDRACLUSTERS]) as recorder:
                yield Course(world, recorder)
        finally:
            for operator in operators:
                operator.stop()
            world.down()


def launched(world: World, folder: Path, namespace: str, flags: Sequence[str]) -> Operator:
    """An operator for a namespace of its own."""
    for member in MEMBERS:
        make_namespace(world, member, namespace)
    folder.mkdir()
    operator = Operator(folder, Launch(namespace, MEMBERS[0], MEMBERS[1:], flags, relayed=False))
    credentials(world, operator.kubeconfig, operator.launch)
    operator.start()
    return operator
