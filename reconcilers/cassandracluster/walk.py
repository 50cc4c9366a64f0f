"""The racks of one cluster, looked at together: what each needs is said, and one of them is taken a step further.

While a rack changes, or lacks a pod, no other is touched. New racks come before others, since their first nodes are
what tokens are allocated by; seeds come when nothing else is under way in any rack.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from multicasskop.crds.cassandracluster.status import RackStatus
from multicasskop.reconcilers.cassandracluster.actions import initialize, resize_storage, scale_down, scale_up, update
from multicasskop.reconcilers.cassandracluster.due import begin, next_action
from multicasskop.reconcilers.cassandracluster.facts import Facts, Rack, Scene
from multicasskop.reconcilers.cassandracluster.gates import unready
from multicasskop.reconcilers.cassandracluster.rack_status import action_of, is_finished, moved, with_phase
from multicasskop.reconcilers.cassandracluster.ring import Ring
from multicasskop.reconcilers.cassandracluster.step import Step
from multicasskop.reconcilers.cassandracluster.words import Action, Phase, Status
from multicasskop.reconcilers.cassandracluster.writes import Write


@dataclass(frozen=True, slots=True)
class Walk:
    """What came of looking at all racks: their statuses, the writes, and what is waited for in which rack."""

    statuses: Mapping[str, RackStatus]
    writes: tuple[Write, ...] = ()
    rack: str = ""
    waiting: str = ""
    again: float | None = None


def walk(facts: Facts, ring: Ring) -> Walk:
    """Look at all racks, and take one of them a step further, if what was meant to be done in it was said before."""
    said = replace(facts, racks=tuple(_told(facts, rack, ring) for rack in facts.racks))
    said = replace(said, racks=_with_seeds_due(said))
    statuses = {rack.id: rack.status for rack in said.racks}
    chosen = _chosen(said)
    if chosen is None:
        return Walk(statuses)
    before = next(rack for rack in facts.racks if rack.id == chosen.id)
    if before.status is not chosen.status and action_of(before.status) != action_of(chosen.status):
        return Walk(statuses, rack=chosen.id, waiting=f"{action_of(chosen.status)[0]} of rack {chosen.id}")
    step = _step(Scene(said, chosen, ring))
    return Walk({**statuses, chosen.id: step.status}, step.writes, chosen.id, step.waiting, step.again)


def _told(facts: Facts, rack: Rack, ring: Ring) -> Rack:
    """The rack with the action that is due said in its status, and its phase as it is now."""
    if rack.initializing or rack.statefulset is None:
        return rack
    status = rack.status
    if is_finished(status):
        action = next_action(Scene(facts, rack, ring))
        status = begin(Scene(facts, rack, ring), action) if action is not None else status
    if status.phase != Phase.PENDING or is_finished(status):
        status = with_phase(status, Phase.RUNNING if rack.settled else Phase.PENDING)
    return replace(rack, status=status)


def _with_seeds_due(facts: Facts) -> tuple[Rack, ...]:
    """The racks; those that wait for their new seeds get them once nothing else is under way."""
    if any(_is_at_something_else(rack) for rack in facts.racks):
        return facts.racks
    return tuple(replace(rack, status=_seeds_due(rack.status)) for rack in facts.racks)


def _seeds_due(status: RackStatus) -> RackStatus:
    return moved(status, Status.TODO) if action_of(status) == (Action.UPDATE_SEEDS, Status.CONFIGURING) else status


def _is_at_something_else(rack: Rack) -> bool:
    return not is_finished(rack.status) and action_of(rack.status)[0] != Action.UPDATE_SEEDS


def _chosen(facts: Facts) -> Rack | None:
    """The rack that is taken further: one that changes already, else the first in which something is due."""
    return min((rack for rack in facts.racks if _needs_something(rack)), key=_urgency, default=None)


def _needs_something(rack: Rack) -> bool:
    return rack.statefulset is None or not is_finished(rack.status) or not rack.settled


def _urgency(rack: Rack) -> int:
    """What has lost its StatefulSet goes first: all others wait for its nodes. Then what has begun, what is due."""
    if rack.statefulset is None and not rack.initializing:
        return -1
    if rack.initializing:
        return 1 if rack.statefulset is None or rack.status.initializing_sub_phase == "FirstPodPerRack" else 2
    if rack.active:
        return 0
    return 3 if action_of(rack.status)[1] != Status.CONFIGURING else 4


def _step(scene: Scene) -> Step:
    rack = scene.rack
    if rack.statefulset is None and action_of(rack.status)[0] != Action.STORAGE_UPSIZE:
        return initialize.create(scene)
    if rack.initializing:
        return initialize.advance(scene)
    if is_finished(rack.status):
        return Step(rack.status, waiting=unready(rack))
    corrected = update.correction(scene)
    if corrected is not None:
        return corrected
    match action_of(rack.status)[0]:
        case Action.SCALE_UP:
            return scale_up.advance(scene)
        case Action.SCALE_DOWN:
            return scale_down.advance(scene)
        case Action.STORAGE_UPSIZE:
            return resize_storage.advance(scene)
        case _:
            # what changes the template; and words of others, which are over when the rack is at rest
            return update.advance(scene)
