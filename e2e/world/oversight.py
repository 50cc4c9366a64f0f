"""Somebody who looks on while CassKop works, and judges afterwards what became of each of its clusters."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from multicasskop.informers.clock import SystemClock
from multicasskop.world.kinds import CASSANDRACLUSTERS, CLAIMS, STATEFULSETS
from multicasskop.world.rack_oracles import Findings, History, judge
from multicasskop.world.recorder import Entry, Recorder
from multicasskop.world.world import World


@dataclass(frozen=True, slots=True)
class Overseer:
    """Sees all racks of one namespace."""

    world: World
    namespace: str
    recorder: Recorder

    def clusters(self) -> list[str]:
        """The clusters that were there."""
        seen = self.recorder.history(CASSANDRACLUSTERS.plural, self.namespace)
        return list(dict.fromkeys(entry.name for entry in seen))

    def findings(self, *names: str) -> Findings:
        """What must not have been, of these clusters or of all."""
        clock = SystemClock()
        wall = clock.now().timestamp() - clock.monotonic()
        return tuple(
            finding
            for name in names or self.clusters()
            for finding in judge(History(name, self._entries(), self.world.ring(self.namespace, name).history(), wall))
        )

    def _entries(self) -> list[Entry]:
        return [entry for entry in self.recorder.entries() if entry.namespace == self.namespace]


@contextmanager
def overseen(world: World, namespace: str) -> Iterator[Overseer]:
    """Look on during the block."""
    with Recorder(world, [CASSANDRACLUSTERS, STATEFULSETS, CLAIMS]) as recorder:
        yield Overseer(world, namespace, recorder)
