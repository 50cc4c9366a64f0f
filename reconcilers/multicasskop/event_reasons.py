"""The events on a MultiCasskop: every reason, its type, and when it is told. Reasons are API."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from multicasskop.reconcilers.event_reason import NORMAL, WARNING, EventReason

EVENTS: Final = (
    EventReason("Accepted", NORMAL, "a new generation was found valid"),
    EventReason("Invalid", WARNING, "validation failed; nothing was written for any member"),
    EventReason(
        "UnknownMember", WARNING, "an override names no registered member; the others go on, unless it has a child"
    ),
    EventReason("RolloutStarted", NORMAL, "the first step of a generation begins"),
    EventReason("StepStarted", NORMAL, "a child was created or changed"),
    EventReason("GateWaiting", NORMAL, "the gate was not open at the first look"),
    EventReason("GatePassed", NORMAL, "the child is Running and Done for what is wanted"),
    EventReason("RolloutHalted", WARNING, "a progress deadline passed, or pods began with seeds of their own"),
    EventReason("RolloutFinished", NORMAL, "all members are in sync"),
    EventReason("RolloutSuperseded", NORMAL, "another generation takes the place of one that was under way"),
    EventReason("ApprovalRequired", NORMAL, "the next member waits for a person"),
    EventReason("Approved", NORMAL, "the member that waited was let go on"),
    EventReason("Paused", NORMAL, "spec.paused was set"),
    EventReason("Resumed", NORMAL, "spec.paused was taken back"),
    EventReason("MemberDark", WARNING, "a member does not answer any more; the others go on"),
    EventReason(
        "CredentialRejected", WARNING, "a member does not let us in, is not trusted, or has no usable credentials"
    ),
    EventReason("CredentialExpiring", WARNING, "a member's credentials end soon, and the operator does not renew them"),
    EventReason("MemberIdentityChanged", WARNING, "a member leads to another cluster now; nothing is done there"),
    EventReason("MemberBack", NORMAL, "a dark member answers again"),
    EventReason("MemberFailed", WARNING, "a member did not take a write: quota, namespace, CRD, size"),
    EventReason("PermissionDenied", WARNING, "a right is missing; the note names verb and resource"),
    EventReason(
        "ChildRefused",
        WARNING,
        "CassKop, or somebody else, put a field back; or it may not be written",
    ),
    EventReason("ChildConflict", WARNING, "the child belongs to somebody else and is left untouched"),
    EventReason("ChildAdopted", NORMAL, "a child that was there is ours now, its spec untouched"),
    EventReason("ChildVanished", WARNING, "a child was deleted by somebody else, and is made again"),
    EventReason("DriftCorrected", NORMAL, "an edit by hand was set back"),
    EventReason("DriftReported", WARNING, "an edit by hand was left as it is, as the policy says"),
    EventReason("SeedsChanged", NORMAL, "the common seed list differs from the last one"),
    EventReason("SeedsLate", WARNING, "CassKop had begun with seeds of its own"),
    EventReason("SeedsSilent", WARNING, "no seed of a member that runs takes a connection, as seen from the operator"),
    EventReason("SeedsOverwritten", WARNING, "something else keeps changing a child's seed list"),
    EventReason("DeletionStarted", NORMAL, "the cascade begins"),
    EventReason("ChildDeleted", NORMAL, "a child was seen to be gone"),
    EventReason("ChildGoing", NORMAL, "a child was told to go, and waits for its finalizers"),
    EventReason("DeletionBlocked", WARNING, "a child cannot be deleted, or cannot be seen to be gone"),
    EventReason("OrphanRecorded", WARNING, "a child that cannot be waited for was written down and left behind"),
    EventReason("OrphanSwept", NORMAL, "a child that was left behind is gone, and so is its record"),
    EventReason("OrphanKept", WARNING, "a child that was left behind is not deleted after all; the note says why"),
    EventReason("OverrideRemoved", WARNING, "a member's override was taken out; its child is kept, or drained"),
    EventReason(
        "OperatorNamespace", WARNING, "the object stands in the namespace where the operator's credentials are"
    ),
)

TYPES: Final[Mapping[str, str]] = MappingProxyType({event.reason: event.type for event in EVENTS})
