"""Nodes whose Jolokia hangs, refuses or answers nonsense: nothing shrinks, the node is named, and others go on."""

from collections.abc import Callable

import pytest
from multicasskop.world.cassandra.rules import Line, Rule
from multicasskop.world.kinds import EVENTS, PODS
from multicasskop.world.rings import Ring, topology
from multicasskop.world.world import World

pytestmark = pytest.mark.planes

SAID = {
    Line.HANG: "no answer within 10s",
    Line.REFUSE: "nobody listens",
    Line.GARBAGE: "no JSON",
    Line.ERROR: "",
    Line.UNAUTHORIZED: "HTTP 401",
    Line.BREAK: "the connection broke",
}
"""What is said of a node by the way in which it fails."""


def last_node(ring: Ring) -> str:
    """The pod that goes first."""
    return f"{ring.name}-dc1-rack1-1"


def names_the_node(ring: Ring, said: str) -> bool:
    """Whether the condition says which node it is, and what it does."""
    status, reason, message = ring.condition("Degraded")
    found = (status, reason) == ("True", "NodeFails") and f"node {last_node(ring)} does not say its mode" in message
    return found and said in message


def is_told(ring: Ring, reason: str) -> bool:
    """Whether an event of this reason is about the cluster."""
    events = ring.api.items(EVENTS, ring.namespace)
    return any((each["reason"], each["regarding"]["name"]) == (reason, ring.name) for each in events)


def test_whatever_a_node_does_its_rack_shrinks_only_when_it_has_left(rings: Callable[[], Ring], world: World) -> None:
    """Each of these clusters waits for its node and says so; one beside them changes meanwhile; mended, all go on."""
    broken = {line: rings() for line in SAID}
    calm, member = rings(), world.members[0]
    for ring in broken.values():
        ring.submit(topology=topology(2, dc1=1))
    calm.submit()
    rules = (Rule(pods=f"{ring.namespace}/{last_node(ring)}", line=line) for line, ring in broken.items())
    world.disturb(member, *rules)
    for ring in broken.values():
        ring.patch({"spec": {"topology": topology(1, dc1=1)}})
    calm.edit(cassandraImage="cassandra:4.1.11")
    for line, ring in broken.items():
        ring.until(lambda: names_the_node(ring, SAID[line]), f"{line}: {SAID[line]}")  # noqa: B023
        ring.until(lambda: is_told(ring, "NodeFails"), "an event")  # noqa: B023
        assert ring.set()["spec"]["replicas"] == 2
        assert world.ring(ring.namespace, ring.name).commands() == []
    world.disturb(member)
    for ring in broken.values():
        ring.until(lambda: ring.rests(ring.object["metadata"]["generation"]), "smaller")  # noqa: B023
        assert ring.condition("Degraded")[:2] == ("False", "AsExpected")
        told = [command.operation for command in world.ring(ring.namespace, ring.name).commands()]
        assert (told, len(ring.pods())) == (["decommission"], 1)


def test_node_that_falls_silent_while_it_leaves_is_waited_for(ring: Ring, world: World) -> None:
    """It was told once, and is not told again; when it answers again it has left, and its pod goes."""
    ring.submit(topology=topology(2, dc1=1))
    pods = f"{ring.namespace}/{last_node(ring)}"
    book = world.ring(ring.namespace, ring.name)
    world.disturb(world.members[0], Rule(pods=pods, command=3.0))
    ring.patch({"spec": {"topology": topology(1, dc1=1)}})
    ring.until(lambda: len(book.commands()) == 1, "told")
    world.disturb(world.members[0], Rule(pods=pods, line=Line.REFUSE))
    ring.until(lambda: names_the_node(ring, SAID[Line.REFUSE]), "named")
    assert ring.set()["spec"]["replicas"] == 2
    world.disturb(world.members[0])
    ring.until(lambda: ring.rests(ring.object["metadata"]["generation"]), "smaller")
    assert [command.operation for command in book.commands()] == ["decommission"]
    assert ring.pods().keys() == {"dc1-rack1-0"}


def test_node_that_refuses_to_leave_is_told_again_once_it_may(ring: Ring, world: World) -> None:
    """What it says is shown, nothing shrinks; what it was told in vain it is told again after a while."""
    ring.submit(topology=topology(2, dc1=1))
    pods = f"{ring.namespace}/{last_node(ring)}"
    world.disturb(world.members[0], Rule(pods=pods, fails=("decommission",)))
    ring.patch({"spec": {"topology": topology(1, dc1=1)}})
    ring.until(lambda: ring.condition("Degraded")[:2] == ("True", "NodeFails"), "named")
    assert f"node {last_node(ring)} does not leave the ring" in ring.condition("Degraded")[2]
    assert ring.set()["spec"]["replicas"] == 2
    world.disturb(world.members[0])
    ring.until(lambda: ring.rests(ring.object["metadata"]["generation"]), "smaller")
    told = [(command.operation, bool(command.refused)) for command in world.ring(ring.namespace, ring.name).commands()]
    assert told == [("decommission", True), ("decommission", False)]


def test_operation_on_a_node_that_hangs_holds_up_nobody(ring: Ring, rings: Callable[[], Ring], world: World) -> None:
    """A cleanup that is never answered keeps its pod busy, and nothing else; other clusters are cleaned meanwhile."""
    other = rings()
    for each in (ring, other):
        each.submit(topology=topology(1, dc1=1))
    world.disturb(world.members[0], Rule(pods=f"{ring.namespace}/{ring.name}-dc1-rack1-0", line=Line.HANG))
    for each in (ring, other):
        label(each)
    other.until(lambda: status_of(other) == "Done", "cleaned up")
    assert status_of(ring) in ("ToDo", "Ongoing")
    world.disturb(world.members[0])


def label(ring: Ring) -> None:
    """Ask for a cleanup of the first pod."""
    body = {"metadata": {"labels": {"operation-name": "cleanup", "operation-status": "ToDo"}}}
    ring.api.patch(PODS, ring.namespace, f"{ring.name}-dc1-rack1-0", body)


def status_of(ring: Ring) -> str:
    """How far its operation is."""
    found = ring.api.get(PODS, ring.namespace, f"{ring.name}-dc1-rack1-0")["metadata"]["labels"]
    return str(found.get("operation-status", ""))
