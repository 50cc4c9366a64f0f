"""Fifty objects submitted at once: how long until each one's second child is created."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from multicasskop.world.kinds import MULTICASSKOPS
from multicasskop.world.scenario import child, parent, ready, ring

from bench.measure import Figure, Peer, at_most
from bench.stage import MEMBERS, NAMESPACE, Stage

GO = Peer(
    "Go MultiCassKop, 50 objects",
    7.6,
    "recorded in May 2026 on two API servers: 50 objects at once, equal names, children Running at once; p50 3.1 s",
)
GOAL_SECONDS = 1.0
OBJECTS = 50
CONNECTIONS = 16


def measure(stage: Stage) -> list[Figure]:
    """One figure in seconds, from the object's arrival to that of its second child, as one recorder sees both."""
    # connections stand before the clock runs: TLS handshakes of the first wave are not what is measured
    submitted(stage, "warm", CONNECTIONS)
    names = submitted(stage, "submit", OBJECTS)
    samples = tuple(latency(stage, name) for name in names)
    return [Figure("submit50_to_child2", "s", samples, at_most(GOAL_SECONDS), GO)]


def submitted(stage: Stage, prefix: str, count: int) -> list[str]:
    """Submit so many objects at once, and return their names when all of them are Ready."""
    names = [f"{prefix}-{number}" for number in range(count)]
    home = stage.world.admin(MEMBERS[0])
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(partial(home.create, MULTICASSKOPS, NAMESPACE), (ring(name, MEMBERS) for name in names)))
    for name in names:
        stage.recorder.wait_for(ready(NAMESPACE, name), 60)
    return names


def latency(stage: Stage, name: str) -> float:
    """From submit to child 2, in seconds."""
    submitted = stage.recorder.wait_for(parent(NAMESPACE, name, "ADDED"))
    created = stage.recorder.wait_for(child(NAMESPACE, name, MEMBERS[1], "ADDED"), 60)
    return created.at - submitted.at
