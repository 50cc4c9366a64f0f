"""The two services of a cluster: the one that gives pods their names, and the one that metrics are scraped through."""

from typing import Final

from multicasskop.crds.base import Json
from multicasskop.crds.cassandracluster import CassandraCluster
from multicasskop.reconcilers.cassandracluster.naming import cluster_labels, head, selector

HEADLESS: Final = "None"
_METRICS_LABEL: Final = {"k8s-app": "exporter-cassandra-jmx"}


def services(cluster: CassandraCluster) -> tuple[Json, Json]:
    """The headless service of the nodes, with the annotations that the spec gives it, and that of the metrics.

    The first names pods that are not ready, too: a node must be found by the others before it is.
    """
    return _nodes(cluster), _metrics(cluster)


def is_headless(service: Json) -> bool:
    """Whether the service names each pod; one that does not must be made anew, since its address cannot be changed."""
    return bool(service["spec"].get("clusterIP") == HEADLESS)


def _nodes(cluster: CassandraCluster) -> Json:
    meta, given = cluster.metadata, cluster.spec.service
    service = _service(cluster, meta.name, cluster_labels(meta), {"name": "cql", "port": 9042})
    service["metadata"]["annotations"] = dict((given and given.annotations) or {})
    service["spec"]["publishNotReadyAddresses"] = True
    return service


def _metrics(cluster: CassandraCluster) -> Json:
    meta = cluster.metadata
    labels = {**cluster_labels(meta), **_METRICS_LABEL}
    return _service(cluster, f"{meta.name}-exporter-jmx", labels, {"name": "promjmx", "port": 9500})


def _service(cluster: CassandraCluster, name: str, labels: dict[str, str], port: Json) -> Json:
    spec = {
        "type": "ClusterIP",
        "clusterIP": HEADLESS,
        "ports": [{**port, "protocol": "TCP"}],
        "selector": selector(cluster.metadata.name),
    }
    return {"apiVersion": "v1", "kind": "Service", "metadata": head(cluster, name, labels), "spec": spec}
