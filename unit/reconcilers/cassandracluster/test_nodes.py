"""The nodes of all rings: what they answered, what they are told, and that nobody waits for them."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from fakes.clock import FakeClock
from fakes.nodes import ScriptedNode, SlowNode
from fakes.rack_scene import node, scene
from multicasskop.informers.errors import NotLeader
from multicasskop.informers.guard import WriteGuard
from multicasskop.informers.key import Key
from multicasskop.informers.supervisor import Supervisor
from multicasskop.reconcilers.cassandracluster.answer_book import AnswerBook
from multicasskop.reconcilers.cassandracluster.facts import Facts
from multicasskop.reconcilers.cassandracluster.jolokia.answers import Failed
from multicasskop.reconcilers.cassandracluster.jolokia.pool import CommandPool
from multicasskop.reconcilers.cassandracluster.jolokia.questions import Cleanup, Decommission, OperationMode
from multicasskop.reconcilers.cassandracluster.lines import Lines
from multicasskop.reconcilers.cassandracluster.nodes import TOLD_AGAIN_SECONDS, Nodes
from multicasskop.reconcilers.cassandracluster.ring import Ask, Outcome, Unanswered
from multicasskop.reconcilers.cassandracluster.writes import Run

DEMO, POD = Key("cassandra", "demo"), node("dc1-rack1", 0)
FACTS: Facts = scene([POD]).facts
BROKEN = Failed("error", "it cannot", 500)


class Rig:
    """One node, whose answers are scripted, and threads that are joined."""

    def __init__(self) -> None:
        self.clock, self.threads, self.woken = FakeClock(), Supervisor(), list[Key]()
        self.guard = WriteGuard(self.clock)
        self.guard.open_until(10.0)
        self.node: ScriptedNode = SlowNode({OperationMode(): "NORMAL"})
        lines = SimpleNamespace(connect=lambda cluster, pod: self.node)
        book = AnswerBook(self.clock, connect=lines.connect, start=self.threads.spawn)
        self.nodes = Nodes(book, CommandPool(self.threads, self.clock), cast(Lines, lines), self.clock, self.guard)
        self.nodes.on_news(self.woken.append)

    def answers(self) -> None:
        """Let the node answer, and wait until it has."""
        cast(SlowNode, self.node).go.set()
        assert self.threads.join_all(10) == ()
        assert self.threads.failure is None


@pytest.fixture
def rig() -> Iterator[Rig]:
    """Nodes, whose threads end with the test."""
    found = Rig()
    yield found
    found.answers()


def test_answer_is_in_the_ring_until_it_was_used(rig: Rig) -> None:
    """What a decision missed is asked, wakes the cluster, and counts for one decision."""
    rig.nodes.ask(DEMO, Unanswered(POD, OperationMode()))
    assert rig.nodes.ring(DEMO, FACTS).answers == {}
    rig.answers()
    assert rig.nodes.ring(DEMO, FACTS).answers == {Ask(POD.uid, OperationMode()): "NORMAL"}
    assert rig.woken == [DEMO]
    rig.nodes.used(DEMO)
    assert rig.nodes.ring(DEMO, FACTS).answers == {}


def test_node_that_is_told_is_busy_until_it_has_done_it(rig: Rig) -> None:
    """The ring shows what a node is at, and afterwards what came of it."""
    rig.nodes.order(DEMO, Run(POD, Cleanup("ks", 0)))
    ring = rig.nodes.ring(DEMO, FACTS)
    assert (set(ring.busy), dict(ring.running)) == ({POD.uid}, {POD.uid: Cleanup("ks", 0)})
    rig.answers()
    ring = rig.nodes.ring(DEMO, FACTS)
    assert not any((ring.busy, ring.running, ring.failed))
    assert ring.ended == {POD.uid: Outcome(Cleanup("ks", 0), None)}
    assert rig.woken == [DEMO]


def test_answer_of_before_a_command_does_not_count_after_it(rig: Rig) -> None:
    """A node that said NORMAL, and then left the ring as it was told, is asked anew and not told a second time."""
    rig.nodes.ask(DEMO, Unanswered(POD, OperationMode()))
    rig.answers()
    rig.nodes.order(DEMO, Run(POD, Decommission()))
    rig.answers()
    ring = rig.nodes.ring(DEMO, FACTS)
    assert (ring.answers, set(ring.busy)) == ({}, set())


@pytest.mark.parametrize(
    ("command", "stays"),
    [(Decommission(), {POD.uid: "it cannot"}), (Cleanup("ks", 0), {})],
    ids=["decommission", "another operation"],
)
def test_only_a_failed_decommission_keeps_a_node(rig: Rig, command: Any, stays: dict[str, str]) -> None:  # noqa: ANN401
    """A node that was to leave the ring and could not is said to stay; one whose cleanup failed was not to leave."""
    rig.node.answers[command] = BROKEN
    rig.nodes.order(DEMO, Run(POD, command))
    rig.answers()
    ring = rig.nodes.ring(DEMO, FACTS)
    assert ring.failed == stays
    assert ring.ended == {POD.uid: Outcome(command, BROKEN)}


def test_failed_decommission_is_told_again_after_a_while(rig: Rig) -> None:
    """What kept a node in the ring may be over: after a while it is no reason any more not to tell it again."""
    rig.node.answers[Decommission()] = BROKEN
    rig.nodes.order(DEMO, Run(POD, Decommission()))
    rig.answers()
    rig.clock.advance(TOLD_AGAIN_SECONDS - 1)
    assert rig.nodes.ring(DEMO, FACTS).failed == {POD.uid: "it cannot"}
    rig.clock.advance(1)
    assert rig.nodes.ring(DEMO, FACTS).failed == {}


def test_who_leads_no_more_tells_no_node_anything(rig: Rig) -> None:
    """A process that was frozen until its lease was over has no node decommissioned when it wakes."""
    rig.clock.advance(11.0)
    with pytest.raises(NotLeader):
        rig.nodes.order(DEMO, Run(POD, Decommission()))
    assert rig.threads.running() == ()
    assert rig.nodes.ring(DEMO, FACTS).busy == set()


def test_stop_waits_for_no_node(rig: Rig) -> None:
    """Neither a question nor a command keeps a thread after the stop, and nothing new is begun."""
    rig.nodes.ask(DEMO, Unanswered(POD, OperationMode()))
    rig.nodes.order(DEMO, Run(POD, Decommission()))
    assert cast(SlowNode, rig.node).reached.wait(10)
    rig.nodes.stop()
    assert rig.threads.join_all(10) == ()
    rig.nodes.ask(DEMO, Unanswered(POD, OperationMode()))
    rig.nodes.order(DEMO, Run(POD, Decommission()))
    assert rig.threads.running() == ()
    assert rig.woken == []
