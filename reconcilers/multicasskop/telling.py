"""Each state of a member in words: for its own entry in the status, and for what a rollout waits for."""

from collections.abc import Mapping
from typing import Final

from multicasskop.crds.codes import Code
from multicasskop.crds.conditions import Reason
from multicasskop.crds.multicasskop import MemberState
from multicasskop.reconcilers.multicasskop import pasting
from multicasskop.reconcilers.multicasskop.facts import Meta
from multicasskop.reconcilers.multicasskop.failures import NAMESPACE_TERMINATING, QUOTA_EXCEEDED, REJECTED, TOO_LARGE
from multicasskop.reconcilers.multicasskop.members import (
    Absent,
    Applying,
    Conflict,
    Dark,
    Failed,
    Progressing,
    Ready,
    Refused,
    Soaking,
    Starting,
    State,
    Unknown,
)

_NAMES: Final[Mapping[type[State], MemberState]] = {
    Unknown: MemberState.UNKNOWN,
    Dark: MemberState.DARK,
    Starting: MemberState.UNKNOWN,
    Failed: MemberState.FAILED,
    Conflict: MemberState.CONFLICT,
    Refused: MemberState.REFUSED,
    Absent: MemberState.ABSENT,
    Applying: MemberState.APPLYING,
    Progressing: MemberState.PROGRESSING,
    Soaking: MemberState.SOAKING,
    Ready: MemberState.READY,
}
_PATHS_MAX: Final = 5
_CODES: Final[Mapping[str, Code]] = {
    Reason.BAD_CREDENTIALS: Code.BAD_CREDENTIALS,
    Reason.TLS_FAILED: Code.TLS_FAILED,
    Reason.UNAUTHORIZED: Code.UNAUTHORIZED,
    Reason.FORBIDDEN: Code.FORBIDDEN,
    Reason.KIND_NOT_SERVED: Code.KIND_NOT_SERVED,
    Reason.IDENTITY_CHANGED: Code.IDENTITY_CHANGED,
}
_NEW_CREDENTIALS: Final = "give it new credentials: {register} --new-token, or a new kubeconfig"
_REMEDIES: Final[Mapping[str, str]] = {
    Reason.FORBIDDEN: "grant it: {register} --rbac-only, or by its Role there",
    Reason.UNAUTHORIZED: _NEW_CREDENTIALS,
    Reason.BAD_CREDENTIALS: _NEW_CREDENTIALS,
    Reason.TLS_FAILED: "name the CA of its server: {register} --ca-file FILE, or a new kubeconfig",
    QUOTA_EXCEEDED: "raise the quota, or make room; it goes on by itself",
    NAMESPACE_TERMINATING: "create the namespace again once it is gone",
    REJECTED: "change what is wanted to what the member takes",
    TOO_LARGE: "make base or the override smaller",
}
_REJECTS: Final[Mapping[str, str]] = {
    Reason.BAD_CREDENTIALS: "has no usable credentials",
    Reason.UNAUTHORIZED: "does not let us in",
    Reason.TLS_FAILED: "is not trusted",
}


def code_of(reason: str) -> Code:
    """The code for why a member cannot be reached or used."""
    return _CODES.get(reason, Code.UNREACHABLE)


def rejects(state: Dark) -> bool:
    """Whether it is for the credentials that a member cannot be reached, so that somebody has to mend them."""
    return state.reason in _REJECTS


def name_of(state: State) -> MemberState:
    """The word for a state, as `status.clusters[].state` has it."""
    if isinstance(state, Soaking | Ready) and state.held:
        return MemberState.APPLYING
    return _NAMES[type(state)]


def message_of(state: State) -> str:
    """What a person should know about a state; empty when its name says all. Holds no time that ticks."""
    match state:
        case Absent(vanished):
            return "its child was deleted by somebody else" if vanished else ""
        case Applying(due):
            return _due(due.paths, taken_over=due.origin is not None)
        case Progressing(has, wants):
            return f"wants {wants}, has {has}"
        case Soaking():
            return "Running and Done, but not for long enough yet"
        case Ready():
            return _remark(state)
        case _:
            return _trouble(state)


def _trouble(state: Unknown | Dark | Starting | Failed | Conflict | Refused) -> str:
    match state:
        case Unknown(child):
            gone = f" any more, and its child {child} may be in change" if child else ""
            return f"{Code.UNKNOWN_MEMBER.value} is not registered{gone}"
        case Dark(reason, message):
            code = code_of(reason).value
            return (
                f"{code} {_REJECTS[reason]}: {message}" if rejects(state) else f"{code} is dark ({message or reason})"
            )
        case Starting(message) | Failed(message=message):
            return message
        case Conflict(message):
            return f"{Code.CONFLICT.value} {message}; untouched"
        case Refused(never=problems) if problems:
            told = "; ".join(f"{problem.code.value} {problem}" for problem in problems)
            return f"{told}; nothing of this change is written until something else is wanted"
        case Refused(paths):
            return f"{Code.REFUSED.value} {shown(paths)} was put back; not written again until something else is wanted"


def waiting_of(state: State) -> str:
    """What is being waited for at a member, as the column of kubectl shows it."""
    match state:
        case Absent():
            return "to be created"
        case Progressing(has=has) | Applying(busy=has) if has:
            return has
        case _:
            return message_of(state)


def shown(paths: tuple[str, ...]) -> str:
    """A few paths, and how many more there are."""
    more = f" and {len(paths) - _PATHS_MAX} more" if len(paths) > _PATHS_MAX else ""
    return ", ".join(paths[:_PATHS_MAX]) + more


def counted(paths: tuple[str, ...]) -> str:
    """How many changes there are."""
    return "1 change" if len(paths) == 1 else f"{len(paths)} changes"


def next_step(state: State, member: str, parent: Meta) -> str:
    """What a person can do about a state that does not pass by itself; empty when there is nothing to do."""
    match state:
        case Failed(reason=reason) | Dark(reason=reason):
            again = f"multicasskop register --context CONTEXT --as {member} -n {parent.key.namespace}"
            return _REMEDIES.get(reason, "").format(register=again)
        case Conflict(message) if "without an owner" in message or "without an id" in message:
            return f"to take it over: {pasting.adopt(parent, member)}"
        case Refused(never=problems) if problems:
            return "take it back; to have such volumes, drain the member, delete its child, and let it be made again"
        case Refused():
            return "change those fields to what CassKop accepts"
        case Unknown(child) if child:
            return f"register it again (multicasskop register --as {member}), or let the others go on (onDark: Skip)"
        case Unknown():
            return f"register it (multicasskop register --as {member}, or -r {member}), or take the override out"
        case _:
            return ""


def _due(paths: tuple[str, ...], *, taken_over: bool) -> str:
    if taken_over:
        return "is to be taken over as it is"
    return f"{counted(paths)} to come: {shown(paths)}"


def _remark(state: Ready) -> str:
    if state.held:
        return "its spec waits until the seeds that leave are gone from all lists"
    if state.drifted:
        return f"{shown(state.drifted)} was edited by hand; drift policy is Report"
    if state.contested is not None:
        return f"{Code.SEEDS_OVERWRITTEN.value} its seed list is changed by something else; set right again later"
    return "no action seen after the last write" if state.silent else ""
