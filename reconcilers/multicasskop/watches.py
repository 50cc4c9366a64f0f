"""Who is woken by what: every change of a child, in whichever cluster, wakes its parent in the home cluster.

The parent is found by the child's mark, never by an equal name. A child that carries no mark wakes those that want a
child of its name; a MultiCasskop that changes wakes the others that want the same child.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from multicasskop.crds.names import (
    CASSANDRACLUSTER_KIND,
    CASSANDRACLUSTER_PLURAL,
    GROUP,
    MULTICASSKOP_KIND,
    MULTICASSKOP_PLURAL,
    OWNER,
    STORAGE_VERSION,
)
from multicasskop.informers.changes import Change
from multicasskop.informers.cluster import Cluster
from multicasskop.informers.clusters import Clusters
from multicasskop.informers.dispatch import Handler
from multicasskop.informers.informer import Informer
from multicasskop.informers.key import Key
from multicasskop.informers.queue import Priority
from multicasskop.informers.record import Metadata
from multicasskop.informers.resource import Resource
from multicasskop.reconcilers.multicasskop.claims import Claims
from multicasskop.reconcilers.multicasskop.memory import Memory
from multicasskop.reconcilers.multicasskop.ownership import read_mark
from multicasskop.reconcilers.multicasskop.seed_look import SeedLook
from multicasskop.reconcilers.request import Request

MULTICASSKOPS: Final = Resource(GROUP, STORAGE_VERSION, MULTICASSKOP_PLURAL, MULTICASSKOP_KIND)
CASSANDRACLUSTERS: Final = Resource(GROUP, STORAGE_VERSION, CASSANDRACLUSTER_PLURAL, CASSANDRACLUSTER_KIND)
BY_OWNER: Final = "owner"
ALL_NAMESPACES: Final = ("",)


class Sink(Protocol):
    """The part of the queue that is needed here."""

    def add(self, item: Request, priority: Priority = Priority.NORMAL) -> None:
        """Take an object to be looked at."""
        ...


@dataclass(frozen=True, slots=True)
class Scope:
    """The namespaces that are looked after; without any, all of them.

    Unless `cross_namespace`, what stands in another namespace than its parent is none of its children, whatever mark it
    carries.
    """

    namespaces: tuple[str, ...] = ()
    cross_namespace: bool = False

    def informers(self, cluster: Cluster, resource: Resource) -> tuple[Informer, ...]:
        """The informers of a resource in one cluster."""
        return tuple(cluster.informer(resource, namespace) for namespace in self.namespaces or ALL_NAMESPACES)

    def informer(self, cluster: Cluster, resource: Resource, namespace: str) -> Informer | None:
        """The informer that sees a namespace; None when it is not looked after."""
        if not self.namespaces:
            return cluster.informer(resource)
        return cluster.informer(resource, namespace) if namespace in self.namespaces else None


def by_owner(metadata: Metadata) -> Iterator[str]:
    """Index children by the UID of the parent in their mark."""
    mark = read_mark(metadata.annotations.get(OWNER))
    if mark is not None:
        yield mark.uid


class Wired(Protocol):
    """The parts of a reconciler that the caches feed."""

    scope: Scope
    memory: Memory
    claims: Claims
    seed_look: SeedLook


def wire(clusters: Clusters, queue: Sink, reconciler: Wired) -> None:
    """Let the caches of all clusters known so far feed the queue and the reconciler's memory.

    To be called again when clusters were added: those that are wired already are left as they are. Handlers run in the
    reflectors' threads and take microseconds.
    """
    watches = _Watches(queue, reconciler)
    reconciler.seed_look.on_answer(lambda key: queue.add(Request.of(key)))
    home = clusters.home
    for informer in reconciler.scope.informers(home, MULTICASSKOPS):
        if reconciler.claims.first_look(informer):
            informer.add_handler(watches.parent_changed, name="multicasskop/parents")
    for cluster in clusters:
        wire_member(cluster, queue, reconciler)


def wire_member(cluster: Cluster, queue: Sink, reconciler: Wired) -> None:
    """Do so for one cluster alone, before anybody can find it: nobody then sees its caches without their indexes."""
    watches = _Watches(queue, reconciler)
    for informer in reconciler.scope.informers(cluster, CASSANDRACLUSTERS):
        if reconciler.claims.first_look(informer):
            watches.wire_children(cluster, informer)


def known(home: Cluster, scope: Scope) -> Iterator[Request]:
    """All MultiCasskops that home's caches show; of those that are gone, a new process has nothing to forget."""
    for informer in scope.informers(home, MULTICASSKOPS):
        yield from (Request.of(record.key) for record in informer.store.list())


class _Watches:
    """The handlers on all clusters that feed one queue."""

    def __init__(self, queue: Sink, reconciler: Wired) -> None:
        self._queue, self._memory, self._claims = queue, reconciler.memory, reconciler.claims

    def wire_children(self, cluster: Cluster, informer: Informer) -> None:
        """Watch children in one member, and the member itself."""
        informer.store.add_index(BY_OWNER, by_owner)
        informer.add_handler(self._child_handler(cluster.name), name="multicasskop/children")
        cluster.on_reachability(self._reachability_changed)

    def parent_changed(self, change: Change) -> None:
        """A MultiCasskop changed: it is looked at, and so are those that want the same children.

        A status of our own writing is not; one of somebody else's is, so that it does not stand.
        """
        if not self._claims.saw(change) and change.new is not None and self._memory.is_said(change.new):
            return
        others = () if change.initial else self._claims.contested(change)
        self._wake((change.key, *others), priority_of(change))

    def _child_handler(self, member: str) -> Handler:
        def handle(change: Change) -> None:
            """Remember what was seen of a child, then wake its parents."""
            self._memory.saw(member, change)
            self._wake(self._parents_of(member, change), priority_of(change))

        return handle

    def _parents_of(self, member: str, change: Change) -> Iterable[Key]:
        marks = (read_mark(record.metadata().annotations.get(OWNER)) for record in (change.old, change.new) if record)
        owners = [mark.key for mark in marks if mark is not None]
        return dict.fromkeys((*owners, *self._claims.claimants(member, change.key)))

    def _reachability_changed(self, cluster: Cluster) -> None:
        """A member that went dark or came back concerns every MultiCasskop that wants a child there, or has one.

        At low priority: at a start every member is reached for the first time, and what a person changes comes first.
        """
        # those that are there: to ask for one would make it, in a cluster that was let go in this very moment
        informers = (informer for informer in cluster.informers() if informer.resource == CASSANDRACLUSTERS)
        owners = (uid for informer in informers for uid in informer.store.index_values(BY_OWNER))
        wanting = self._claims.wanting(cluster.name)
        self._wake(dict.fromkeys((*wanting, *self._claims.named(owners))), Priority.LOW)

    def _wake(self, keys: Iterable[Key], priority: Priority) -> None:
        for key in keys:
            self._queue.add(Request.of(key), priority)


def priority_of(change: Change) -> Priority:
    """What is seen for the first time may wait for what has just changed."""
    return Priority.LOW if change.initial else Priority.NORMAL
