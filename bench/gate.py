"""From child 1 Running to child 2 created, one object at a time: the gate opens by event, not by polling."""

from multicasskop.world.kinds import MULTICASSKOPS
from multicasskop.world.recorder import Recorder
from multicasskop.world.scenario import child, ready, ring, settled
from multicasskop.world.world import World

from bench.measure import MINIMUM_SAMPLES, Figure, Peer, at_most
from bench.stage import MEMBERS, NAMESPACE, Stage

GO = Peer(
    "Go MultiCassKop",
    25_100.0,
    "recorded in May 2026 on two API servers, one object: it polls every 30 s, child 2 came 25.1 s after the gate",
)
GOAL_MS = 100.0


def measure(stage: Stage) -> list[Figure]:
    """One figure in milliseconds, as one recorder with watches on both members sees the two events."""
    samples = tuple(latency(stage.world, stage.recorder, f"gate-{number}") for number in range(MINIMUM_SAMPLES))
    return [Figure("gate_latency", "ms", samples, at_most(GOAL_MS), GO)]


def latency(world: World, recorder: Recorder, name: str, namespace: str = NAMESPACE) -> float:
    """Submit one object, wait until all of it is Ready, and give the gate's latency in milliseconds."""
    world.admin(MEMBERS[0]).create(MULTICASSKOPS, namespace, ring(name, MEMBERS))
    created = recorder.wait_for(child(namespace, name, MEMBERS[1], "ADDED"))
    running = recorder.wait_for(settled(namespace, name, MEMBERS[0]))
    recorder.wait_for(ready(namespace, name))
    return (created.at - running.at) * 1000
