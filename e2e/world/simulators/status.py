"""The status of a CassandraCluster as CassKop writes it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from multicasskop.world.simulators.actions import Action, Phase, Progress
from multicasskop.world.simulators.racks import FIRST_POD, RackState
from multicasskop.world.simulators.topology import Rack

Json = dict[str, Any]


def timestamp(moment: datetime) -> str:
    """Return a moment as Go writes it: UTC, whole seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def settled(described: Iterable[Rack], action: Action, seeds: list[str], at: str) -> Json:
    """The status of a cluster whose racks are all Running and whose last action is Done."""
    state = RackState(Phase.RUNNING, action, Progress.DONE, "", at, at)
    return {
        "phase": Phase.RUNNING,
        "initializingSubPhase": None,
        "lastClusterAction": action,
        "lastClusterActionStatus": Progress.DONE,
        "seedlist": seeds,
        "cassandraRackStatus": {rack.id: state.written() for rack in described},
    }


def initial(described: Iterable[Rack], seeds: list[str]) -> Json:
    """The status after the first pass."""
    return {
        "phase": Phase.INITIALIZING,
        "initializingSubPhase": FIRST_POD,
        "lastClusterAction": Action.INITIALIZING,
        "lastClusterActionStatus": Progress.ONGOING,
        "seedlist": seeds,
        "cassandraRackStatus": {rack.id: RackState.new().written() for rack in described},
    }


def derived(before: Json, described: Sequence[Rack], states: Mapping[str, RackState]) -> Json:
    """Return the cluster's own fields after a pass, walked from its racks in the order of the topology.

    The last rack with an unfinished action gives the action, the first one that is not Running the phase and the end
    of the walk. Only when no action is left the cluster is Done and Running.
    """
    after = dict(before)
    pending = False
    for state in (states[rack.id] for rack in described):
        if state.progress is not Progress.DONE:
            pending = True
            after |= {"lastClusterAction": state.action, "lastClusterActionStatus": state.progress}
        if state.phase is not Phase.RUNNING:
            after["phase"] = state.phase
            after["initializingSubPhase"] = state.sub_phase
            break
    if not pending and before.get("lastClusterActionStatus") != Progress.DONE:
        after |= {"phase": Phase.RUNNING, "initializingSubPhase": "", "lastClusterActionStatus": Progress.DONE}
    return {name: value for name, value in after.items() if value != ""}
