"""One simulated node: how it comes and goes, what it does when told, and what it says meanwhile."""

import asyncio
from typing import Any

import pytest
from fakes.simulated import Memory, Stand, record, run, settle
from multicasskop.world.cassandra.node import StartError
from multicasskop.world.cassandra.releases import COMPACTIONS, STREAMS
from multicasskop.world.cassandra.ring import DECOMMISSIONED, JOINING, LEAVING, NORMAL, Node
from multicasskop.world.cassandra.rules import Treatment

TEXTS = "[Ljava.lang.String;"
CLEANUP = f"forceKeyspaceCleanup(int,java.lang.String,{TEXTS})"
UPGRADE = f"upgradeSSTables(java.lang.String,boolean,int,{TEXTS})"
REBUILD = "rebuild(java.lang.String)"
DESCRIBE = "describeRingJMX(java.lang.String)"


def at(stand: Stand, number: int, mode: str = NORMAL, **more: Any) -> Node:  # noqa: ANN401  as of Node
    """A record of now."""
    return record(number, mode, at=stand.now, **more)


def started(*others: Node, **more: Any) -> Stand:  # noqa: ANN401  as of Stand
    """A node that is NORMAL, beside others."""
    stand = Stand(Memory(*others), **more)
    stand.book.write(at(stand, 9))
    stand.node.start()
    return stand


@pytest.mark.parametrize(
    ("others", "seeds", "mode"),
    [
        pytest.param([], (), NORMAL, id="the first one"),
        pytest.param([record(1)], ("demo-dc1-rack1-9.demo.ns", "x"), NORMAL, id="a seed does not bootstrap"),
        pytest.param([record(1)], ("10.0.0.9",), NORMAL, id="a seed by its address"),
        pytest.param([record(1)], ("demo-dc1-rack1-90.demo.ns",), JOINING, id="a name that begins the same"),
        pytest.param([record(1)], (), JOINING, id="others bootstrap"),
        pytest.param([record(1, up=False)], (), JOINING, id="beside one that is down"),
    ],
)
def test_new_node_joins_unless_it_is_a_seed_or_the_first(others: list[Node], seeds: tuple[str, ...], mode: str) -> None:
    """It streams its data first, as long as it was told; then it is NORMAL."""
    stand = Stand(Memory(*others), seeds=seeds)
    stand.node.start()
    found = stand.book.known.nodes["h-9"]
    assert found.mode_at(stand.now) == mode
    assert found.mode_at(stand.now + 10) == NORMAL
    assert (found.pod, found.member, found.seeds) == ("ns/demo-dc1-rack1-9", "m", seeds)


@pytest.mark.parametrize(("number", "mode"), [(1, JOINING), (1, LEAVING)])
def test_no_two_nodes_move_at_a_time(number: int, mode: str) -> None:
    """While another joins or leaves the process of a new node ends, and says who is in the way."""
    stand = Stand(Memory())
    stand.book.write(at(stand, number, mode, seconds=10.0, then=NORMAL, pod="ns/other"))
    with pytest.raises(StartError, match=f"cannot bootstrap \\(ns/other is {mode}\\)"):
        stand.node.start()
    assert "h-9" not in stand.book.known.nodes
    stand.clock.advance(10)
    stand.node.start()
    assert stand.book.known.joining(stand.now) == ["10.0.0.9"]


@pytest.mark.parametrize("mode", [NORMAL, LEAVING])
def test_node_with_data_comes_back_at_another_address(mode: str) -> None:
    """It does not join again, and its former address is nobody's; what it was leaving for is forgotten."""
    stand = Stand(Memory(record(1), record(9, mode, up=False)))
    stand.node.start()
    found = stand.book.known.nodes["h-9"]
    assert (found.mode, found.then, found.up) == (NORMAL, "", True)


def test_node_that_has_left_does_not_come_back_with_its_data() -> None:
    """Who keeps the claim of a decommissioned node gets a pod that crashes."""
    stand = Stand(Memory(record(1), record(9, DECOMMISSIONED, up=False)))
    with pytest.raises(StartError, match="decommissioned and will not rejoin"):
        stand.node.start()


def test_stopped_node_is_down_for_the_others() -> None:
    """Its place in the ring stays."""
    stand = started(record(1))
    stand.node.stop()
    assert stand.book.known.unreachable(stand.now) == ["10.0.0.9"]


def test_late_stop_does_not_bring_down_the_data_s_new_process() -> None:
    """When the data runs elsewhere already the old process has nothing to say."""
    stand = started(record(1))
    stand.clock.advance(1)
    stand.book.write(Node(**{**as_dict(at(stand, 9)), "address": "10.9.9.9"}))
    stand.node.stop()
    assert stand.book.known.nodes["h-9"].up


def as_dict(node: Node) -> dict[str, Any]:
    """The fields of a record."""
    return {name: getattr(node, name) for name in node.__struct_fields__}


def test_attributes_tell_of_the_ring() -> None:
    """Every node sees all others, in all datacenters."""

    async def story() -> None:
        stand = started()
        for other in (
            at(stand, 1, datacenter="dc2"),
            at(stand, 2, JOINING),
            at(stand, 3, LEAVING, seconds=10.0, then=DECOMMISSIONED),
            at(stand, 4, up=False),
        ):
            stand.book.write(other)
        assert await stand.read("OperationMode") == NORMAL
        assert set(await stand.read("LiveNodes")) == {f"10.0.0.{number}" for number in (1, 2, 3, 9)}
        assert await stand.read("UnreachableNodes") == ["10.0.0.4"]
        assert await stand.read("JoiningNodes") == ["10.0.0.2"]
        assert await stand.read("LeavingNodes") == ["10.0.0.3"]
        assert (await stand.read("HostIdMap"))["10.0.0.1"] == "h-1"
        assert await stand.read("LocalHostId") == "h-9"
        assert (await stand.read("Keyspaces"))[:2] == ["system", "system_schema"]
        assert await stand.read("Compactions", COMPACTIONS) == await stand.read("CurrentStreams", STREAMS) == []

    run(story)


def test_decommission_takes_its_time_and_answers_at_its_end() -> None:
    """LEAVING, then DECOMMISSIONED; the process lives on and sees itself."""

    async def story() -> None:
        stand = started(record(1))
        told = stand.execute("decommission", True)
        await stand.advance(4)
        assert await stand.read("OperationMode") == LEAVING
        assert await stand.read("LeavingNodes") == ["10.0.0.9"]
        assert await stand.read("CurrentStreams", STREAMS) == [{"planId": "h-9/0", "description": "Unbootstrap"}]
        assert not told.done()
        await stand.advance(6)
        assert (await told)["value"] is None
        assert await stand.read("OperationMode") == DECOMMISSIONED
        assert "10.0.0.9" in await stand.read("LiveNodes")
        assert "10.0.0.9" not in await stand.read("HostIdMap")

    run(story)


def test_command_goes_on_when_who_asked_hangs_up() -> None:
    """A node does what it was told, whether somebody waits or not."""

    async def story() -> None:
        stand = started(record(1))
        told = stand.execute("decommission", True)
        await settle()
        told.cancel()
        await stand.advance(10)
        assert await stand.read("OperationMode") == DECOMMISSIONED

    run(story)


def test_command_ends_with_the_process() -> None:
    """Who waits for it gets no answer, and the node has not left."""

    async def story() -> None:
        stand = started(record(1))
        told = stand.execute("decommission", True)
        await stand.advance(4)
        stand.node.stop()
        with pytest.raises(asyncio.CancelledError):
            await told
        await stand.advance(60)
        assert stand.book.known.nodes["h-9"].mode_at(stand.now) == LEAVING

    run(story)


@pytest.mark.parametrize(
    ("own", "others", "said"),
    [
        pytest.param(JOINING, [record(1)], "not a member of the token ring yet", id="joining"),
        pytest.param(LEAVING, [record(1)], "Node in LEAVING state", id="leaving"),
        pytest.param(DECOMMISSIONED, [record(1)], "Node in DECOMMISSIONED state", id="gone"),
        pytest.param(NORMAL, [], "no other normal nodes", id="alone"),
    ],
)
def test_decommission_is_refused_as_a_real_node_does(own: str, others: list[Node], said: str) -> None:
    """The mode stays what it was, and the refusal is in the record of commands."""

    async def story() -> None:
        stand = started(*others)
        stand.book.write(at(stand, 9, own))
        found = await stand.execute("decommission", True)
        assert (found["status"], said in found["error"]) == (500, True)
        (noted,) = stand.book.commands
        assert (noted.mode, said in noted.refused) == (own, True)

    run(story)


@pytest.mark.parametrize(
    ("release", "arguments", "refused"),
    [
        pytest.param((4, 1), (False,), True, id="without force"),
        pytest.param((4, 1), (True,), False, id="by force"),
        pytest.param((3, 11), (), False, id="3.11 knows nothing else"),
    ],
)
def test_last_node_with_data_leaves_its_datacenter_by_force_only(
    release: tuple[int, int], arguments: tuple[bool, ...], refused: bool
) -> None:
    """As long as a keyspace is replicated there."""

    async def story() -> None:
        stand = started(record(1, datacenter="dc2"), release=release)
        stand.book.known.keyspaces = {"app": ("dc1",)}
        told = stand.execute("decommission", *arguments)
        await stand.advance(10)
        assert ("replication factor in keyspace app" in (await told).get("error", "")) is refused

    run(story)


def test_node_whose_data_others_can_take_leaves_without_force() -> None:
    """There is another node in the datacenter, or nothing is replicated to it."""

    async def story() -> None:
        for other, keyspaces in ((record(1), {"app": ("dc1",)}), (record(1, datacenter="dc2"), {"app": ("dc2",)})):
            stand = started(other)
            stand.book.known.keyspaces = keyspaces
            told = stand.execute("decommission", False)
            await stand.advance(10)
            assert (await told)["status"] == 200

    run(story)


def test_lost_node_is_removed() -> None:
    """It is listed as leaving for a while, then it is gone."""

    async def story() -> None:
        stand = started(record(1), record(2, up=False))
        told = stand.execute("removeNode", "h-2")
        await stand.advance(4)
        assert await stand.read("LeavingNodes") == ["10.0.0.2"]
        await stand.advance(6)
        assert (await told)["value"] is None
        assert "10.0.0.2" not in await stand.read("HostIdMap")

    run(story)


@pytest.mark.parametrize(
    ("host_id", "said"),
    [("h-7", "Host ID not found"), ("h-9", "Cannot remove self"), ("h-1", "is alive and owns this ID")],
)
def test_removal_is_refused_as_a_real_node_does(host_id: str, said: str) -> None:
    """Only another node that is known and down can be removed."""

    async def story() -> None:
        found = await started(record(1)).execute("removeNode", host_id)
        assert (found["status"], said in found["error"]) == (500, True)

    run(story)


@pytest.mark.parametrize(
    ("operation", "arguments", "kind"),
    [(CLEANUP, (0, "system_auth", []), "Cleanup"), (UPGRADE, ("system", True, 0, []), "Upgrade sstables")],
)
def test_rewrites_are_seen_as_compactions(operation: str, arguments: tuple[object, ...], kind: str) -> None:
    """While they run there is a compaction of their kind; 0 says that all was done."""

    async def story() -> None:
        stand = started(record(1))
        told = stand.execute(operation, *arguments)
        await settle()
        (found,) = await stand.read("Compactions", COMPACTIONS)
        assert (found["taskType"], found["keyspace"]) == (kind, next(x for x in arguments if isinstance(x, str)))
        await stand.advance(10)
        assert (await told)["value"] == 0
        assert await stand.read("Compactions", COMPACTIONS) == []

    run(story)


def test_cleanup_of_a_joining_node_does_nothing() -> None:
    """It is answered at once with the code for aborted."""

    async def story() -> None:
        stand = started(record(1))
        stand.book.write(at(stand, 9, JOINING))
        assert (await stand.execute(CLEANUP, 0, "system_auth", []))["value"] == 1

    run(story)


@pytest.mark.parametrize(
    ("operation", "arguments", "status"),
    [
        pytest.param(CLEANUP, (0, "system", []), 500, id="what every node keeps for itself"),
        pytest.param(CLEANUP, (0, "nowhere", []), 400, id="cleanup of an unknown keyspace"),
        pytest.param(DESCRIBE, ("nowhere",), 400, id="ring of an unknown keyspace"),
        pytest.param(REBUILD, ("dc9",), 400, id="rebuild from nowhere"),
    ],
)
def test_what_cannot_be_done_is_refused(operation: str, arguments: tuple[object, ...], status: int) -> None:
    """With the status that Jolokia gives that kind of exception."""

    async def story() -> None:
        assert (await started(record(1)).execute(operation, *arguments))["status"] == status

    run(story)


def test_rebuild_streams_and_goes_one_at_a_time() -> None:
    """While it streams a second one is refused."""

    async def story() -> None:
        stand = started(record(1, datacenter="dc2"))
        told = stand.execute(REBUILD, "dc2")
        await settle()
        assert [each["description"] for each in await stand.read("CurrentStreams", STREAMS)] == ["Rebuild"]
        assert "still rebuilding" in (await stand.execute(REBUILD, "dc2"))["error"]
        await stand.advance(10)
        assert (await told)["status"] == 200

    run(story)


def test_ring_of_a_keyspace_names_host_and_datacenter() -> None:
    """In the words of a real node."""

    async def story() -> None:
        (found,) = (await started().execute(DESCRIBE, "system_auth"))["value"]
        assert "endpoint_details:[EndpointDetails(host:10.0.0.9, datacenter:dc1, rack:rack1)]" in found

    run(story)


def test_operation_can_be_told_to_fail() -> None:
    """The rules name operations that are refused; others go on."""

    async def story() -> None:
        stand = started(record(1), treatment=Treatment(fails=("decommission",)))
        assert "told to fail" in (await stand.execute("decommission", True))["error"]
        assert await stand.read("OperationMode") == NORMAL

    run(story)


def test_every_command_is_noted_with_what_it_was_given() -> None:
    """Questions are not."""

    async def story() -> None:
        stand = started(record(1))
        await stand.read("Keyspaces")
        await stand.execute(DESCRIBE, "system")
        stand.execute("decommission", True)
        await settle()
        (noted,) = stand.book.commands
        assert (noted.operation, noted.arguments, noted.mode, noted.refused) == ("decommission", (True,), NORMAL, "")
        assert (noted.pod, noted.host_id, noted.at) == ("ns/demo-dc1-rack1-9", "h-9", stand.now)

    run(story)
