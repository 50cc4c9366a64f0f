"""Look at everything that one decision needs, at one moment, and without a call."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from multicasskop.crds.cassandracluster import CassandraCluster
from multicasskop.crds.names import CASSANDRACLUSTER_KIND
from multicasskop.informers.clock import Clock
from multicasskop.informers.key import Key
from multicasskop.informers.record import Record
from multicasskop.informers.resource import Resource
from multicasskop.reconcilers.cassandracluster.accepted import accepted
from multicasskop.reconcilers.cassandracluster.defaults import completed
from multicasskop.reconcilers.cassandracluster.disruption import budget
from multicasskop.reconcilers.cassandracluster.facts import Facts, Rack
from multicasskop.reconcilers.cassandracluster.kinds import (
    BUDGETS,
    CASSANDRACLUSTERS,
    CLAIMS,
    PODS,
    SERVICES,
    STATEFULSETS,
)
from multicasskop.reconcilers.cassandracluster.naming import RACK_LABEL, selector, statefulset_name
from multicasskop.reconcilers.cassandracluster.pods import Pod
from multicasskop.reconcilers.cassandracluster.rack_status import NEW
from multicasskop.reconcilers.cassandracluster.racks import RackPlan, racks
from multicasskop.reconcilers.cassandracluster.removing import former_plans
from multicasskop.reconcilers.cassandracluster.scope import BY_CLUSTER, Scope
from multicasskop.reconcilers.cassandracluster.seeds import in_use
from multicasskop.reconcilers.cassandracluster.sets import Claim, StatefulSet

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Observer:
    """Reads the caches of one cluster; `bootstrap_image` is handed on to the decisions."""

    scope: Scope
    clock: Clock
    bootstrap_image: str = ""

    def record(self, key: Key) -> Record | None:
        """The CassandraCluster of this name, or None when the cache has none."""
        informer = self.scope.informer(CASSANDRACLUSTERS, key.namespace)
        return informer.store.get(key) if informer is not None else None

    def look(self, cluster: CassandraCluster) -> Facts:
        """Everything about a CassandraCluster as it is seen now."""
        key = Key(cluster.metadata.namespace, cluster.metadata.name)
        # asked first: a cache that comes back in between has not shown what was read before
        fresh = self.scope.fresh(key.namespace)
        wanted = completed(cluster)
        plans, former = racks(wanted), former_plans(cluster, wanted)
        found = _Found(
            cluster,
            {name: live for name in names_of(key.name, (*plans, *former)) if (live := self._statefulset(key, name))},
            tuple(self._objects(PODS, key)),
            tuple(self._objects(CLAIMS, key)),
        )
        return Facts(
            cluster=cluster,
            wanted=wanted,
            now=self.clock.now(),
            seeds=in_use(cluster, wanted),
            racks=tuple(map(found.rack, plans)),
            former=tuple(map(found.rack, former)),
            accepted=accepted(cluster),
            services={each["metadata"]["name"]: each for each in self._objects(SERVICES, key)},
            budget=next((each for each in self._objects(BUDGETS, key) if _is_budget_of(wanted, each)), None),
            taken=tuple(found.taken(names_of(key.name, plans))),
            fresh=fresh,
            bootstrap_image=self.bootstrap_image,
        )

    def _statefulset(self, key: Key, name: str) -> Json | None:
        """By its name, whosever it is: another one of the name cannot be made."""
        informer = self.scope.informer(STATEFULSETS, key.namespace)
        record = informer.store.get(Key(key.namespace, name)) if informer is not None else None
        return record.mutable() if record is not None else None

    def _objects(self, resource: Resource, key: Key) -> Iterator[Json]:
        return (record.mutable() for record in self._records(resource, key))

    def _records(self, resource: Resource, key: Key) -> tuple[Record, ...]:
        informer = self.scope.informer(resource, key.namespace)
        return informer.store.by_index(BY_CLUSTER, str(key)) if informer is not None else ()


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found that belongs to one CassandraCluster, or has a name that it needs."""

    cluster: CassandraCluster
    statefulsets: Mapping[str, Json]
    pods: tuple[Json, ...]
    claims: tuple[Json, ...]

    def rack(self, plan: RackPlan) -> Rack:
        """A rack with what is there of it; what only carries its labels is none of it."""
        name = statefulset_name(self.cluster.metadata.name, plan.rack)
        live = self.statefulsets.get(name)
        pods = (Pod.of(pod) for pod in self.pods if _is_of(pod, plan))
        claims = (Claim.of(claim) for claim in self.claims if _is_of(claim, plan))
        return Rack(
            plan,
            (self.cluster.status.cassandra_rack_status or {}).get(plan.rack.id, NEW),
            StatefulSet.of(live) if live is not None else None,
            tuple(sorted((pod for pod in pods if pod.name == f"{name}-{pod.ordinal}"), key=_by_ordinal)),
            tuple(
                sorted((claim for claim in claims if claim.name.endswith(f"-{name}-{claim.ordinal}")), key=_by_ordinal)
            ),
        )

    def taken(self, names: Iterable[str]) -> Iterator[str]:
        """The StatefulSets of these names that belong to somebody else, each as a sentence."""
        for name in names:
            live = self.statefulsets.get(name)
            if live is not None and not self._is_ours(live):
                yield f"StatefulSet {name} belongs to {self._whose(live)}"

    def _whose(self, live: Json) -> str:
        owners = live["metadata"].get("ownerReferences") or ()
        names = [f"{owner.get('kind')} {owner.get('name')}" for owner in owners]
        earlier = names == [f"{CASSANDRACLUSTER_KIND} {self.cluster.metadata.name}"]
        return "an earlier cluster of this name" if earlier else " and ".join(names) or "another cluster"

    def _is_ours(self, live: Json) -> bool:
        """By its owner; one that has lost its owner is taken over, if it carries our labels."""
        metadata, own = live["metadata"], self.cluster.metadata
        owners = metadata.get("ownerReferences") or ()
        if owners:
            return any(owner.get("uid") == own.uid for owner in owners)
        return selector(own.name).items() <= (metadata.get("labels") or {}).items()


def names_of(cluster: str, plans: Iterable[RackPlan]) -> tuple[str, ...]:
    """The names of the StatefulSets of racks."""
    return tuple(statefulset_name(cluster, plan.rack) for plan in plans)


def _by_ordinal(found: Pod | Claim) -> tuple[int, str]:
    return found.ordinal, found.name


def _is_of(found: Json, plan: RackPlan) -> bool:
    return bool((found["metadata"].get("labels") or {}).get(RACK_LABEL) == plan.rack.id)


def _is_budget_of(wanted: CassandraCluster, found: Json) -> bool:
    return bool(found["metadata"]["name"] == budget(wanted)["metadata"]["name"])
