"""How simulated nodes learn of each other where no folder is shared: each tells a few others all that it knows."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractContextManager

import msgspec
from multicasskop.world.cassandra.book import Command
from multicasskop.world.cassandra.ring import Node, Ring

FAN_OUT = 3
STRIKES = 3
"""So many failures in a row make a node unreachable."""

Exchange = Callable[[str, bytes], Awaitable[bytes]]
OnCommand = Callable[[Command], None]


class Gossip:
    """The book of a node that shares no folder with others. Records travel by `exchange(address, what we know)`.

    A node that does not answer counts as down, for us alone, until it answers or is heard of anew.
    """

    def __init__(self, own: str, seeds: Iterable[str], exchange: Exchange, on_command: OnCommand) -> None:
        self._own, self._seeds, self._exchange, self._on_command = own, tuple(seeds), exchange, on_command
        self._ring = Ring()
        self._strikes: dict[str, int] = {}

    def ring(self) -> Ring:
        """The ring as this node sees it."""
        seen = Ring()
        seen.keyspaces = self._ring.keyspaces
        seen.nodes = {
            host_id: msgspec.structs.replace(node, up=False) if self._is_lost(node) else node
            for host_id, node in self._ring.nodes.items()
        }
        return seen

    def write(self, node: Node) -> None:
        """Learn what a node does from now on; others are told in the next round."""
        self._ring.take([node])

    def note(self, command: Command) -> None:
        """Tell of a command."""
        self._on_command(command)

    def exclusive(self) -> AbstractContextManager[None]:
        """Nobody else writes here."""
        return contextlib.nullcontext()

    async def hear(self, body: bytes) -> bytes:
        """Take what another knows, and tell what we know."""
        self._ring.take(msgspec.json.decode(body, type=list[Node]))
        return self._all()

    async def round(self) -> None:
        """Exchange all records with some nodes that we know of, at the same time; seeds are always among them."""
        known = [node.address for node in self._ring.nodes.values()]
        chosen = {*self._seeds, *random.sample(known, min(FAN_OUT, len(known)))} - {self._own}
        await asyncio.gather(*(self._talk(address) for address in chosen))

    async def _talk(self, address: str) -> None:
        try:
            answer = await self._exchange(address, self._all())
            self._ring.take(msgspec.json.decode(answer, type=list[Node]))
        except (OSError, asyncio.IncompleteReadError, TimeoutError, ValueError):
            self._strikes[address] = self._strikes.get(address, 0) + 1
        else:
            self._strikes.pop(address, None)

    def _all(self) -> bytes:
        return msgspec.json.encode(list(self._ring.nodes.values()))

    def _is_lost(self, node: Node) -> bool:
        return self._strikes.get(node.address, 0) >= STRIKES


async def over_http(address: str, body: bytes, *, port: int, seconds: float = 2.0) -> bytes:
    """Post to another node's `/gossip` and return its answer."""
    async with asyncio.timeout(seconds):
        reader, writer = await asyncio.open_connection(address, port)
        try:
            start = (
                f"POST /gossip HTTP/1.1\r\nHost: {address}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            )
            writer.write(start.encode() + body)
            answer = await reader.read()
        finally:
            writer.close()
    status, _, rest = answer.partition(b"\r\n\r\n")
    if b" 200 " not in status.split(b"\r\n", 1)[0]:
        raise ConnectionError(f"{address} answered {status[:40]!r}")
    return rest
