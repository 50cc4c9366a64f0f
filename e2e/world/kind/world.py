"""A world of kind clusters: the same face as control planes alone, with nodes on which pods really run."""

import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import msgspec
from multicasskop.world import kubeconfig, processes
from multicasskop.world.api import Api
from multicasskop.world.cassandra.options import PodOptions
from multicasskop.world.errors import ApiError, NotSupportedError, ProcessError, WorldError
from multicasskop.world.kind import casskop, engine, limits, nodes
from multicasskop.world.kind.cluster import AUDIT_LOG, Cluster
from multicasskop.world.kinds import NODES, SERVICE_ACCOUNTS
from multicasskop.world.kubeconfig import Entry
from multicasskop.world.planes.plane import Plane
from multicasskop.world.ports import free_ports, is_served
from multicasskop.world.processes import this_process, wait_until
from multicasskop.world.progress import Progress, ProgressSink
from multicasskop.world.simulators.modes import Mode, SimulatorOptions
from multicasskop.world.starting import relay_command
from multicasskop.world.state import State
from multicasskop.world.world import USUAL_PODS, World

READY_SECONDS = 300.0
RELAY_SECONDS = 60.0
HOME_WORKERS = 2


class KindWorld(World):
    """The members are kind clusters; the first has two workers, so that a node can fail without its API server.

    The kubeconfig's contexts go through a relay on this machine, as in a world of planes. Pods reach the API servers
    by `inner_server`. The audit log is fetched from the node whenever it is asked for.
    """

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._loaded: dict[str, set[str]] = {}

    def begin(self, members: Sequence[str], progress: ProgressSink, *, owned: bool) -> None:
        """Start the clusters side by side, or what is missing of those that are there; return when they are usable."""
        if reason := engine.missing():
            raise NotSupportedError(f"tier kind: {reason}")
        limits.allow_watches(progress)
        with self._ledger.exclusive():
            if self._is_complete():
                self._resume(members)
            else:
                self._make(members, progress, owned=owned)

    def cluster(self, member: str) -> Cluster:
        """The facts of a member's cluster; raises WorldError for a name that is none."""
        found = self._ledger.read().kind
        if member not in found:
            raise WorldError(f"no member {member} in {self.directory}; there are: {', '.join(self.members)}")
        return found[member]

    def plane(self, member: str) -> Plane:
        """There is none: always raises NotSupportedError."""
        raise NotSupportedError(f"{self.cluster(member).member} is a kind cluster; its processes are its nodes' own")

    @property
    def host_address(self) -> str:
        """The address under which this machine is reached from within the members."""
        return nodes.gateway(self.cluster(self.members[0]))

    def admin(self, member: str) -> Api:
        """A client with all rights which no fault of the relay reaches; the same one as long as the member is."""
        cluster = self.cluster(member)
        return self._admin(cluster, lambda: administrator(cluster))

    def inner_server(self, member: str) -> str:
        """The URL of the API server as pods of all members reach it; `black_hole` lies in between."""
        return self.cluster(member).server

    def nodes(self, member: str) -> tuple[str, ...]:
        """The member's nodes, which are containers of the same name; the control plane is the first."""
        return nodes.nodes(self.cluster(member))

    def load(self, *images: str, members: Sequence[str] = ()) -> None:
        """Bring images of the engine into the members' nodes on which pods run, of all members if none is named.

        Those that a member has got by this object are not brought again. Those that share layers are best loaded
        together: each call carries all of its images' layers.
        """
        program = str(engine.kind_path() or "kind")
        for member in members or self.members:
            cluster = self.cluster(member)
            there = self._loaded.setdefault(member, set())
            if missing := [image for image in images if image not in there]:
                where = ["--name", cluster.name, "--nodes", ",".join(cluster.hosts)]
                engine.run(program, "load", "docker-image", *where, *missing)
                there.update(missing)

    def audit_log(self, member: str) -> Path:
        """A fresh copy of the member's audit log: requests of nodes and control plane are left out of it."""
        cluster = self.cluster(member)
        copy = cluster.root / "audit.log"
        copy.write_text(nodes.enter(cluster.control_plane, "cat", AUDIT_LOG))
        return copy

    def status(self) -> dict[str, dict[str, str]]:
        """What each member's nodes and its relay do."""
        return {
            member: {node: nodes.state(node) for node in self.nodes(member)} | self._lifecycle.conditions(member)
            for member in self.members
        }

    def stop(self, member: str) -> None:
        """The API server dies: connections are refused, its own and the relay's."""
        processes.stop(self._lifecycle.process(member, "relay"))
        nodes.stop_server(self.cluster(member))

    def pause(self, member: str) -> None:
        """The API server hangs: connections are accepted, nothing is answered, and all of it is answered later."""
        nodes.pause_server(self.cluster(member))

    def black_hole(self, member: str) -> None:
        """The network swallows what comes through the relay or from another cluster.

        What came through the relay is lost for good; the kernels of pods send theirs again when the network is back.
        """
        processes.pause(self._lifecycle.process(member, "relay"))
        nodes.cut_server(self.cluster(member))

    def restore(self, member: str) -> None:
        """Undo whatever was done to the member and its nodes; return when its API server answers again."""
        cluster = self.cluster(member)
        with self._ledger.exclusive():
            processes.stop(self._lifecycle.process(member, "relay"))
            nodes.mend_server(cluster)
            self._await_server(cluster)
            self._relay(cluster)

    def restart_controllers(self, member: str) -> None:
        """Have the member's controller manager start again; returns at once."""
        nodes.signal_process(self.cluster(member).control_plane, "kube-controller-manager", "TERM")

    def simulate(self, member: str, options: SimulatorOptions) -> None:
        """Run the simulated CassKop as a pod of the member, instead of the one that may run; return when it does."""
        from multicasskop.world.kind import images

        image = images.simulator_image()
        self.load(image, members=[member])
        casskop.deploy(self.admin(member), image, options)

    def behave(self, member: str, mode: Mode, refuse: str = "") -> None:
        """Have the member's simulated CassKop start again in another mode; return when it does."""
        casskop.change(self.admin(member), mode, refuse)

    def simulate_pods(self, member: str, options: PodOptions = USUAL_PODS) -> None:
        """Not needed: real kubelets run the pods. Always raises NotSupportedError."""
        raise NotSupportedError(f"{member} runs pods itself; images.cassandra_image answers in them like Cassandra")

    def _is_complete(self) -> bool:
        content = self._ledger.read() if self._has_state() else State()
        if content.planes or content.given:
            raise WorldError(f"in {self.directory} another world stands; take it down, or use another folder")
        return bool(content.kind) and self.kubeconfig.exists()

    def _resume(self, members: Sequence[str]) -> None:
        self._check_same(members)
        for member in members:
            cluster = self.cluster(member)
            nodes.mend_server(cluster)
            self._await_server(cluster)
            processes.stop(self._lifecycle.process(member, "relay"))
            self._relay(cluster)

    def _make(self, members: Sequence[str], progress: ProgressSink, *, owned: bool) -> None:
        self._end()
        began, subject = time.monotonic(), f"kind clusters {', '.join(members)}"
        progress(Progress(subject, 0.0, 90.0))
        clusters = [self._planned(number, member) for number, member in enumerate(members)]
        # written down first: what is begun can be taken down
        owner = this_process() if owned else None
        self._ledger.create(State(tuple(members), owner=owner, kind={each.member: each for each in clusters}))
        try:
            with ThreadPoolExecutor(len(members), "kind") as side_by_side:
                list(side_by_side.map(self._begin, clusters))
        except BaseException:
            self._end()
            self._lifecycle.leave()
            raise
        kubeconfig.write(self.kubeconfig, [relayed(each) for each in clusters])
        progress(Progress(subject, time.monotonic() - began, done=True))

    def _end(self) -> None:
        """Delete the clusters, too."""
        self._loaded.clear()
        if self._has_state():
            with ThreadPoolExecutor(8, "kind") as side_by_side:
                list(side_by_side.map(partial(ask_kind, "delete"), self._ledger.read().kind.values()))
        super()._end()

    def _planned(self, number: int, member: str) -> Cluster:
        workers = HOME_WORKERS if number == 0 else 0
        return Cluster(member, str(self.directory / member), number, workers, free_ports(1)[0])

    def _begin(self, cluster: Cluster) -> None:
        cluster.log("kind").parent.mkdir(parents=True, exist_ok=True)
        (cluster.root / "cluster.json").write_bytes(msgspec.json.encode(cluster))
        ask_kind("create", cluster)
        if not wait_until(partial(is_usable, cluster), READY_SECONDS):
            nodes_of = f"docker exec {cluster.control_plane} kubectl describe nodes"
            raise WorldError(f"{cluster.member}: nodes not ready after {READY_SECONDS:g}s; {nodes_of}{limits.hint()}")
        self._relay(cluster)

    def _relay(self, cluster: Cluster) -> None:
        """Put a relay before the API server; it listens where the former one did."""
        port = administrator(cluster).server.rpartition(":")[2]
        command = relay_command(cluster.relay_port, int(port))
        relay = processes.start(f"{cluster.member}/relay", command, cluster.log("relay"))
        self._ledger.track(relay)
        processes.wait_ready(relay, lambda: is_served(cluster.relay_port), RELAY_SECONDS)

    def _await_server(self, cluster: Cluster) -> None:
        if not wait_until(partial(is_usable, cluster), READY_SECONDS):
            raise WorldError(f"{cluster.member}: its API server does not answer after {READY_SECONDS:g}s")


def ask_kind(verb: str, cluster: Cluster) -> None:
    """Have a cluster made or deleted; raises ProcessError with the end of what kind said."""
    facts = cluster.root / "cluster.json"
    if not facts.exists():
        return
    log = cluster.log("kind")
    command = [sys.executable, "-m", "multicasskop.world.kind.creation", verb, str(facts)]
    with log.open("ab") as output:
        code = subprocess.run(command, stdout=output, stderr=output, cwd=cluster.root, check=False).returncode
    if code:
        raise ProcessError(f"kind {verb} cluster {cluster.name}", f"ended with {code}", log)


def administrator(cluster: Cluster) -> Api:
    """A client with all rights, past the relay."""
    return Api.of(replace(kubeconfig.read(cluster.kubeconfig, cluster.context), context=cluster.member))


def relayed(cluster: Cluster) -> Entry:
    """The administrator's context of the member's name, through the relay."""
    found = kubeconfig.read(cluster.kubeconfig, cluster.context)
    return replace(found, context=cluster.member, server=f"https://127.0.0.1:{cluster.relay_port}")


def is_usable(cluster: Cluster) -> bool:
    """Whether all nodes are ready and pods can be made: kind itself waits for neither."""
    try:
        api = administrator(cluster)
        there = api.items(NODES)
        return (
            len(there) == 1 + cluster.workers
            and all(is_ready(node) for node in there)
            and api.find(SERVICE_ACCOUNTS, "default", "default") is not None
            and api.request("GET", "/readyz").status == 200
        )
    except ApiError:
        return False


def is_ready(node: dict[str, object]) -> bool:
    """Whether a node says so."""
    status = node.get("status")
    conditions = status.get("conditions", []) if isinstance(status, dict) else []
    return any(found["type"] == "Ready" and found["status"] == "True" for found in conditions)
