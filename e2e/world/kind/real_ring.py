"""The article's ring on real Cassandra: what its nodes say of it, and what can happen to them."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final

from cassandra.cluster import Session
from multicasskop.world.api import Json
from multicasskop.world.errors import WorldError
from multicasskop.world.installed import is_ready
from multicasskop.world.kind import cql, nodes
from multicasskop.world.kind.article import CHILD, DOMAIN, NAME, Article, Images
from multicasskop.world.kind.joined import route
from multicasskop.world.kind.nodetool import Peer, nodetool, status
from multicasskop.world.kind.world import KindWorld
from multicasskop.world.kinds import MULTICASSKOPS, PODS
from multicasskop.world.processes import wait_until
from multicasskop.world.recorder import Recorder

LATEST: Final = {"3.11": "3.11.19", "4.0": "4.0.19", "4.1": "4.1.10", "5.0": "5.0.6"}
BEFORE, AFTER = "4.1.9", LATEST["4.1"]
# a ring on a test's machine need not wait for late news for half a minute, nor look for the dead for long
QUICK: Final[Json] = {
    "jvm-options": {"cassandra_ring_delay_ms": 3000},
    "cassandra-yaml": {"phi_convict_threshold": 5},
}
DATACENTERS: Final = ("dc1", "dc2")
PATIENCE: Final = 400.0
JOLOKIA: Final = 8778
ENDED: Final = frozenset({"Done", "Error"})
OPERATORS: Final = "app.kubernetes.io/name in (multi-casskop, casskop)"


class RealRing(Article):
    """The ring, by the name of its pods. `images` are those of the releases that it may run."""

    def __init__(self, world: KindWorld, namespace: str, recorder: Recorder, images: Mapping[str, Images]) -> None:
        super().__init__(world, namespace, recorder)
        self.images = images

    def manifest(self, images: Images, *, without: str = "", **spec: Any) -> Json:  # noqa: ANN401 - any field of a child
        """As for any ring, with a configuration that does not wait as long as one between continents."""
        return super().manifest(images, without=without, config=QUICK, **spec)

    def seen_by(self, pod: str) -> tuple[Peer, ...]:
        """The ring as a node sees it; empty while it does not answer."""
        try:
            return status(self.nodetool(pod, "status"))
        except (KeyError, WorldError):
            return ()

    def nodetool(self, pod: str, *arguments: str) -> str:
        """Run nodetool in a pod."""
        return nodetool(self.world, self.member_of(pod), self.namespace, pod, *arguments)

    def member_of(self, pod: str) -> str:
        """The member in which a pod is."""
        return self.pods()[pod][0]

    def addresses_in(self, datacenter: str) -> set[str]:
        """The addresses of a datacenter's pods."""
        pods = self.pods().items()
        return {pod["status"]["podIP"] for name, (_, pod) in pods if name.startswith(f"{CHILD}-{datacenter}-")}

    def client(self, datacenter: str) -> AbstractContextManager[Session]:
        """A client of a datacenter as it is now: pods that have started anew have other addresses."""
        return cql.client(self.addresses_in(datacenter), datacenter)

    def first_pods(self) -> list[str]:
        """One pod of each datacenter."""
        found = {name.rpartition("-rack")[0]: name for name in sorted(self.pods(), reverse=True)}
        return sorted(found.values())

    def is_one_ring(self) -> bool:
        """Whether all pods are ready, and each datacenter sees all of them up and normal, and nobody else."""
        return self.are_ready() and all(self.is_whole(self.seen_by(pod)) for pod in self.first_pods())

    def is_seen_as(self, state: str, datacenter: str, pod: str) -> bool:
        """Whether a node sees all nodes of a datacenter in this state."""
        return {peer.state for peer in self.seen_by(pod) if peer.datacenter == datacenter} == {state}

    def until_whole(self, what: str) -> None:
        """Return when it is one ring."""
        if not wait_until(self.is_one_ring, PATIENCE, 1.0):
            raise AssertionError(f"{what}: {[self.seen_by(pod) for pod in self.first_pods()]}")

    def kill_cassandra(self, pod: str) -> None:
        """Its process dies, and its container is started again; return when that is seen."""
        before = self._status(pod)
        container = before["containerID"].rpartition("/")[2]
        kill = f'for each in $(pgrep -x java); do grep -q {container} /proc/$each/cgroup && kill -9 "$each"; done; true'
        nodes.enter(self.node_of(pod), "sh", "-c", kill)
        again = wait_until(lambda: self._status(pod)["restartCount"] > before["restartCount"], PATIENCE)
        assert again, f"{pod} is not started again"

    def delete_pod(self, pod: str, *, grace: int = 30) -> None:
        """It is made again, at another address, with its data; return when the old one is gone."""
        api, uid = self.world.admin(self.member_of(pod)), self.pods()[pod][1]["metadata"]["uid"]
        path = PODS.path(self.namespace, pod)
        api.request("DELETE", path, {"gracePeriodSeconds": grace})
        assert wait_until(lambda: self._uid(pod) not in ("", uid), PATIENCE), f"{pod} is not made again"

    def operate(self, pod: str, name: str, argument: str) -> None:
        """Let CassKop do an operation on a node; return when it is done."""
        api = self.world.admin(self.member_of(pod))
        labels = {"operation-name": name, "operation-argument": argument, "operation-status": "ToDo"}
        api.patch(PODS, self.namespace, pod, {"metadata": {"labels": labels}})
        found = wait_until(lambda: self._operation(pod) in ENDED, PATIENCE)
        assert found, f"{name} of {pod} does not end"
        assert self._operation(pod) == "Done"

    def message_of(self, member: str) -> str:
        """What the status says of a member."""
        status = self.home.get(MULTICASSKOPS, self.namespace, NAME)["status"]
        return next((each.get("message", "") for each in status["clusters"] if each["name"] == member), "")

    def restart_operators(self, *, grace: int = 30) -> None:
        """The pods of all operators go, killed with a grace of 0, and others come."""
        for member in self.world.members:
            query = {"labelSelector": OPERATORS, "gracePeriodSeconds": str(grace)}
            self.world.admin(member).request("DELETE", PODS.path(self.namespace), query=query)

    def operators_are_ready(self) -> bool:
        """Whether there is a pod of each operator, and all of them are ready."""
        found = [
            self.world.admin(member).items(PODS, self.namespace, labels=OPERATORS) for member in self.world.members
        ]
        # home has both
        return [len(pods) for pods in found] == [2, 1] and all(is_ready(pod) for pods in found for pod in pods)

    def restart_node(self, pod: str) -> None:
        """The node on which a pod runs goes down and comes back; the way to the other cluster's pods is laid again."""
        nodes.restart(self.node_of(pod))
        route(self.world, "replace")

    def node_of(self, pod: str) -> str:
        """The node on which a pod runs."""
        node: str = self.pods()[pod][1]["spec"]["nodeName"]
        return node

    @contextmanager
    def jolokia_hangs(self, pod: str) -> Iterator[None]:
        """Nobody outside gets an answer from a node's Jolokia."""
        where = self.node_of(pod), self.pods()[pod][1]["status"]["podIP"], JOLOKIA
        nodes.cut_port(*where)
        try:
            yield
        finally:
            nodes.mend_port(*where)

    def scaled(self, nodes: int) -> Json:
        """The spec with so many nodes in each rack of the first datacenter."""
        topology = {"dc": [{"name": "dc1", "nodesPerRacks": nodes, "rack": [{"name": "rack1"}, {"name": "rack2"}]}]}
        return {"override": {self.world.members[0]: {"spec": {"topology": topology}}}}

    def seed(self, pod: str) -> str:
        """A pod's name among the seeds."""
        return f"{pod}.{DOMAIN}"

    def is_whole(self, view: tuple[Peer, ...]) -> bool:
        """Whether in what a node sees all pods are up and normal, and nobody else is there."""
        return {peer.address for peer in view} == self.addresses() and {peer.state for peer in view} == {"UN"}

    def _operation(self, pod: str) -> str:
        labels: dict[str, str] = self.pods()[pod][1]["metadata"]["labels"]
        return labels.get("operation-status", "")

    def _status(self, pod: str) -> Json:
        found = self.pods()[pod][1]["status"].get("containerStatuses") or ()
        status: Json = next(each for each in found if each["name"] == "cassandra")
        return status

    def _uid(self, pod: str) -> str:
        found = self.pods().get(pod)
        return found[1]["metadata"]["uid"] if found else ""
