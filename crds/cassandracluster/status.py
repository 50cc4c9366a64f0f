"""The status of a CassandraCluster: CassKop's fields as they are, and those that our CassKop adds.

The Go CassKop writes its status as a whole, so nothing here is required, null is taken everywhere, and values are plain
text: a status that a schema refuses would stop it.
"""

from typing import Annotated, Final

from multicasskop.crds.base import Conditions, FrozenMap, Generation, Model, Text, Timestamp, Word
from pydantic import Field

SEEDS_MAX: Final = 4096
PODS_MAX: Final = 16384
# the whole StatefulSet, as JSON
SNAPSHOT_MAX: Final = 1048576

Pods = Annotated[tuple[Word, ...], Field(max_length=PODS_MAX)]


class NodeStatus(Model):
    """What is remembered of a pod, to detect two that swapped their addresses."""

    host_id: Word | None = None
    """Host id in the ring."""
    node_ip: Word | None = None
    """Address of the pod."""


class LastAction(Model):
    """The last action on a rack."""

    name: Word | None = None
    """Name of the action."""
    status: Word | None = None
    """ToDo, Ongoing, Continue, Configuring, Finalizing or Done."""
    start_time: Timestamp | None = None
    """When it began."""
    end_time: Timestamp | None = None
    """When it ended."""
    updated_nodes: Pods | None = None
    """Kept for the Go CassKop, which never fills it."""


class PodOperation(Model):
    """The last operation on pods of a rack."""

    name: Word | None = None
    """cleanup, rebuild, upgradesstables, remove or decommission."""
    status: Word | None = None
    """ToDo, Ongoing, Continue, Finalizing or Done."""
    start_time: Timestamp | None = None
    """When it began."""
    end_time: Timestamp | None = None
    """When it ended."""
    pods: Pods | None = None
    """Pods on which it runs."""
    pods_ok: Pods | None = Field(default=None, alias="podsOK")
    """Pods on which it succeeded."""
    pods_ko: Pods | None = Field(default=None, alias="podsKO")
    """Pods on which it failed."""
    operator_name: Word | None = None
    """The operator that runs it."""


class RackStatus(Model):
    """One rack."""

    phase: Word | None = None
    """Initializing, Running or Pending."""
    initializing_sub_phase: Word | None = None
    """FirstPodPerRack or NextPodPerRack, while Initializing."""
    cassandra_last_action: LastAction | None = None
    """The last action."""
    pod_last_operation: PodOperation | None = None
    """The last operation on its pods."""
    stateful_set_snapshot_before_storage_resize: Annotated[str, Field(max_length=SNAPSHOT_MAX)] | None = None
    """The StatefulSet as it was before its volumes were resized, as JSON."""


class CassandraClusterStatus(Model):
    """What was observed."""

    phase: Word | None = None
    """Initializing, Running or Pending."""
    initializing_sub_phase: Word | None = None
    """FirstPodPerRack or NextPodPerRack, while Initializing."""
    last_cluster_action: Word | None = None
    """The action that CassKop is at, or the last one."""
    last_cluster_action_status: Word | None = None
    """ToDo, Ongoing, Continue, Configuring, Finalizing or Done."""
    seedlist: Annotated[tuple[Word, ...], Field(max_length=SEEDS_MAX)] | None = None
    """The seeds in use. Changing them here restarts the pods, rack after rack."""
    cassandra_node_status: Annotated[FrozenMap[NodeStatus], Field(max_length=PODS_MAX)] | None = None
    """What is remembered of each pod."""
    cassandra_rack_status: Annotated[FrozenMap[RackStatus], Field(max_length=PODS_MAX)] | None = None
    """The racks by datacenter and rack, joined by a dash."""
    observed_generation: Generation | None = None
    """The generation of the spec that all of this speaks of; the Go CassKop does not tell."""
    nodes: Word | None = None
    """Cassandra nodes that are ready, of those that are wanted."""
    owner: Text | None = None
    """Namespace and name of the MultiCasskop that this cluster belongs to."""
    conditions: Conditions | None = None
    """Ready, Progressing, Degraded, Valid, SeedsResolved."""
