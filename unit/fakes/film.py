"""A stage whose spans are kept: what a rollout leaves of itself as a trace."""

from typing import Any

from fakes.spans import Film
from fakes.stage import HOME, OTHER, Stage, ring
from multicasskop.crds.names import TRACEPARENT
from multicasskop.reconcilers.trace_context import TraceContext
from opentelemetry.sdk.trace import ReadableSpan

USERS = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def stage_of(film: Film, *members: str, **settings: Any) -> Stage:  # noqa: ANN401
    """Members whose operators send their spans to the film."""
    return Stage(*members, traces=film.traces, **settings)


def created(film: Film) -> Stage:
    """A rollout of two members from its first write to its end."""
    stage = stage_of(film)
    stage.apply(ring())
    for member in (HOME, OTHER):
        stage.wait(10)
        stage.own_casskop(member)
    return stage


def annotation(stage: Stage, member: str) -> TraceContext:
    """The trace context on a child."""
    child = stage.child(member)
    assert child is not None
    found = TraceContext.parse(child["metadata"]["annotations"].get(TRACEPARENT))
    assert found is not None
    return found


def seconds(span: ReadableSpan) -> float:
    """How long a span lasted."""
    assert span.start_time is not None
    assert span.end_time is not None
    return (span.end_time - span.start_time) / 1e9
