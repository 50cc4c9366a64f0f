"""What this process wrote for each CassandraCluster, until the caches show it: no decision is made on an older view."""

import threading
from typing import Any

from multicasskop.informers.clock import Clock
from multicasskop.informers.key import Key
from multicasskop.informers.observed import Observed
from multicasskop.informers.resource import Resource
from multicasskop.reconcilers.cassandracluster.scope import Scope

Json = dict[str, Any]
Place = tuple[Resource, Key]


class OwnWrites:
    """The writes to one Kubernetes cluster, by the CassandraCluster they were for. Thread-safe."""

    def __init__(self, member: str, clock: Clock) -> None:
        """Begin without any."""
        self._member, self._observed = member, Observed(clock)
        self._lock = threading.Lock()
        self._places: dict[Key, set[Place]] = {}

    def wrote(self, cluster: Key, resource: Resource, stored: Json) -> None:
        """Remember what a server answered to a write that was for a CassandraCluster."""
        metadata = stored["metadata"]
        key = Key(metadata.get("namespace", ""), metadata["name"])
        self._observed.wrote(self._member, resource, key, metadata.get("resourceVersion", ""))
        with self._lock:
            self._places.setdefault(cluster, set()).add((resource, key))

    def shown(self, cluster: Key, scope: Scope) -> bool:
        """Whether the caches show all that was written for a CassandraCluster, or something later."""
        with self._lock:
            places = tuple(self._places.get(cluster, ()))
        missing = {place for place in places if not self._is_shown(place, scope)}
        with self._lock:
            left = self._places.pop(cluster, set()) - (set(places) - missing)
            if left:
                self._places[cluster] = left
        return not missing

    def forget(self, cluster: Key) -> None:
        """Wait for nothing of a CassandraCluster that is gone."""
        with self._lock:
            places = self._places.pop(cluster, set())
        for resource, key in places:
            self._observed.forget(self._member, resource, key)

    def _is_shown(self, place: Place, scope: Scope) -> bool:
        resource, key = place
        informer = scope.informer(resource, key.namespace)
        return informer is None or self._observed.caught_up(self._member, resource, key, informer.store)
