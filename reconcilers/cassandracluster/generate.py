"""The StatefulSet that a rack is to have at this moment of its action.

What restarts pods comes in by its own action only: seeds with UpdateSeedList, the restart with RollingRestart. Until
then both stay as they live, wherever they stand in the template (D17).
"""

from datetime import datetime
from typing import Any, Final

from multicasskop.reconcilers.cassandracluster.facts import Scene
from multicasskop.reconcilers.cassandracluster.rack_status import action_of
from multicasskop.reconcilers.cassandracluster.statefulset import gives_seeds, live_restart, live_seeds, statefulset
from multicasskop.reconcilers.cassandracluster.words import Action, Status

Json = dict[str, Any]
_DUE: Final = frozenset({Status.TODO, Status.ONGOING})


def wanted_statefulset(scene: Scene, replicas: int) -> Json:
    """The StatefulSet of the scene's rack, of this size."""
    plan, wanted = scene.rack.plan, scene.facts.wanted
    return statefulset(wanted, plan, replicas=replicas, seeds=_seeds(scene), restarted=_restart(scene))


def stamp(instant: datetime) -> str:
    """An instant as it stands in labels, in UTC."""
    return instant.strftime("%Y%m%dT%H%M%S")


def is_due(scene: Scene, action: Action) -> bool:
    """Whether the template is to take over what this action brings."""
    name, status = action_of(scene.rack.status)
    return name == action and status in _DUE


def given_seeds(scene: Scene) -> tuple[str, ...]:
    """The seeds that living pods were given.

    Where the spec has a variable for seeds of its own, that one is what pods use, and says nothing of our list: there
    is nothing to bring to them then.
    """
    found = scene.rack.statefulset
    if found is None or gives_seeds(scene.facts.wanted):
        return scene.facts.seeds
    return live_seeds(found.raw)


def _seeds(scene: Scene) -> tuple[str, ...]:
    if is_due(scene, Action.UPDATE_SEEDS):
        return scene.facts.seeds
    return given_seeds(scene)


def _restart(scene: Scene) -> str:
    found, action = scene.rack.statefulset, scene.rack.status.cassandra_last_action
    if is_due(scene, Action.ROLLING_RESTART) and action is not None and action.start_time is not None:
        return stamp(action.start_time)
    return live_restart(found.raw) if found is not None else ""
