"""The status of one rack, read and changed as a value."""

from datetime import datetime
from typing import Final

from multicasskop.crds.cassandracluster.status import LastAction, PodOperation, RackStatus
from multicasskop.reconcilers.cassandracluster.words import Action, Phase, Status, SubPhase

UNBEGUN: Final = frozenset({Status.TODO, Status.CONFIGURING})
NEW: Final = RackStatus(
    phase=Phase.INITIALIZING,
    initializing_sub_phase=SubPhase.FIRST_POD,
    cassandra_last_action=LastAction(name=Action.INITIALIZING, status=Status.ONGOING),
)


def action_of(status: RackStatus) -> tuple[str, str]:
    """The name and the status of the last action; empty texts when there was none."""
    action = status.cassandra_last_action or LastAction()
    return action.name or "", action.status or ""


def is_finished(status: RackStatus) -> bool:
    """Whether no action is due or under way."""
    return action_of(status)[1] in ("", Status.DONE)


def is_under_way(status: RackStatus) -> bool:
    """Whether an action has begun and is not over."""
    return not is_finished(status) and action_of(status)[1] not in UNBEGUN


def due(status: RackStatus, action: Action, now: datetime, how: Status = Status.TODO) -> RackStatus:
    """An action is to be done; its time is kept from now on, so that whoever goes on with it does the same thing."""
    return status.model_copy(
        update={"cassandra_last_action": LastAction(name=action, status=how, start_time=now.replace(microsecond=0))}
    )


def moved(status: RackStatus, how: Status) -> RackStatus:
    """The action has got to another status; when it began does not change."""
    action = status.cassandra_last_action or LastAction()
    return status.model_copy(update={"cassandra_last_action": action.model_copy(update={"status": how})})


def done(status: RackStatus, now: datetime) -> RackStatus:
    """The action is over, and the rack runs."""
    action = (status.cassandra_last_action or LastAction()).model_copy(
        update={"status": Status.DONE, "end_time": now.replace(microsecond=0)}
    )
    return status.model_copy(
        update={"phase": Phase.RUNNING, "initializing_sub_phase": None, "cassandra_last_action": action}
    )


def with_phase(status: RackStatus, phase: Phase, sub_phase: SubPhase | None = None) -> RackStatus:
    """The rack is in another phase."""
    if (status.phase, status.initializing_sub_phase) == (phase, sub_phase):
        return status
    return status.model_copy(update={"phase": phase, "initializing_sub_phase": sub_phase})


def with_operation(status: RackStatus, /, **changes: object) -> RackStatus:
    """The last operation on pods of the rack has changed."""
    operation = (status.pod_last_operation or PodOperation()).model_copy(update=changes)
    return status.model_copy(update={"pod_last_operation": operation})


def scaling_down(status: RackStatus, now: datetime) -> RackStatus:
    """Nodes are to leave the ring, the first of them not named yet."""
    pending = with_phase(due(status, Action.SCALE_DOWN, now), Phase.PENDING)
    begun = PodOperation(name="decommission", status=Status.TODO, pods=(), pods_ok=(), pods_ko=())
    return pending.model_copy(update={"pod_last_operation": begun})
