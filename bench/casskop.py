"""CassKop on one control plane with simulated pods, ready 0.1 s after they are made.

How long until a cluster of two nodes runs; and two hundred clusters of three racks at once: time, calls, rest, memory.
"""

import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from multicasskop.world.audit import account_of, entries
from multicasskop.world.installing import install_crds
from multicasskop.world.kinds import CASSANDRACLUSTERS
from multicasskop.world.operators import CASSKOP_RULES, Launch, Operator, credentials
from multicasskop.world.processes import wait_until
from multicasskop.world.recorder import Recorder
from multicasskop.world.rings import allow_pods, cluster, topology
from multicasskop.world.scenario import child, settled
from multicasskop.world.world import World
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console

from bench.fifty import resident
from bench.measure import MINIMUM_SAMPLES, Figure, Peer, Result, at_most
from bench.rest import is_allowed
from bench.stage import MEMBERS, NAMESPACE, make_namespace, printer

MEMBER = MEMBERS[0]
ACCOUNT = "casskop"
GO = Peer("Go CassKop", 5.0, "recorded in May 2026, two nodes: it polls every 5 s")
RUNNING_GOAL, REST_GOAL = at_most(1.5), at_most(0.0)
CLUSTERS, RACKS = 200, 3
CONNECTIONS = 8
BUILD_SECONDS = 1200.0
SETTLE, REST, EVENTS_SECONDS = 5.0, 60.0, 300.0


@dataclass(frozen=True, slots=True)
class Ground:
    """A control plane with simulated pods, and CassKop on it."""

    world: World
    operator: Operator


def measure(console: Console) -> list[Result]:
    """The figures; the many clusters come after the single ones, which are still there."""
    with prepared(console) as ground:
        with Recorder(ground.world, [CASSANDRACLUSTERS]) as recorder:
            single = tuple(running(ground, recorder, f"single-{number}") for number in range(MINIMUM_SAMPLES))
        before, began = counted(ground.operator), time.monotonic()
        submit(ground, console)
        took, after = time.monotonic() - began, counted(ground.operator)
        calls, runs = after["requests"] - before["requests"], after["runs"] - before["runs"]
        return [
            Figure("casskop_create_to_running", "s", single, RUNNING_GOAL, GO),
            Figure("casskop_200x3", "s", (took,)),
            Figure("casskop_200x3_calls_per_run", "calls", (calls / runs,)),
            Figure("casskop_200x3_calls_at_rest", "calls", (at_rest(ground),), REST_GOAL),
            Figure("casskop_200x3_rss", "MB", (resident(ground.operator.pid),)),
        ]


@contextmanager
def prepared(console: Console) -> Iterator[Ground]:
    """A world of its own."""
    with tempfile.TemporaryDirectory(prefix="mck-bench-") as folder:
        world = World.up(Path(folder) / "world", [MEMBER], progress=printer(console), owned=True)
        try:
            install_crds(world)
            make_namespace(world, MEMBER)
            allow_pods(world.admin(MEMBER), NAMESPACE)
            world.simulate_pods(MEMBER)
            yield from started(world, Path(folder))
        finally:
            world.down()


def started(world: World, folder: Path) -> Iterator[Ground]:
    """Start CassKop, with the rights of its chart."""
    flags = ("--controllers=cassandracluster",)
    launch = Launch(NAMESPACE, MEMBER, (), flags, relayed=False, rules=CASSKOP_RULES, account=ACCOUNT)
    operator = Operator(folder, launch)
    credentials(world, operator.kubeconfig, launch)
    operator.start()
    try:
        yield Ground(world, operator)
    finally:
        operator.stop()


def running(ground: Ground, recorder: Recorder, name: str) -> float:
    """Submit a cluster of two nodes, and give the seconds until all of it runs."""
    body = cluster(name, topology=topology(2, dc1=1))
    ground.world.admin(MEMBER).create(CASSANDRACLUSTERS, NAMESPACE, body)
    created = recorder.wait_for(child(NAMESPACE, name, MEMBER, "ADDED"))
    return recorder.wait_for(settled(NAMESPACE, name, MEMBER)).at - created.at


def submit(ground: Ground, console: Console) -> None:
    """Make all clusters at once, and return when all of them run."""
    console.print(f"making {CLUSTERS} clusters of {RACKS} racks", style="dim")
    bodies = [cluster(f"many-{number}", topology=topology(1, dc1=RACKS)) for number in range(CLUSTERS)]
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(partial(ground.world.admin(MEMBER).create, CASSANDRACLUSTERS, NAMESPACE), bodies))
    if not wait_until(partial(all_run, ground), BUILD_SECONDS, 1.0):
        raise TimeoutError(f"not all clusters ran within {BUILD_SECONDS:.0f}s\n{ground.operator.tail()}")


def all_run(ground: Ground) -> bool:
    """Whether all clusters say so."""
    found = (item.get("status") or {} for item in ground.world.admin(MEMBER).items(CASSANDRACLUSTERS, NAMESPACE))
    return all((it.get("phase"), it.get("lastClusterActionStatus")) == ("Running", "Done") for it in found)


def counted(operator: Operator) -> Mapping[str, float]:
    """How many requests were sent and how many runs there were so far, by the operator's own metrics."""
    families = list(text_string_to_metric_families(operator.metrics()))
    totals = {sample.name: 0.0 for family in families for sample in family.samples}
    for family in families:
        for sample in family.samples:
            totals[sample.name] += sample.value
    return {"requests": totals["casskop_api_requests_total"], "runs": totals["casskop_reconcile_total"]}


def at_rest(ground: Ground) -> float:
    """How many calls come in a minute in which nothing changes, once all events of the rush are written.

    Events go out at a steady pace, behind the work; that they end is a part of what is measured.
    """
    if not wait_until(lambda: calls_within(ground, SETTLE) == 0, EVENTS_SECONDS, 0.0):
        raise TimeoutError(f"there were calls without an end for {EVENTS_SECONDS:.0f}s\n{ground.operator.tail()}")
    return float(calls_within(ground, REST))


def calls_within(ground: Ground, seconds: float) -> int:
    """How many calls come in so many seconds from now."""
    log = ground.world.audit_log(MEMBER)
    offset = log.stat().st_size
    time.sleep(seconds)
    told = entries(log, account_of(NAMESPACE, ACCOUNT), since=offset)
    return sum(not is_allowed(entry) for entry in told)
