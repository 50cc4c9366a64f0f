"""Fifty members with two hundred objects each: the gate, a user's edit while all objects are looked at again, memory.

Home has an API server of its own, the other members share one (see `namesakes`). Children are of some 6 KB.
"""

import gc
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from multicasskop.world import kubeconfig
from multicasskop.world.accounts import ACCOUNT
from multicasskop.world.api import Json
from multicasskop.world.installing import install_crds
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS
from multicasskop.world.operators import ALONE, HOME_RULES, Launch, Operator
from multicasskop.world.processes import wait_until
from multicasskop.world.recorder import Recorder
from multicasskop.world.scenario import child, condition, ready, ring, settled
from multicasskop.world.simulators.modes import Mode, SimulatorOptions
from multicasskop.world.world import World
from rich.console import Console

from bench.measure import Figure, Result, at_most
from bench.namesakes import Namesakes
from bench.stage import MEMBERS, NAMESPACE, make_namespace, printer, sparing

HOME, PLACE = MEMBERS
OTHERS = tuple(f"m{number:02}" for number in range(2, 51))
ALL = (HOME, *OTHERS)
OBJECTS = 200
# with these, which only home has a child of, there are 500 to be looked at again
SMALL = 300
GATES = 5
# the slowest of a hundred would be their p99 on a machine that is busy once
ROUNDS, EDITS = 15, 10
MEMORY = "4GiB"
CONNECTIONS = 8
PATIENCE = 120.0
BUILD_SECONDS = 300.0
GROUP, SMALL_GROUP = 4, 50
GATE_GOAL, EDIT_GOAL, RSS_GOAL = at_most(250.0), at_most(300.0), at_most(150.0)


@dataclass(frozen=True, slots=True)
class Crew:
    """The world, and an operator that looks after all of it."""

    world: World
    operator: Operator

    @property
    def home(self) -> Any:  # noqa: ANN401 - the world's client
        """Home's API server."""
        return self.world.admin(HOME)


def measure(console: Console) -> list[Result]:
    """The figures, all on the same objects."""
    with gathered(console) as crew:
        console.print(f"making {OBJECTS} objects in {len(ALL)} members, {SMALL} in one", style="dim")
        build(crew, console)
        memory = [resident(crew.operator.pid)]
        with Recorder(crew.world, [MULTICASSKOPS, CASSANDRACLUSTERS]) as recorder:
            # ten thousand objects are recorded now: to look through them again and again would stop the watches
            gc.freeze()
            gates = [found for number in range(GATES) for found in gate(crew, recorder, f"gate-{number}")]
        edits = [found for number in range(ROUNDS) for found in edited(crew, number)]
        memory.append(resident(crew.operator.pid))
    return [
        Figure("gate_latency_50x200", "ms", tuple(gates), GATE_GOAL),
        Figure("edit_first_write_under_resync", "ms", tuple(edits), EDIT_GOAL),
        Figure("rss_50x200", "MB", tuple(memory), RSS_GOAL),
    ]


@contextmanager
def gathered(console: Console) -> Iterator[Crew]:
    """A world of two API servers and fifty members, with the operator running."""
    with sparing(MEMORY), tempfile.TemporaryDirectory(prefix="mck-bench-") as folder:
        world = World.up(Path(folder) / "world", MEMBERS, progress=printer(console), owned=True)
        try:
            install_crds(world)
            make_namespace(world, HOME)
            namesakes = Namesakes(world, PLACE, OTHERS, NAMESPACE)
            with namesakes.proxies() as faults:
                home = world.service_account(HOME, NAMESPACE, ACCOUNT, HOME_RULES, relayed=False)
                yield from started(world, Path(folder), [home, *namesakes.accounts(faults)])
        finally:
            world.down()


def started(world: World, folder: Path, entries: Sequence[kubeconfig.Entry]) -> Iterator[Crew]:
    """Start CassKop on both API servers, and the operator."""
    for member in MEMBERS:
        world.simulate(member, SimulatorOptions(Mode.INSTANT, workers=8))
    # nobody else would take over: a lease that is lost while all objects are made would be the end of it
    operator = Operator(folder, Launch(NAMESPACE, HOME, OTHERS, flags=(ALONE,)))
    kubeconfig.write(operator.kubeconfig, entries)
    operator.start()
    try:
        yield Crew(world, operator)
    finally:
        operator.stop()


def build(crew: Crew, console: Console) -> None:
    """Make all objects, and return when all of them are Ready.

    A few at a time: an API server keeps the events of more than a minute, each with the whole object, and the status of
    fifty members is a large one; home's would take all of this machine's memory.
    """
    # all members at once: how it came about is not what is measured
    wide = {"rollout": {"maxConcurrent": len(ALL)}, "deleteCassandraCluster": False}
    began = time.monotonic()
    for first in range(0, OBJECTS, GROUP):
        make(crew, [big(f"ring-{number}", **wide) for number in range(first, first + GROUP)])
    small = [ring(f"small-{number}", [HOME], deleteCassandraCluster=False) for number in range(SMALL)]
    for first in range(0, SMALL, SMALL_GROUP):
        make(crew, small[first : first + SMALL_GROUP])
    console.print(f"all Ready after {time.monotonic() - began:.0f}s", style="dim")


def make(crew: Crew, objects: Sequence[Json]) -> None:
    """Make some objects, and return when they are Ready."""
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(partial(crew.home.create, MULTICASSKOPS, NAMESPACE), objects))
    for each in objects:
        if not wait_until(partial(is_ready, crew, each["metadata"]["name"]), BUILD_SECONDS, 0.5):
            raise TimeoutError(f"{each['metadata']['name']} is not Ready\n{crew.operator.tail()}")


def is_ready(crew: Crew, name: str) -> bool:
    """Whether an object says so."""
    found = condition(crew.home.get(MULTICASSKOPS, NAMESPACE, name), "Ready")
    return bool(found.get("status") == "True")


def big(name: str, **spec: Any) -> Json:  # noqa: ANN401 - any field of the spec
    """A ring over all members, whose children are of some 6 KB by their fifty seeds alone."""
    return ring(name, ALL, **spec)


def gate(crew: Crew, recorder: Recorder, name: str) -> list[float]:
    """Roll one more object out: from each child's Running to the creation of the next one, ms."""
    crew.home.create(MULTICASSKOPS, NAMESPACE, big(name))
    recorder.wait_for(ready(NAMESPACE, name), 120)
    places = [(HOME, NAMESPACE), *((PLACE, other) for other in OTHERS)]
    found = []
    for (member, namespace), (next_member, next_namespace) in pairwise(places):
        running = recorder.wait_for(settled(namespace, name, member))
        created = recorder.wait_for(child(next_namespace, name, next_member, "ADDED"))
        found.append((created.at - running.at) * 1000)
    return found


def edited(crew: Crew, number: int) -> list[float]:
    """Start the operator again, and edit objects while it looks at all of them: until each one's first write, ms.

    They are edited as soon as all members are synced: before that nobody can say what is to be written.
    """
    crew.operator.stop()
    begun = len(crew.operator.lines())
    crew.operator.start()
    if not wait_until(lambda: len(synced(crew.operator, begun)) == len(ALL), PATIENCE):
        raise TimeoutError(f"not all members were synced within {PATIENCE:.0f}s\n{crew.operator.tail()}")
    # home's alone: to hold ten thousand children of the others would stop this process for a second now and then
    with Recorder(crew.world, [CASSANDRACLUSTERS], members=[HOME]) as recorder:
        return [edit(crew, recorder, f"small-{number * EDITS + each}", number) for each in range(EDITS)]


def synced(operator: Operator, begun: int) -> list[str]:
    """The lines of its log, from that one on, by which members have been synced."""
    return [line for line in operator.lines()[begun:] if '"member synced"' in line]


def edit(crew: Crew, recorder: Recorder, name: str, number: int) -> float:
    """Change the image of one object, and wait for it in home's child."""
    image = f"cassandra:4.1.{number + 5}"
    began = time.monotonic()
    crew.home.patch(MULTICASSKOPS, NAMESPACE, name, {"spec": {"base": {"spec": {"cassandraImage": image}}}})
    here = child(NAMESPACE, name, HOME)
    written = recorder.wait_for(lambda entry: here(entry) and entry.object["spec"].get("cassandraImage") == image)
    return (written.at - began) * 1000


def resident(pid: int) -> float:
    """Resident memory of the whole process, MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"process {pid} has no VmRSS")
