"""Commands beside the work: one per pod, a few in all, and what came of them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from fakes.clock import FakeClock
from fakes.nodes import SlowNode
from multicasskop.informers.key import Key
from multicasskop.informers.supervisor import Supervisor
from multicasskop.reconcilers.cassandracluster.jolokia.answers import Failed
from multicasskop.reconcilers.cassandracluster.jolokia.operations import CleanupAll
from multicasskop.reconcilers.cassandracluster.jolokia.pool import CommandPool, Ended, Running
from multicasskop.reconcilers.cassandracluster.jolokia.questions import Decommission, Keyspaces, Rebuild

POD, OTHER, THIRD = (Key("ns", f"demo-dc1-rack1-{number}") for number in range(3))
DEMO, WEB = Key("ns", "demo"), Key("ns", "web")
BROKEN = Failed("error", "it cannot", 500)
PATIENCE = 10


class Bench:
    """A pool with room for two, and who is woken."""

    def __init__(self) -> None:
        self.threads = Supervisor()
        self.pool = CommandPool(self.threads, FakeClock(), at_once=2)
        self.woken: list[Key] = []
        self.pool.on_end(self.woken.append)
        self.nodes: list[SlowNode] = []

    def start(self, pod: Key, uid: str = "u-1", *, node: SlowNode | None = None, cluster: Key = DEMO) -> bool:
        """Have a node decommissioned."""
        found = node or SlowNode()
        self.nodes.append(found)
        return self.pool.start(pod, uid, Decommission(), found, cluster)

    def finish(self) -> None:
        """Let all nodes answer, and wait for the threads."""
        for node in self.nodes:
            node.go.set()
        assert self.threads.join_all(PATIENCE) == ()
        assert self.threads.failure is None


@pytest.fixture
def bench() -> Iterator[Bench]:
    """A pool, whose threads end with the test."""
    found = Bench()
    yield found
    found.finish()


def test_command_runs_and_its_end_wakes_the_cluster(bench: Bench) -> None:
    """While the node is at it the pod is busy; when it has ended that is known, and the cluster is woken."""
    assert bench.start(POD)
    assert bench.pool.look(POD, "u-1") == Running(Decommission())
    assert bench.pool.busy() == {"u-1"}
    bench.finish()
    assert bench.pool.look(POD, "u-1") == Ended(Decommission())
    assert (bench.pool.busy(), bench.woken) == (frozenset(), [DEMO])


def test_end_is_told_while_the_pod_is_busy(bench: Bench) -> None:
    """Whoever has to forget what the node said before does so ere anybody takes the pod for free."""
    told = list[tuple[Key, str, set[str]]]()
    bench.pool.before_end(lambda cluster, uid: told.append((cluster, uid, set(bench.pool.busy()))))
    bench.start(POD)
    bench.finish()
    assert told == [(DEMO, "u-1", {"u-1"})]


def test_failure_is_kept_until_it_is_forgotten(bench: Bench) -> None:
    """Why a command failed can be asked for more than once."""
    bench.start(POD, node=SlowNode({Decommission(): BROKEN}))
    bench.finish()
    for _ in range(2):
        assert bench.pool.look(POD, "u-1") == Ended(Decommission(), BROKEN)
    bench.pool.forget(POD)
    assert bench.pool.look(POD, "u-1") is None


def test_pod_has_one_command_at_a_time(bench: Bench) -> None:
    """A second command is turned away, also of another pod of the same name; the first one is not touched."""
    assert bench.start(POD)
    assert not bench.start(POD)
    assert not bench.start(POD, "u-2")
    assert bench.pool.look(POD, "u-2") is None
    assert bench.nodes[1].asked == bench.nodes[2].asked == []


def test_what_another_pod_of_the_name_was_told_is_not_told_of_this_one(bench: Bench) -> None:
    """A recreated pod begins anew: its node was told nothing."""
    bench.start(POD)
    bench.finish()
    assert bench.pool.look(POD, "u-2") is None


def test_new_command_replaces_what_came_of_the_last(bench: Bench) -> None:
    """An old failure is not taken for one of the new command."""
    bench.start(POD, node=SlowNode({Decommission(): BROKEN}))
    bench.finish()
    node = SlowNode({Keyspaces(): ("app",)})
    bench.nodes.append(node)
    assert bench.pool.start(POD, "u-1", CleanupAll(), node, DEMO)
    assert bench.pool.look(POD, "u-1") == Running(CleanupAll())
    bench.finish()
    assert bench.pool.look(POD, "u-1") == Ended(CleanupAll())


def test_no_more_than_a_few_at_once(bench: Bench) -> None:
    """Who finds no room is turned away, and woken when there is some."""
    assert bench.start(POD)
    assert bench.start(OTHER)
    assert not bench.start(THIRD, cluster=WEB)
    bench.finish()
    assert sorted(bench.woken) == [DEMO, DEMO, WEB]
    assert bench.pool.start(THIRD, "u-3", Rebuild("dc1"), bench.nodes[2], WEB)


def test_command_without_room_forgets_what_came_of_the_last(bench: Bench) -> None:
    """Whoever asks again, and finds no room, does not see the end of the command before."""
    bench.start(POD)
    bench.finish()
    assert isinstance(bench.pool.look(POD, "u-1"), Ended)
    assert bench.start(OTHER)
    assert bench.start(THIRD)
    assert not bench.start(POD)
    assert bench.pool.look(POD, "u-1") is None


def test_command_for_a_pod_that_is_gone_can_be_abandoned(bench: Bench) -> None:
    """Nobody waits any more, and it ends as one whose outcome is not known."""
    bench.start(POD)
    bench.pool.abandon(OTHER)
    bench.pool.abandon(POD)
    assert bench.threads.join_all(PATIENCE) == ()
    assert bench.pool.look(POD, "u-1") == Ended(Decommission(), Failed("timeout", "closed"))


def test_stopped_pool_lets_go_of_all_nodes(bench: Bench) -> None:
    """All threads end at once, nobody is woken, and nothing new is begun."""
    bench.start(POD)
    bench.start(OTHER)
    bench.pool.stop()
    assert bench.threads.join_all(PATIENCE) == ()
    assert all(node.closed for node in bench.nodes)
    assert not bench.start(THIRD)
    assert bench.woken == []


def test_reached_node_is_asked_outside_the_lock(bench: Bench) -> None:
    """While a node takes its time others can look, start and end."""
    bench.start(POD)
    assert bench.nodes[0].reached.wait(PATIENCE)
    with ThreadPoolExecutor() as threads:
        assert threads.submit(bench.pool.look, POD, "u-1").result(PATIENCE) == Running(Decommission())
