"""Sends spans: the edge to OpenTelemetry.

Only OpenTelemetry's API is used. Without a tracer nothing of it is imported, and nothing is done.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Final

from multicasskop.reconcilers.spans import Span
from multicasskop.reconcilers.trace_context import TraceContext, is_sampled

if TYPE_CHECKING:
    from opentelemetry.trace import SpanContext, Tracer

_RESERVED: Final[ContextVar[TraceContext | None]] = ContextVar("multicasskop-reserved", default=None)
_REMEMBERED: Final = 4096
_EARLY: Final = 64
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def reserved() -> TraceContext | None:
    """The ids that the span which is being made now is to have: for the id generator."""
    return _RESERVED.get()


class Traces:
    """Hands spans on to whoever delivers them, once there is one. Thread-safe.

    Assumes that the taker neither blocks nor raises. A span that this process has sent is not sent again.
    """

    def __init__(self, random: Random, ratio: float = 1.0, ui: str = "", *, wanted: bool = False) -> None:
        """Send nothing yet; what ends until there is a taker is kept if spans are `wanted`.

        `ratio` of the traces are sampled; `ui` is where a person can look at them.
        """
        self._random, self.ratio, self._ui, self._wanted = random, ratio, ui, wanted
        self._take: Callable[[Span], None] | None = None
        self._early: deque[Span] = deque(maxlen=_EARLY)
        self._lock = threading.Lock()
        self._sent: OrderedDict[tuple[str, str], None] = OrderedDict()

    @property
    def on(self) -> bool:
        """Whether spans are wanted at all."""
        return self._take is not None

    def use(self, take: Callable[[Span], None]) -> None:
        """Hand all spans on to this from now on."""
        self._take = take
        while self._early:
            self.send(self._early.popleft())

    def fresh_root(self) -> TraceContext:
        """The root of a new trace about nothing that lasts."""
        trace_id = f"{self._random.getrandbits(128) | 1:032x}"
        return TraceContext(trace_id, self._fresh_span(), is_sampled(trace_id, self.ratio))

    def fresh_child(self, parent: TraceContext) -> TraceContext:
        """A new span in its parent's trace."""
        return replace(parent, span_id=self._fresh_span())

    def link(self, context: TraceContext) -> str:
        """The address under which a person can look at a trace; empty when that is not known."""
        return f"{self._ui.rstrip('/')}/trace/{context.trace_id}" if self._ui else ""

    def send(self, *spans: Span) -> None:
        """Send spans that have ended, except those of traces that are not sampled."""
        take = self._take
        if take is None:
            self._early.extend(spans if self._wanted else ())
            return
        for span in spans:
            if span.context.sampled and self._is_new(span.context):
                take(span)

    def _fresh_span(self) -> str:
        return f"{self._random.getrandbits(64) | 1:016x}"

    def _is_new(self, context: TraceContext) -> bool:
        ids = context.trace_id, context.span_id
        with self._lock:
            if ids in self._sent:
                return False
            self._sent[ids] = None
            while len(self._sent) > _REMEMBERED:
                self._sent.popitem(last=False)
            return True


def emit(tracer: "Tracer", span: Span) -> None:
    """Make an ended span of a tracer, whose ids are to come from `reserved`; for the one who delivers."""
    from opentelemetry.context import Context as OtelContext
    from opentelemetry.trace import Link, NonRecordingSpan, SpanKind, Status, StatusCode, set_span_in_context

    around = OtelContext()
    if span.parent is not None:
        around = set_span_in_context(NonRecordingSpan(_span_context(span.parent)), around)
    token = _RESERVED.set(span.context)
    try:
        made = tracer.start_span(
            span.name,
            around,
            SpanKind.CLIENT if span.client else SpanKind.INTERNAL,
            span.attributes,
            [Link(_span_context(span.link))] if span.link else [],
            _nanoseconds(span.start),
        )
    finally:
        _RESERVED.reset(token)
    for mark in span.marks:
        made.add_event(mark.name, mark.attributes, _nanoseconds(mark.at))
    if span.error:
        made.set_status(Status(StatusCode.ERROR, span.error))
    made.end(max(_nanoseconds(span.start), _nanoseconds(span.end)))


def _span_context(context: TraceContext) -> "SpanContext":
    from opentelemetry.trace import SpanContext, TraceFlags

    flags = TraceFlags(TraceFlags.SAMPLED if context.sampled else TraceFlags.DEFAULT)
    return SpanContext(int(context.trace_id, 16), int(context.span_id, 16), is_remote=True, trace_flags=flags)


def _nanoseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND * 1000
