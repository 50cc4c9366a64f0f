"""Fifty objects submitted at once: how long until each one's second child is created."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from multicasskop.world.kinds import MULTICASSKOPS
from multicasskop.world.scenario import child, parent, ready, ring

from bench.measure import Figure, Peer
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
    names = [f"submit-{number}" for number in range(OBJECTS)]
    home = stage.world.admin(MEMBERS[0])
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        # connections stand before the clock runs: fifty TLS handshakes would be the harness's load, not the operator's
        list(pool.map(lambda _: home.items(MULTICASSKOPS, NAMESPACE), range(CONNECTIONS)))
        list(pool.map(partial(home.create, MULTICASSKOPS, NAMESPACE), (ring(name, MEMBERS) for name in names)))
    samples = tuple(latency(stage, name) for name in names)
    for name in names:
        stage.recorder.wait_for(ready(NAMESPACE, name), 60)
    return [Figure("submit50_to_child2", "s", samples, GOAL_SECONDS, GO)]


def latency(stage: Stage, name: str) -> float:
    """From submit to child 2, in seconds."""
    submitted = stage.recorder.wait_for(parent(NAMESPACE, name, "ADDED"))
    created = stage.recorder.wait_for(child(NAMESPACE, name, MEMBERS[1], "ADDED"), 60)
    return created.at - submitted.at
