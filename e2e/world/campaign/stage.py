"""Where a run happens: a world, one operator behind fault proxies, and a recorder that nobody disturbs."""

import itertools
import time
from dataclasses import dataclass, field

from multicasskop.world.api import Api, Json
from multicasskop.world.health import stores_agree
from multicasskop.world.kinds import CASSANDRACLUSTERS, LEASES, MULTICASSKOPS
from multicasskop.world.operators import Operator
from multicasskop.world.processes import wait_until
from multicasskop.world.proxy.faults import Faults
from multicasskop.world.recorder import Entry, Recorder
from multicasskop.world.scenario import Predicate
from multicasskop.world.world import World

PATIENCE = 120.0
GLANCE = 0.1
STORES = 10.0
"""Seconds in which stores agree with servers once nothing is disturbed any more."""
GRACE = 40.0
"""Seconds that an operator may take to stop; what the chart gives it."""
SETTLE = 0.4
"""Seconds without a write or a change after which all is quiet: at rest the operator sends nothing."""


@dataclass
class Stage:
    """One object after the other has its run here; each has a name of its own, so nothing of the last is in the way."""

    world: World
    namespace: str
    recorder: Recorder
    faults: Faults
    operator: Operator
    settle: float = SETTLE
    leases: list[str] = field(default_factory=list)
    """Who held the lease each time that an operator was found to have ended; empty where nobody did."""
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    @property
    def home(self) -> Api:
        """The API server where MultiCasskops are."""
        return self.world.admin(self.world.members[0])

    @property
    def two(self) -> tuple[str, ...]:
        """The members on which rings begin."""
        return self.world.members[:2]

    def new_name(self, word: str) -> str:
        """A name that no run had before, and that is part of no other name."""
        return f"run{next(self._numbers):03d}-{word}-ring"

    def wait(self, fits: Predicate, after: float) -> Entry:
        """The first entry that fits; an operator that has died meanwhile is started again. Else TimeoutError."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return self.recorder.wait_for(fits, GLANCE, after=after)
            except TimeoutError:
                if time.monotonic() > until:
                    raise
            self.revive()

    def revive(self) -> None:
        """Start the operator again when it is dead."""
        if not self.operator.is_alive():
            self.leases += [lease["spec"].get("holderIdentity") or "" for lease in self._leases()]
            self.operator.start()

    def wait_ended(self, pid: int) -> bool:
        """Wait for the end of an operator that was asked to stop; whether it came within its grace period."""
        return wait_until(lambda: self.operator.pid != pid or not self.operator.is_alive(), GRACE)

    def stores(self) -> tuple[str, ...]:
        """Where the operator's stores do not come to agree with the servers within a few seconds."""
        kinds = {
            "CassandraCluster": (CASSANDRACLUSTERS, self.world.members),
            "MultiCasskop": (MULTICASSKOPS, self.two[:1]),
        }
        found: tuple[str, ...] = ()
        # one that is killed at its last report has nothing to do any more, and nobody has missed it
        self.revive()

        def agree() -> bool:
            nonlocal found
            there = {
                (member, kind): len(self.world.admin(member).items(resource, self.namespace))
                for kind, (resource, members) in kinds.items()
                for member in members
            }
            found = stores_agree(self.operator.metrics(), there)
            return not found

        wait_until(agree, STORES)
        return found

    def _leases(self) -> list[Json]:
        return self.home.items(LEASES, self.namespace)

    def wait_quiet(self) -> None:
        """Return when for a while nothing was written and nothing has changed; TimeoutError when that never is."""
        until = time.monotonic() + PATIENCE
        seen = self._seen()
        while True:
            self.recorder.wait_for_more(seen[0], self.settle)
            now = self._seen()
            if now == seen:
                return
            seen = now
            if time.monotonic() > until:
                raise TimeoutError(f"not quiet within {PATIENCE:g}s: {self.faults.trace.writes()[-3:]}")

    def _seen(self) -> tuple[int, int]:
        return len(self.recorder.entries()), len(self.faults.trace.writes())
