"""A member in memory with a simulated CassKop that is looked at after each tick."""

import json
import math
from dataclasses import dataclass

from fakes.clock import FakeClock
from fakes.member import Json, MemberInMemory
from multicasskop.crds.names import LAST_APPLIED
from multicasskop.world.kinds import CASSANDRACLUSTERS, STATEFULSETS
from multicasskop.world.simulators.casskop import CassKop
from multicasskop.world.simulators.modes import SimulatorOptions

NAMESPACE = "cassandra"


NAME = "demo"


REQUEST = 0.002
"""What every request takes here, in seconds."""


FIRST_PODS = 0.5
"""What the first pods of a StatefulSet take."""


@dataclass(frozen=True)
class Seen:
    """A version of the object, as a watch sees it."""

    at: float
    generation: int
    applied: int
    phase: str
    action: str
    progress: str

    @property
    def told(self) -> str:
        """What the operator above reads."""
        return f"{self.phase} {self.action} {self.progress}".strip()


class Member:
    """A member in which the simulator works on simulated time."""

    def __init__(self, options: SimulatorOptions) -> None:
        self.clock = FakeClock()
        self.api = MemberInMemory()
        self.casskop = CassKop(self.api, options, clock=Ticking(self.clock))
        self.history: list[Seen] = []
        self.api.on_write = self._wrote
        self._began = 0.0
        self._starting: list[tuple[float, str]] = []

    def _wrote(self, plural: str, kind: str, item: Json) -> None:
        self.clock.advance(REQUEST)
        if (plural, kind) == ("statefulsets", "ADDED"):
            self._starting.append((self.clock.monotonic() + FIRST_PODS, item["metadata"]["name"]))
        if plural != "cassandraclusters":
            return
        self.casskop.seen("cluster", kind, item)
        self.history.append(read(item, self.clock.monotonic() - self._began))

    def run(self, seconds: float) -> list[Seen]:
        """Let time pass, and return what was seen meanwhile."""
        until = self._began + seconds
        while (due := self._next_due()) <= until:
            self.clock.advance(max(0.0, due - self.clock.monotonic()))
            while self._starting and self._starting[0][0] <= self.clock.monotonic():
                self.api.complete(NAMESPACE, self._starting.pop(0)[1])
            if (self.casskop.next_due() or until) <= self.clock.monotonic():
                self.casskop.work_once()
        self.clock.advance(max(0.0, until - self.clock.monotonic()))
        return self.history

    def _next_due(self) -> float:
        """When something happens next: a pass, or the first pods of a StatefulSet are ready."""
        due = self.casskop.next_due()
        return min([math.inf if due is None else due, *(at for at, _ in self._starting)])

    def create(self, *, spec: Json | None = None, **metadata: object) -> None:
        """Create the object; time counts from here."""
        body = {
            "apiVersion": "db.orange.com/v2",
            "kind": "CassandraCluster",
            "metadata": {"name": NAME, **metadata},
            "spec": {"nodesPerRacks": 1, "cassandraImage": "cassandra:4.1.4", "maxPodUnavailable": 1, **(spec or {})},
        }
        self._reset()
        self.api.create(CASSANDRACLUSTERS, NAMESPACE, body)

    def patch(self, body: Json, *, subresource: str = "") -> None:
        """Change the object; time and history count from here."""
        self._reset()
        self.api.patch(CASSANDRACLUSTERS, NAMESPACE, NAME, body, subresource=subresource)

    def delete(self) -> None:
        """Delete the object."""
        self._reset()
        self.api.delete(CASSANDRACLUSTERS, NAMESPACE, NAME)

    def cluster(self) -> Json:
        """The object."""
        return self.api.get(CASSANDRACLUSTERS, NAMESPACE, NAME)

    def stateful_set(self, rack: str = "dc1-rack1") -> Json:
        """A rack's StatefulSet."""
        return self.api.get(STATEFULSETS, NAMESPACE, f"{NAME}-{rack}")

    def _reset(self) -> None:
        self.history = []
        self._began = self.clock.monotonic()


class Ticking:
    """A clock on which sleeping takes no real time."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.monotonic, self.now, self.wait = clock.monotonic, clock.now, clock.wait

    def sleep(self, stop: object, seconds: float) -> bool:
        """Let time pass."""
        self._clock.advance(seconds)
        return False


def read(item: Json, at: float) -> Seen:
    """Read a version of the object."""
    text = (item["metadata"].get("annotations") or {}).get(LAST_APPLIED)
    status = item.get("status") or {}
    return Seen(
        at,
        item["metadata"]["generation"],
        json.loads(text)["metadata"]["generation"] if text else 0,
        status.get("phase", ""),
        status.get("lastClusterAction", ""),
        status.get("lastClusterActionStatus", ""),
    )


def story(history: list[Seen]) -> list[str]:
    """What was told, without repetitions."""
    told = [seen.told for seen in history]
    return [words for number, words in enumerate(told) if number == 0 or words != told[number - 1]]


def first(history: list[Seen], told: str) -> Seen:
    """When something was told for the first time."""
    return next(seen for seen in history if seen.told == told)


def racks(*names: str) -> Json:
    """A topology of one datacenter."""
    return {"dc": [{"name": "dc1", "rack": [{"name": name} for name in names]}]}


def running(member: Member, **spec: object) -> Member:
    """The member with a cluster that is Running and Done, half an hour later."""
    member.create(spec=spec)
    member.run(1800)
    assert member.history[-1].told == "Running Initializing Done"
    return member
