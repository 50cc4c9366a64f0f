"""Changing how many nodes a rack has, by one."""

from multicasskop.reconcilers.cassandracluster.kinds import STATEFULSETS
from multicasskop.reconcilers.cassandracluster.sets import StatefulSet
from multicasskop.reconcilers.cassandracluster.writes import Patch


def resized(statefulset: StatefulSet, replicas: int, why: str) -> Patch:
    """Set the number of replicas, if the StatefulSet is as it was seen.

    Assumes a step of one: whoever calls has made sure of the node that comes or goes.
    """
    return Patch(
        STATEFULSETS,
        statefulset.name,
        statefulset.uid,
        {"spec": {"replicas": replicas}},
        version=statefulset.version,
        why=why,
    )
