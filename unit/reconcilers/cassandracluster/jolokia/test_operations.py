"""What takes more than one request: in which order, and where it stops."""

import pytest
from fakes.nodes import ScriptedNode
from multicasskop.reconcilers.cassandracluster.jolokia.answers import Failed, Replicas
from multicasskop.reconcilers.cassandracluster.jolokia.operations import (
    CleanupAll,
    RebuildFrom,
    RemoveAddress,
    ReplicatedIn,
    UpgradeAllSstables,
    Work,
    carry_out,
    is_replicated_to,
)
from multicasskop.reconcilers.cassandracluster.jolokia.questions import (
    Cleanup,
    Decommission,
    HostIds,
    Keyspaces,
    Rebuild,
    RemoveNode,
    Ring,
    UpgradeSstables,
)

KEYSPACES = ("system", "system_schema", "system_auth", "app")
DOWN = Failed("refused", "nobody listens")
BROKEN = Failed("error", "disk full", 500)


def replicas(*datacenters: str) -> Replicas:
    """Data in these datacenters."""
    return Replicas({name: frozenset({"10.0.0.1"}) for name in datacenters})


def test_cleanup_leaves_out_what_every_node_keeps_for_itself() -> None:
    """All keyspaces are cleaned up but system and system_schema, with the threads that are asked for."""
    node = ScriptedNode({Keyspaces(): KEYSPACES})
    assert carry_out(CleanupAll(3), node) is None
    assert node.asked == [Keyspaces(), Cleanup("system_auth", 3), Cleanup("app", 3)]


def test_cleanup_stops_at_the_first_failure_and_names_the_keyspace() -> None:
    """Nothing is done after a failure."""
    node = ScriptedNode({Keyspaces(): KEYSPACES, Cleanup("system_auth"): BROKEN})
    assert carry_out(CleanupAll(), node) == Failed("error", "system_auth: disk full", 500)
    assert node.asked[1:] == [Cleanup("system_auth")]


def test_upgrade_takes_all_keyspaces() -> None:
    """Files of the system's keyspaces are old, too."""
    node = ScriptedNode({Keyspaces(): KEYSPACES})
    assert carry_out(UpgradeAllSstables(), node) is None
    assert node.asked[1:] == [UpgradeSstables(name) for name in KEYSPACES]


def test_rebuild_needs_one_keyspace_with_data_there() -> None:
    """As soon as one keyspace has replicas in the datacenter the stream begins."""
    node = ScriptedNode({Keyspaces(): KEYSPACES, Ring("system_auth"): replicas("dc10"), Ring("app"): replicas("dc1")})
    assert carry_out(RebuildFrom("dc1"), node) is None
    assert node.asked[-1] == Rebuild("dc1")


def test_rebuild_without_data_there_is_an_error() -> None:
    """A datacenter that holds nothing is refused, and nothing is streamed."""
    node = ScriptedNode({Keyspaces(): KEYSPACES, Ring("system_auth"): replicas(), Ring("app"): replicas("dc10")})
    assert carry_out(RebuildFrom("dc1"), node) == Failed("error", "dc1 has no keyspace to replicate data from")
    assert Rebuild("dc1") not in node.asked


def test_lost_node_is_removed_by_its_host_id() -> None:
    """The id is that of the address in the ring."""
    node = ScriptedNode({HostIds(): {"10.0.0.1": "h-1", "10.0.0.2": "h-2"}})
    assert carry_out(RemoveAddress("10.0.0.2"), node) is None
    assert node.asked == [HostIds(), RemoveNode("h-2")]


def test_address_that_is_not_in_the_ring_is_an_error() -> None:
    """Nothing is removed by guessing."""
    node = ScriptedNode({HostIds(): {"10.0.0.1": "h-1"}})
    assert carry_out(RemoveAddress("10.0.0.2"), node) == Failed("error", "no node of the ring has the address 10.0.0.2")
    assert node.asked == [HostIds()]


def test_bare_command_is_carried_out_as_it_is() -> None:
    """What takes one request needs no more."""
    node = ScriptedNode({Decommission(): BROKEN})
    assert carry_out(Decommission(), node) == BROKEN


@pytest.mark.parametrize(
    ("work", "question"),
    [
        pytest.param(CleanupAll(), Keyspaces(), id="cleanup"),
        pytest.param(UpgradeAllSstables(), Keyspaces(), id="upgrade"),
        pytest.param(RebuildFrom("dc1"), Keyspaces(), id="rebuild"),
        pytest.param(RemoveAddress("10.0.0.1"), HostIds(), id="remove"),
    ],
)
def test_nothing_is_done_where_the_first_question_fails(work: Work, question: object) -> None:
    """A node that does not answer is told nothing."""
    node = ScriptedNode({question: DOWN})
    assert carry_out(work, node) == DOWN
    assert node.asked == [question]


@pytest.mark.parametrize(
    ("auth", "app", "expected"),
    [
        pytest.param(replicas("dc1"), None, True, id="the first one is enough"),
        pytest.param(replicas(), replicas("dc1", "dc2"), True, id="the last one"),
        pytest.param(replicas(), replicas(), False, id="none"),
        pytest.param(replicas(), DOWN, DOWN, id="it cannot be told"),
    ],
)
def test_replication_is_looked_for_keyspace_by_keyspace(auth: object, app: object, expected: object) -> None:
    """Where one answer is missing there is no answer, unless the others suffice."""
    node = ScriptedNode({Keyspaces(): KEYSPACES, Ring("system_auth"): auth, Ring("app"): app})
    assert is_replicated_to(node, "dc1") == expected


@pytest.mark.parametrize(
    ("auth", "app", "expected"),
    [
        pytest.param(replicas("dc1", "dc2"), replicas("dc2"), "", id="it is kept elsewhere, too"),
        pytest.param(replicas("dc1"), replicas("dc2"), "system_auth", id="it would be lost"),
        pytest.param(replicas("dc1", "dc2"), replicas("dc1", "dc2"), "app", id="others count in any case"),
        pytest.param(DOWN, replicas("dc2"), DOWN, id="it cannot be told"),
    ],
)
def test_roles_keep_no_datacenter_that_is_not_the_last_one(auth: object, app: object, expected: object) -> None:
    """No datacenter with nodes can be taken out of system_auth, which is in the way only where it would be lost."""
    node = ScriptedNode({Keyspaces(): KEYSPACES, Ring("system_auth"): auth, Ring("app"): app})
    assert ReplicatedIn("dc1").run(node) == expected


def test_replication_of_a_silent_node_is_not_known() -> None:
    """Without the keyspaces there is no answer."""
    assert is_replicated_to(ScriptedNode({Keyspaces(): DOWN}), "dc1") == DOWN
