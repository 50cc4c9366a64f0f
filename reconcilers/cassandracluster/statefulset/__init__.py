"""The StatefulSet of a rack: what is wanted, and what a living one shows.

New seeds reach pods only when the caller hands them over: everything that carries seeds is made from the one argument,
so a caller that hands over those of the living object (`live_seeds`) changes no pod.
"""

from multicasskop.crds.base import Json
from multicasskop.crds.cassandracluster import CassandraCluster
from multicasskop.reconcilers.cassandracluster.naming import head, rack_labels, statefulset_name
from multicasskop.reconcilers.cassandracluster.racks import RackPlan
from multicasskop.reconcilers.cassandracluster.statefulset.environment import gives_seeds
from multicasskop.reconcilers.cassandracluster.statefulset.last_applied import annotated
from multicasskop.reconcilers.cassandracluster.statefulset.live import (
    live_capacity,
    live_restart,
    live_seeds,
    with_capacity,
)
from multicasskop.reconcilers.cassandracluster.statefulset.pod import template
from multicasskop.reconcilers.cassandracluster.statefulset.shapes import UnusableSpec
from multicasskop.reconcilers.cassandracluster.statefulset.volumes import claims

__all__ = [
    "UnusableSpec",
    "gives_seeds",
    "live_capacity",
    "live_restart",
    "live_seeds",
    "statefulset",
    "with_capacity",
]


def statefulset(
    cluster: CassandraCluster, plan: RackPlan, *, replicas: int, seeds: tuple[str, ...], restarted: str = ""
) -> Json:
    """The StatefulSet that a rack of a completed cluster is to have, ready to be created.

    `restarted` is the label of the last rolling restart, empty for none. Raises UnusableSpec.
    """
    meta = cluster.metadata
    labels = rack_labels(meta, plan.rack)
    generated = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": head(cluster, statefulset_name(meta.name, plan.rack), labels),
        "spec": {
            "serviceName": meta.name,
            "replicas": replicas,
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": plan.partition}},
            "selector": {"matchLabels": labels},
            "template": template(cluster, plan, seeds, restarted),
            "volumeClaimTemplates": claims(cluster, plan),
        },
    }
    return annotated(generated, generated)
