"""What one decision is made on: the CassandraCluster and all that belongs to it, as seen at one moment."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from multicasskop.crds.cassandracluster import CassandraCluster
from multicasskop.crds.cassandracluster.status import RackStatus
from multicasskop.reconcilers.cassandracluster.pods import Pod
from multicasskop.reconcilers.cassandracluster.rack_status import NEW, is_under_way
from multicasskop.reconcilers.cassandracluster.racks import RackPlan
from multicasskop.reconcilers.cassandracluster.ring import Ring
from multicasskop.reconcilers.cassandracluster.sets import Claim, StatefulSet
from multicasskop.reconcilers.cassandracluster.words import Phase

Json = dict[str, Any]
SPEAKERS: Final = 3
_NOTHING: Final[Mapping[str, Json]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Rack:
    """One rack: what is wanted, what was last said of it, and what is there. Pods and claims go up by ordinal."""

    plan: RackPlan
    status: RackStatus = NEW
    statefulset: StatefulSet | None = None
    pods: tuple[Pod, ...] = ()
    claims: tuple[Claim, ...] = ()

    @property
    def id(self) -> str:
        """Datacenter and rack, joined by a dash."""
        return self.plan.rack.id

    @property
    def settled(self) -> bool:
        """Whether the StatefulSet has done what it was asked for, and all its pods are seen, and ready."""
        found = self.statefulset
        # pods may be seen later than what their StatefulSet says of them
        if found is None or not found.settled or len(self.pods) != found.replicas:
            return False
        return all(pod.ready and not pod.deleting for pod in self.pods)

    @property
    def expected(self) -> int:
        """How many pods there are to be now: as many as the StatefulSet, or else the plan of a rack that ran, says."""
        if self.statefulset is not None:
            return self.statefulset.replicas
        return 0 if self.initializing else self.plan.nodes

    @property
    def stuck(self) -> Pod | None:
        """The first pod that does not get going by itself."""
        return next((pod for pod in self.pods if pod.trouble is not None and not pod.ready), None)

    @property
    def initializing(self) -> bool:
        """Whether its nodes are being made for the first time."""
        return self.status.phase == Phase.INITIALIZING

    @property
    def active(self) -> bool:
        """Whether it changes, or is to change: an action is under way, or pods are not ready."""
        return is_under_way(self.status) or (self.statefulset is not None and not self.settled)

    def pod(self, ordinal: int) -> Pod | None:
        """The pod of this ordinal."""
        return next((pod for pod in self.pods if pod.ordinal == ordinal), None)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything about one CassandraCluster.

    `cluster` is what is stored, `wanted` the same with all defaults, `accepted` the spec that was last accepted (None
    before the first), `seeds` the list that all pods are to have, `former` the racks that the status knows
    and the topology does not. `missing` are references that lead nowhere, each as a sentence; `failure` is why the last
    write was refused, empty where none was; `taken` are StatefulSets of our names that are not ours, as sentences;
    `bootstrap_image` is the one for new clusters that name none.
    """

    cluster: CassandraCluster
    wanted: CassandraCluster
    now: datetime
    seeds: tuple[str, ...] = ()
    racks: tuple[Rack, ...] = ()
    former: tuple[Rack, ...] = ()
    accepted: CassandraCluster | None = None
    services: Mapping[str, Json] = field(default_factory=lambda: _NOTHING)
    budget: Json | None = None
    missing: tuple[str, ...] = ()
    failure: str = ""
    taken: tuple[str, ...] = ()
    fresh: bool = True
    bootstrap_image: str = ""

    @property
    def is_untouched(self) -> bool:
        """Whether nothing was ever made of it: neither its status nor a StatefulSet says so."""
        return not self.cluster.status.phase and all(rack.statefulset is None for rack in self.racks)

    @property
    def pods(self) -> Iterator[Pod]:
        """The pods of all racks, in topology order."""
        return (pod for rack in self.racks for pod in rack.pods)

    @property
    def speaker(self) -> Pod | None:
        """The node that is asked about the ring first: ready, of the lowest ordinal, in the first rack."""
        return next(iter(self.speakers), None)

    @property
    def speakers(self) -> tuple[Pod, ...]:
        """The nodes that are asked about the ring, one after the other while none answers; three at most."""
        return tuple(sorted((pod for pod in self.pods if pod.answers), key=lambda pod: pod.ordinal)[:SPEAKERS])


@dataclass(frozen=True, slots=True)
class Scene:
    """One rack among the others, and what the nodes answered: what a step of its action is decided on."""

    facts: Facts
    rack: Rack
    ring: Ring

    @property
    def now(self) -> datetime:
        """The moment."""
        return self.facts.now

    @property
    def others(self) -> tuple[Rack, ...]:
        """The other racks."""
        return tuple(rack for rack in self.facts.racks if rack.id != self.rack.id)

    @property
    def others_unready(self) -> tuple[Pod, ...]:
        """Pods of other racks that are not ready: nothing may be taken away beside them."""
        return tuple(pod for rack in self.others for pod in rack.pods if not pod.ready or pod.deleting)

    @property
    def unlocked(self) -> bool:
        """Whether a person lets the next change pass the gates."""
        return bool(self.facts.wanted.spec.unlock_next_operation)
