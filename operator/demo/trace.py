"""What the spans that a Jaeger holds say of one rollout: whether they are one trace, and from whom they are.

Computed from recorded events and from the spans of the whole run alone, as the other claims are.
"""

from collections.abc import Callable, Sequence

from multicasskop.operator.demo.history import History, inner, last_living
from multicasskop.operator.demo.proof import Claim
from multicasskop.operator.values import MULTICASSKOP
from multicasskop.reconcilers.spans import GATE, ROLLOUT, STEP
from multicasskop.reconcilers.trace_context import TraceContext
from multicasskop.world.services.jaeger import Span
from multicasskop.world.simulators.traces import SERVICE as CASSKOP

CLUSTER = "k8s.cluster.name"
OF_ROLLOUT = (ROLLOUT, STEP, GATE)
"""Spans of ours that belong to a rollout and to nothing else; a deletion and a member's readiness are other traces."""


def one_trace(history: History, spans: Sequence[Span], place: Callable[[str], str]) -> Claim:
    """The rollout is the trace that the status names, rooted at home, with CassKop of every member, and no other.

    `place` tells where a trace is, given its id.
    """
    trace, members = trace_of(history), history.cast.members
    inside = [span for span in spans if span.trace == trace]
    against = (
        *_against_root(trace, inside, history.cast.home),
        *_against_members(inside, members),
        *_against_gaps(inside),
        *_against_others(trace, spans),
    )
    count = "both" if len(members) == 2 else f"all {len(members)}"
    what = f"{len(inside)} spans from home and from CassKop in {', '.join(members)}"
    return Claim(f"one trace over {count} clusters: {what}{f' ({place(trace)})' if trace else ''}", against)


def trace_of(history: History) -> str:
    """The id of the trace that the MultiCasskop's status names; empty when it names none."""
    found = TraceContext.parse(inner(last_living(history.parent()), "status").get("traceparent"))
    return found.trace_id if found is not None else ""


def _against_root(trace: str, inside: Sequence[Span], home: str) -> list[str]:
    if not trace:
        return ["status.traceparent names no trace"]
    roots = [span for span in inside if not span.parent]
    if not roots:
        return [f"trace {trace} has no root"]
    wanted = (ROLLOUT, MULTICASSKOP, home)
    found = [(span.name, span.service, str(span.resource.get(CLUSTER, ""))) for span in roots]
    return [] if found == [wanted] else [f"roots are {_told(found)}, not {_told([wanted])}"]


def _against_members(inside: Sequence[Span], members: Sequence[str]) -> list[str]:
    steps = {span.id: span.tag("member") for span in inside if span.name == STEP}
    actions = [span for span in inside if span.service == CASSKOP and span.parent in steps]
    continued = {str(span.resource.get(CLUSTER, "")) for span in actions if _is_of(span, steps[span.parent])}
    against = [f"{member}: no step of the operator" for member in members if member not in steps.values()]
    return against + [f"{member}: no span of its CassKop in a step" for member in members if member not in continued]


def _against_gaps(inside: Sequence[Span]) -> list[str]:
    known = {span.id for span in inside} | {""}
    return [f"span {span.name} hangs below one that is missing" for span in inside if span.parent not in known]


def _against_others(trace: str, spans: Sequence[Span]) -> list[str]:
    others = [span for span in spans if span.trace != trace and (span.service == CASSKOP or span.name in OF_ROLLOUT)]
    return [f"there are spans of a rollout in trace {other}, too" for other in dict.fromkeys(s.trace for s in others)]


def _is_of(span: Span, member: str) -> bool:
    return span.resource.get(CLUSTER) == member


def _told(roots: Sequence[tuple[str, str, str]]) -> str:
    return ", ".join(f"{name} of {service} in {cluster}" for name, service, cluster in roots)
