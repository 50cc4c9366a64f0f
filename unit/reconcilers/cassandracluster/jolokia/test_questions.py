"""What goes over the wire for each question and command, and what its answer means."""

import json
from typing import Any

import pytest
from multicasskop.reconcilers.cassandracluster.jolokia.answers import Compaction, Failed, Mode, Replicas
from multicasskop.reconcilers.cassandracluster.jolokia.questions import (
    Cleanup,
    Compactions,
    Decommission,
    Exec,
    HostIds,
    JoiningNodes,
    Keyspaces,
    LeavingNodes,
    LiveNodes,
    OperationMode,
    Question,
    Rebuild,
    RemoveNode,
    Ring,
    Streams,
    UnreachableNodes,
    UpgradeSstables,
)

STORAGE = "org.apache.cassandra.db:type=StorageService"
TEXTS = "[Ljava.lang.String;"


def sent(question: Question[Any]) -> list[Any]:
    """What is posted, one body per way to ask."""
    return [json.loads(call.body()) for call in question.calls]


@pytest.mark.parametrize(
    ("question", "attributes"),
    [
        pytest.param(Keyspaces(), ["Keyspaces"], id="keyspaces"),
        pytest.param(HostIds(), ["HostIdMap", "EndpointToHostId"], id="host ids: 5.0 has the second only"),
        pytest.param(OperationMode(), ["OperationMode"], id="mode"),
        pytest.param(JoiningNodes(), ["JoiningNodes"], id="joining"),
        pytest.param(LeavingNodes(), ["LeavingNodes"], id="leaving"),
        pytest.param(LiveNodes(), ["LiveNodes"], id="live"),
        pytest.param(UnreachableNodes(), ["UnreachableNodes"], id="unreachable"),
    ],
)
def test_questions_about_the_ring_read_attributes(question: Question[Any], attributes: list[str]) -> None:
    """Most questions are attributes of the storage service; they change nothing."""
    assert sent(question) == [{"type": "read", "mbean": STORAGE, "attribute": name} for name in attributes]
    assert not question.is_command


@pytest.mark.parametrize(
    ("question", "mbean", "attribute"),
    [
        pytest.param(Compactions(), "org.apache.cassandra.db:type=CompactionManager", "Compactions", id="compactions"),
        pytest.param(Streams(), "org.apache.cassandra.net:type=StreamManager", "CurrentStreams", id="streams"),
    ],
)
def test_progress_is_read_elsewhere(question: Question[Any], mbean: str, attribute: str) -> None:
    """Compactions and streams have managers of their own."""
    assert sent(question) == [{"type": "read", "mbean": mbean, "attribute": attribute}]


@pytest.mark.parametrize(
    ("command", "calls"),
    [
        pytest.param(
            Cleanup("app", 2),
            [
                (f"forceKeyspaceCleanup(int,java.lang.String,{TEXTS})", [2, "app", []]),
                (f"forceKeyspaceCleanup(java.lang.String,{TEXTS})", ["app", []]),
            ],
            id="cleanup",
        ),
        pytest.param(
            UpgradeSstables("app"),
            [
                (f"upgradeSSTables(java.lang.String,boolean,int,{TEXTS})", ["app", True, 0, []]),
                (f"upgradeSSTables(java.lang.String,boolean,{TEXTS})", ["app", True, []]),
            ],
            id="upgradesstables",
        ),
        pytest.param(Rebuild("dc1"), [("rebuild(java.lang.String)", ["dc1"])], id="rebuild"),
        pytest.param(Decommission(), [("decommission", [True]), ("decommission", [])], id="decommission"),
        pytest.param(
            Decommission(force=False), [("decommission", [False]), ("decommission", [])], id="decommission unforced"
        ),
        pytest.param(RemoveNode("h-1"), [("removeNode(java.lang.String)", ["h-1"])], id="remove"),
    ],
)
def test_commands_are_operations(command: Question[Any], calls: list[tuple[str, list[Any]]]) -> None:
    """Commands execute operations of the storage service; where versions differ there is a second way."""
    assert sent(command) == [
        {"type": "exec", "mbean": STORAGE, "operation": operation, "arguments": arguments}
        for operation, arguments in calls
    ]
    assert command.is_command


def test_ring_of_a_keyspace_is_described() -> None:
    """Where data lies is an operation, too, and changes nothing."""
    assert Ring("app").calls == (Exec("describeRingJMX(java.lang.String)", ("app",)),)
    assert not Ring("app").is_command


@pytest.mark.parametrize(
    ("question", "value", "meaning"),
    [
        pytest.param(Keyspaces(), ["system", "app"], ("system", "app"), id="keyspaces"),
        pytest.param(JoiningNodes(), [], (), id="nobody joins"),
        pytest.param(HostIds(), {"10.0.0.1": "h-1"}, {"10.0.0.1": "h-1"}, id="host ids"),
        pytest.param(OperationMode(), "NORMAL", Mode.NORMAL, id="a mode that is known"),
        pytest.param(OperationMode(), "JOINING_FAILED", "JOINING_FAILED", id="a mode that is not"),
        pytest.param(
            Compactions(),
            [{"taskType": "Cleanup", "keyspace": "app", "total": "5"}, {"taskType": "Compaction"}],
            (Compaction("Cleanup", "app"), Compaction("Compaction", "")),
            id="compactions",
        ),
        pytest.param(Streams(), [{"planId": "p", "description": "Rebuild"}, {}], ("Rebuild", ""), id="streams"),
        pytest.param(Decommission(), None, None, id="left"),
        pytest.param(Rebuild("dc1"), None, None, id="rebuilt"),
        pytest.param(Cleanup("app"), 0, None, id="cleaned up"),
        pytest.param(UpgradeSstables("app"), 0, None, id="upgraded"),
    ],
)
def test_answers_become_values(question: Question[Any], value: object, meaning: object) -> None:
    """Lists are tuples, maps are maps, a command that is done answers nothing."""
    assert question.read(value) == meaning


@pytest.mark.parametrize(
    ("question", "value"),
    [
        pytest.param(Keyspaces(), None, id="no list"),
        pytest.param(Keyspaces(), [1], id="a list of numbers"),
        pytest.param(JoiningNodes(), "10.0.0.1", id="a text for a list"),
        pytest.param(LiveNodes(), [""], id="an empty address"),
        pytest.param(HostIds(), [["10.0.0.1", "h-1"]], id="a list for a map"),
        pytest.param(HostIds(), {"10.0.0.1": None}, id="an address without an id"),
        pytest.param(OperationMode(), "", id="an empty mode"),
        pytest.param(OperationMode(), None, id="no mode"),
        pytest.param(Compactions(), [{"keyspace": "app"}], id="a compaction of no kind"),
        pytest.param(Streams(), {"description": "Rebuild"}, id="a map for a list"),
        pytest.param(Ring("app"), ["TokenRange(start_token:1)"], id="a range without nodes"),
        pytest.param(Ring("app"), [1], id="a range that is a number"),
    ],
)
def test_answers_of_another_shape_are_none(question: Question[Any], value: object) -> None:
    """What was not asked for is a failure, never an empty list."""
    found = question.read(value)
    assert isinstance(found, Failed)
    assert found.reason == "garbage"


@pytest.mark.parametrize("code", [1, 2, "?"])
def test_cleanup_that_was_not_done_is_a_failure(code: object) -> None:
    """Cassandra answers 1 or 2, without any error, where files were left as they were."""
    found = Cleanup("app").read(code)
    assert isinstance(found, Failed)
    assert str(found) == f"error: not all of app was done (code {code})"


def details(*nodes: str) -> str:
    """A token range as Cassandra prints it; nodes are `host/datacenter`."""
    pairs = [node.partition("/") for node in nodes]
    inner = ", ".join(f"EndpointDetails(host:{host}, datacenter:{dc}, rack:rack1)" for host, _, dc in pairs)
    hosts = ", ".join(host for host, _, _ in pairs)
    there = f"endpoints:[{hosts}], rpc_endpoints:[{hosts}], endpoint_details:[{inner}]"
    return f"TokenRange(start_token:-1, end_token:5, {there})"


@pytest.mark.parametrize(
    ("ranges", "hosts"),
    [
        pytest.param([], {}, id="no range"),
        pytest.param([details()], {}, id="a range without replicas"),
        pytest.param([details("10.0.0.1/dc1")], {"dc1": {"10.0.0.1"}}, id="one"),
        pytest.param(
            [details("10.0.0.1/dc1", "10.1.0.1/dc2"), details("10.0.0.2/dc1")],
            {"dc1": {"10.0.0.1", "10.0.0.2"}, "dc2": {"10.1.0.1"}},
            id="two datacenters",
        ),
        pytest.param([details("fd00:0:0:0:0:0:0:1/dc1")], {"dc1": {"fd00:0:0:0:0:0:0:1"}}, id="IPv6"),
    ],
)
def test_ring_tells_the_nodes_of_each_datacenter(ranges: list[str], hosts: dict[str, set[str]]) -> None:
    """The nodes of all ranges are put together by datacenter."""
    assert Ring("app").read(ranges) == Replicas({dc: frozenset(found) for dc, found in hosts.items()})


def test_d16_datacenter_is_found_by_its_whole_name() -> None:
    """Data in dc10 is no data in dc1, nor in a datacenter whose name ends the same."""
    found = Ring("app").read([details("10.0.0.1/dc10")])
    assert isinstance(found, Replicas)
    assert [found.are_in(name) for name in ("dc10", "dc1", "c10")] == [True, False, False]


def test_questions_are_values() -> None:
    """Equal questions are one key, different ones are not, whatever they read."""
    assert {Ring("a"): 1, Keyspaces(): 2}[Ring("a")] == 1
    assert len({JoiningNodes(), LiveNodes(), LeavingNodes(), JoiningNodes(), Cleanup("a"), Cleanup("a", 1)}) == 5
