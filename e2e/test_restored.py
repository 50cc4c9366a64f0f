"""A member's etcd is restored from an older snapshot: its versions go back, and its server says nothing of it."""

import time
from collections.abc import Callable

import pytest
from multicasskop.world.campaign.workloads import IMAGE
from multicasskop.world.kinds import CASSANDRACLUSTERS, MULTICASSKOPS
from multicasskop.world.operators import Operator
from multicasskop.world.processes import wait_until
from multicasskop.world.proxy.faults import Faults
from multicasskop.world.recorder import Entry, Recorder
from multicasskop.world.scenario import child, ready, ring, settled
from multicasskop.world.simulators.modes import Contract, Mode, SimulatorOptions
from multicasskop.world.world import World

NOTICED_WITHIN = 120.0
INSTANT = SimulatorOptions(Mode.INSTANT, Contract.OWN)


def image(entry: Entry) -> str:
    """The image of a child as it was seen."""
    found: str = entry.object["spec"]["cassandraImage"]
    return found


def counted(entry: Entry) -> str:
    """How far the versions have been spent, as the child shows it."""
    found: str = (entry.object["metadata"].get("annotations") or {}).get("example.org/count", "")
    return found


def spend_versions(world: World, member: str, namespace: str, count: int = 100) -> None:
    """Let the operator see more versions go by than are written when an API server starts and is looked at."""
    for number in range(count):
        body = {"metadata": {"annotations": {"example.org/count": str(number)}}}
        world.admin(member).patch(CASSANDRACLUSTERS, namespace, "demo", body)


@pytest.mark.planes
@pytest.mark.timeout(300)
@pytest.mark.parametrize("streamed", ["false", "true"], ids=["lists in pages", "lists streamed"])
def test_change_is_applied_once_more(
    world: World,
    namespace: str,
    casskop: Callable[..., None],
    recorder: Recorder,
    faults: Faults,
    start_operator: Callable[..., Operator],
    streamed: str,
) -> None:
    """A member restored to before a change is noticed within 90 s and gets the change again, by one write."""
    home, other = world.members
    casskop(INSTANT)
    operator = start_operator(through=faults, MCK_STREAMED_LISTS=streamed)
    world.admin(home).create(MULTICASSKOPS, namespace, ring("demo", world.members))
    recorder.wait_for(ready(namespace, "demo"), 60)
    world.snapshot(other)
    world.admin(home).patch(MULTICASSKOPS, namespace, "demo", {"spec": IMAGE})
    changed = recorder.wait_for(ready(namespace, "demo", 2), 60)
    spend_versions(world, other, namespace)
    is_child = child(namespace, "demo", other)
    spent = recorder.wait_for(lambda entry: is_child(entry) and counted(entry) == "99", after=changed.at)
    world.restore_snapshot(other)
    restored = recorder.wait_for(is_child, after=spent.at)
    assert image(restored) == "cassandra:4.1.4"
    began, writes = time.monotonic(), len(faults.trace.writes())
    is_settled = settled(namespace, "demo", other)
    recorder.wait_for(
        lambda entry: is_settled(entry) and image(entry) == "cassandra:4.1.5", NOTICED_WITHIN, after=restored.at
    )
    assert time.monotonic() - began < NOTICED_WITHIN
    recorder.wait_for(ready(namespace, "demo", 2))

    def again() -> list[tuple[str, str]]:
        since = faults.trace.writes()[writes:]
        return [(entry.member, entry.verb) for entry in since if entry.plural == CASSANDRACLUSTERS.plural]

    # the proxy writes down what has passed a little later than the recorder may see it
    assert wait_until(lambda: bool(again()), 10)
    assert again() == [(other, "patch")]
    assert 'reason="restored"' in operator.metrics()
