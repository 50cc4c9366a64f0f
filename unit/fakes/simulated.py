"""Simulated Cassandra for its own tests: a book in memory, a node on a clock, and what a pod of one looks like."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from fakes.clock import FakeClock
from multicasskop.world.cassandra.book import Command
from multicasskop.world.cassandra.node import Cassandra, Identity
from multicasskop.world.cassandra.releases import STORAGE
from multicasskop.world.cassandra.ring import NORMAL, Node, Ring
from multicasskop.world.cassandra.rules import Treatment

Json = dict[str, Any]


def record(number: int, mode: str = NORMAL, *, datacenter: str = "dc1", at: float = 0.0, **more: Any) -> Node:  # noqa: ANN401  as of Node
    """What is known of a node."""
    where = f"10.0.0.{number}"
    return Node(id=f"h-{number}", address=where, datacenter=datacenter, rack="rack1", mode=mode, at=at, **more)


class Memory:
    """The book of a ring, without files."""

    def __init__(self, *nodes: Node) -> None:
        self.known = Ring()
        self.known.take(nodes)
        self.commands: list[Command] = []

    def ring(self) -> Ring:
        """The ring."""
        return self.known

    def write(self, node: Node) -> None:
        """Learn of a record."""
        self.known.take([node])

    def note(self, command: Command) -> None:
        """Keep a command."""
        self.commands.append(command)

    def exclusive(self) -> AbstractContextManager[None]:
        """There are no others."""
        return nullcontext()


class Stand:
    """A node on a clock that a test moves, in the ring of a book."""

    def __init__(
        self,
        book: Memory,
        number: int = 9,
        *,
        release: tuple[int, int] = (4, 1),
        seeds: tuple[str, ...] = (),
        treatment: Treatment | None = None,
        clock: FakeClock | None = None,
    ) -> None:
        self.book, self.clock = book, clock or FakeClock()
        self.treatment = treatment or Treatment(join=10.0, command=10.0)
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []
        who = Identity(f"h-{number}", f"10.0.0.{number}", "dc1", "rack1", "m", f"ns/demo-dc1-rack1-{number}", seeds)
        self.node = Cassandra(book, who, release, lambda: self.treatment, self.clock, self._sleep)

    @property
    def now(self) -> float:
        """The wall clock."""
        return self.clock.now().timestamp()

    async def ask(self, body: Json) -> Json:
        """What Jolokia answers."""
        found: Json = json.loads(await self.node.answer(json.dumps(body).encode()))
        return found

    async def read(self, attribute: str, mbean: str = STORAGE) -> Any:  # noqa: ANN401  plain data
        """The value of an attribute."""
        return (await self.ask({"type": "read", "mbean": mbean, "attribute": attribute}))["value"]

    def execute(self, operation: str, *arguments: object) -> asyncio.Task[Json]:
        """Call an operation; its answer comes when it has ended."""
        body = {"type": "exec", "mbean": STORAGE, "operation": operation, "arguments": list(arguments)}
        return asyncio.ensure_future(self.ask(body))

    async def advance(self, seconds: float) -> None:
        """Let time pass, and what is due happen."""
        await settle()
        self.clock.advance(seconds)
        for due, future in self._sleepers:
            if due <= self.clock.monotonic() and not future.done():
                future.set_result(None)
        await settle()

    def _sleep(self, seconds: float) -> Awaitable[None]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.clock.monotonic() + seconds, future))
        return future


async def settle() -> None:
    """Let everything run that can."""
    for _ in range(20):
        await asyncio.sleep(0)


def run(story: Callable[[], Awaitable[None]]) -> None:
    """Run a test's story in an event loop of its own."""

    async def told() -> None:
        await story()

    asyncio.run(told())


def pod(name: str = "demo-dc1-rack1-0", *, uid: str = "", claims: bool = False, env: Json | None = None) -> Json:
    """A pod as CassKop's StatefulSets make it."""
    labels = {
        "app": "cassandracluster",
        "cassandracluster": "demo",
        "cassandraclusters.db.orange.com.dc": "dc1",
        "cassandraclusters.db.orange.com.rack": "rack1",
    }
    data = {"cluster-info": {"name": "demo", "seeds": ""}, "datacenter-info": {"name": "dc1"}}
    builder = [{"name": "CONFIG_FILE_DATA", "value": json.dumps(data)}]
    seeds = [{"name": "CASSANDRA_SEEDS", "value": "demo-dc1-rack1-0.demo.ns,demo-dc1-rack2-0.demo.ns"}]
    given = [{"name": key, "value": value} for key, value in (env or {}).items()]
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": f"data-{name}"}}] if claims else []
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"namespace": "ns", "name": name, "uid": uid or f"uid-{name}", "labels": labels},
        "spec": {
            "initContainers": [
                {"name": "config-builder", "image": "b:1", "env": builder},
                {"name": "bootstrap", "image": "b:1", "env": seeds},
            ],
            "containers": [
                {"name": "sidecar", "image": "s:1"},
                {"name": "cassandra", "image": "cassandra:4.1.10", "env": given},
            ],
            "volumes": volumes,
        },
    }
