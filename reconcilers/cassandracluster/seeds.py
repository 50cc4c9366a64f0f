"""The seeds of a cluster: at most three nodes of each datacenter.

A change of the list restarts every pod, and so does another order of the same entries: entries stay where they are as
long as their pods are wanted.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import Final

from multicasskop.crds.base import ObjectMeta
from multicasskop.crds.cassandracluster import CassandraCluster
from multicasskop.crds.names import SEEDLIST
from multicasskop.reconcilers.cassandracluster.naming import Rack, pod_name
from multicasskop.reconcilers.cassandracluster.racks import RackPlan, racks

Seeds = tuple[str, ...]
_PER_DATACENTER: Final = 3


def computed(cluster: CassandraCluster) -> Seeds:
    """The seeds of a completed cluster, by datacenter, rack and ordinal. A datacenter without nodes has none."""
    datacenters = groupby(racks(cluster), key=lambda plan: plan.rack.datacenter)
    return tuple(
        seed_name(cluster.metadata, rack, ordinal)
        for _, plans in datacenters
        for rack, ordinal in islice(_candidates(tuple(plans)), _PER_DATACENTER)
    )


def merged(known: Iterable[str], computed: Iterable[str]) -> Seeds:
    """The known list without what is gone, in the order it has, and what is new after it."""
    wanted = dict.fromkeys(computed)
    kept = dict.fromkeys(seed for seed in known if seed in wanted)
    return tuple(kept | wanted)


def in_use(cluster: CassandraCluster, wanted: CassandraCluster) -> Seeds:
    """The list that all pods are to have: that of a MultiCasskop, else that of the status, else what is computed.

    The list in the status is a person's to change; it follows the topology where `autoUpdateSeedList` asks for it.
    `wanted` is the completed cluster.
    """
    known = tuple(cluster.status.seedlist or ())
    handed = from_annotation(cluster.metadata)
    if handed is not None or (known and not wanted.spec.auto_update_seed_list):
        return handed or known
    return merged(known, computed(wanted))


def from_annotation(meta: ObjectMeta) -> Seeds | None:
    """The list that a MultiCasskop handed to this cluster, which wins over that of the status; None without one."""
    entries = (part.strip() for part in meta.annotations.get(SEEDLIST, "").split(","))
    return tuple(dict.fromkeys(filter(None, entries))) or None


def seed_name(meta: ObjectMeta, rack: Rack, ordinal: int) -> str:
    """The name of a pod as its headless service has it, without the part of the Kubernetes cluster."""
    return f"{pod_name(meta.name, rack, ordinal)}.{meta.name}.{meta.namespace}"


def _candidates(plans: tuple[RackPlan, ...]) -> Iterator[tuple[Rack, int]]:
    """The pods of one datacenter that may be seeds: three of one rack, two of each of two, the first of each else."""
    per_rack = max(1, _PER_DATACENTER + 1 - len(plans))
    return ((plan.rack, ordinal) for plan in plans for ordinal in range(min(plan.nodes, per_rack)))
