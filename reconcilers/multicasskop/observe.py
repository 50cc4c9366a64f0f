"""Look at everything that one decision needs, at one moment, and without a call to any cluster."""

from dataclasses import dataclass, replace
from itertools import islice

from multicasskop.crds.names import OWNER
from multicasskop.crds.partial import MEMBERS_MAX
from multicasskop.informers.clock import Clock
from multicasskop.informers.cluster import Cluster
from multicasskop.informers.clusters import Clusters
from multicasskop.informers.errors import FORBIDDEN, KIND_NOT_SERVED
from multicasskop.informers.informer import Informer
from multicasskop.informers.key import Key
from multicasskop.informers.observed import Observed
from multicasskop.informers.record import Record
from multicasskop.reconcilers.multicasskop.claims import Claims
from multicasskop.reconcilers.multicasskop.facts import (
    Child,
    Facts,
    MemberFacts,
    Meta,
    Parent,
    Reach,
)
from multicasskop.reconcilers.multicasskop.history import trace_of
from multicasskop.reconcilers.multicasskop.memory import Memory
from multicasskop.reconcilers.multicasskop.ownership import is_mark_of, read_mark
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
        parent, said = Parent.of(record.mutable()), self.memory.report(key, record.uid)
        if said is None:
            return parent
        return replace(parent, status=said.status, stored=self.memory.stored(said, parent.stored, record.version))

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
            former=self._former(parent),
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
        member, ours = self._seen(cluster, informer, key, parent, any_ours=parent.meta.deleting)
        return replace(
            member,
            strays=tuple(found for found in ours if key is not None and found != key),
            rivals=self.claims.rivals(parent.meta.key, name, key) if key is not None else (),
        )

    def _seen(
        self,
        cluster: Cluster,
        informer: Informer | None,
        wanted: Key | None,
        parent: Parent,
        *,
        any_ours: bool = False,
    ) -> tuple[MemberFacts, tuple[Key, ...]]:
        """A registered member with the child of the wanted name, or one that carries our mark; and all that do."""
        member = self._view(cluster, informer, wanted, parent)
        ours = self._ours(informer, parent.meta)
        if ours and (any_ours or wanted is None) and ours[0] != wanted:
            member = self._view(cluster, informer, ours[0], parent)
        child = _child(informer, member.wanted)
        if child is not None:
            member = replace(member, child=child, trace=self.memory.trace(cluster.name, child.key, child.meta.uid))
        return member, ours

    def _view(self, cluster: Cluster, informer: Informer | None, wanted: Key | None, parent: Parent) -> MemberFacts:
        """How well a member is seen, as far as a child goes: true of what is read after this, not of what was before.

        The watches go on meanwhile: what was read may be older than what the cache is then found to have.
        """
        reach, trouble, message = _reach(cluster)
        return MemberFacts(
            name=cluster.name,
            wanted=wanted,
            reach=reach,
            fresh=informer is not None and informer.freshness.fresh and cluster.certain,
            trouble=trouble,
            trouble_message=message,
            lagging=informer is not None and not self._shows_our_writes(cluster, informer, wanted),
            told=parent.told(cluster.name),
            failure=self.memory.failure(parent.meta.uid, cluster.name),
            ending=cluster.ending,
        )

    def _ours(self, informer: Informer | None, parent: Meta) -> tuple[Key, ...]:
        """The children that carry our mark, whatever they are called."""
        records = informer.store.by_index(BY_OWNER, parent.uid) if informer is not None else ()
        return tuple(record.key for record in records if self._is_ours(record, parent))

    def _is_ours(self, record: Record, parent: Meta) -> bool:
        mark = read_mark(record.metadata().annotations.get(OWNER))
        at_home = self.scope.cross_namespace or record.key.namespace == parent.key.namespace
        return at_home and mark is not None and is_mark_of(mark, parent)

    def _former(self, parent: Parent) -> dict[str, MemberFacts]:
        """The members without an override that have a child of ours, or had one when they could last be seen."""
        overrides = parent.spec.get("override")
        wanted = overrides if isinstance(overrides, dict) else {}
        names = dict.fromkeys((*self.clusters.names(), *parent.members_told()))
        seen = (self._formerly(parent, name) for name in names if name not in wanted)
        # the status has room for as many again as there may be overrides
        found = islice((member for member in seen if member is not None), MEMBERS_MAX)
        return {member.name: member for member in found}

    def _formerly(self, parent: Parent, name: str) -> MemberFacts | None:
        cluster, told, key = self.clusters.get(name), parent.told(name), parent.meta.key
        if cluster is None:
            return MemberFacts(name, registered=False, told=told) if told.uid else None
        informer = self.scope.informer(cluster, CASSANDRACLUSTERS, key.namespace)
        member, _ = self._seen(cluster, informer, None, parent)
        unseen = bool(told.uid) and (not member.visible or member.lagging)
        return member if member.child is not None or unseen else None

    def _shows_our_writes(self, cluster: Cluster, informer: Informer, key: Key | None) -> bool:
        return key is None or self.observed.caught_up(cluster.name, CASSANDRACLUSTERS, key, informer.store)


def _child(informer: Informer | None, key: Key | None) -> Child | None:
    record = informer.store.get(key) if informer is not None and key is not None else None
    return Child.of(record.mutable()) if record is not None else None


def _reach(cluster: Cluster) -> tuple[Reach, str, str]:
    """How a member is reached; one that answers, and refuses to be watched, is not dark."""
    found = cluster.reachability
    answers = found.ok or found.reason in _REFUSALS
    reach = Reach(answers, found.reason, found.message, found.since, found.last_contact)
    return reach, "" if found.ok or not answers else found.reason, found.message
