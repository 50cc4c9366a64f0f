"""The spans that are sent, as one table and as values. A span is sent whole, at its end.

The common attributes `multicasskop.namespace`, `multicasskop.name` and `multicasskop.generation` stand on every span
that is about one MultiCasskop.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from multicasskop.reconcilers.trace_context import TraceContext

ROLLOUT: Final = "rollout"
ACCEPTED: Final = "rollout accepted"
HALTED: Final = "rollout halted"
STEP: Final = "step"
GATE: Final = "gate"
SEEDS: Final = "seeds"
RECONCILE: Final = "reconcile"
DELETION: Final = "deletion"
DELETE_CHILD: Final = "delete child"
MEMBER_ENGAGE: Final = "member engage"
MEMBER_DARK: Final = "member dark"
PROGRESS: Final = "gate.progress"

OWN: Final = "multicasskop."
COMMON: Final = (f"{OWN}namespace", f"{OWN}name", f"{OWN}generation")
MEMBER: Final = f"{OWN}member"
RESULT: Final = f"{OWN}result"
REASON: Final = f"{OWN}reason"
ERROR_TYPE: Final = "error.type"
_HTTP: Final = ("http.request.method", "http.request.resend_count", "http.response.status_code")
_WHERE: Final = ("url.path", "server.address", "server.port")


@dataclass(frozen=True, slots=True)
class SpanRule:
    """One row of the table."""

    name: str
    parent: str
    begins: str
    ends: str
    attributes: tuple[str, ...] = ()
    client: bool = False


_WRITE: Final = (MEMBER, f"{OWN}audit_id", *_HTTP, *_WHERE, ERROR_TYPE)
_STEP: Final = (MEMBER, RESULT, REASON, f"{OWN}child.kind", f"{OWN}child.name", f"{OWN}step", f"{OWN}steps")

SPANS: Final = (
    SpanRule(
        ROLLOUT,
        "none; a link to the object's own `traceparent` annotation",
        "the change was seen",
        "the last member is Ready, or another generation or a deletion has come",
        (RESULT, f"{OWN}steps"),
    ),
    SpanRule(ACCEPTED, ROLLOUT, "first write", "at once", (f"{OWN}members", f"{OWN}changes")),
    SpanRule(HALTED, ROLLOUT, "it halted", "at once", (MEMBER, REASON)),
    SpanRule(STEP, ROLLOUT, "written", "Ready, or overtaken", _STEP),
    SpanRule(
        GATE,
        STEP,
        f"written; event `{PROGRESS}` at each change",
        "passed, halted or overtaken",
        (MEMBER, RESULT, REASON, f"{OWN}wants", f"{OWN}has"),
    ),
    SpanRule(SEEDS, STEP, "the list is sent", "the answer is read", (MEMBER, f"{OWN}seeds")),
    SpanRule(
        RECONCILE,
        f"{ROLLOUT} or {DELETION} while that is under way, else none",
        "a run that wrote or failed, no other",
        "its end",
        (RESULT, f"{OWN}cause", f"{OWN}reconcile_id", ERROR_TYPE),
    ),
    *(
        SpanRule(name, parent, "request", "answer", _WRITE, client=True)
        for name, parent in (
            ("POST cassandraclusters", f"{STEP}; {RECONCILE} when it failed"),
            ("PATCH cassandraclusters", f"{STEP}; {RECONCILE} when it failed or began no step"),
            ("PATCH cassandraclusters/status", f"{SEEDS}, or {STEP} of a new child"),
            ("DELETE cassandraclusters", f"{DELETE_CHILD}; {RECONCILE} when it failed"),
            ("PATCH multicasskops", RECONCILE),
            ("PATCH multicasskops/status", RECONCILE),
        )
    ),
    SpanRule(
        DELETION,
        f"none; a link to the last {ROLLOUT}",
        "the object was deleted",
        "its finalizer was taken off",
        (f"{OWN}members",),
    ),
    SpanRule(DELETE_CHILD, DELETION, "the object was deleted", "the child was seen gone", (MEMBER, *_STEP[3:5])),
    SpanRule(MEMBER_ENGAGE, "none", "to be watched", "all of it is known", (MEMBER,)),
    SpanRule(MEMBER_DARK, "none", "does not answer", "answers again", (MEMBER, REASON)),
)
"""In the order in which they are documented."""

Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at one moment of a span."""

    name: str
    at: datetime
    attributes: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Span:
    """A span that has ended. `error` is empty unless a person or a retry was needed."""

    name: str
    context: TraceContext
    parent: TraceContext | None
    start: datetime
    end: datetime
    attributes: Mapping[str, Value] = field(default_factory=dict)
    error: str = ""
    link: TraceContext | None = None
    marks: tuple[Mark, ...] = ()
    client: bool = False
