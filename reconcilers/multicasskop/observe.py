"""Look at everything that one decision needs, at one moment, and without a call to any cluster."""

from dataclasses import dataclass, replace

from multicasskop.informers.clock import Clock
from multicasskop.informers.cluster import Cluster
from multicasskop.informers.clusters import Clusters
from multicasskop.informers.errors import FORBIDDEN, KIND_NOT_SERVED
from multicasskop.informers.informer import Informer
from multicasskop.informers.key import Key
from multicasskop.informers.observed import Observed
from multicasskop.reconcilers.multicasskop.claims import Claims
from multicasskop.reconcilers.multicasskop.facts import Child, Facts, MemberFacts, Parent, Reach, Trace
from multicasskop.reconcilers.multicasskop.history import trace_of
from multicasskop.reconcilers.multicasskop.memory import Memory
from multicasskop.reconcilers.multicasskop.seed_look import SeedLook
from multicasskop.reconcilers.multicasskop.validate import Verdict
from multicasskop.reconcilers.multicasskop.watches import BY_OWNER, CASSANDRACLUSTERS, MULTICASSKOPS, Scope
from multicasskop.reconcilers.traces import Traces

_REFUSALS = frozenset({FORBIDDEN, KIND_NOT_SERVED})


@dataclass(frozen=True, slots=True)
class Observer:
    """Reads the caches of all clusters, and what this process remembers."""

    clusters: Clusters
    scope: Scope
    memory: Memory
    claims: Claims
    observed: Observed
    clock: Clock
    traces: Traces
    seed_look: SeedLook

    def parent(self, key: Key) -> Parent | None:
        """The MultiCasskop of this name, or None when home's cache has none."""
        informer = self.scope.informer(self.clusters.home, MULTICASSKOPS, key.namespace)
        record = informer.store.get(key) if informer is not None else None
        if record is None:
            return None
        parent, said = Parent.of(record.mutable()), self.memory.report(key, record.uid, record.version)
        if said is None:
            return parent
        return replace(parent, status=said.status, stored=parent.stored if said.due is not None else said.status)

    def caught_up(self, key: Key) -> bool:
        """Whether home's cache shows our own last write to a MultiCasskop's finalizers."""
        home = self.clusters.home
        informer = self.scope.informer(home, MULTICASSKOPS, key.namespace)
        return informer is None or self.observed.caught_up(home.name, MULTICASSKOPS, key, informer.store)

    def look(self, parent: Parent, verdict: Verdict) -> Facts:
        """Everything about a MultiCasskop and its members as it is seen now."""
        home = self.clusters.home
        informer = self.scope.informer(home, MULTICASSKOPS, parent.meta.key.namespace)
        return Facts(
            parent=parent,
            members={name: self._member(parent, name, verdict) for name in self._names(parent, verdict)},
            home_id=home.identity,
            living=self.claims.living,
            home_fresh=informer is not None and informer.freshness.fresh,
            monotonic=self.clock.monotonic(),
            now=self.clock.now(),
            root=trace_of(parent, self.traces.ratio) if self.traces.on else None,
            looked=self.seed_look.looked,
        )

    def _names(self, parent: Parent, verdict: Verdict) -> tuple[str, ...]:
        """The members that have an override, in rollout order as far as it is known."""
        if verdict.wish is not None:
            return tuple(verdict.wish.children)
        overrides = parent.spec.get("override")
        wanted = overrides if isinstance(overrides, dict) else {}
        return tuple(dict.fromkeys(name for name in (*self.clusters.names(), *sorted(wanted)) if name in wanted))

    def _member(self, parent: Parent, name: str, verdict: Verdict) -> MemberFacts:
        cluster, told = self.clusters.get(name), parent.told(name)
        desired = verdict.wish.children[name] if verdict.wish is not None else None
        if cluster is None:
            return MemberFacts(name, desired.key if desired else None, registered=False, told=told)
        namespace = desired.key.namespace if desired else parent.meta.key.namespace
        informer = self.scope.informer(cluster, CASSANDRACLUSTERS, namespace)
        key = desired.key if desired else None
        ours = _ours(informer, parent.meta.uid)
        child = _child(informer, key, ours, deleting=parent.meta.deleting)
        reach, trouble, message = _reach(cluster)
        return MemberFacts(
            name=name,
            wanted=child.key if child else key,
            reach=reach,
            fresh=informer is not None and informer.freshness.fresh,
            trouble=trouble,
            trouble_message=message,
            lagging=informer is not None and not self._shows_our_writes(cluster, informer, child.key if child else key),
            child=child,
            strays=tuple(found for found in ours if key is not None and found != key),
            rivals=self.claims.rivals(parent.meta.key, name, key) if key is not None else (),
            told=told,
            trace=self.memory.trace(name, child.key, child.meta.uid) if child else Trace(),
            failure=self.memory.failure(parent.meta.uid, name),
        )

    def _shows_our_writes(self, cluster: Cluster, informer: Informer, key: Key | None) -> bool:
        return key is None or self.observed.caught_up(cluster.name, CASSANDRACLUSTERS, key, informer.store)


def _ours(informer: Informer | None, uid: str) -> tuple[Key, ...]:
    """The children that carry our mark, whatever they are called."""
    return tuple(record.key for record in informer.store.by_index(BY_OWNER, uid)) if informer is not None else ()


def _child(informer: Informer | None, key: Key | None, ours: tuple[Key, ...], *, deleting: bool) -> Child | None:
    """The child of the wanted name; for a parent that goes any that carries our mark, if there is one."""
    found = ours[0] if ours and (deleting or key is None) else key
    record = informer.store.get(found) if informer is not None and found is not None else None
    return Child.of(record.mutable()) if record is not None else None


def _reach(cluster: Cluster) -> tuple[Reach, str, str]:
    """How a member is reached; one that answers, and refuses to be watched, is not dark."""
    found = cluster.reachability
    answers = found.ok or found.reason in _REFUSALS
    reach = Reach(answers, found.reason, found.message, found.since, found.last_contact)
    return reach, "" if found.ok or not answers else found.reason, found.message
