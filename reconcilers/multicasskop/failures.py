"""What a member's refusal means: the reason in the status, the code, and how soon it is worth trying again."""

from dataclasses import dataclass
from typing import Final

from multicasskop.crds.codes import Code
from multicasskop.informers.errors import (
    FORBIDDEN,
    KIND_NOT_SERVED,
    UNAUTHORIZED,
    ApiError,
    is_denied_by_admission,
    is_forbidden,
    is_invalid,
    is_kind_not_served,
    is_namespace_missing,
    is_namespace_terminating,
    is_quota,
    is_too_large,
    is_unauthorized,
    is_unreachable,
    one_line,
    reason_of,
)
from multicasskop.informers.key import Key
from multicasskop.informers.resource import Resource

QUOTA_EXCEEDED: Final = "QuotaExceeded"
NAMESPACE_MISSING: Final = "NamespaceMissing"
NAMESPACE_TERMINATING: Final = "NamespaceTerminating"
REJECTED: Final = "Rejected"
TOO_LARGE: Final = "TooLarge"
ERROR: Final = "Error"
_REFUSALS: Final = frozenset(
    {
        FORBIDDEN,
        UNAUTHORIZED,
        KIND_NOT_SERVED,
        QUOTA_EXCEEDED,
        NAMESPACE_MISSING,
        NAMESPACE_TERMINATING,
        REJECTED,
        TOO_LARGE,
    }
)
_PATIENT: Final = 5.0
_SHOWN: Final = 300


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a call failed, in words for people; the next try comes no sooner than `wait` seconds."""

    reason: str
    message: str
    wait: float = 0.0

    @property
    def refused(self) -> bool:
        """Whether the member answered, and said no."""
        return self.reason in _REFUSALS


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was tried where."""

    member: str
    verb: str
    resource: Resource
    key: Key
    subresource: str = ""

    @property
    def what(self) -> str:
        """The resource as RBAC names it."""
        return f"{self.resource.plural}/{self.subresource}" if self.subresource else self.resource.plural


def explain(error: Exception, tried: Attempt) -> Trouble:
    """Say what a failed call means for the one who reads the status."""
    place = tried.key.namespace
    match error:
        case _ if is_forbidden(error):
            return _told(FORBIDDEN, Code.FORBIDDEN, f"the operator may not {tried.verb} {tried.what} in {place}")
        case _ if is_quota(error):
            return _told(QUOTA_EXCEEDED, Code.QUOTA_EXCEEDED, f"quota of namespace {place}: {_text(error)}", _PATIENT)
        case _ if is_namespace_terminating(error):
            gone = f"namespace {place} is being deleted"
            return _told(NAMESPACE_TERMINATING, Code.NAMESPACE_GONE, gone, _PATIENT)
        case _ if is_namespace_missing(error):
            absent = f"namespace {place} does not exist; create it"
            return _told(NAMESPACE_MISSING, Code.NAMESPACE_GONE, absent, _PATIENT)
        case _ if is_kind_not_served(error):
            missing = f"{tried.resource.kind} {tried.resource.api_version} is not served; install its CRD"
            return _told(KIND_NOT_SERVED, Code.KIND_NOT_SERVED, missing, _PATIENT)
        case _ if is_unauthorized(error):
            return _told(UNAUTHORIZED, Code.UNAUTHORIZED, "the credentials are refused", _PATIENT)
        case _ if is_too_large(error):
            return _told(TOO_LARGE, Code.TOO_LARGE, _text(error), _PATIENT)
        case _ if is_unreachable(error):
            return _told(reason_of(error), Code.UNREACHABLE, _text(error))
        case _ if is_invalid(error) or is_denied_by_admission(error):
            rejected = f"{tried.verb} of {tried.key} was rejected: {_text(error)}"
            return _told(REJECTED, Code.BAD_VALUE, rejected, _PATIENT)
        case _:
            return Trouble(reason_of(error) or ERROR, f"{tried.verb} of {tried.key} failed: {_text(error)}")


def _told(reason: str, code: Code, message: str, wait: float = 0.0) -> Trouble:
    return Trouble(reason, f"{code.value} {message}", wait)


def _text(error: Exception) -> str:
    return one_line(error.message if isinstance(error, ApiError) else str(error), _SHOWN)
