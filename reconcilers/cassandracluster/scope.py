"""Where CassKop looks in its cluster: which namespaces, which kinds, and by what it finds what belongs together."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from multicasskop.informers.cluster import Cluster
from multicasskop.informers.informer import Informer, InformerOptions
from multicasskop.informers.key import Key
from multicasskop.informers.record import Metadata
from multicasskop.informers.resource import Resource
from multicasskop.reconcilers.cassandracluster.kinds import CASSANDRACLUSTERS, LABELLED, OWNED
from multicasskop.reconcilers.cassandracluster.naming import APP

BY_CLUSTER: Final = "cassandracluster"
ALL_NAMESPACES: Final = ("",)
BELONGINGS: Final = (*OWNED, *LABELLED)
# the caches of a large cluster hold nothing but what CassKop made, or Kubernetes made for it
_SELECTED: Final = InformerOptions(label_selector=f"app={APP}")
_USUAL: Final = InformerOptions()


def by_cluster(metadata: Metadata) -> Iterator[str]:
    """Index what belongs to a CassandraCluster by its namespace and name."""
    name = metadata.labels.get(APP)
    if name:
        yield str(Key(metadata.namespace, name))


@dataclass(frozen=True, slots=True)
class Scope:
    """The namespaces of one cluster that are looked after; without any, all of them."""

    cluster: Cluster
    namespaces: tuple[str, ...] = ()

    def informers(self, resource: Resource) -> tuple[Informer, ...]:
        """The informers of a kind."""
        return tuple(self._informer(resource, namespace) for namespace in self.namespaces or ALL_NAMESPACES)

    def informer(self, resource: Resource, namespace: str) -> Informer | None:
        """The informer that sees a namespace; None when it is not looked after."""
        if not self.namespaces:
            return self._informer(resource, "")
        return self._informer(resource, namespace) if namespace in self.namespaces else None

    def fresh(self, namespace: str) -> bool:
        """Whether what is not seen in a namespace is not there: every cache of it follows its stream."""
        found = (self.informer(resource, namespace) for resource in (CASSANDRACLUSTERS, *BELONGINGS))
        return self.cluster.certain and all(each is not None and each.freshness.fresh for each in found)

    def _informer(self, resource: Resource, namespace: str) -> Informer:
        return self.cluster.informer(resource, namespace, _SELECTED if resource in BELONGINGS else _USUAL)
