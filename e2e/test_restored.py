"""A member's etcd is restored from an older snapshot: its versions go back, and its server says nothing of it."""

import time
from collections.abc import Callable

import pytest
from multicasskop.world.campaign.workloads import IMAGE
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS, NAMESPACES
from multicasskop.world.operators import Operator
from multicasskop.world.proxy.faults import Faults
from multicasskop.world.recorder import Entry, Recorder
from multicasskop.world.scenario import child, ready, ring, settled
from multicasskop.world.simulators.modes import Contract, Mode, SimulatorOptions
from multicasskop.world.world import World

NOTICED_WITHIN = 90.0
INSTANT = SimulatorOptions(Mode.INSTANT, Contract.OWN)


def image(entry: Entry) -> str:
    """The image of a child as it was seen."""
    found: str = entry.object["spec"]["cassandraImage"]
    return found


def spend_versions(world: World, member: str, namespace: str, count: int = 300) -> None:
    """Let a member's versions go on by more than the writes with which its API server starts."""
    for number in range(count):
        world.admin(member).patch(NAMESPACES, "", namespace, {"metadata": {"annotations": {"count": str(number)}}})


@pytest.mark.planes
@pytest.mark.timeout(300)
def test_change_is_applied_once_more(
    world: World,
    namespace: str,
    casskop: Callable[..., None],
    recorder: Recorder,
    faults: Faults,
    start_operator: Callable[..., Operator],
) -> None:
    """A member restored to before a change is noticed within 90 s and gets the change again, by one write."""
    home, other = world.members
    casskop(INSTANT)
    operator = start_operator(through=faults)
    world.admin(home).create(MULTICASSKOPS, namespace, ring("demo", world.members))
    first = recorder.wait_for(ready(namespace, "demo"), 60)
    world.snapshot(other)
    world.admin(home).patch(MULTICASSKOPS, namespace, "demo", {"spec": IMAGE})
    changed = recorder.wait_for(ready(namespace, "demo"), 60, after=first.at)
    spend_versions(world, other, namespace)
    world.restore_snapshot(other)
    restored = recorder.wait_for(child(namespace, "demo", other), after=changed.at)
    assert image(restored) == "cassandra:4.1.4"
    began, writes = time.monotonic(), len(faults.trace.writes())
    is_settled = settled(namespace, "demo", other)
    recorder.wait_for(
        lambda entry: is_settled(entry) and image(entry) == "cassandra:4.1.5", NOTICED_WITHIN, after=restored.at
    )
    assert time.monotonic() - began < NOTICED_WITHIN
    recorder.wait_for(ready(namespace, "demo"), after=first.at)
    again = [entry for entry in faults.trace.writes()[writes:] if entry.plural == CASSANDRACLUSTERS.plural]
    assert [(entry.member, entry.verb) for entry in again] == [(other, "patch")]
    assert 'reason="restored"' in operator.metrics()
