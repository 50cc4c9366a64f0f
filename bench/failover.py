"""Two operators with the lease times of every user: the leader dies, or is stopped, in the middle of a rollout."""

import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from multicasskop.world.api import Json
from multicasskop.world.audit import entries
from multicasskop.world.installing import install_crds
from multicasskop.world.kinds import CASSANDRACLUSTERS, LEASES, MULTICASSKOPS
from multicasskop.world.operators import Launch, Operator, credentials
from multicasskop.world.processes import wait_until
from multicasskop.world.recorder import Recorder
from multicasskop.world.scenario import child, ready, ring
from multicasskop.world.world import World
from rich.console import Console

from bench.measure import Figure, Result, at_most
from bench.settling import settle
from bench.stage import MEMBERS, NAMESPACE, make_namespace, printer

SAMPLES = 5
# A standby looks at the record every 2 s, by chance up to 1.2 times that: so late it may see the last renewal, and
# counts the lease's 15 s from there. It looks again when they are over.
LEASE, LOOK = 15.0, 2.4
CRASH_GOAL = at_most(LEASE + LOOK)
# it looks once more, and takes what was given back
STOP_GOAL = at_most(3.0)
PATIENCE = 60.0
LEASE_NAME = "multicasskop"


class Pair:
    """Two operators over the same members, of which one leads."""

    def __init__(self, world: World, recorder: Recorder, operators: dict[str, Operator]) -> None:
        self.world, self.recorder, self.operators = world, recorder, operators
        self.home, self.other = (world.admin(member) for member in MEMBERS)

    def leader(self) -> str:
        """The name of the operator that holds the lease; empty when it was given back."""
        lease = self.home.find(LEASES, NAMESPACE, LEASE_NAME) or {"spec": {}}
        holder: str = lease["spec"].get("holderIdentity") or ""
        return holder.partition("_")[0]

    def has_leader(self) -> bool:
        """Whether one of the two leads."""
        return self.leader() in self.operators


def measure(console: Console) -> list[Result]:
    """Seconds from the signal to the next step of the rollout by the other one: child 2 created, by the audit log."""
    with paired(console) as pair:
        crashes = [interrupted(pair, f"crash-{number}", Operator.kill) for number in range(SAMPLES)]
        stops = [interrupted(pair, f"stop-{number}", terminate) for number in range(SAMPLES)]
    return [
        Figure("failover", "s", tuple(crashes), CRASH_GOAL),
        Figure("failover_planned", "s", tuple(stops), STOP_GOAL),
    ]


@contextmanager
def paired(console: Console) -> Iterator[Pair]:
    """A world with two operators, both ready, one leading; no CassKop, so that children settle when they are told."""
    with tempfile.TemporaryDirectory(prefix="mck-bench-") as folder:
        world = World.up(Path(folder) / "world", MEMBERS, progress=printer(console), owned=True)
        operators: dict[str, Operator] = {}
        try:
            install_crds(world)
            for member in MEMBERS:
                make_namespace(world, member)
            for name in ("one", "two"):
                operators[name] = launched(world, Path(folder) / name, name)
            with Recorder(world, [MULTICASSKOPS, CASSANDRACLUSTERS]) as recorder:
                yield Pair(world, recorder, operators)
        finally:
            for operator in operators.values():
                operator.stop()
            world.down()


def launched(world: World, folder: Path, name: str) -> Operator:
    """An operator with default settings and a name of its own, ready."""
    folder.mkdir()
    launch = Launch(NAMESPACE, MEMBERS[0], MEMBERS[1:], environment={"POD_NAME": name}, relayed=False)
    operator = Operator(folder, launch)
    credentials(world, operator.kubeconfig, launch)
    operator.start()
    return operator


def interrupted(pair: Pair, name: str, end: Callable[[Operator], None]) -> float:
    """Begin a rollout, end the leader behind child 1, and return the seconds until the other one creates child 2."""
    held(wait_until(pair.has_leader, PATIENCE), "no operator leads")
    leader = pair.leader()
    pair.home.create(MULTICASSKOPS, NAMESPACE, ring(name, MEMBERS))
    pair.recorder.wait_for(child(NAMESPACE, name, MEMBERS[0], "ADDED"), PATIENCE)
    began = datetime.now(UTC)
    end(pair.operators[leader])
    # only now: while the old one still leads, the next step would be its own
    held(wait_until(lambda: pair.leader() != leader, PATIENCE), f"{leader} still holds the lease")
    settle(pair.home, NAMESPACE, name)
    pair.recorder.wait_for(child(NAMESPACE, name, MEMBERS[1], "ADDED"), PATIENCE)
    settle(pair.other, NAMESPACE, name)
    pair.recorder.wait_for(ready(NAMESPACE, name), PATIENCE)
    pair.operators[leader].stop()
    pair.operators[leader].start()
    return (created_at(pair.world.audit_log(MEMBERS[1]), name) - began).total_seconds()


def terminate(operator: Operator) -> None:
    """Ask the operator to end, as a rolling update does, and do not wait for it."""
    os.kill(operator.pid, signal.SIGTERM)


def held(truth: bool, otherwise: str) -> None:
    """Raise TimeoutError for what did not come true."""
    if not truth:
        raise TimeoutError(f"{otherwise} after {PATIENCE:.0f}s")


def created_at(audit_log: Path, name: str) -> datetime:
    """When an API server received the request that created the child; LookupError when it tells of none."""
    for entry in entries(audit_log, "", name):
        if is_creation(entry, name):
            return datetime.fromisoformat(entry["requestReceivedTimestamp"])
    raise LookupError(f"{audit_log} tells of no creation of {name}")


def is_creation(entry: Json, name: str) -> bool:
    """Whether an entry tells of a child of this name that was created."""
    about = entry.get("objectRef") or {}
    done = (entry["verb"], about.get("resource"), about.get("name")) == ("create", CASSANDRACLUSTERS.plural, name)
    return done and (entry.get("responseStatus") or {}).get("code") == 201
