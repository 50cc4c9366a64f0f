"""The condition types of a MultiCasskop and their reasons: API, because people and programs wait for them.

Polarity positive: True is normal. `Ready` and `Stalled` follow kstatus, so Helm, Flux and `kubectl wait` agree.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class ConditionType(StrEnum):
    """The types, in the order in which they stand in status."""

    READY = "Ready"
    PROGRESSING = "Progressing"
    DEGRADED = "Degraded"
    VALID = "Valid"
    SEEDS_RESOLVED = "SeedsResolved"
    MEMBERS_REACHABLE = "MembersReachable"
    PAUSED = "Paused"
    STALLED = "Stalled"
    DRIFTED = "Drifted"


class ConditionStatus(StrEnum):
    """The three values a condition's status may have."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class Reason(StrEnum):
    """Every reason that any condition may carry."""

    ALL_MEMBERS_READY = "AllMembersReady"
    DELETING = "Deleting"
    INVALID = "Invalid"
    NO_MEMBER = "NoMember"
    CONFLICT = "Conflict"
    HALTED = "Halted"
    REFUSED = "Refused"
    MEMBER_FAILED = "MemberFailed"
    MEMBER_DARK = "MemberDark"
    PAUSED = "Paused"
    WAITING_FOR_APPROVAL = "WaitingForApproval"
    WAITING_FOR_GATE = "WaitingForGate"
    SOAKING = "Soaking"
    APPLYING = "Applying"
    SEEDS_PENDING = "SeedsPending"
    NOT_YET_SEEN = "NotYetSeen"
    STARTING = "Starting"
    CREATING = "Creating"
    ROLLING_OUT = "RollingOut"
    CATCHING_UP = "CatchingUp"
    ADOPTING = "Adopting"
    DONE = "Done"
    WAITING = "Waiting"
    DEADLINE_EXCEEDED = "DeadlineExceeded"
    NODES_MISSING = "NodesMissing"
    CREDENTIAL_EXPIRING = "CredentialExpiring"
    DELETION_BLOCKED = "DeletionBlocked"
    SEVERAL = "Several"
    AS_EXPECTED = "AsExpected"
    STALE_FACTS = "StaleFacts"
    ACCEPTED = "Accepted"
    BAD_OVERRIDE = "BadOverride"
    BAD_CHILD = "BadChild"
    NO_REGISTERED_MEMBER = "NoRegisteredMember"
    FOREIGN_NAMESPACE = "ForeignNamespace"
    OPERATOR_NAMESPACE = "OperatorNamespace"
    NAME_TOO_LONG = "NameTooLong"
    RENAME_REFUSED = "RenameRefused"
    DUPLICATE_DATACENTER = "DuplicateDatacenter"
    COMPUTED = "Computed"
    GIVEN_BY_USER = "GivenByUser"
    NO_DOMAIN = "NoDomain"
    NO_SEED = "NoSeed"
    DELIVERING = "Delivering"
    OVERWRITTEN = "Overwritten"
    SEEDS_SILENT = "SeedsSilent"
    ALL_REACHABLE = "AllReachable"
    CONNECT_TIMEOUT = "ConnectTimeout"
    CONNECTION_REFUSED = "ConnectionRefused"
    DNS_FAILED = "DNSFailed"
    TLS_FAILED = "TLSFailed"
    UNAUTHORIZED = "Unauthorized"
    BAD_CREDENTIALS = "BadCredentials"
    FORBIDDEN = "Forbidden"
    KIND_NOT_SERVED = "KindNotServed"
    IDENTITY_CHANGED = "IdentityChanged"
    NOT_REGISTERED = "NotRegistered"
    BY_SPEC = "BySpec"
    NOT_PAUSED = "NotPaused"
    EDITED_BY_HAND = "EditedByHand"
    OTHER_CONTROLLER = "OtherController"


@dataclass(frozen=True, slots=True)
class Rule:
    """What may be said in one condition: its polarity, and the reasons of each status in order of precedence."""

    positive: bool
    true: tuple[Reason, ...]
    false: tuple[Reason, ...] = ()
    unknown: tuple[Reason, ...] = ()

    @property
    def only_while_true(self) -> bool:
        """Whether the condition stands in status only while it is True."""
        return not self.false and not self.unknown


_R = Reason
# Ready's reasons that need a human; each of them makes Stalled true
_HUMAN: Final = (_R.INVALID, _R.NO_MEMBER, _R.CONFLICT, _R.HALTED, _R.REFUSED, _R.MEMBER_FAILED)

RULES: Final[Mapping[ConditionType, Rule]] = MappingProxyType(
    {
        ConditionType.READY: Rule(
            positive=True,
            true=(_R.ALL_MEMBERS_READY,),
            false=(
                _R.DELETING,
                *_HUMAN,
                _R.MEMBER_DARK,
                _R.PAUSED,
                _R.WAITING_FOR_APPROVAL,
                _R.WAITING_FOR_GATE,
                _R.SOAKING,
                _R.APPLYING,
                _R.SEEDS_PENDING,
            ),
            unknown=(_R.NOT_YET_SEEN, _R.STARTING),
        ),
        ConditionType.PROGRESSING: Rule(
            positive=False,
            true=(_R.CREATING, _R.ROLLING_OUT, _R.SOAKING, _R.CATCHING_UP, _R.ADOPTING, _R.DELETING),
            false=(_R.DONE, _R.WAITING, _R.DEADLINE_EXCEEDED),
        ),
        ConditionType.DEGRADED: Rule(
            positive=False,
            true=(
                _R.MEMBER_DARK,
                _R.MEMBER_FAILED,
                _R.DEADLINE_EXCEEDED,
                _R.NODES_MISSING,
                _R.CREDENTIAL_EXPIRING,
                _R.DELETION_BLOCKED,
                _R.SEVERAL,
            ),
            false=(_R.AS_EXPECTED,),
            unknown=(_R.STALE_FACTS,),
        ),
        ConditionType.VALID: Rule(
            positive=True,
            true=(_R.ACCEPTED,),
            false=(
                _R.BAD_OVERRIDE,
                _R.BAD_CHILD,
                _R.NO_REGISTERED_MEMBER,
                _R.FOREIGN_NAMESPACE,
                _R.OPERATOR_NAMESPACE,
                _R.NAME_TOO_LONG,
                _R.RENAME_REFUSED,
                _R.DUPLICATE_DATACENTER,
            ),
        ),
        ConditionType.SEEDS_RESOLVED: Rule(
            positive=True,
            true=(_R.COMPUTED, _R.GIVEN_BY_USER),
            false=(_R.NO_DOMAIN, _R.NO_SEED, _R.SEEDS_SILENT, _R.DELIVERING, _R.OVERWRITTEN),
        ),
        ConditionType.MEMBERS_REACHABLE: Rule(
            positive=True,
            true=(_R.ALL_REACHABLE,),
            false=(
                _R.CONNECT_TIMEOUT,
                _R.CONNECTION_REFUSED,
                _R.DNS_FAILED,
                _R.TLS_FAILED,
                _R.UNAUTHORIZED,
                _R.BAD_CREDENTIALS,
                _R.FORBIDDEN,
                _R.KIND_NOT_SERVED,
                _R.IDENTITY_CHANGED,
                _R.NOT_REGISTERED,
                _R.SEVERAL,
            ),
        ),
        ConditionType.PAUSED: Rule(positive=False, true=(_R.BY_SPEC,), false=(_R.NOT_PAUSED,)),
        ConditionType.STALLED: Rule(positive=False, true=(*_HUMAN, _R.DELETION_BLOCKED)),
        ConditionType.DRIFTED: Rule(positive=False, true=(_R.EDITED_BY_HAND, _R.OTHER_CONTROLLER)),
    }
)
