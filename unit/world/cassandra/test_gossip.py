"""Nodes that share no folder tell each other what they know."""

import pytest
from fakes.simulated import record, run
from multicasskop.world.cassandra.addresses import anywhere
from multicasskop.world.cassandra.book import Command
from multicasskop.world.cassandra.gossip import STRIKES, Gossip, over_http
from multicasskop.world.cassandra.listener import Listener
from multicasskop.world.cassandra.ring import NORMAL
from multicasskop.world.cassandra.rules import Line

PORT = 18781


class Network:
    """Nodes that reach each other in memory, but for those that are cut off."""

    def __init__(self, count: int) -> None:
        self.cut: set[str] = set()
        self.commands: list[Command] = []
        self.nodes = {f"10.0.0.{number}": self._node(number) for number in range(1, count + 1)}

    def _node(self, number: int) -> Gossip:
        found = Gossip(f"10.0.0.{number}", ["10.0.0.1"], self.exchange, self.commands.append)
        found.write(record(number))
        return found

    async def exchange(self, address: str, body: bytes) -> bytes:
        """Carry records to a node and back."""
        if address in self.cut:
            raise ConnectionRefusedError(address)
        return await self.nodes[address].hear(body)

    async def rounds(self, count: int) -> None:
        """Let every node that is not cut off gossip so many times."""
        for _ in range(count):
            for address, node in self.nodes.items():
                if address not in self.cut:
                    await node.round()

    def known(self, address: str) -> set[str]:
        """Whom a node knows."""
        return set(self.nodes[address].ring().nodes)


def test_all_learn_of_all_through_the_seed() -> None:
    """Two rounds are enough: one to tell the seed, one to hear from it."""

    async def story() -> None:
        network = Network(8)
        await network.rounds(2)
        assert all(network.known(address) == {f"h-{number}" for number in range(1, 9)} for address in network.nodes)

    run(story)


def test_news_spread() -> None:
    """The newest record of a node wins everywhere."""

    async def story() -> None:
        network = Network(4)
        await network.rounds(2)
        network.nodes["10.0.0.4"].write(record(4, at=5.0, up=False))
        await network.rounds(2)
        assert all(node.ring().unreachable(9.0) == ["10.0.0.4"] for node in network.nodes.values())

    run(story)


def test_silent_node_counts_as_down_until_it_answers() -> None:
    """After some failures in a row, for who asked it; no record is changed by that."""

    async def story() -> None:
        network = Network(2)
        await network.rounds(1)
        network.cut.add("10.0.0.1")
        second = network.nodes["10.0.0.2"]
        for _ in range(STRIKES):
            assert second.ring().unreachable(0.0) == []
            await second.round()
        assert second.ring().unreachable(0.0) == ["10.0.0.1"]
        network.cut.clear()
        await second.round()
        assert second.ring().unreachable(0.0) == []

    run(story)


def test_node_alone_does_not_talk_to_itself() -> None:
    """A seed has nobody to ask at first."""

    async def story() -> None:
        network = Network(1)
        network.cut.add("10.0.0.1")
        for _ in range(STRIKES + 1):
            await network.nodes["10.0.0.1"].round()
        assert network.nodes["10.0.0.1"].ring().unreachable(0.0) == []

    run(story)


def test_commands_are_told() -> None:
    """Where no folder is shared they go elsewhere."""
    network = Network(1)
    command = Command(at=0.0, member="", pod="p", host_id="h", operation="rebuild", arguments=(), mode=NORMAL)
    with network.nodes["10.0.0.1"].exclusive():
        network.nodes["10.0.0.1"].note(command)
    assert network.commands == [command]


@pytest.mark.parametrize(
    ("path", "fails"), [pytest.param("/gossip", False, id="heard"), pytest.param("/other", True, id="another's port")]
)
def test_records_travel_over_http(path: str, fails: bool) -> None:
    """The same port that Jolokia listens at has a path for it."""

    async def story() -> None:
        there = Gossip("x", [], over, print)
        there.write(record(1))
        listener = Listener(anywhere(), there.hear, lambda: Line.NORMAL, more={path: there.hear}, port=PORT)
        await listener.open()
        here = Gossip("y", [listener.address], over, print)
        await here.round()
        assert bool(here.ring().nodes) is not fails
        listener.leave()

    run(story)


async def over(address: str, body: bytes) -> bytes:
    """Over HTTP at the port of these tests."""
    return await over_http(address, body, port=PORT)


def test_nobody_there_is_no_error() -> None:
    """A round goes on without those that do not answer."""

    async def story() -> None:
        here = Gossip("y", ["127.99.99.99", "no.such.name.invalid"], over, print)
        await here.round()
        assert here.ring().nodes == {}

    run(story)
