"""What CassKop is killed at: deeds on one CassandraCluster each, and what they leave, for comparison.

The name of the cluster is new in each run, so nothing of the last one is in the way, and stands for `~` in what is
compared.
"""

import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from multicasskop.world.campaign.stage import PATIENCE, SETTLE
from multicasskop.world.kinds import CASSANDRACLUSTERS, STATEFULSETS
from multicasskop.world.operators import Operator
from multicasskop.world.proxy.actions import Crash
from multicasskop.world.proxy.faults import Faults
from multicasskop.world.proxy.rules import Match, Rule
from multicasskop.world.proxy.trace import Passed
from multicasskop.world.rings import Ring, cluster, topology
from multicasskop.world.world import World

Json = dict[str, Any]
SELF: Final = "~"
AGAIN: Final = 3
"""So many writes may be repeated by one who was killed and starts again."""


@dataclass(frozen=True, slots=True)
class Deed:
    """A change from one spec to the next; without a spec before, the cluster is made."""

    before: Json | None
    after: Json


def emptied() -> Json:
    """Two datacenters, of which the second has a rack without nodes, as it must be before it can be taken out."""
    found = topology(1, dc1=1, dc2=1)
    found["dc"][1]["nodesPerRacks"] = 0
    return found


DEEDS: Final = MappingProxyType(
    {
        "create": Deed(None, {"topology": topology(1, dc1=2)}),
        "scale up": Deed({"topology": topology(1, dc1=2)}, {"topology": topology(2, dc1=2)}),
        "scale down": Deed({"topology": topology(2, dc1=2)}, {"topology": topology(1, dc1=2)}),
        "image": Deed({}, {"cassandraImage": "cassandra:4.1.11"}),
        "storage": Deed({}, {"dataCapacity": "2Gi"}),
        "datacenter added": Deed({"topology": topology(1, dc1=1)}, {"topology": topology(1, dc1=1, dc2=1)}),
        "datacenter emptied": Deed({"topology": topology(1, dc1=1, dc2=1)}, {"topology": emptied()}),
        "datacenter removed": Deed({"topology": emptied()}, {"topology": topology(1, dc1=1)}),
    }
)


@dataclass
class Yard:
    """Where deeds are done: one member, and a CassKop that is reached through fault proxies."""

    world: World
    namespace: str
    faults: Faults
    operator: Operator
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def new_ring(self) -> Ring:
        """A cluster that is not there yet; its name is part of no other one."""
        return Ring(self.world.admin(self.world.members[0]), self.namespace, f"d{next(self._numbers):03d}x")

    def revive(self) -> None:
        """Start CassKop again when it is dead."""
        if not self.operator.is_alive():
            self.operator.start()

    def wait(self, condition: Callable[[], bool], what: Callable[[], object]) -> None:
        """Return when it holds; a CassKop that has died meanwhile is started again."""
        until = time.monotonic() + PATIENCE
        while not condition():
            self.revive()
            if time.monotonic() > until:
                raise TimeoutError(f"not within {PATIENCE:g}s: {what()}\n{self.operator.tail()}")
            time.sleep(0.02)

    def wait_quiet(self) -> None:
        """Return when for a while nothing was written by a CassKop that lives: the last write may be what kills it."""
        seen = -1
        while not self.operator.is_alive() or seen != (seen := len(self.faults.trace.writes())):
            self.revive()
            time.sleep(SETTLE)


@dataclass(frozen=True, slots=True)
class Done:
    """What a deed left. `state` and `commands` are compared; `writes` are those on which it can be disturbed."""

    state: Json
    commands: tuple[tuple[str, str], ...]
    writes: tuple[Passed, ...]
    hits: int


def do(yard: Yard, deed: Deed, *rules: Rule) -> Done:
    """Prepare in peace, arm the rules, do it, and wait until all of it is done and quiet; TimeoutError if never."""
    ring = yard.new_ring()
    if deed.before is not None:
        ring.submit(**deed.before)
        yard.wait_quiet()
    seen = len(yard.faults.trace.writes())
    names = yard.faults.arm(*rules)
    try:
        written = change(ring, deed)
        yard.wait(lambda: ring.rests(written["metadata"]["generation"]), lambda: ring.status)
        yard.wait_quiet()
    finally:
        yard.faults.clear()
    told = yard.world.ring(ring.namespace, ring.name).commands()
    return Done(
        state_of(ring),
        tuple((command.operation, renamed(ring, command.pod)) for command in told),
        tuple(entry for entry in yard.faults.trace.writes()[seen:] if entry.is_counted),
        sum(yard.faults.rules.hits(name) for name in names),
    )


def change(ring: Ring, deed: Deed) -> Json:
    """Do it, and return what was written."""
    if deed.before is None:
        return ring.api.create(CASSANDRACLUSTERS, ring.namespace, cluster(ring.name, **deed.after))
    return ring.patch({"spec": deed.after})


def state_of(ring: Ring) -> Json:
    """Everything that must be equal whatever happened on the way: how often specs were written is a part of it."""
    sets = (found for found in ring.api.items(STATEFULSETS, ring.namespace) if is_of(found, ring))
    return {
        "sets": {renamed(ring, found["metadata"]["name"]): described(ring, found) for found in sets},
        "pods": sorted(ring.pods()),
        "claims": sorted(ring.claims()),
        "actions": ring.last_actions(),
        "status": {key: ring.status.get(key) for key in ("phase", "lastClusterAction", "nodes")},
        "ready": ring.condition("Ready"),
    }


def is_of(found: Json, ring: Ring) -> bool:
    """Whether an object belongs to the cluster."""
    return bool(found["metadata"]["labels"].get("cassandracluster") == ring.name)


def described(ring: Ring, found: Json) -> Json:
    """A StatefulSet, and how often it was written."""
    container = next(each for each in found["spec"]["template"]["spec"]["containers"] if each["name"] == "cassandra")
    claims = found["spec"].get("volumeClaimTemplates") or ()
    return {
        "generation": found["metadata"]["generation"],
        "replicas": found["spec"]["replicas"],
        "image": container["image"],
        "capacities": [claim["spec"]["resources"]["requests"]["storage"] for claim in claims],
        "seeds": renamed(ring, seeds_of(found)),
    }


def seeds_of(found: Json) -> str:
    """The seeds with which pods of a StatefulSet start."""
    init = found["spec"]["template"]["spec"].get("initContainers") or ()
    variables = (each for container in init for each in container.get("env") or ())
    return next((str(each["value"]) for each in variables if each["name"] == "CASSANDRA_SEEDS"), "")


def renamed(ring: Ring, text: str) -> str:
    """A text without the names that differ from run to run."""
    return text.replace(ring.name, SELF).replace(ring.namespace, "")


def crashes(reference: Done) -> Iterator[Rule]:
    """A rule for each moment of each write of an undisturbed deed: before it, after it, and before the next one."""
    for number, write in enumerate(reference.writes, 1):
        for moment in ("before", "after", "between"):
            what = (
                f"{moment} write {number} of {len(reference.writes)}: {write.verb} {write.plural}/{write.subresource}"
            )
            yield Rule(Match(writes=True, nth=number), Crash(moment), what)


def judge(reference: Done, found: Done, rule: Rule) -> str:
    """What is wrong with a deed that was disturbed; empty when it ended as the undisturbed one."""
    wrong = {
        key: (reference.state[key], found.state[key])
        for key in reference.state
        if reference.state[key] != found.state[key]
    }
    if reference.commands != found.commands:
        wrong["commands"] = (reference.commands, found.commands)
    if too_many(reference, found):
        wrong["writes"] = (len(reference.writes), [entry.describe() for entry in found.writes])
    return f"killed {rule.name}: (undisturbed, now) {wrong}" if wrong else ""


def too_many(reference: Done, found: Done) -> bool:
    """Whether it wrote more than a start in between explains.

    How many statuses are written is a matter of time: of steps that are seen at once only the last one is told. So
    theirs is a guard against writing in a circle, and no more.
    """
    ours, theirs = (Counter(write.subresource == "status" for write in done.writes) for done in (found, reference))
    return ours[False] > theirs[False] + AGAIN or ours[True] > 2 * theirs[True] + AGAIN
