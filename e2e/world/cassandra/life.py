"""The life of one pod: scheduled, given its claims, started, ready; in trouble where the rules say so; ended."""

import asyncio
import uuid
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple, Protocol

import structlog
from multicasskop.informers.clock import Clock
from multicasskop.world.cassandra import described, releases, statuses
from multicasskop.world.cassandra.addresses import Addresses
from multicasskop.world.cassandra.book import Book
from multicasskop.world.cassandra.claims import Claims
from multicasskop.world.cassandra.listener import Listener
from multicasskop.world.cassandra.node import Cassandra, Identity, StartError
from multicasskop.world.cassandra.options import PodOptions
from multicasskop.world.cassandra.rules import Line, Treatment, Trouble
from multicasskop.world.cassandra.writer import PAUSE, Writer
from multicasskop.world.kinds import PODS

Json = dict[str, Any]

SHORTEST_PAUSE, LONGEST_PAUSE = 0.05, 5.0
HOST = "192.0.2.{}"


class Status(Protocol):
    """A status to be written, for the pod as it is."""

    def __call__(self, pod: Json) -> Json:
        """Make it."""
        ...


class House(NamedTuple):
    """What all pods of a member share."""

    writer: Writer
    claims: Claims
    addresses: Addresses
    book: Callable[[str, str], Book]
    treatment: Callable[[str], Treatment]
    options: PodOptions
    clock: Clock


class Life:
    """One pod's life as a task of the event loop, until the pod is asked to end or is not there any more (`gone`)."""

    def __init__(self, house: House, pod: Json) -> None:
        self._house = house
        self.pod = pod
        self.name = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
        self.changed = asyncio.Event()
        self._restarts = restarts_of(pod)
        self._listener: Listener | None = None
        self._node: Cassandra | None = None
        self._shown: str = "ready" if statuses.is_ready(pod) else ""
        self._ending = False
        self._log = structlog.get_logger("pods").bind(member=house.writer.member, pod=self.name)
        self._task = self._begun(self._run())

    @property
    def uid(self) -> str:
        """Which pod of its name it is."""
        uid: str = self.pod["metadata"]["uid"]
        return uid

    def take(self, pod: Json) -> None:
        """Learn of the pod's newest content; once it is asked to end it does so in its time, and says so."""
        self.pod = pod
        if "deletionTimestamp" in pod["metadata"] and not self._ending:
            self._ending = True
            self._task.cancel()
            self._task = self._begun(self._end())

    def gone(self) -> None:
        """The pod is not there any more: nothing of it is left."""
        self._task.cancel()
        self._kill()
        if self._listener is not None:
            self._listener.leave()
            self._listener = None

    def _begun(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        task.add_done_callback(self._died)
        return task

    def _died(self, task: asyncio.Task[None]) -> None:
        """No error is expected here; one that comes shall not go unseen."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self._log.error("the pod's life has ended", exc_info=error)

    async def _run(self) -> None:
        await self._schedule()
        data = await self._claims()
        await self._image()
        await self._prepare(data)
        while True:
            self.changed.clear()
            await self._step()

    async def _end(self) -> None:
        await asyncio.sleep(self._house.options.end)
        self._kill()
        await self._house.writer.ended(self.pod)

    async def _schedule(self) -> None:
        """Have the pod on a node, once there is room."""
        await self._while(Trouble.UNSCHEDULABLE, lambda pod: statuses.unschedulable(pod, self._house.clock.now()))
        if self._house.options.nodes and not self.pod["spec"].get("nodeName"):
            await self._house.writer.bind(self.pod, f"{self._house.writer.member}-node-{self._number()}")

    async def _claims(self) -> str:
        """Wait for the claims; return what the node's data is known by: the claim, or the pod where there is none."""
        namespace = self.pod["metadata"]["namespace"]
        uids = {
            volume: await self._house.claims.bound((namespace, name))
            for volume, name in described.claims(self.pod).items()
        }
        return uids.get("data") or next(iter(uids.values()), self.uid)

    async def _image(self) -> None:
        """Pull the image, once it can be had."""
        await self._while(Trouble.IMAGE, lambda pod: statuses.pull_fails(pod, self._house.clock.now(), self._host()))

    async def _prepare(self, data: str) -> None:
        """Make the node and the port at which it answers; nothing runs yet."""
        house, place = self._house, described.place(self.pod)
        namespace = self.pod["metadata"]["namespace"]
        secrets = {name: await house.writer.secret(namespace, name) for name in described.secrets(self.pod)}
        credentials = described.credentials(self.pod, secrets.__getitem__)
        former = (self.pod.get("status") or {}).get("podIP", "")
        self._listener = house.addresses.listener(former, self._answer, self._line, credentials)
        if self._address() != former:
            self._shown = ""
        host_id = str(uuid.uuid5(uuid.NAMESPACE_OID, data))
        who = Identity(
            host_id, self._address(), place.datacenter, place.rack, house.writer.member, self.name, place.seeds
        )
        default = releases.parse(house.options.release)
        release = releases.release_of(statuses.image_of(self.pod), default)
        book = house.book(namespace, place.cluster)
        self._made = Cassandra(book, who, release, self._treatment, house.clock)

    async def _step(self) -> None:
        """Bring the pod one step nearer to what the rules say, or wait for something to change."""
        trouble = self._treatment().trouble
        if trouble is Trouble.CRASH:
            await self._crash("the rules say so")
            await self.changed.wait()
        elif self._node is None:
            await self._start()
        else:
            await self._follow_line()
            await self._show_running(ready=trouble is not Trouble.UNREADY)
            await self.changed.wait()

    async def _start(self) -> None:
        """Start the node's process; one that ends at once is started again after a longer and longer pause."""
        try:
            self._made.start()
        except StartError as error:
            await self._crash(str(error))
            await asyncio.sleep(min(SHORTEST_PAUSE * 2**self._restarts, LONGEST_PAUSE))
            return
        self._node = self._made
        await self._follow_line()
        if self._shown != "ready":
            await asyncio.sleep(self._treatment().ready)

    async def _crash(self, why: str) -> None:
        """The node's process ends."""
        self._restarts += 1
        self._kill()
        await self._show(
            f"crash {self._restarts}",
            lambda pod: statuses.crashes(
                pod, self._house.clock.now(), self._host(), self._address(), self._restarts, why
            ),
        )

    async def _show_running(self, *, ready: bool) -> None:
        status = statuses.ready if ready else statuses.boots
        await self._show(
            "ready" if ready else "unready",
            lambda pod: status(pod, self._house.clock.now(), self._host(), self._address(), self._restarts),
        )

    async def _show(self, what: str, status: Status) -> None:
        """Write a status, unless it stands there."""
        while self._shown != what:
            written = await self._house.writer.status(PODS, self.pod, status(self.pod))
            if written is not None:
                self._shown = what
                return
            await asyncio.sleep(PAUSE)  # we are told soon that the pod is gone, if that is why

    async def _while(self, trouble: Trouble, status: Status) -> None:
        """Show a status as long as the rules tell of a trouble."""
        while self._treatment().trouble is trouble:
            self.changed.clear()
            await self._show(trouble, status)
            await self.changed.wait()

    async def _follow_line(self) -> None:
        """Listen, unless the rules say that nobody does."""
        assert self._listener is not None, "made before the node"
        if self._line() is Line.REFUSE:
            self._listener.close()
        else:
            await self._listener.open()

    def _kill(self) -> None:
        """The node's process is not there any more."""
        if self._listener is not None:
            self._listener.close()
        if self._node is not None:
            self._node.stop()
            self._node = None

    async def _answer(self, body: bytes) -> bytes:
        assert self._node is not None, "the port is open only while the node runs"
        return await self._node.answer(body)

    def _treatment(self) -> Treatment:
        return self._house.treatment(f"{self.name}@{statuses.image_of(self.pod)}")

    def _line(self) -> Line:
        return self._treatment().line

    def _address(self) -> str:
        return self._listener.address if self._listener is not None else ""

    def _number(self) -> int:
        """Which node: pods of a rack are spread."""
        ordinal = self.pod["metadata"]["name"].rpartition("-")[2]
        return int(ordinal) % self._house.options.nodes if ordinal.isdigit() else 0

    def _host(self) -> str:
        return HOST.format(self._number() + 1 if self._house.options.nodes else 1)


def restarts_of(pod: Json) -> int:
    """How often the Cassandra container was restarted, as the pod's status says."""
    found = (pod.get("status") or {}).get("containerStatuses") or []
    return max((int(each.get("restartCount", 0)) for each in found), default=0)
