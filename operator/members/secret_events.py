"""The events on a member's Secret: every reason, its type, and when it is told. Reasons are API."""

from typing import Final

from multicasskop.reconcilers.event_reason import NORMAL, WARNING, EventReason

REGISTERED: Final = "MemberRegistered"
REFUSED: Final = "MemberRefused"
UNUSED: Final = "MemberNotUsed"
RENEWED: Final = "TokenRenewed"
EXPIRING: Final = "CredentialExpiring"
CHANGED: Final = "MemberIdentityChanged"

SECRET_EVENTS: Final = (
    EventReason(REGISTERED, NORMAL, "the member is reached with what the Secret holds"),
    EventReason(REFUSED, WARNING, "the Secret cannot be used; the note names key, cause and remedy"),
    EventReason(UNUSED, WARNING, "something else speaks for the member that the Secret names"),
    EventReason(RENEWED, NORMAL, "a new token was written into the Secret"),
    EventReason(EXPIRING, WARNING, "the token or client certificate ends soon, and is not renewed by the operator"),
    EventReason(CHANGED, WARNING, "the Secret leads to another cluster than before; nothing is done there"),
)
