"""The MultiCasskop: one CassandraCluster for all members, and what differs in each of them."""

from enum import StrEnum
from typing import Annotated, Final, Literal

from multicasskop.crds.base import Duration, Flag, FrozenMap, Json, Model, ObjectMeta, Positive, Word
from multicasskop.crds.multicasskop_status import (
    Gate,
    MemberName,
    MemberState,
    MemberStatus,
    MultiCasskopStatus,
    NodeCount,
    Phase,
    RackStatus,
    RolloutRecord,
    RolloutStatus,
    RolloutStep,
)
from multicasskop.crds.names import MULTICASSKOP_KIND, api_version
from multicasskop.crds.partial import MEMBER_NAMES, MEMBERS_MAX, NAME_MAX, overrides, partial_child
from pydantic import BeforeValidator, Field, WithJsonSchema

__all__ = [
    "Approval",
    "Deletion",
    "DeletionOnDark",
    "Drift",
    "Gate",
    "MemberState",
    "MemberStatus",
    "MultiCasskop",
    "MultiCasskopSpec",
    "MultiCasskopStatus",
    "NodeCount",
    "OverrideRemoved",
    "Phase",
    "RackStatus",
    "Rollout",
    "RolloutOnDark",
    "RolloutRecord",
    "RolloutStatus",
    "RolloutStep",
    "SeedChange",
    "SeedMode",
    "Seeds",
]

_DOMAIN_PATTERN: Final = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\.?$"
_SET: Final[Json] = {"x-kubernetes-list-type": "set"}
_MORE_THAN_0S: Final[Json] = {
    "x-kubernetes-validations": [{"rule": "duration(self) > duration('0s')", "message": "more than 0s is needed"}]
}
_MEMBER_KEYS: Final[Json] = {"x-kubernetes-validations": [MEMBER_NAMES]}
Domain = Annotated[str, Field(max_length=NAME_MAX + 1, pattern=_DOMAIN_PATTERN)]


def _nulls_are_empty(override: object) -> object:
    # what the server makes of a member written as `k8s-cluster2:`
    if not isinstance(override, dict):
        return override
    return {member: {} if part is None else part for member, part in override.items()}


class Approval(StrEnum):
    """Who lets the rollout go on to the next member."""

    AUTOMATIC = "Automatic"
    MANUAL = "Manual"


class RolloutOnDark(StrEnum):
    """What a rollout does when the next member cannot be reached."""

    WAIT = "Wait"
    SKIP = "Skip"


class DeletionOnDark(StrEnum):
    """What a deletion does about the child of a member that cannot be reached."""

    WAIT = "Wait"
    ORPHAN = "Orphan"


class OverrideRemoved(StrEnum):
    """What becomes of the child of a member whose override was taken out."""

    RETAIN = "Retain"
    DRAIN = "Drain"


class SeedMode(StrEnum):
    """Where the seed list comes from."""

    AUTO = "Auto"
    MANUAL = "Manual"


class SeedChange(StrEnum):
    """Whether members that run are restarted to learn of a longer seed list."""

    KEEP = "Keep"
    ROLL = "Roll"


class Drift(StrEnum):
    """What is done about a child that was edited by hand."""

    CORRECT = "Correct"
    REPORT = "Report"


class Rollout(Model):
    """How one generation is brought to the members."""

    order: Annotated[tuple[MemberName, ...], Field(max_length=MEMBERS_MAX, json_schema_extra=_SET)] = ()
    """The members in the order in which they are changed; by default home, then those of the operator's flags."""
    max_concurrent: Annotated[Positive, Field(le=MEMBERS_MAX)] = 1
    """How many members may be in change at the same time. The first member is always created alone."""
    soak: Duration = "0s"
    """How long a member must stay Running before the next begins."""
    settle: Duration = "30s"
    """How long Running and Done must stand after a write when CassKop does not tell which generation it has seen."""
    progress_deadline: Duration = Field(default="30m", json_schema_extra=_MORE_THAN_0S)
    """A member that takes longer halts the rollout. More than 0s."""
    approval: Approval = Approval.AUTOMATIC
    """With Manual, each next member waits for the annotation multicasskop.db.orange.com/approve."""
    on_dark: RolloutOnDark = RolloutOnDark.WAIT
    """Whether a member that cannot be reached is waited for, or passed and come back to."""


class Seeds(Model):
    """The seed list of the ring."""

    mode: SeedMode | None = None
    """Manual takes base.status.seedlist as given, Auto computes it. By default Manual where that list is given."""
    per_datacenter: Annotated[Positive, Field(le=3)] = 3
    """How many seeds each datacenter gives to a computed list."""
    on_change: SeedChange = SeedChange.KEEP
    """With Keep, a longer list reaches new members only; with Roll the old ones too, which restarts their pods."""
    domain: Annotated[FrozenMap[Domain], Field(max_length=MEMBERS_MAX)] = Field(
        default_factory=dict, validate_default=True, json_schema_extra=_MEMBER_KEYS
    )
    """The DNS zone of the pods of each member; by default that of the child's external-dns annotation."""


class Deletion(Model):
    """What deletions do with children."""

    on_dark: DeletionOnDark = DeletionOnDark.WAIT
    """Whether the child of a member that cannot be reached is waited for, or let go and recorded as orphan."""
    deadline: Duration = "1h"
    """With Orphan, how long to wait first."""
    on_override_removed: OverrideRemoved = OverrideRemoved.RETAIN
    """What becomes of a child whose override was taken out: left alone, or drained and then deleted."""


class MultiCasskopSpec(Model):
    """What is wanted.

    No field has a default in the schema: the stored object stays what its author wrote, a missing
    `deleteCassandraCluster` can be told from one that is false, and an old object gains nothing it never had.
    """

    delete_cassandra_cluster: Flag | None = Field(default=None, json_schema_extra={"nullable": True})
    """Whether deleting this object deletes the CassandraClusters of all members. Missing means false."""
    base: Annotated[Json, WithJsonSchema(partial_child())] = Field(default_factory=dict)
    """The CassandraCluster that all members share, status.seedlist included. Its fields are kept as they are."""
    override: Annotated[dict[str, Json], BeforeValidator(_nulls_are_empty), WithJsonSchema(overrides())] = Field(
        default_factory=dict
    )
    """What differs, by the name of the member. A member without an override gets no CassandraCluster."""
    paused: Flag = False
    """Observe and report, but write nothing; deletions wait too."""
    rollout: Rollout = Field(default_factory=Rollout)
    """How a change is brought to the members."""
    seeds: Seeds = Field(default_factory=Seeds)
    """Where the seed list comes from."""
    deletion: Deletion = Field(default_factory=Deletion)
    """What deletions do with children."""
    drift: Drift = Drift.CORRECT
    """Whether a child that was edited by hand is set right or only reported."""
    restart: Word = ""
    """A new value restarts all racks, one member after the other; taking it away restarts nothing."""


class MultiCasskop(Model):
    """One Cassandra ring over several Kubernetes clusters."""

    api_version: str = api_version()
    kind: Literal["MultiCasskop"] = MULTICASSKOP_KIND
    metadata: ObjectMeta
    spec: MultiCasskopSpec = Field(default_factory=MultiCasskopSpec)
    """What is wanted."""
    status: MultiCasskopStatus = Field(default_factory=MultiCasskopStatus)
    """What was observed."""
