"""The words of a CassandraCluster's status, as the Go CassKop writes them: people and programs read them."""

from enum import StrEnum
from typing import Final


class Phase(StrEnum):
    """How far the cluster, or a rack, is."""

    INITIALIZING = "Initializing"
    RUNNING = "Running"
    PENDING = "Pending"


class SubPhase(StrEnum):
    """While Initializing: every rack gets one pod first, because tokens are allocated best when all racks are there."""

    FIRST_POD = "FirstPodPerRack"
    NEXT_POD = "NextPodPerRack"


class Action(StrEnum):
    """What is done to a rack, or to the whole."""

    INITIALIZING = "Initializing"
    UPDATE_CONFIG_MAP = "UpdateConfigMap"
    UPDATE_IMAGE = "UpdateDockerImage"
    UPDATE_SEEDS = "UpdateSeedList"
    ROLLING_RESTART = "RollingRestart"
    UPDATE_RESOURCES = "UpdateResources"
    UPDATE_STATEFULSET = "UpdateStatefulSet"
    SCALE_UP = "ScaleUp"
    SCALE_DOWN = "ScaleDown"
    DELETE_DATACENTER = "ActionDeleteDC"
    CORRECT_SPEC = "CorrectCRDConfig"
    STORAGE_UPSIZE = "StorageUpsize"


class Status(StrEnum):
    """How far an action, or an operation on pods, is."""

    TODO = "ToDo"
    ONGOING = "Ongoing"
    CONTINUE = "Continue"
    CONFIGURING = "Configuring"
    FINALIZING = "Finalizing"
    DONE = "Done"
    MANUAL = "Manual"
    ERROR = "Error"


UPDATES: Final = frozenset(
    {
        Action.UPDATE_CONFIG_MAP,
        Action.UPDATE_IMAGE,
        Action.UPDATE_SEEDS,
        Action.ROLLING_RESTART,
        Action.UPDATE_RESOURCES,
        Action.UPDATE_STATEFULSET,
    }
)
"""Actions that change the pod template of a StatefulSet."""
