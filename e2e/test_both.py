"""Both operators together on real API servers: a MultiCasskop, a CassKop in each member, and one ring of all pods.

Only the pods are simulated: what the two operators say to each other, they say by themselves.
"""

from collections.abc import Callable
from typing import Any

import pytest
from multicasskop.reconcilers.cassandracluster.jolokia.answers import Failed
from multicasskop.reconcilers.cassandracluster.jolokia.client import JolokiaClient
from multicasskop.reconcilers.cassandracluster.jolokia.questions import LiveNodes
from multicasskop.reconcilers.cassandracluster.statefulset import live_seeds
from multicasskop.world import oracles
from multicasskop.world.kinds import MULTICASSKOPS, PODS, STATEFULSETS
from multicasskop.world.operators import Operator
from multicasskop.world.processes import wait_until
from multicasskop.world.recorder import Recorder
from multicasskop.world.scenario import ready, ring, seeds
from multicasskop.world.services.jaeger import Jaeger, Spans
from multicasskop.world.world import World

pytestmark = pytest.mark.planes

Json = dict[str, Any]
PATIENCE = 90.0


@pytest.fixture
def both(world: World, start_operator: Callable[..., Operator], start_real_casskop: Callable[..., Operator]) -> World:
    """Both operators run."""
    for member in world.members:
        start_real_casskop(member)
    start_operator()
    return world


def statefulsets(world: World, member: str, namespace: str) -> list[Json]:
    """Those of a member."""
    return world.admin(member).items(STATEFULSETS, namespace)


def test_one_ring_over_two_clusters(both: World, namespace: str, recorder: Recorder) -> None:
    """Member after member comes to run, all pods start with the same seeds, and nobody restarts anybody."""
    both.admin(both.members[0]).create(MULTICASSKOPS, namespace, ring("demo", both.members))
    recorder.wait_for(ready(namespace, "demo"), PATIENCE)
    history = oracles.children(recorder.entries(), namespace, "demo")
    assert oracles.created_in_order(history, both.members) == ()
    expected = tuple(seeds("demo", both.members))
    found = [each for member in both.members for each in statefulsets(both, member, namespace)]
    assert {live_seeds(each) for each in found} == {expected}
    assert {each["metadata"]["generation"] for each in found} <= {1, 2}, "a template was changed after it was made"
    pods = [pod for member in both.members for pod in both.admin(member).items(PODS, namespace)]
    assert len(pods) == sum(each["spec"]["replicas"] for each in found) > 1
    addresses = {str(pod["status"]["podIP"]) for pod in pods}
    assert wait_until(lambda: all(live_nodes(address) == addresses for address in addresses), 30), "not one ring"


def live_nodes(address: str) -> set[str]:
    """The nodes that the one at an address sees."""
    found = JolokiaClient(address).ask(LiveNodes())
    return set() if isinstance(found, Failed) else set(found)


def test_trace_leads_from_the_rollout_to_the_nodes(
    world: World,
    namespace: str,
    recorder: Recorder,
    jaeger: Jaeger,
    start_operator: Callable[..., Operator],
    start_real_casskop: Callable[..., Operator],
) -> None:
    """What each CassKop did, down to its calls to nodes, is part of the rollout's trace, and hangs under its step."""
    for member in world.members:
        start_real_casskop(member, f"--otlp-endpoint={jaeger.otlp}")
    start_operator(f"--otlp-endpoint={jaeger.otlp}")
    world.admin(world.members[0]).create(MULTICASSKOPS, namespace, ring("demo", world.members))
    last = recorder.wait_for(ready(namespace, "demo"), PATIENCE)
    trace = last.object["status"]["traceparent"].split("-")[1]

    def is_whole(spans: Spans) -> bool:
        names = [span.name for span in spans]
        return names.count("casskop action") == 2 and names.count("casskop rack") == 2 and "rollout" in names

    spans = jaeger.wait(lambda: jaeger.trace(trace), is_whole)
    by_id = {span.id: span for span in spans}
    actions = [span for span in spans if span.name == "casskop action"]
    assert {span.resource["k8s.cluster.name"] for span in actions} == set(world.members)
    assert {span.service for span in actions} == {"casskop"}
    assert {by_id[span.parent].name for span in actions} == {"step"}
    below = {span.name for span in spans if span.parent in {action.id for action in actions}}
    assert {"casskop rack", "reconcile", "jolokia call"} <= below
    assert "POST statefulsets" in {span.name for span in spans}
