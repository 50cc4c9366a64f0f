"""CassKop's decisions in a world in memory: look after look, until nothing is left to be done."""

from dataclasses import dataclass, field
from typing import Any

from fakes.clock import FakeClock
from fakes.kop_kubernetes import CLAIMS, JOINING, NORMAL, PODS, STATEFULSETS, KopKubernetes, is_ready
from fakes.kop_oracle import wrongs
from fakes.kop_store import ConflictError, KopStore
from fakes.patches import PatchRefusedError
from multicasskop.crds.cassandracluster import CassandraCluster
from multicasskop.reconcilers.cassandracluster.decide import Decision, decide
from multicasskop.reconcilers.cassandracluster.facts import Facts
from multicasskop.reconcilers.cassandracluster.jolokia.answers import Failed
from multicasskop.reconcilers.cassandracluster.jolokia.operations import ReplicatedIn
from multicasskop.reconcilers.cassandracluster.jolokia.questions import (
    Compactions,
    Decommission,
    HostIds,
    JoiningNodes,
    LeavingNodes,
    OperationMode,
    Streams,
)
from multicasskop.reconcilers.cassandracluster.observe import Observer
from multicasskop.reconcilers.cassandracluster.ring import Ask, Outcome, Ring, Unanswered
from multicasskop.reconcilers.cassandracluster.status import status_patch
from multicasskop.reconcilers.cassandracluster.writes import Create, Delete, Edit, Patch, Run, Write

Json = dict[str, Any]
PLURAL = "cassandraclusters"
LOOKS = 300


class CrashError(Exception):
    """CassKop is killed here."""


@dataclass
class KopWorld:
    """One CassandraCluster `demo`, and what its CassKop has made of it.

    `crash` is after how many writes CassKop is killed, once; what it had in mind is lost then, and a new one goes on.
    """

    name: str = "demo"
    store: KopStore = field(default_factory=KopStore)
    crash: int | None = None
    written: list[str] = field(default_factory=list)
    replicated: dict[str, str] = field(default_factory=dict)
    """Keyspaces that have data in a datacenter."""
    roles: int = 0
    """Replicas of the roles in each datacenter; without force, no node goes of a datacenter that has no more nodes."""
    silent: set[str] = field(default_factory=set)
    """Pods whose nodes do not answer, by name."""
    stubborn: set[str] = field(default_factory=set)
    """Pods whose nodes refuse whatever they are told, by name."""
    pace: int = 4
    broken: list[str] = field(default_factory=list)
    """What must never be, and was; each as a sentence."""

    def __post_init__(self) -> None:
        self.kubernetes = KopKubernetes(self.store)
        self.clock = FakeClock()
        self.restart()
        # what this CassKop, and no earlier one, knows of its commands
        self._ended: dict[str, Outcome] = {}
        self._refused: dict[str, str] = {}
        self._away: set[str] = set()
        self._counted = 0

    # for tests

    def restart(self, bootstrap_image: str = "") -> None:
        """Another process of CassKop, with this image for new clusters."""
        self._observer = Observer(self.store.scope(), self.clock, bootstrap_image)

    def submit(self, spec: Json) -> None:
        """Make the CassandraCluster."""
        body = {"apiVersion": "db.orange.com/v2", "kind": "CassandraCluster", "metadata": {"name": self.name}}
        self.store.create(PLURAL, {**body, "spec": spec})

    def change(self, spec: Json) -> None:
        """Change its spec, as a person would."""
        self.store.patch(PLURAL, self.name, {"spec": spec})

    @property
    def stored(self) -> Json:
        """It, as it is stored."""
        found = self.store.find(PLURAL, self.name)
        assert found is not None
        return found

    @property
    def status(self) -> Json:
        """What it says."""
        found: Json = self.stored.get("status") or {}
        return found

    def settle(self) -> None:
        """Look and let things go on until nothing does any more; between two looks as much happens as `pace` says."""
        for _ in range(LOOKS):
            looked = self.look()
            if not self.pass_by(self.pace) and not looked:
                return
        raise AssertionError(f"never at rest: {self.written[-6:]}, {self.status}")

    def pass_by(self, pace: int) -> bool:
        """Let so many things go on by themselves; whether anything did."""
        return sum(self._tick() for _ in range(pace)) > 0

    def replicas(self) -> dict[str, int]:
        """The sizes of the StatefulSets, by what follows the cluster in their names."""
        sets = self.store.all(STATEFULSETS)
        return {each["metadata"]["name"].removeprefix(f"{self.name}-"): each["spec"]["replicas"] for each in sets}

    def actions(self) -> dict[str, tuple[str, str]]:
        """By rack: the last action and how far it is."""
        racks = (self.status.get("cassandraRackStatus") or {}).items()
        found = {rack: said["cassandraLastAction"] for rack, said in racks}
        return {rack: (action.get("name", ""), action.get("status", "")) for rack, action in found.items()}

    # one look

    def look(self) -> bool:
        """Observe, decide, say, act; whether anything was written. A crash ends the look."""
        try:
            return self._look()
        except CrashError:
            self._ended, self._refused = {}, {}
            return True
        except (ConflictError, PatchRefusedError):
            return True

    def _look(self) -> bool:
        stored = self.stored
        facts = self._observer.look(CassandraCluster.model_validate(stored))
        decision = self._decide(facts, stored.get("status") or {})
        before = len(self.written)
        if decision.status is not None:
            patch = status_patch(stored.get("status") or {}, decision.status)
            if patch is not None:
                self._wrote("status")
                version = stored["metadata"]["resourceVersion"]
                self.store.patch(PLURAL, self.name, patch, version=version)
        for write in decision.writes:
            self._apply(write)
        return len(self.written) > before

    def _decide(self, facts: Facts, stored: Json) -> Decision:
        """Answer questions until a decision asks none."""
        answers: dict[Ask, object] = {}
        while True:
            decision = decide(facts, stored, Ring(answers, failed=self._stays(), ended=self._ended))
            if decision.question is None:
                return decision
            asked = decision.question
            answers[Ask(asked.pod.uid, asked.question)] = self._answer(asked)

    def _stays(self) -> dict[str, str]:
        """Nodes that refused to leave, as long as they would again."""
        return {uid: "it refuses" for uid, name in self._refused.items() if name in self.stubborn}

    def _answer(self, asked: Unanswered) -> object:
        if asked.pod.name in self.silent:
            return Failed("timeout", "no answer within 10s")
        modes = self.kubernetes.modes
        pods = {pod["metadata"]["uid"]: pod for pod in self.store.all(PODS)}
        match asked.question:
            case OperationMode():
                return modes.get(asked.pod.uid, NORMAL)
            case JoiningNodes():
                joining = (uid for uid, mode in modes.items() if mode == JOINING and uid in pods)
                return tuple(pods[uid]["status"]["podIP"] for uid in joining)
            case HostIds():
                return {address: host for host, address in self.kubernetes.ring.values()}
            case ReplicatedIn(datacenter=datacenter):
                return self.replicated.get(datacenter, "")
            case LeavingNodes() | Compactions() | Streams():
                return ()
            case other:
                raise AssertionError(f"nobody has answered that before: {other}")

    # the writes

    def _apply(self, write: Write) -> None:
        self._wrote(f"{type(write).__name__} {getattr(write, 'name', '')}")
        self.broken.extend(wrongs(self.kubernetes, write, self.status))
        match write:
            case Create():
                self.store.create(write.resource.plural, write.body)
            case Patch():
                self.store.patch(write.resource.plural, write.name, write.patch, uid=write.uid, version=write.version)
            case Edit():
                self.store.edit(write.resource.plural, write.name, write.guarded)
            case Delete():
                self._delete(write)
            case Run():
                self._order(write)

    def _order(self, write: Run) -> None:
        """What a node is told is done at once."""
        if self._too_few_without(write):
            self.stubborn.add(write.name)
        stays = write.name in self.stubborn
        failed = Failed("error", "it refuses") if stays else None
        if not isinstance(write.command, Decommission):
            self._ended[write.pod.uid] = Outcome(write.command, failed)
        elif stays:
            self._refused[write.pod.uid] = write.name
        else:
            self.kubernetes.decommission(write.name, write.pod.uid)

    def _too_few_without(self, write: Run) -> bool:
        datacenter = write.name.rsplit("-", 2)[0]
        there = [name for name in self.kubernetes.ring if name.rsplit("-", 2)[0] == datacenter]
        left = len(there) - len(self.kubernetes.left.intersection(there))
        return isinstance(write.command, Decommission) and not write.command.force and left <= self.roles

    def _delete(self, write: Delete) -> None:
        for guard in write.guards:
            self.store.patch(guard.resource.plural, guard.name, {}, uid=guard.uid, version=guard.version)
        if write.resource.plural == CLAIMS and not self._may_go(write.name):
            self.broken.append(f"claim {write.name} was deleted while its node was in the ring")
        self.store.delete(write.resource.plural, write.name, write.uid, write.version)

    def _may_go(self, claim: str) -> bool:
        pod = claim.partition("-")[2]
        return pod not in self.kubernetes.held or "deletionTimestamp" in self.stored["metadata"]

    def _wrote(self, what: str) -> None:
        if self.crash is not None and self.crash <= 0:
            self.crash = None
            raise CrashError(what)
        if self.crash is not None:
            self.crash -= 1
        self.written.append(what)

    def _tick(self) -> bool:
        ticked = self.kubernetes.tick()
        self._check()
        return ticked

    def _check(self) -> None:
        """At no moment are nodes of two racks away that were there before."""
        taken = self.kubernetes.taken
        self._away = {name for name in (*self._away, *taken[self._counted :]) if self._is_missed(name)}
        self._counted = len(taken)
        away = {rack_of(name) for name in self._away}
        if len(away) > 1:
            self.broken.append(f"nodes of racks {', '.join(sorted(away))} were away at the same time")

    def _is_missed(self, name: str) -> bool:
        """Whether a node that is in the ring is not up."""
        pod = self.store.find(PODS, name)
        return name in self.kubernetes.ring and (pod is None or not is_ready(pod))


def rack_of(pod: str) -> str:
    """The StatefulSet of a pod."""
    return pod.rpartition("-")[0]
