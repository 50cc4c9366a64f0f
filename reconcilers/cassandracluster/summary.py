"""The status of the whole cluster, from those of its racks."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile

from multicasskop.crds.cassandracluster.status import CassandraClusterStatus, RackStatus
from multicasskop.reconcilers.cassandracluster.rack_status import action_of, is_finished
from multicasskop.reconcilers.cassandracluster.words import Phase, Status


@dataclass(frozen=True, slots=True)
class Summary:
    """Phase, sub-phase, and the action that goes on, or the last one."""

    phase: str
    sub_phase: str | None
    action: str
    status: str


def summary(before: CassandraClusterStatus, racks: Iterable[RackStatus]) -> Summary:
    """What the racks, in topology order, make of the whole.

    The phase is that of the first rack that does not run; the action is that of the last one that is not done, of the
    racks up to that one, or of all where none of these is at anything. Running and Done together mean that all racks
    run and nothing is due in any of them: other operators wait for it.
    """
    known = tuple(racks)
    running = tuple(takewhile(lambda rack: rack.phase == Phase.RUNNING, known))
    halting = known[len(running)] if len(running) < len(known) else None
    busy = _busy(known[: len(running) + 1]) or _busy(known)
    phase = Phase.RUNNING if halting is None else halting.phase or Phase.PENDING
    sub_phase = halting.initializing_sub_phase if halting is not None else None
    if busy:
        action, status = action_of(busy[-1])
        return Summary(phase, sub_phase, action, status)
    status = Status.DONE if halting is None else before.last_cluster_action_status or Status.ONGOING
    return Summary(phase, sub_phase, before.last_cluster_action or "", status)


def _busy(racks: tuple[RackStatus, ...]) -> tuple[RackStatus, ...]:
    return tuple(rack for rack in racks if not is_finished(rack))
