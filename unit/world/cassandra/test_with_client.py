"""The product's client against simulated nodes of each release: every question and command is understood by all."""

import asyncio
from typing import Any

import pytest
from fakes.simulated import Memory, Stand, record, run
from multicasskop.reconcilers.cassandracluster.jolokia.answers import Failed, Replicas
from multicasskop.reconcilers.cassandracluster.jolokia.client import JolokiaClient
from multicasskop.reconcilers.cassandracluster.jolokia.operations import (
    CleanupAll,
    RebuildFrom,
    RemoveAddress,
    UpgradeAllSstables,
    Work,
    carry_out,
)
from multicasskop.reconcilers.cassandracluster.jolokia.questions import (
    Compactions,
    Decommission,
    HostIds,
    JoiningNodes,
    Keyspaces,
    LeavingNodes,
    LiveNodes,
    OperationMode,
    Question,
    Ring,
    Streams,
    UnreachableNodes,
)
from multicasskop.world.cassandra.addresses import Addresses
from multicasskop.world.cassandra.releases import Release
from multicasskop.world.cassandra.ring import NORMAL, SYSTEM
from multicasskop.world.cassandra.rules import Line, Treatment

PORT = 18780
RELEASES = [pytest.param(release, id=".".join(map(str, release))) for release in ((3, 11), (4, 0), (4, 1), (5, 0))]
IDS = {"10.0.0.1": "h-1", "10.0.0.2": "h-2", "10.0.0.9": "h-9"}


async def asked(stand: Stand, *works: Any) -> list[Any]:  # noqa: ANN401  questions or works
    """What the client gets for each, asked over a real connection from a thread of its own."""
    listener = Addresses(PORT).listener("", stand.node.answer, lambda: Line.NORMAL, None)
    await listener.open()
    client = JolokiaClient(listener.address, PORT)
    try:
        return [await asyncio.to_thread(carry_out if isinstance(work, Work) else ask, work, client) for work in works]
    finally:
        listener.leave()


def ask(question: Question[Any], client: JolokiaClient) -> Any:  # noqa: ANN401  as the question says
    """Ask one question."""
    return client.ask(question)


def stand(release: Release) -> Stand:
    """A node of that release, beside one that runs and one that does not."""
    found = Stand(Memory(record(1), record(2, up=False)), release=release, treatment=Treatment())
    found.book.write(record(9, at=found.now))
    found.node.start()
    found.book.known.keyspaces = {"app": ("dc1",)}
    return found


@pytest.mark.parametrize("release", RELEASES)
def test_every_question_has_its_answer(release: Release) -> None:
    """Names that a release has not are found under those that it has."""
    replicas = Replicas({"dc1": frozenset(IDS)})
    expected: dict[Question[Any], object] = {
        Keyspaces(): (*SYSTEM, "app"),
        HostIds(): IDS,
        OperationMode(): NORMAL,
        JoiningNodes(): (),
        LeavingNodes(): (),
        LiveNodes(): ("10.0.0.1", "10.0.0.9"),
        UnreachableNodes(): ("10.0.0.2",),
        Ring("app"): replicas,
        Compactions(): (),
        Streams(): (),
    }

    async def story() -> None:
        assert dict(zip(expected, await asked(stand(release), *expected), strict=True)) == expected

    run(story)


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(
    ("work", "operations"),
    [
        pytest.param(CleanupAll(2), ["forceKeyspaceCleanup"] * 4, id="cleanup"),
        pytest.param(UpgradeAllSstables(), ["upgradeSSTables"] * 6, id="upgrade"),
        pytest.param(RebuildFrom("dc1"), ["rebuild"], id="rebuild"),
        pytest.param(RemoveAddress("10.0.0.2"), ["removeNode"], id="remove"),
        pytest.param(Decommission(), ["decommission"], id="decommission"),
    ],
)
def test_every_command_is_carried_out(release: Release, work: Work, operations: list[str]) -> None:
    """Each is done once, in the form that the release knows, and nothing is refused on the way."""

    async def story() -> None:
        node = stand(release)
        assert (await with_time(node, asked(node, work))) == [None]
        assert [command.operation for command in node.book.commands] == operations
        assert not any(command.refused for command in node.book.commands)

    run(story)


async def with_time(node: Stand, work: Any) -> list[Any]:  # noqa: ANN401  a coroutine
    """Let commands of no length end at once."""
    task = asyncio.ensure_future(work)
    while not task.done():
        await node.advance(0.0)
        await asyncio.sleep(0.001)
    found: list[Any] = await task
    return found


def test_what_cassandra_says_arrives() -> None:
    """An exception of the node's own is told with its words, and no other way is tried."""

    async def story() -> None:
        node = stand((4, 1))
        node.treatment = Treatment(fails=("decommission",))
        (found,) = await asked(node, Decommission())
        assert found == Failed("error", "java.lang.RuntimeException : decommission was told to fail", 500)
        assert len(node.book.commands) == 1

    run(story)
