"""The disruption budget: how many nodes of a cluster may be taken away at once by others than this operator."""

from multicasskop.crds.base import Json
from multicasskop.crds.cassandracluster import CassandraCluster
from multicasskop.reconcilers.cassandracluster.naming import cluster_labels, head, selector


def budget(cluster: CassandraCluster) -> Json:
    """The budget over all pods of a completed cluster."""
    meta = cluster.metadata
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": head(cluster, meta.name, cluster_labels(meta)),
        "spec": {
            "maxUnavailable": cluster.spec.max_pod_unavailable,
            "selector": {"matchLabels": selector(meta.name)},
        },
    }
