"""A Secret registers a member: how long until the first child is written there, with MultiCasskops waiting for it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from multicasskop.world.accounts import ACCOUNT, allow
from multicasskop.world.imports import secret_of
from multicasskop.world.installing import install_crds
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS, SECRETS
from multicasskop.world.operators import CHILD_RULES, Launch, Operator, credentials
from multicasskop.world.recorder import Recorder
from multicasskop.world.registration import WATCH_RULES, member_secret
from multicasskop.world.scenario import child, has_condition, parent, ready, ring
from multicasskop.world.simulators.modes import Mode, SimulatorOptions
from multicasskop.world.world import World
from rich.console import Console

from bench.measure import Figure, Result, at_most
from bench.stage import MEMBERS, NAMESPACE, make_namespace, printer

SAMPLES = 20
GOAL_SECONDS = 2.0
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Registry:
    """An operator of home alone, and what lets it into the other cluster."""

    world: World
    recorder: Recorder
    values: dict[str, bytes]


def measure(console: Console) -> list[Result]:
    """Seconds from a Secret's arrival, as its creator sees it, to the first child in its member."""
    with waiting(console) as registry:
        samples = tuple(registered(registry, f"member-{number}") for number in range(SAMPLES))
    return [Figure("register_to_first_write", "s", samples, at_most(GOAL_SECONDS))]


@contextmanager
def waiting(console: Console) -> Iterator[Registry]:
    """A world with an operator that knows no member but home yet."""
    with tempfile.TemporaryDirectory(prefix="mck-bench-") as folder:
        world = World.up(Path(folder) / "world", MEMBERS, progress=printer(console), owned=True)
        try:
            yield from _with_operator(world, Path(folder))
        finally:
            world.down()


def _with_operator(world: World, folder: Path) -> Iterator[Registry]:
    install_crds(world)
    for member in MEMBERS:
        make_namespace(world, member)
        world.simulate(member, SimulatorOptions(Mode.INSTANT, namespace=NAMESPACE))
    home, other = MEMBERS
    allow(world.admin(home), NAMESPACE, "secrets", WATCH_RULES)
    operator = Operator(folder, Launch(NAMESPACE, home, (), ("--member-secrets",), relayed=False))
    credentials(world, operator.kubeconfig, operator.launch)
    entry = world.service_account(other, NAMESPACE, ACCOUNT, CHILD_RULES, relayed=False)
    operator.start()
    try:
        with Recorder(world, [MULTICASSKOPS, CASSANDRACLUSTERS, SECRETS]) as recorder:
            yield Registry(world, recorder, secret_of(entry))
    finally:
        operator.stop()


def registered(registry: Registry, name: str) -> float:
    """Let a MultiCasskop wait for a member of a new name, register that, and return the seconds to its child."""
    home, recorder = registry.world.admin(MEMBERS[0]), registry.recorder
    home.create(MULTICASSKOPS, NAMESPACE, ring(name, (MEMBERS[0], name)))
    recorder.wait_for(has_condition(NAMESPACE, name, "MembersReachable", "False", "NotRegistered"), PATIENCE)
    recorder.wait_for(child(NAMESPACE, name, MEMBERS[0], "ADDED"), PATIENCE)
    home.create(SECRETS, NAMESPACE, member_secret(name, registry.values))
    arrived = recorder.wait_for(
        lambda entry: (entry.plural, entry.name, entry.type) == (SECRETS.plural, name, "ADDED"), PATIENCE
    )
    made = recorder.wait_for(child(NAMESPACE, name, MEMBERS[1], "ADDED"), PATIENCE)
    last = recorder.wait_for(ready(NAMESPACE, name), PATIENCE)
    home.delete(MULTICASSKOPS, NAMESPACE, name)
    recorder.wait_for(parent(NAMESPACE, name, "DELETED"), PATIENCE, after=last.at)
    home.delete(SECRETS, NAMESPACE, name)
    return made.at - arrived.at
