"""What a CassandraCluster leaves out, filled in as the Go CassKop does it.

Some defaults are written into the object when it is first seen, so that people see what was decided for them and a
later version of the operator cannot decide otherwise; the others only hold in memory.
"""

from typing import Any, Final

from multicasskop.crds.base import Json
from multicasskop.crds.cassandracluster import CassandraCluster, CassandraClusterSpec, Datacenter, Rack, Topology
from multicasskop.crds.cassandracluster.spec import BackRestSidecar, ServerType
from multicasskop.crds.cassandracluster.topology import Resources

CASSANDRA_IMAGE: Final = "cassandra:3.11.10"
BOOTSTRAP_IMAGE: Final = "ghcr.io/cscetbon/casskop-bootstrap:0.1.21"
CONFIG_BUILDER_IMAGE: Final = "datastax/cass-config-builder:1.0.4"
BACKREST_IMAGE: Final = "ghcr.io/cscetbon/instaclustr-icarus:1.1.3"
DATACENTER: Final = "dc1"
RACK: Final = "rack1"

# empty text counts as nothing for these
_TEXTS: Final = {
    "cassandra_image": CASSANDRA_IMAGE,
    "bootstrap_image": BOOTSTRAP_IMAGE,
    "config_builder_image": CONFIG_BUILDER_IMAGE,
    "image_pull_policy": "Always",
    "service_account_name": "cassandra-cluster-node",
}
_VALUES: Final[dict[str, Any]] = {
    "run_as_user": 999,
    "fs_group": 1,
    "server_type": ServerType.CASSANDRA,
    "read_only_root_filesystem": True,
    "liveness_initial_delay_seconds": 120,
    "liveness_health_check_timeout": 20,
    "liveness_health_check_period": 10,
    "readiness_initial_delay_seconds": 60,
    "readiness_health_check_timeout": 10,
    "readiness_health_check_period": 10,
}


def completed(cluster: CassandraCluster) -> CassandraCluster:
    """The cluster with every default in place. Completing twice is completing once.

    A number of nodes that was taken back to zero is completed to 1, too: to refuse it comes before.
    """
    spec = cluster.spec
    texts = {field: default for field, default in _TEXTS.items() if not getattr(spec, field)}
    values = {field: default for field, default in _VALUES.items() if getattr(spec, field) is None}
    sidecar = {"back_rest_sidecar": _sidecar(spec.back_rest_sidecar or BackRestSidecar())}
    return _with(cluster, {**texts, **values, **sidecar, **_persisted(cluster)})


def to_persist(cluster: CassandraCluster, bootstrap_image: str = "") -> Json:
    """The part of a merge patch that writes the defaults which are to be seen in the object, `{}` when all are there.

    A list of datacenters goes whole: what this API does not know of a datacenter is lost where one gets its rack.
    `bootstrap_image` is the one of clusters that are new; what is running keeps the image that it runs with.
    """
    image = {"bootstrap_image": bootstrap_image} if bootstrap_image and not cluster.spec.bootstrap_image else {}
    missing = CassandraClusterSpec().model_copy(update=_persisted(cluster) | image).to_json()
    return {"spec": missing} if missing else {}


def _persisted(cluster: CassandraCluster) -> dict[str, Any]:
    spec, found = cluster.spec, dict[str, Any]()
    if not spec.nodes_per_racks:
        found["nodes_per_racks"] = 1
    # later on 0 is a person's wish that no pod be taken away
    if spec.max_pod_unavailable is None or (_is_new(cluster) and spec.max_pod_unavailable == 0):
        found["max_pod_unavailable"] = 1
    if _is_new(cluster) and spec.resources is not None and _lacks_limits(spec.resources):
        found["resources"] = spec.resources.model_copy(update={"limits": spec.resources.requests})
    if (topology := _topology(spec.topology)) != spec.topology:
        found["topology"] = topology
    return found


def _is_new(cluster: CassandraCluster) -> bool:
    """Whether no pass has initialized the status yet: who takes limits away later means it."""
    return not cluster.status.phase


def _lacks_limits(resources: Resources) -> bool:
    return resources.limits is None and bool(resources.requests)


def _topology(topology: Topology | None) -> Topology:
    datacenters = (topology.dc if topology else None) or (Datacenter(name=DATACENTER),)
    return Topology(dc=tuple(map(_with_racks, datacenters)))


def _with_racks(datacenter: Datacenter) -> Datacenter:
    return datacenter if datacenter.rack else datacenter.model_copy(update={"rack": (Rack(name=RACK),)})


def _sidecar(sidecar: BackRestSidecar) -> BackRestSidecar:
    enabled = True if sidecar.enabled is None else sidecar.enabled
    return sidecar.model_copy(update={"enabled": enabled, "image": sidecar.image or BACKREST_IMAGE})


def _with(cluster: CassandraCluster, fields: dict[str, Any]) -> CassandraCluster:
    return cluster.model_copy(update={"spec": cluster.spec.model_copy(update=fields)})
