"""The status of a MultiCasskop: phase, members, rollout and conditions."""

from enum import StrEnum
from typing import Annotated, Final

from multicasskop.crds.base import Conditions, Count, Flag, Generation, Json, Model, Text, Timestamp, Word
from multicasskop.crds.partial import MEMBER_NAME_MAX, MEMBERS_MAX, NAME_MAX, SEEDS_MAX
from pydantic import Field

MemberName = Annotated[str, Field(max_length=MEMBER_NAME_MAX)]
Seed = Annotated[str, Field(max_length=NAME_MAX + 1)]
_BY_NAME: Final[Json] = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}


class Phase(StrEnum):
    """The state of a MultiCasskop in one word."""

    PENDING = "Pending"
    PROGRESSING = "Progressing"
    READY = "Ready"
    DEGRADED = "Degraded"
    HALTED = "Halted"
    PAUSED = "Paused"
    DELETING = "Deleting"


class MemberState(StrEnum):
    """The state of one member, derived from its child as observed."""

    ABSENT = "Absent"
    APPLYING = "Applying"
    PROGRESSING = "Progressing"
    SOAKING = "Soaking"
    READY = "Ready"
    DARK = "Dark"
    REFUSED = "Refused"
    FAILED = "Failed"
    CONFLICT = "Conflict"
    UNKNOWN = "Unknown"
    RETAINED = "Retained"
    DRAINING = "Draining"


class NodeCount(Model):
    """Cassandra nodes of one member or rack."""

    ready: Count
    """Nodes that are ready."""
    wanted: Count
    """Nodes that the spec asks for."""


class RackStatus(Model):
    """A rack that is unlike the rest."""

    name: Word
    """Datacenter and rack, joined by a dash."""
    ready: Count = 0
    """Nodes that are ready."""
    wanted: Count = 0
    """Nodes that the spec asks for."""
    message: Text = ""
    """What is unlike."""


class Gate(Model):
    """What a member must meet before the next one is touched."""

    wants: Text
    """What it must be."""
    has: Text
    """What it is."""
    since: Timestamp | None = None
    """Since when."""
    usual_seconds: Count | None = None
    """How long it usually takes."""
    deadline: Timestamp | None = None
    """When the rollout gives up."""


class MemberStatus(Model):
    """One member and its child, as last seen."""

    name: MemberName
    """Name of the member."""
    state: Word
    """Absent, Applying, Progressing, Soaking, Ready, Dark, Refused, Failed, Conflict or Unknown; of a member whose
    override was taken out Retained or Draining."""
    child: Annotated[str, Field(max_length=512)] = ""
    """Namespace and name of the child."""
    uid: Annotated[str, Field(max_length=128)] = ""
    """UID of the child."""
    desired_hash: Annotated[str, Field(max_length=128)] = ""
    """Hash of what the child is to be."""
    phase: Word = ""
    """CassKop's phase of the child."""
    last_cluster_action: Word = ""
    """CassKop's last action on the child."""
    last_cluster_action_status: Word = ""
    """Status of that action."""
    restart: Word = ""
    """The last value of spec.restart for which its racks were told to restart, or with which it was made."""
    reachable: Flag = True
    """Whether the member answers."""
    since: Timestamp | None = None
    """Since when the member is in this state."""
    message: Text = ""
    """What a person should know."""
    last_contact: Timestamp | None = None
    """When the member last answered; written together with other changes only."""
    nodes: NodeCount | None = None
    """Nodes of the member."""
    racks: Annotated[tuple[RackStatus, ...], Field(max_length=256, json_schema_extra=_BY_NAME)] = ()
    """Racks that are unlike the rest."""
    gate: Gate | None = None
    """What the member must meet, while it is waited for."""


class RolloutStatus(Model):
    """The rollout that is going on, or the last one."""

    generation: Generation
    """The generation that is brought to the members."""
    started_at: Timestamp | None = None
    """When it began."""
    step: Count = 0
    """The step it is at."""
    steps: Count = 0
    """How many steps it has."""
    manager: Word = ""
    """The field manager that changed the spec."""


class RolloutStep(Model):
    """How long one member took."""

    name: MemberName
    """Name of the member."""
    seconds: Count
    """How long its step took."""


class RolloutRecord(Model):
    """A rollout that has ended."""

    generation: Generation
    """The generation that was brought to the members."""
    result: Word = ""
    """How it ended."""
    start: Timestamp | None = None
    """When it began."""
    end: Timestamp | None = None
    """When it ended."""
    steps: Annotated[tuple[RolloutStep, ...], Field(max_length=MEMBERS_MAX, json_schema_extra=_BY_NAME)] = ()
    """How long each member took."""


class MultiCasskopStatus(Model):
    """What was observed. Read back only to write less: an edit of it creates, changes and deletes nothing.

    States and phases are plain text in the schema: Helm does not upgrade CRDs, and an operator that is newer than its
    CRD must still be able to write them.
    """

    observed_generation: Generation = 0
    """The generation of the spec that all of this speaks of."""
    phase: Word = ""
    """Pending, Progressing, Ready, Degraded, Halted, Paused or Deleting."""
    ready: Word = ""
    """Members that are ready, of those that have an override."""
    members: Count = 0
    """How many members have an override."""
    nodes: Word = ""
    """Cassandra nodes that are ready, of those that are wanted; with a question mark where a part is not fresh."""
    waiting_for: Text = ""
    """The member that is waited for, and what it is doing."""
    since: Timestamp | None = None
    """Since when phase and waitingFor are what they are."""
    message: Text = ""
    """What happens next."""
    seedlist: Annotated[tuple[Seed, ...], Field(max_length=SEEDS_MAX)] = ()
    """The seed list of the ring."""
    traceparent: Annotated[str, Field(max_length=128)] = ""
    """W3C trace context of this generation."""
    clusters: Annotated[tuple[MemberStatus, ...], Field(max_length=2 * MEMBERS_MAX, json_schema_extra=_BY_NAME)] = ()
    """The members in rollout order."""
    rollout: RolloutStatus | None = None
    """The rollout that is going on, or the last one."""
    rollouts: Annotated[tuple[RolloutRecord, ...], Field(max_length=16)] = ()
    """The rollouts before."""
    conditions: Conditions = ()
    """Ready, Progressing, Degraded, Valid, SeedsResolved, MembersReachable, Paused; Stalled and Drifted while True."""
