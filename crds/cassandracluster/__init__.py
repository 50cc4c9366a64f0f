"""CassandraCluster, one file per part, and the check of a merged child."""

from multicasskop.crds.cassandracluster.spec import CassandraCluster, CassandraClusterSpec
from multicasskop.crds.cassandracluster.status import CassandraClusterStatus
from multicasskop.crds.cassandracluster.topology import Datacenter, Rack, Topology
from multicasskop.crds.cassandracluster.validate import validate_child
from multicasskop.crds.problem import Problem

__all__ = [
    "CassandraCluster",
    "CassandraClusterSpec",
    "CassandraClusterStatus",
    "Datacenter",
    "Problem",
    "Rack",
    "Topology",
    "validate_child",
]
