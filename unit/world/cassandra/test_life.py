"""The life of one pod against a member in memory: what is written, when its node runs, and how it ends."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from fakes.member import MemberInMemory
from fakes.simulated import Memory, pod, record
from multicasskop.informers.clock import SystemClock
from multicasskop.reconcilers.cassandracluster.jolokia.client import Credentials, JolokiaClient
from multicasskop.reconcilers.cassandracluster.jolokia.questions import OperationMode
from multicasskop.world.api import Answer
from multicasskop.world.cassandra.addresses import Addresses
from multicasskop.world.cassandra.claims import Claims
from multicasskop.world.cassandra.life import House, Life
from multicasskop.world.cassandra.options import PodOptions
from multicasskop.world.cassandra.ring import DECOMMISSIONED, NORMAL
from multicasskop.world.cassandra.rules import Line, Rule, Treatment, Trouble, treatment
from multicasskop.world.cassandra.writer import Writer
from multicasskop.world.errors import ApiError
from multicasskop.world.kinds import CLAIMS, PODS, SECRETS

Json = dict[str, Any]

PORT = 18779
OPTIONS = PodOptions(ready=0.01, join=0.01, command=0.01, end=0.0)
NAME = "demo-dc1-rack1-1"
WHO = f"ns/{NAME}"
PATIENCE = 10.0


class Member(MemberInMemory):
    """A member in memory that also binds pods, and can be away."""

    def __init__(self) -> None:
        super().__init__("m")
        self.away = 0

    def request(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:  # noqa: ANN401  as of Api
        """Answer, unless away; a binding puts the pod onto the node."""
        if self.away and method != "GET":
            self.away -= 1
            raise ApiError("m", method, path, 0, "ConnectionError", "away")
        if path.endswith("/binding"):
            self.writes.append(f"{method} {path}")
            self.objects["pods", "ns", body["metadata"]["name"]]["spec"]["nodeName"] = body["target"]["name"]
            return Answer(201, b"{}")
        return super().request(method, path, body, **more)


class Stage:
    """One pod of a member, and the rules that hold for it."""

    def __init__(self, book: Memory | None = None, options: PodOptions = OPTIONS, **described: Any) -> None:  # noqa: ANN401
        self.api, self.book = Member(), book or Memory()
        self.rules: list[Rule] = []
        self.writer = Writer(self.api)
        self.claims = Claims(self.writer, 0.0)
        self.usual = options.treatment
        addresses = Addresses(PORT)
        self.house = House(
            self.writer, self.claims, addresses, lambda *_: self.book, self._treatment, options, SystemClock()
        )
        self.api.create(PODS, "ns", pod(**{"name": NAME, **described}))
        self.life: Life | None = None

    def begin(self) -> Life:
        """Let the pod live."""
        self.life = Life(self.house, self.pod())
        return self.life

    def rule(self, **what: Any) -> None:  # noqa: ANN401  as of Rule
        """Have these things, and no others, go wrong."""
        self.rules = [Rule(pods="*", **what)] if what else []
        assert self.life is not None, "nobody lives yet"
        self.life.changed.set()

    def pod(self) -> Json:
        """The pod as it is now."""
        return self.api.get(PODS, "ns", NAME)

    def status(self) -> Json:
        """The pod's status."""
        found: Json = self.pod().get("status") or {}
        return found

    def container(self) -> Json:
        """The status of Cassandra's container."""
        return next((each for each in self.status().get("containerStatuses", []) if each["name"] == "cassandra"), {})

    def is_ready(self) -> bool:
        """Whether Cassandra's container is."""
        return bool(self.container().get("ready"))

    def waiting(self) -> str:
        """Why Cassandra's container waits."""
        return str((self.container().get("state", {}).get("waiting") or {}).get("reason", ""))

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return when the condition holds."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(0.002)

    async def ask(self, credentials: Credentials | None = None) -> object:
        """What the node says about its mode, asked by the product's client."""
        client = JolokiaClient(self.status()["podIP"], PORT, credentials)
        return await asyncio.to_thread(client.ask, OperationMode())

    def _treatment(self, name: str) -> Treatment:
        return treatment(self.rules, name, self.usual)


def run(story: Callable[[Stage], Awaitable[None]], stage: Callable[[], Stage] = Stage) -> None:
    """Run a test's story."""

    async def told() -> None:
        found = stage()
        try:
            await story(found)
        finally:
            if found.life is not None:
                found.life.gone()
            found.writer.close()

    asyncio.run(told())


def test_pod_is_bound_becomes_ready_and_answers() -> None:
    """On a node, with an address of its own at which Jolokia answers; its node is in the ring."""

    async def story(stage: Stage) -> None:
        stage.begin()
        await stage.until(stage.is_ready)
        assert stage.pod()["spec"]["nodeName"] == "m-node-1"
        assert stage.status()["podIP"].startswith("127.")
        assert await stage.ask() == NORMAL
        (node,) = stage.book.known.nodes.values()
        assert (node.pod, node.address, node.up) == (WHO, stage.status()["podIP"], True)
        assert [write.split("/")[-1] for write in stage.api.writes[1:]] == ["binding", "status"]

    run(story)


def test_without_nodes_no_pod_is_bound() -> None:
    """One write is enough then."""

    async def story(stage: Stage) -> None:
        stage.begin()
        await stage.until(stage.is_ready)
        assert "nodeName" not in stage.pod()["spec"]

    run(story, lambda: Stage(options=PodOptions(nodes=0)))


def test_host_id_belongs_to_the_claim() -> None:
    """A pod of another UID with the same claim is the same node; without a claim it is another."""

    async def story(stage: Stage) -> None:
        claim = {"metadata": {"name": f"data-{NAME}"}, "spec": {"resources": {"requests": {"storage": "1Gi"}}}}
        stage.begin()
        await asyncio.sleep(0.02)
        assert stage.status() == {}
        stage.claims.seen(("ns", f"data-{NAME}"), "ADDED", stage.api.create(CLAIMS, "ns", claim))
        await stage.until(stage.is_ready)
        (first,) = stage.book.known.nodes
        assert stage.life is not None
        stage.life.gone()
        stage.api.delete(PODS, "ns", NAME)
        stage.api.create(PODS, "ns", pod(NAME, uid="another", claims=True))
        stage.begin()
        await stage.until(stage.is_ready)
        assert list(stage.book.known.nodes) == [first]

    run(story, lambda: Stage(claims=True))


@pytest.mark.parametrize(
    ("trouble", "shown"),
    [
        pytest.param(Trouble.UNSCHEDULABLE, lambda stage: stage.status().get("phase") == "Pending", id="no room"),
        pytest.param(Trouble.IMAGE, lambda stage: stage.waiting() == "ImagePullBackOff", id="no image"),
        pytest.param(Trouble.CRASH, lambda stage: stage.waiting() == "CrashLoopBackOff", id="it crashes"),
        pytest.param(Trouble.UNREADY, lambda stage: stage.container().get("ready") is False, id="never ready"),
    ],
)
def test_trouble_lasts_as_long_as_the_rule(trouble: Trouble, shown: Callable[[Stage], bool]) -> None:
    """The pod says what is wrong; when it no longer is, it becomes ready."""

    async def story(stage: Stage) -> None:
        stage.rules = [Rule(pods=WHO, trouble=trouble)]
        stage.begin()
        await stage.until(lambda: shown(stage))
        assert not stage.is_ready()
        stage.rule()
        await stage.until(stage.is_ready)
        assert await stage.ask() == NORMAL

    run(story)


def test_pod_that_runs_can_crash_and_come_back() -> None:
    """Its node is down meanwhile, and is the same afterwards; the container was restarted."""

    async def story(stage: Stage) -> None:
        stage.begin()
        await stage.until(stage.is_ready)
        stage.rule(trouble=Trouble.CRASH)
        await stage.until(lambda: stage.waiting() == "CrashLoopBackOff")
        (node,) = stage.book.known.nodes.values()
        assert not node.up
        assert str(await stage.ask()).startswith("refused")
        stage.rule()
        await stage.until(stage.is_ready)
        assert stage.container()["restartCount"] == 1
        assert await stage.ask() == NORMAL
        assert len(stage.book.known.nodes) == 1

    run(story)


def test_refusing_jolokia_leaves_the_pod_ready() -> None:
    """Nobody listens; the pod and its node go on."""

    async def story(stage: Stage) -> None:
        stage.begin()
        await stage.until(stage.is_ready)
        stage.rule(line=Line.REFUSE)
        # a call that is under way when the door closes is cut
        while not str(await stage.ask()).startswith("refused"):
            assert stage.is_ready()
        assert stage.is_ready()
        stage.rule()
        while await stage.ask() != NORMAL:
            assert stage.is_ready()

    run(story)


def test_node_that_may_not_start_crashes_until_it_may() -> None:
    """A second bootstrap beside another fails, and is tried again."""

    async def story(stage: Stage) -> None:
        now = stage.house.clock.now().timestamp()
        stage.book.write(record(1, at=now))
        stage.book.write(record(2, "JOINING", at=now, seconds=0.3, then=NORMAL))
        stage.begin()
        await stage.until(lambda: stage.waiting() == "CrashLoopBackOff")
        assert "cannot bootstrap" in stage.container()["lastState"]["terminated"]["message"]
        await stage.until(stage.is_ready)
        assert stage.container()["restartCount"] >= 1

    run(story)


def test_pod_that_is_asked_to_end_ends() -> None:
    """Its node goes down, and the pod goes; what it was at does not keep it."""

    async def story(stage: Stage) -> None:
        life = stage.begin()
        await stage.until(stage.is_ready)
        life.take({**stage.pod(), "metadata": {**stage.pod()["metadata"], "deletionTimestamp": "now"}})
        await stage.until(lambda: stage.api.find(PODS, "ns", NAME) is None)
        (node,) = stage.book.known.nodes.values()
        assert not node.up

    run(story)


def test_node_that_left_before_its_pod_ends_stays_gone() -> None:
    """A decommissioned node does not come back as one that is down."""

    async def story(stage: Stage) -> None:
        life = stage.begin()
        await stage.until(stage.is_ready)
        (node,) = stage.book.known.nodes.values()
        stage.book.write(node.turned(DECOMMISSIONED, node.at))
        life.gone()
        (node,) = stage.book.known.nodes.values()
        assert (node.mode, node.up) == (DECOMMISSIONED, False)

    run(story)


def test_pod_that_was_ready_goes_on_where_it_was() -> None:
    """A simulator that starts again keeps the address, and writes nothing."""

    async def story(stage: Stage) -> None:
        life = stage.begin()
        await stage.until(stage.is_ready)
        before, count = stage.status()["podIP"], len(stage.api.writes)
        life.gone()
        stage.begin()
        while await stage.ask() != NORMAL:
            await asyncio.sleep(0.002)
        assert stage.status()["podIP"] == before
        assert len(stage.api.writes) == count

    run(story)


def test_writes_are_repeated_until_the_server_takes_them() -> None:
    """An API server that is away for a while costs time only."""

    async def story(stage: Stage) -> None:
        stage.api.away = 2
        stage.begin()
        await stage.until(stage.is_ready)

    run(story)


def test_credentials_of_a_secret_are_wanted() -> None:
    """The pod's variables name the Secret; who does not know them is turned away."""
    env = {"CASSANDRA_AUTH_JOLOKIA": "true", "JOLOKIA_USER": "u"}

    async def story(stage: Stage) -> None:
        stage.begin()
        await asyncio.sleep(0.02)
        assert not stage.is_ready()
        secret = {"metadata": {"name": "jolokia"}, "data": {"password": "cC13"}}
        stage.api.create(SECRETS, "ns", secret)
        await stage.until(stage.is_ready)
        assert await stage.ask(Credentials("u", "p-w")) == NORMAL
        assert str(await stage.ask()).startswith("unauthorized")

    def stage() -> Stage:
        found = Stage(env=env)
        live = found.api.objects["pods", "ns", NAME]
        reference = {"secretKeyRef": {"name": "jolokia", "key": "password"}}
        live["spec"]["containers"][1]["env"].append({"name": "JOLOKIA_PASSWORD", "valueFrom": reference})
        return found

    run(story, stage)
