"""One of three members is dark, from before the start or in the middle of rollouts: what the others notice of it.

Rings over the other two members are edited one after the other, while rings over all three stand before the dark one.
"""

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from multicasskop.world.installing import install_crds
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS
from multicasskop.world.operators import Launch, Operator, credentials
from multicasskop.world.recorder import Recorder
from multicasskop.world.scenario import child, has_condition, ready, ring
from multicasskop.world.simulators.modes import Mode, SimulatorOptions
from multicasskop.world.world import World
from rich.console import Console

from bench.measure import Figure, Result, at_most, percentile
from bench.stage import MEMBERS, NAMESPACE, make_namespace, printer

DARK = "k8s-cluster3"
ALL = (*MEMBERS, DARK)
ROUNDS, EDITS, WIDE = 5, 100, 10
RATIO_GOAL, NOTICED_GOAL = at_most(1.1), at_most(5.0)
PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Ground:
    """The world, the operator, and images that nobody has yet."""

    world: World
    operator: Operator
    recorder: Recorder
    images: Iterator[str]


def measure(console: Console) -> list[Result]:
    """The ratio of the two tails, round by round, and how soon a dark member is said to be dark."""
    with standing(console) as ground:
        rounds = [one_round(ground, number) for number in range(ROUNDS)]
    lit, dark, noticed = zip(*rounds, strict=True)
    # one tail of each kind: that of a single round is one sample
    tail = percentile([each for found in dark for each in found], 0.99)
    calm = percentile([each for found in lit for each in found], 0.99)
    return [
        Figure("edit_with_all_members", "ms", tuple(each for found in lit for each in found)),
        Figure("edit_with_a_dark_member", "ms", tuple(each for found in dark for each in found)),
        Figure("dark_others_p99_ratio", "ratio", (tail / calm,), RATIO_GOAL),
        Figure("dark_noticed", "s", tuple(noticed), NOTICED_GOAL),
    ]


@contextmanager
def standing(console: Console) -> Iterator[Ground]:
    """Three members with rings of both sorts, all Ready."""
    with tempfile.TemporaryDirectory(prefix="mck-bench-") as folder:
        world = World.up(Path(folder) / "world", ALL, progress=printer(console), owned=True)
        try:
            yield from _with_operator(world, Path(folder))
        finally:
            world.down()


def _with_operator(world: World, folder: Path) -> Iterator[Ground]:
    install_crds(world)
    for member in ALL:
        make_namespace(world, member)
        world.simulate(member, SimulatorOptions(Mode.INSTANT, namespace=NAMESPACE))
    operator = Operator(folder, Launch(NAMESPACE, ALL[0], ALL[1:]))
    credentials(world, operator.kubeconfig, operator.launch)
    operator.start()
    try:
        with Recorder(world, [MULTICASSKOPS, CASSANDRACLUSTERS]) as recorder:
            ground = Ground(world, operator, recorder, (f"cassandra:4.1.{number}" for number in count(5)))
            submit(ground, "calm", MEMBERS)
            for number in range(WIDE):
                submit(ground, f"wide-{number}", ALL)
            yield ground
    finally:
        operator.stop()


def submit(ground: Ground, name: str, members: Sequence[str]) -> None:
    """Make a ring, and return when it is Ready."""
    ground.world.admin(ALL[0]).create(MULTICASSKOPS, NAMESPACE, ring(name, members))
    ground.recorder.wait_for(ready(NAMESPACE, name), PATIENCE)


def one_round(ground: Ground, number: int) -> tuple[list[float], list[float], float]:
    """Edits with all members there, then with one dark, every other time from the start on; and when it was said."""
    calm = edits(ground)
    if number % 2:
        ground.operator.stop()
    ground.world.black_hole(DARK)
    began = time.monotonic()
    if number % 2:
        ground.operator.start()
        began = time.monotonic()
    for each in range(WIDE):
        change(ground, f"wide-{each}", next(ground.images))
    noticed = ground.recorder.wait_for(
        has_condition(NAMESPACE, "wide-0", "MembersReachable", "False"), PATIENCE, after=began
    )
    dark = edits(ground)
    ground.world.restore(DARK)
    for each in range(WIDE):
        ground.recorder.wait_for(ready(NAMESPACE, f"wide-{each}", 2 + number), PATIENCE)
    return calm, dark, noticed.at - began


def edits(ground: Ground) -> list[float]:
    """Change the ring of the two that are there, again and again: until its last member's child has it, ms."""
    return [edit(ground) for _ in range(EDITS)]


def edit(ground: Ground) -> float:
    """One change, through the first member's gate to the second one's child."""
    image, began = next(ground.images), time.monotonic()
    change(ground, "calm", image)
    last = child(NAMESPACE, "calm", MEMBERS[1])
    written = ground.recorder.wait_for(
        lambda entry: last(entry) and entry.object["spec"].get("cassandraImage") == image, PATIENCE, after=began
    )
    return (written.at - began) * 1000


def change(ground: Ground, name: str, image: str) -> None:
    """Change a ring's image."""
    body = {"spec": {"base": {"spec": {"cassandraImage": image}}}}
    ground.world.admin(ALL[0]).patch(MULTICASSKOPS, NAMESPACE, name, body)
