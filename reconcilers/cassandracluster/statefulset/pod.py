"""The pod template of a rack."""

from typing import Final

from multicasskop.crds.base import Json
from multicasskop.crds.cassandracluster import CassandraCluster
from multicasskop.crds.cassandracluster.spec import Pod
from multicasskop.reconcilers.cassandracluster.naming import RESTART_LABEL, rack_labels, selector
from multicasskop.reconcilers.cassandracluster.racks import RackPlan
from multicasskop.reconcilers.cassandracluster.statefulset import affinity, volumes
from multicasskop.reconcilers.cassandracluster.statefulset.containers import containers, init_containers

# a node that is asked to stop first writes what it has in memory
_GRACE_SECONDS: Final = 1800


def template(cluster: CassandraCluster, plan: RackPlan, seeds: tuple[str, ...], restarted: str) -> Json:
    """The template of the rack's pods; `restarted` is the label of the last rolling restart, empty for none.

    Raises UnusableSpec.
    """
    given = cluster.spec.pod or Pod()
    labels = rack_labels(cluster.metadata, plan.rack) | ({RESTART_LABEL: restarted} if restarted else {})
    spec = _spec(cluster, plan, seeds) | {"tolerations": [dict(each) for each in given.tolerations or ()]}
    claimed = [claim["metadata"]["name"] for claim in volumes.claims(cluster, plan)]
    return {
        "metadata": {"labels": labels, "annotations": dict(given.annotations or {})},
        "spec": volumes.preferring_claims(spec, claimed),
    }


def _spec(cluster: CassandraCluster, plan: RackPlan, seeds: tuple[str, ...]) -> Json:
    spec = cluster.spec
    return {
        "affinity": _affinity(cluster, plan),
        "securityContext": {"runAsUser": spec.run_as_user, "runAsNonRoot": True, "fsGroup": spec.fs_group},
        "initContainers": init_containers(cluster, plan, seeds),
        "containers": containers(cluster, plan, seeds),
        "volumes": volumes.volumes(cluster),
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": _GRACE_SECONDS,
        "serviceAccountName": spec.service_account_name,
        **_only_when_set(cluster),
    }


def _only_when_set(cluster: CassandraCluster) -> Json:
    shared, secret = cluster.spec.share_process_namespace, cluster.spec.image_pull_secret
    found: Json = {} if shared is None else {"shareProcessNamespace": shared}
    return found | ({"imagePullSecrets": [{"name": secret.name}]} if secret and secret.name else {})


def _affinity(cluster: CassandraCluster, plan: RackPlan) -> Json:
    return {
        "nodeAffinity": affinity.node_affinity(plan.labels),
        "podAntiAffinity": affinity.pod_anti_affinity(
            selector(cluster.metadata.name), hard=bool(cluster.spec.hard_anti_affinity)
        ),
    }
