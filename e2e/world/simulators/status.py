"""The status of a CassandraCluster as CassKop writes it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from multicasskop.world.simulators.actions import Action, Phase, Progress
from multicasskop.world.simulators.topology import Rack

Json = dict[str, Any]


def timestamp(moment: datetime) -> str:
    """Return a moment as Go writes it: UTC, whole seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def settled(described: Iterable[Rack], action: Action, seeds: list[str], at: datetime) -> Json:
    """The status of a cluster whose racks are all Running and whose last action is Done."""
    return {
        "phase": Phase.RUNNING,
        "initializingSubPhase": None,
        "lastClusterAction": action,
        "lastClusterActionStatus": Progress.DONE,
        "seedlist": seeds,
        "cassandraRackStatus": {
            rack.id: {
                "phase": Phase.RUNNING,
                "cassandraLastAction": {
                    "name": action,
                    "status": Progress.DONE,
                    "startTime": timestamp(at),
                    "endTime": timestamp(at),
                },
            }
            for rack in described
        },
    }
