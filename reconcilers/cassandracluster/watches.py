"""Who is woken by what: a CassandraCluster by itself, and by every change of what belongs to it."""

from collections.abc import Iterator
from typing import Final, Protocol

from multicasskop.informers.changes import Change
from multicasskop.informers.cluster import Cluster
from multicasskop.informers.key import Key
from multicasskop.informers.queue import Priority
from multicasskop.reconcilers.cassandracluster.kinds import CASSANDRACLUSTERS
from multicasskop.reconcilers.cassandracluster.naming import APP
from multicasskop.reconcilers.cassandracluster.scope import BELONGINGS, BY_CLUSTER, Scope, by_cluster
from multicasskop.reconcilers.request import Request

_NAME: Final = "cassandracluster"


class Sink(Protocol):
    """The part of the queue that is needed here."""

    def add(self, item: Request, priority: Priority = Priority.NORMAL) -> None:
        """Take an object to be looked at."""
        ...


def wire(scope: Scope, queue: Sink) -> None:
    """Let the caches of the cluster feed the queue; once, before anything is watched.

    Handlers run in the reflectors' threads and take microseconds.
    """
    watches = _Watches(scope, queue)
    for resource in BELONGINGS:
        for informer in scope.informers(resource):
            informer.store.add_index(BY_CLUSTER, by_cluster)
            informer.add_handler(watches.belonging_changed, name=f"{_NAME}/{resource.plural}")
    for informer in scope.informers(CASSANDRACLUSTERS):
        informer.add_handler(watches.changed, name=_NAME)
    scope.cluster.on_reachability(watches.reachability_changed)


def known(scope: Scope) -> Iterator[Request]:
    """All CassandraClusters that the caches show; of those that are gone, a new process has nothing to forget."""
    for informer in scope.informers(CASSANDRACLUSTERS):
        yield from (Request.of(record.key) for record in informer.store.list())


class _Watches:
    def __init__(self, scope: Scope, queue: Sink) -> None:
        self._scope, self._queue = scope, queue

    def changed(self, change: Change) -> None:
        """Look at it; also after our own status: the next step is decided on what was said."""
        self._wake(change.key, initial=change.initial)

    def belonging_changed(self, change: Change) -> None:
        """Look at the cluster that it belongs to, or belonged to until now."""
        labels = {record.labels.get(APP) for record in (change.old, change.new) if record is not None}
        for name in sorted(filter(None, labels)):
            self._wake(Key(change.key.namespace, name), initial=change.initial)

    def reachability_changed(self, cluster: Cluster) -> None:
        """What waited for a fresh view may go on."""
        for informer in self._scope.informers(CASSANDRACLUSTERS):
            for record in informer.store.list():
                self._wake(record.key, initial=False)

    def _wake(self, key: Key, *, initial: bool) -> None:
        self._queue.add(Request.of(key), Priority.LOW if initial else Priority.NORMAL)
