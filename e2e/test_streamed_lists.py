"""Lists as the beginning of watches, from real API servers."""

from collections.abc import Callable

import pytest
from multicasskop.world import oracles
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS
from multicasskop.world.operators import Operator
from multicasskop.world.proxy.faults import Faults
from multicasskop.world.recorder import Recorder
from multicasskop.world.scenario import ready, ring
from multicasskop.world.world import World


@pytest.mark.planes
def test_rollout(
    world: World,
    namespace: str,
    casskop: Callable[..., None],
    recorder: Recorder,
    faults: Faults,
    start_operator: Callable[..., Operator],
) -> None:
    """A rollout ends as ever when no list is asked for in pages, nor needed: the server ends each one by its mark."""
    casskop()
    operator = start_operator(through=faults, MCK_STREAMED_LISTS="true")
    world.admin(world.members[0]).create(MULTICASSKOPS, namespace, ring("demo", world.members))
    recorder.wait_for(ready(namespace, "demo"), 60)
    history = oracles.children(recorder.entries(), namespace, "demo")
    assert oracles.created_in_order(history, world.members) == oracles.created_once(history) == ()
    watched = {CASSANDRACLUSTERS.plural, MULTICASSKOPS.plural}
    assert faults.trace.requests(lambda entry: entry.verb == "list" and entry.plural in watched) == ()
    assert 'reason="not-streamed"} 1' not in operator.metrics()
