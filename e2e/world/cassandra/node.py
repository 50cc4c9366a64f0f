"""One simulated node: it joins the ring, does what it is told in its time, and answers what it is asked."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from multicasskop.informers.clock import Clock
from multicasskop.world.cassandra import checks, jolokia
from multicasskop.world.cassandra.book import Book, Command
from multicasskop.world.cassandra.jolokia import ExecRequest, JavaError, Json, ReadRequest
from multicasskop.world.cassandra.releases import TEXT, Release
from multicasskop.world.cassandra.ring import (
    DECOMMISSIONED,
    GONE,
    JOINING,
    LEAVING,
    NORMAL,
    REMOVED,
    Node,
    Ring,
)
from multicasskop.world.cassandra.rules import Treatment

ABORTED, SUCCESSFUL = 1, 0
SILENT = frozenset({"decommission", "removeNode", "rebuild"})
# whom a node has told that it leaves, the node remembers by its data
DECOMMISSIONED_BEFORE = "This node was decommissioned and will not rejoin the ring"
ANOTHER_MOVES = "Other bootstrapping/leaving/moving nodes detected, cannot bootstrap"

Sleep = Callable[[float], Awaitable[None]]


class StartError(Exception):
    """The node's process ends at its start, and says why."""


class Identity(NamedTuple):
    """Who a node is; the host id belongs to its data."""

    host_id: str
    address: str
    datacenter: str
    rack: str
    member: str
    pod: str
    seeds: tuple[str, ...]

    @property
    def is_seed(self) -> bool:
        """Whether it stands among its own seeds, by the name of its pod: such a node does not bootstrap."""
        name = self.pod.rpartition("/")[2]
        return any(seed in (name, self.address) or seed.startswith(f"{name}.") for seed in self.seeds)


class Cassandra:
    """A node's process. All of it runs in one event loop; what it does is in the book, for all to see."""

    def __init__(
        self,
        book: Book,
        identity: Identity,
        release: Release,
        treatment: Callable[[], Treatment],
        clock: Clock,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.identity = identity
        self._book, self._release, self._treatment = book, release, treatment
        self._clock, self._sleep = clock, sleep
        self._running: dict[asyncio.Task[object], str] = {}

    def start(self) -> None:
        """Join the ring, or come back to it; StartError when a real one's process would end."""
        with self._book.exclusive():
            ring, now = self._book.ring(), self._now()
            known = ring.nodes.get(self.identity.host_id)
            mode = known.mode_at(now) if known else JOINING
            if mode in GONE:
                raise StartError(DECOMMISSIONED_BEFORE)
            self._book.write(self._bootstrapped(ring, now) if mode == JOINING else self._node(NORMAL, now))

    def stop(self) -> None:
        """The process ends, and what it was at with it."""
        for task in self._running:
            task.cancel()
        with self._book.exclusive():
            known = self._book.ring().nodes.get(self.identity.host_id)
            # the data may have moved on to another process meanwhile
            if known is not None and known.up and known.address == self.identity.address:
                self._book.write(known.down(self._now()))

    async def answer(self, body: bytes) -> bytes:
        """What Jolokia answers to a request; a command is answered when it has ended."""
        sent: Json = {}
        try:
            sent = jolokia.decode(body)
            request = jolokia.parse(sent, self._release)
            value = self._read(request) if isinstance(request, ReadRequest) else await self._execute(request)
            return jolokia.answer(sent, value, self._now())
        except JavaError as error:
            return jolokia.failure(sent, error)

    def _node(self, mode: str, now: float) -> Node:
        who = self.identity
        return Node(
            id=who.host_id,
            address=who.address,
            datacenter=who.datacenter,
            rack=who.rack,
            mode=mode,
            at=now,
            member=who.member,
            pod=who.pod,
            seeds=who.seeds,
        )

    def _bootstrapped(self, ring: Ring, now: float) -> Node:
        """The record of a node that comes with no data: it streams it first, unless it is a seed or the first."""
        node = self._node(NORMAL, now)
        if self.identity.is_seed or not any(other.id != node.id for other in ring.members(now)):
            return node
        if mover := ring.mover(node.id, now):
            raise StartError(f"{ANOTHER_MOVES} ({mover.pod or mover.address} is {mover.mode_at(now)})")
        return node.turned(JOINING, now, self._treatment().join, NORMAL)

    def _known(self, ring: Ring) -> Node:
        return ring.nodes[self.identity.host_id]

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _live(self, ring: Ring) -> list[str]:
        return list(dict.fromkeys([*ring.live(self._now()), self.identity.address]))

    def _read(self, request: ReadRequest) -> Any:  # noqa: ANN401  plain data
        ring, now = self._book.ring(), self._now()
        match request.attribute:
            case "Keyspaces":
                return ring.keyspace_names()
            case "HostIdMap" | "EndpointToHostId":
                return ring.host_ids(now)
            case "LocalHostId":
                return self.identity.host_id
            case "OperationMode":
                return self._known(ring).mode_at(now)
            case "JoiningNodes":
                return ring.joining(now)
            case "LeavingNodes":
                return ring.leaving(now)
            case "LiveNodes":
                return self._live(ring)
            case "UnreachableNodes":
                return ring.unreachable(now)
            case "Compactions":
                return self._compactions()
            case _:
                return self._streams()

    def _compactions(self) -> list[Json]:
        kinds = {"forceKeyspaceCleanup": "Cleanup", "upgradeSSTables": "Upgrade sstables"}
        running = [name.partition(" ") for name in self._running.values()]
        return [
            {"taskType": kinds[name], "keyspace": keyspace, "completed": "1", "total": "2", "unit": "bytes"}
            for name, _, keyspace in running
            if name in kinds
        ]

    def _streams(self) -> list[Json]:
        known = self._known(self._book.ring()).mode_at(self._now())
        plans = {JOINING: "Bootstrap", LEAVING: "Unbootstrap"}
        found = [plans[known]] if known in plans else []
        found += ["Rebuild" for name in self._running.values() if name.startswith("rebuild ")]
        return [{"planId": f"{self.identity.host_id}/{number}", "description": it} for number, it in enumerate(found)]

    async def _execute(self, request: ExecRequest) -> object:
        """Carry a command out; it goes on when who has asked hangs up."""
        if request.operation == "describeRingJMX":
            return self._describe(request.argument(TEXT))
        ring = self._book.ring()
        mode = self._known(ring).mode_at(self._now())
        try:
            self._check(request, ring)
        except JavaError as error:
            self._note(request, mode, str(error))
            raise
        self._note(request, mode)
        first = request.argument(TEXT) if TEXT in request.signature else ""
        task: asyncio.Task[object] = asyncio.ensure_future(self._carry_out(request, mode))
        self._running[task] = f"{request.operation} {first}"
        task.add_done_callback(lambda done: self._running.pop(done, None))
        return await asyncio.shield(task)

    def _note(self, request: ExecRequest, mode: str, refused: str = "") -> None:
        who = self.identity
        self._book.note(
            Command(
                at=self._now(),
                member=who.member,
                pod=who.pod,
                host_id=who.host_id,
                operation=request.operation,
                arguments=request.values,
                mode=mode,
                refused=refused,
            )
        )

    def _check(self, request: ExecRequest, ring: Ring) -> None:
        """Raise the exception with which a real node refuses the command."""
        if request.operation in self._treatment().fails:
            raise JavaError(jolokia.RUNTIME, f"{request.operation} was told to fail")
        now = self._now()
        match request.operation:
            case "decommission":
                checks.decommission(ring, self._known(ring), now, force=request.values != (False,))
            case "removeNode":
                checks.removal(ring, self.identity.host_id, request.argument(TEXT), now)
            case "rebuild":
                busy = any(name.startswith("rebuild ") for name in self._running.values())
                checks.rebuild(ring, request.argument(TEXT), now, busy=busy)
            case operation:
                checks.keyspace(ring, operation, request.argument(TEXT))

    async def _carry_out(self, request: ExecRequest, mode: str) -> object:
        seconds = self._treatment().command
        match request.operation:
            case "decommission":
                self._book.write(self._known(self._book.ring()).turned(LEAVING, self._now(), seconds, DECOMMISSIONED))
            case "removeNode":
                lost = self._book.ring().nodes[request.argument(TEXT)]
                self._book.write(lost.turned(LEAVING, self._now(), seconds, REMOVED))
            case "forceKeyspaceCleanup" if mode == JOINING:
                return ABORTED
        await self._sleep(seconds)
        return None if request.operation in SILENT else SUCCESSFUL

    def _describe(self, keyspace: str) -> list[str]:
        ring, now = self._book.ring(), self._now()
        checks.keyspace(ring, "describeRingJMX", keyspace)
        nodes = ring.replicas(keyspace, self._known(ring), now)
        return [token_range(number, node) for number, node in enumerate(nodes)]


def token_range(number: int, node: Node) -> str:
    """A token range of one replica, as describeRingJMX spells it."""
    details = f"EndpointDetails(host:{node.address}, datacenter:{node.datacenter}, rack:{node.rack})"
    ends = f"start_token:{number}, end_token:{number + 1}"
    there = f"endpoints:[{node.address}], rpc_endpoints:[{node.address}]"
    return f"TokenRange({ends}, {there}, endpoint_details:[{details}])"
