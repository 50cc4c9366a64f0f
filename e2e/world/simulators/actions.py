"""Which of CassKop's actions a change of the spec calls for."""

from enum import StrEnum
from typing import Any

from multicasskop.world.simulators.golang import as_written, names
from multicasskop.world.simulators.topology import racks

Json = dict[str, Any]


class Action(StrEnum):
    """CassKop's names, as they stand in `lastClusterAction`."""

    INITIALIZING = "Initializing"
    UPDATE_CONFIG_MAP = "UpdateConfigMap"
    UPDATE_IMAGE = "UpdateDockerImage"
    UPDATE_SEEDS = "UpdateSeedList"
    ROLLING_RESTART = "RollingRestart"
    UPDATE_RESOURCES = "UpdateResources"
    UPDATE_STATEFULSET = "UpdateStatefulSet"
    SCALE_UP = "ScaleUp"
    SCALE_DOWN = "ScaleDown"
    DELETE_DC = "ActionDeleteDC"
    CORRECT = "CorrectCRDConfig"
    UPSIZE = "StorageUpsize"


class Progress(StrEnum):
    """How far an action is, as it stands in `lastClusterActionStatus`."""

    TODO = "ToDo"
    ONGOING = "Ongoing"
    CONTINUE = "Continue"
    CONFIGURING = "Configuring"
    FINALIZING = "Finalizing"
    DONE = "Done"


class Phase(StrEnum):
    """Of a cluster and of a rack."""

    INITIALIZING = "Initializing"
    RUNNING = "Running"
    PENDING = "Pending"


# no pod knows of these: the object is accepted, and nothing else happens
WITHOUT_ACTION = names(
    """nodesPerRacks maxPodUnavailable deletePVC autoPilot noCheckStsAreEqual autoUpdateSeedList unlockNextOperation
    restartCountBeforePodDeletion service keyspaceCleanupThreads topology"""
)


def action_of(before: Json, after: Json) -> Action | None:
    """Return the action for the way from one spec to another; None when no pod is concerned."""
    old, new = as_written(before), as_written(after)
    for field, action in (
        ("configMapName", Action.UPDATE_CONFIG_MAP),
        ("cassandraImage", Action.UPDATE_IMAGE),
        ("dataCapacity", Action.UPSIZE),
    ):
        if old.get(field) != new.get(field):
            return action
    return scaling(old, new) or restart(new) or update(old, new)


def scaling(old: Json, new: Json) -> Action | None:
    """The action for another number of nodes, or for datacenters that came or went."""
    had = {rack.id: rack.nodes for rack in racks(old)}
    wanted = {rack.id: rack.nodes for rack in racks(new)}
    if had.keys() - wanted.keys():
        return Action.DELETE_DC
    if wanted.keys() - had.keys():
        return Action.INITIALIZING
    if any(wanted[rack] > had[rack] for rack in had):
        return Action.SCALE_UP
    return Action.SCALE_DOWN if wanted != had else None


def restart(new: Json) -> Action | None:
    """The action for a trigger that somebody set."""
    asked = any(rack.rack_spec.get("rollingRestart") for rack in racks(new))
    return Action.ROLLING_RESTART if asked else None


def update(old: Json, new: Json) -> Action | None:
    """The action for whatever else shows in a pod."""
    if old.get("resources") != new.get("resources"):
        return Action.UPDATE_RESOURCES
    if template(old) != template(new):
        return Action.UPDATE_STATEFULSET
    return None


def template(spec: Json) -> Json:
    """What of a spec reaches the pods, numbers and triggers left out."""
    described = {
        rack.id: {**without(rack.dc_spec, "rack", "nodesPerRacks"), **without(rack.rack_spec, "rollingRestart")}
        for rack in racks(spec)
    }
    return {"racks": described, **without(spec, *WITHOUT_ACTION)}


def without(content: Json, *left_out: str) -> Json:
    """Return a map less some keys."""
    return {name: value for name, value in content.items() if name not in left_out}
