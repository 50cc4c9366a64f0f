"""What a person sets in the spec to have something done once, and what is set back when that is so.

The trigger for a rolling restart is set back when the status says that the restart is due, and before it begins: so it
is neither lost nor done twice, whoever dies in between, and one that is set during a restart asks for another.
"""

from collections.abc import Iterator
from typing import Any

from multicasskop.reconcilers.cassandracluster.due import next_action
from multicasskop.reconcilers.cassandracluster.facts import Facts, Rack, Scene
from multicasskop.reconcilers.cassandracluster.kinds import CASSANDRACLUSTERS
from multicasskop.reconcilers.cassandracluster.rack_status import action_of, is_finished
from multicasskop.reconcilers.cassandracluster.ring import Ring
from multicasskop.reconcilers.cassandracluster.words import Action, Status
from multicasskop.reconcilers.cassandracluster.writes import Edit

Json = dict[str, Any]


def triggers(facts: Facts, ring: Ring) -> Edit | None:
    """The change of the CassandraCluster that sets spent triggers back; None when none is spent.

    It is decided on the status as it is stored, and comes before the racks are looked at: while there is one nothing
    else may be done. Every place is tested to be what was looked at, so nothing else of the spec can be changed by it.
    Raises UnusableSpec where no StatefulSet can be made of the spec, and whatever asking the ring raises.
    """
    spent = (*_restarts(facts), *_unlocked(facts, ring))
    if not spent:
        return None
    meta = facts.cluster.metadata
    return Edit(CASSANDRACLUSTERS, meta.name, meta.uid, spent, why="the triggers are spent")


def _restarts(facts: Facts) -> Iterator[Json]:
    due = {rack.plan.rack for rack in facts.racks if _is_restart_said(rack)}
    topology = facts.cluster.spec.topology
    for place, datacenter in enumerate((topology and topology.dc) or ()):
        for number, rack in enumerate(datacenter.rack or ()):
            if (datacenter.name, rack.name) in due:
                above = f"/spec/topology/dc/{place}"
                yield _test(f"{above}/name", datacenter.name)
                yield _test(f"{above}/rack/{number}/name", rack.name)
                yield from _off(f"{above}/rack/{number}/rollingRestart")


def _is_restart_said(rack: Rack) -> bool:
    """Whether the status says that the restart is to be done, and it has not begun."""
    return rack.plan.restart and action_of(rack.status) == (Action.ROLLING_RESTART, Status.TODO)


def _unlocked(facts: Facts, ring: Ring) -> Iterator[Json]:
    if facts.cluster.spec.unlock_next_operation and all(_is_at_rest(Scene(facts, rack, ring)) for rack in facts.racks):
        yield from _off("/spec/unlockNextOperation")


def _is_at_rest(scene: Scene) -> bool:
    """Whether nothing is under way or due in a rack, so that there is nothing left that could be let pass."""
    rack = scene.rack
    if rack.initializing or rack.statefulset is None or not is_finished(rack.status):
        return False
    return next_action(scene) is None


def _off(path: str) -> Iterator[Json]:
    yield _test(path, value=True)
    yield {"op": "replace", "path": path, "value": False}


def _test(path: str, value: object) -> Json:
    return {"op": "test", "path": path, "value": value}
