"""The clusters that are known, by name."""

import threading
from collections.abc import Iterator

from multicasskop.informers.cluster import Cluster


class Clusters:
    """Clusters in a fixed order: home, the others as they were added, those that come and go by name. Thread-safe.

    Holds them, and neither engages nor disengages: that is their owner's.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._home: Cluster | None = None
        self._others: dict[str, Cluster] = {}
        self._live: dict[str, Cluster] = {}

    @property
    def home(self) -> Cluster:
        """The cluster that holds the parents; LookupError before it was added."""
        if self._home is None:
            raise LookupError("there is no home cluster")
        return self._home

    def get(self, name: str) -> Cluster | None:
        """Return the cluster of that name, or None."""
        return next((cluster for cluster in self if cluster.name == name), None)

    def names(self) -> tuple[str, ...]:
        """Return all names in order."""
        return tuple(cluster.name for cluster in self)

    def add(self, cluster: Cluster, *, home: bool = False, live: bool = False) -> None:
        """Add a cluster, one that may go again if `live`; ValueError when its name is taken, or there is a home."""
        with self._lock:
            if any(known.name == cluster.name for known in self._all_locked()):
                raise ValueError(f"there is a cluster {cluster.name!r} already")
            if live:
                self._live[cluster.name] = cluster
            elif not home:
                self._others[cluster.name] = cluster
            elif self._home is None:
                self._home = cluster
            else:
                raise ValueError(f"{self._home.name!r} is home already")

    def remove(self, name: str) -> Cluster | None:
        """Forget a cluster, and return it; the home cluster stays. It is the caller's to disengage it."""
        with self._lock:
            return self._live.pop(name, None) or self._others.pop(name, None)

    def __iter__(self) -> Iterator[Cluster]:
        with self._lock:
            return iter(self._all_locked())

    def __len__(self) -> int:
        return len(self.names())

    def __contains__(self, name: str) -> bool:
        return self.get(name) is not None

    def _all_locked(self) -> tuple[Cluster, ...]:
        home = (self._home,) if self._home else ()
        return (*home, *self._others.values(), *(self._live[name] for name in sorted(self._live)))
