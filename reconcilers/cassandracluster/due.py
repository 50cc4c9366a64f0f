"""Which action a rack needs next: the first in this order whose wish is not fulfilled.

A template is changed before nodes are added, so that new nodes start with it; seeds come last, when all nodes that
they may name are there.
"""

from collections.abc import Iterator
from typing import Any, Final

from multicasskop.crds.cassandracluster.status import RackStatus
from multicasskop.crds.quantity import parse_quantity
from multicasskop.reconcilers.cassandracluster.actions.update import template_patch
from multicasskop.reconcilers.cassandracluster.facts import Scene
from multicasskop.reconcilers.cassandracluster.generate import given_seeds, wanted_statefulset
from multicasskop.reconcilers.cassandracluster.pods import CASSANDRA
from multicasskop.reconcilers.cassandracluster.rack_status import due, scaling_down, with_phase
from multicasskop.reconcilers.cassandracluster.sets import StatefulSet
from multicasskop.reconcilers.cassandracluster.statefulset import live_capacity
from multicasskop.reconcilers.cassandracluster.words import Action, Phase, Status

Json = dict[str, Any]
CONFIG_VOLUME: Final = "cassandra-config"


def next_action(scene: Scene) -> Action | None:
    """What is due in a rack that has a StatefulSet and no unfinished action; None when nothing is."""
    found = scene.rack.statefulset
    if found is None:
        return None
    return next(_due(scene, found), None)


def begin(scene: Scene, action: Action) -> RackStatus:
    """The status that says that the action is due."""
    now = scene.now
    match action:
        case Action.UPDATE_SEEDS:
            return due(scene.rack.status, action, now, Status.CONFIGURING)
        case Action.STORAGE_UPSIZE:
            return with_phase(due(scene.rack.status, action, now, Status.ONGOING), Phase.PENDING)
        case Action.SCALE_DOWN:
            return scaling_down(scene.rack.status, now)
        case _:
            return due(scene.rack.status, action, now)


def _due(scene: Scene, found: StatefulSet) -> Iterator[Action]:
    plan = scene.rack.plan
    if plan.restart:
        yield Action.ROLLING_RESTART
    yield from _of_template(scene, found)
    if grows(live_capacity(found.raw), plan.capacity):
        yield Action.STORAGE_UPSIZE
    if found.replicas != plan.nodes:
        yield Action.SCALE_UP if found.replicas < plan.nodes else Action.SCALE_DOWN
    if given_seeds(scene) != scene.facts.seeds:
        yield Action.UPDATE_SEEDS


def grows(live: str, wanted: str) -> bool:
    """Whether a capacity is larger than the one there is; a StatefulSet without a claim cannot get one (D7)."""
    return bool(live) and bool(wanted) and parse_quantity(wanted) > parse_quantity(live)


def _of_template(scene: Scene, found: StatefulSet) -> Iterator[Action]:
    patch = template_patch(scene)
    if patch is None or "spec" not in patch:
        return
    wanted = wanted_statefulset(scene, found.replicas)
    if _config_map(found.raw) != _config_map(wanted):
        yield Action.UPDATE_CONFIG_MAP
    if _cassandra(found.raw).get("image") != _cassandra(wanted).get("image"):
        yield Action.UPDATE_IMAGE
    if _resources(found.raw) != _resources(wanted):
        yield Action.UPDATE_RESOURCES
    yield Action.UPDATE_STATEFULSET


def _pod_spec(statefulset: Json) -> Json:
    spec: Json = statefulset["spec"]["template"]["spec"]
    return spec


def _config_map(statefulset: Json) -> str:
    volumes = (volume for volume in _pod_spec(statefulset).get("volumes") or () if volume.get("name") == CONFIG_VOLUME)
    return next(((volume.get("configMap") or {}).get("name") or "" for volume in volumes), "")


def _cassandra(statefulset: Json) -> Json:
    containers = (entry for entry in _pod_spec(statefulset).get("containers") or () if entry.get("name") == CASSANDRA)
    return next(containers, {})


def _resources(statefulset: Json) -> dict[str, dict[str, object]]:
    found = _cassandra(statefulset).get("resources") or {}
    kinds = ("requests", "limits")
    return {kind: {name: parse_quantity(value) for name, value in (found.get(kind) or {}).items()} for kind in kinds}
