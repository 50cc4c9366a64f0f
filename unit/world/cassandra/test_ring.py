"""A simulated ring as values: what nodes are at a moment, and how the others see them."""

import pytest
from fakes.simulated import record
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.world.cassandra.ring import (
    DECOMMISSIONED,
    EVERYWHERE,
    JOINING,
    LEAVING,
    NORMAL,
    REMOVED,
    Node,
    Ring,
)


def ring(*nodes: Node) -> Ring:
    """A ring of these."""
    found = Ring()
    found.take(nodes)
    return found


JOINER = record(2, JOINING, seconds=10.0, then=NORMAL)
LEAVER = record(3, LEAVING, seconds=10.0, then=DECOMMISSIONED)
OLD, DOWN = record(1), record(4, up=False)
ALL = ring(OLD, JOINER, LEAVER, DOWN)


@pytest.mark.parametrize(("now", "mode"), [(0.0, JOINING), (9.9, JOINING), (10.0, NORMAL), (99.0, NORMAL)])
def test_mode_lasts_its_time_and_then_another_comes(now: float, mode: str) -> None:
    """Nobody needs to write anything down for a node to become what it was to become."""
    assert JOINER.mode_at(now) == mode
    assert OLD.mode_at(now) == NORMAL


@pytest.mark.parametrize(
    ("now", "joining", "leaving", "members"),
    [
        pytest.param(1.0, ["10.0.0.2"], ["10.0.0.3"], 4, id="both under way"),
        pytest.param(6.0, ["10.0.0.2"], [], 4, id="the leaver is listed in the first half only"),
        pytest.param(11.0, [], [], 3, id="both done"),
    ],
)
def test_ring_moves_with_time(now: float, joining: list[str], leaving: list[str], members: int) -> None:
    """Who joins becomes a member, who leaves is none any more."""
    assert (ALL.joining(now), ALL.leaving(now)) == (joining, leaving)
    assert len(ALL.host_ids(now)) == members


def test_nodes_without_a_process_are_unreachable() -> None:
    """They keep their place in the ring, and nobody sees them alive."""
    assert ALL.unreachable(0.0) == ["10.0.0.4"]
    assert "10.0.0.4" not in ALL.live(0.0)
    assert ALL.host_ids(0.0)["10.0.0.4"] == "h-4"


def test_node_that_dies_stays_what_it_was() -> None:
    """What it was about to become it does not become any more; one that was only joining is forgotten."""
    dead = LEAVER.down(5.0)
    assert (dead.mode_at(99.0), dead.up) == (LEAVING, False)
    assert LEAVER.down(11.0).mode_at(99.0) == DECOMMISSIONED
    assert list(ring(OLD, JOINER.down(5.0)).members(99.0)) == [OLD]


def test_node_that_was_removed_is_gone_whether_it_runs_or_not() -> None:
    """Its process is not there, so time alone removes it."""
    lost = DOWN.turned(LEAVING, 0.0, 4.0, REMOVED)
    assert ring(OLD, lost).leaving(1.0) == ["10.0.0.4"]
    assert list(ring(OLD, lost).members(4.0)) == [OLD]


def test_only_one_node_moves_at_a_time() -> None:
    """Another that joins or leaves is in the way, a node itself is not."""
    assert ALL.mover("h-9", 0.0) == JOINER
    assert ALL.mover("h-2", 0.0) == LEAVER
    assert ALL.mover("h-9", 10.0) is None
    assert ring(JOINER.down(1.0), OLD).mover("h-9", 2.0) is None


@given(st.permutations([record(1, at=1.0), record(1, LEAVING, at=2.0), record(1, at=3.0, up=False)]))
def test_newest_record_counts_in_whatever_order_they_come(records: list[Node]) -> None:
    """Records may arrive by several ways."""
    assert ring(*records).nodes["h-1"].at == 3.0


@pytest.mark.parametrize(
    ("keyspaces", "asked", "addresses"),
    [
        pytest.param({}, "system", ["10.0.0.1"], id="the node's own"),
        pytest.param({}, "system_auth", ["10.0.0.1"], id="usually in the first datacenter"),
        pytest.param({"app": (EVERYWHERE,)}, "app", ["10.0.0.1", "10.0.0.2"], id="everywhere"),
        pytest.param({"app": ("dc2",)}, "app", ["10.0.0.2"], id="in one"),
        pytest.param({"app": ()}, "app", [], id="nowhere"),
        pytest.param({"system_auth": ("dc2",)}, "system_auth", ["10.0.0.2"], id="the system's, as told"),
    ],
)
def test_data_lies_where_the_keyspace_is_replicated_to(
    keyspaces: dict[str, tuple[str, ...]], asked: str, addresses: list[str]
) -> None:
    """Nodes that are still joining hold nothing."""
    found = ring(OLD, record(2, datacenter="dc2"), record(3, JOINING))
    found.keyspaces = keyspaces
    assert [node.address for node in found.replicas(asked, OLD, 0.0)] == addresses


def test_keyspaces_of_the_system_are_always_there() -> None:
    """The user's come after them."""
    found = ring(OLD)
    found.keyspaces = {"app": (), "system_auth": ()}
    assert found.keyspace_names() == [
        "system",
        "system_schema",
        "system_auth",
        "system_distributed",
        "system_traces",
        "app",
    ]
