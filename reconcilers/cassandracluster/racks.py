"""The racks that a CassandraCluster asks for, each with what holds for it of datacenter and cluster."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from multicasskop.crds.cassandracluster import CassandraCluster, CassandraClusterSpec, Datacenter
from multicasskop.crds.cassandracluster import Rack as RackSpec
from multicasskop.crds.cassandracluster.topology import Resources
from multicasskop.reconcilers.cassandracluster.naming import Rack


@dataclass(frozen=True, slots=True)
class RackPlan:
    """One rack as the completed spec wants it."""

    rack: Rack
    datacenter: Datacenter
    spec: RackSpec
    nodes: int
    """How many pods it is to have."""
    capacity: str
    """Size of each data volume; empty when data is not kept."""
    storage_class: str
    """Class of the data volumes; empty for the Kubernetes cluster's default."""
    resources: Resources
    """Compute resources of the Cassandra container."""
    labels: Mapping[str, str]
    """Labels of the Kubernetes nodes that take its pods: those of the datacenter, overlaid by those of the rack."""
    partition: int
    """Only pods from this ordinal on are updated."""
    restart: bool
    """Whether a person asked for a rolling restart of the rack."""


def racks(cluster: CassandraCluster) -> tuple[RackPlan, ...]:
    """The racks in topology order. The cluster is completed (see `defaults`): each datacenter has its racks."""
    return tuple(_racks(cluster.spec))


def _racks(spec: CassandraClusterSpec) -> Iterator[RackPlan]:
    for datacenter in (spec.topology and spec.topology.dc) or ():
        for rack in datacenter.rack or ():
            yield _plan(spec, datacenter, rack)


def _plan(spec: CassandraClusterSpec, datacenter: Datacenter, rack: RackSpec) -> RackPlan:
    own = datacenter.nodes_per_racks
    return RackPlan(
        rack=Rack(datacenter.name, rack.name),
        datacenter=datacenter,
        spec=rack,
        nodes=own if own is not None else spec.nodes_per_racks or 0,
        capacity=datacenter.data_capacity or spec.data_capacity or "",
        storage_class=datacenter.data_storage_class or spec.data_storage_class or "",
        resources=_resources(spec, datacenter),
        labels={**(datacenter.labels or {}), **(rack.labels or {})},
        partition=rack.rolling_partition or 0,
        restart=bool(rack.rolling_restart),
    )


def _resources(spec: CassandraClusterSpec, datacenter: Datacenter) -> Resources:
    """Those of the datacenter where it sets any: both parts then come from it."""
    own = datacenter.resources
    if own is not None and (own.limits is not None or own.requests is not None):
        return own
    return spec.resources or Resources()
