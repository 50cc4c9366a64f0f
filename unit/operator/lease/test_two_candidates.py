"""Two candidates under a thousand seeded schedules of delays, drops, conflicts and frozen machines."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

import pytest
from fakes.lease_server import DirectClient, Json, LeaseServer
from fakes.simulation import SimulatedClock, SimulatedThreads, Simulation
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import ApiError, ConnectError, ReadTimeout
from multicasskop.informers.guard import WriteGuard
from multicasskop.informers.resource import Resource
from multicasskop.operator.lease.election import LeaseOptions
from multicasskop.operator.lease.loop import LeaseLoop
from structlog.testing import capture_logs

TROUBLE_SECONDS = 60.0
CALM_SECONDS = 45.0


@dataclass
class Network:
    """The way of one candidate to the server: cut at times, slow at times, until the trouble is over."""

    simulation: Simulation
    random: Random
    cuts: list[tuple[float, float, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for _ in range(self.random.randrange(4)):
            begin = self.random.uniform(0, TROUBLE_SECONDS)
            end = min(begin + self.random.uniform(1, 25), TROUBLE_SECONDS)
            self.cuts.append((begin, end, self.random.random() < 0.5))

    def way(self) -> float:
        """Seconds for one way; endless when it gets lost, and an error when the connection is refused."""
        now = self.simulation.now
        for begin, end, refused in self.cuts:
            if begin <= now < end:
                if refused:
                    raise ConnectError("home", "connection refused")
                return math.inf
        if now > TROUBLE_SECONDS:
            return 0.005
        luck = self.random.random()
        if luck < 0.04:
            return math.inf
        return self.random.uniform(0, 12) if luck < 0.15 else self.random.uniform(0.001, 0.2)


class SimulatedClient(DirectClient):
    """A client whose requests may arrive after it has given up on them."""

    def __init__(self, simulation: Simulation, server: LeaseServer, network: Network, clock: SimulatedClock) -> None:
        super().__init__(server)
        self._simulation, self._network, self._clock = simulation, network, clock

    def get(self, resource: Resource, namespace: str, name: str, *, deadline: Deadline | None = None) -> Json:
        """Read the Lease."""
        return self._call(self.server.read, deadline)

    def create(self, resource: Resource, namespace: str, body: Json, *, deadline: Deadline | None = None) -> Json:
        """Make the Lease."""
        return self._call(lambda: self.server.make(body), deadline)

    def merge_patch(
        self, resource: Resource, namespace: str, name: str, body: Json, *, deadline: Deadline | None = None
    ) -> Json:
        """Change the Lease."""
        return self._call(lambda: self.server.change(body), deadline)

    def _call(self, operation: Callable[[], Json], deadline: Deadline | None) -> Json:
        assert deadline is not None
        timeout = self._clock.real(deadline.timeout(5.0))
        there, back = self._network.way(), self._network.way()
        outcome: list[Json | ApiError] = []
        if there < math.inf:
            self._simulation.at(self._simulation.now + there, lambda: outcome.append(_run(operation)))
        self._clock.pause(min(there + back, timeout))
        if there + back > timeout:
            raise ReadTimeout("home", "no answer")
        if isinstance(outcome[0], ApiError):
            raise outcome[0]
        return outcome[0]


def _run(operation: Callable[[], Json]) -> Json | ApiError:
    try:
        return operation()
    except ApiError as error:
        return error


class Schedule:
    """One seeded run: two places for candidates, each of which starts a new process when one has ended."""

    def __init__(self, seed: int) -> None:
        self.seed, self.random = seed, Random(seed)
        self.simulation, self.server = Simulation(), LeaseServer()
        self.guards: dict[str, WriteGuard] = {}
        self.terms: list[str] = []
        self.overlap: list[str] = []
        self.last: list[str] = []
        self._numbers = 0
        self._ended: list[tuple[int, str]] = []

    def run(self) -> None:
        """Let the trouble and the calm after it pass."""
        for place in range(2):
            self._start(place, self.random.uniform(0, 5))
        for _ in range(self.random.randrange(6)):
            self.simulation.at(self.random.uniform(0, TROUBLE_SECONDS), self.server.touch)
        self.simulation.run(TROUBLE_SECONDS + CALM_SECONDS, self._check)
        self.last = self._open()
        self.simulation.end()

    def _open(self) -> list[str]:
        """The processes that may write at this moment."""
        return [identity for identity, guard in self.guards.items() if guard.is_open]

    def _start(self, place: int, after: float) -> None:
        self._numbers += 1
        identity = f"pod-{place}_{self._numbers}"
        self.simulation.at(self.simulation.now + after, lambda: self._begin(place, identity))

    def _begin(self, place: int, identity: str) -> None:
        clock = SimulatedClock(
            self.simulation,
            offset=self.random.uniform(0, 1e6),
            rate=self.random.uniform(0.97, 1.03),
            skew=timedelta(hours=self.random.uniform(-48, 48)),
            stall=self._stall,
        )
        guard = self.guards[identity] = WriteGuard(clock)
        network = Network(self.simulation, Random(self.random.random()))
        loop = LeaseLoop(
            SimulatedClient(self.simulation, self.server, network, clock),
            clock,
            Random(self.random.random()),
            guard,
            SimulatedThreads(self.simulation),
            LeaseOptions("operators"),
            identity,
            on_started=lambda: self.terms.append(identity),
            on_lost=lambda _: self._start(place, self.random.uniform(0.5, 5)),
        )
        loop.start()
        if self.random.random() < 0.3:
            planned = self.simulation.now + self.random.uniform(5, TROUBLE_SECONDS)
            self.simulation.at(planned, lambda: self._stop(place, loop))

    def _stop(self, place: int, loop: LeaseLoop) -> None:
        if self.simulation.now < TROUBLE_SECONDS:
            loop._release = self.random.random() < 0.7
            loop._stop.set()
            self._start(place, self.random.uniform(0.5, 5))

    def _stall(self) -> float:
        frozen = self.simulation.now < TROUBLE_SECONDS and self.random.random() < 0.01
        return self.random.uniform(1, 30) if frozen else 0.0

    def _check(self) -> None:
        if len(self._open()) > 1:
            self.overlap.append(f"seed {self.seed} at {self.simulation.now:.3f} s: {self._open()} may write")


@pytest.mark.parametrize("first", range(0, 1000, 100), ids=lambda first: f"seeds {first} to {first + 99}")
def test_never_two_may_write(first: int) -> None:
    """At no instant of any schedule two write guards are open, and after the trouble exactly one is."""
    terms = 0
    for seed in range(first, first + 100):
        schedule = Schedule(seed)
        with capture_logs():
            schedule.run()
        assert schedule.overlap == []
        assert len(schedule.last) == 1, f"seed {seed}: {schedule.last} may write in the end"
        terms += len(schedule.terms)
    # the schedules are no good if nobody ever loses the lease
    assert terms > 200
