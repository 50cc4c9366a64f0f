"""Spans that were sent, kept in memory: OpenTelemetry's own SDK behind them, and no network."""

from collections.abc import Sequence
from functools import partial
from random import Random

from multicasskop.operator.telemetry import Ids
from multicasskop.reconcilers.trace_context import TraceContext
from multicasskop.reconcilers.traces import Traces, emit
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON


class Film:
    """Everything that was sent, by any number of processes one after the other."""

    def __init__(self, ratio: float = 1.0) -> None:
        """Hold nothing."""
        self._exporter, self._ratio = InMemorySpanExporter(), ratio
        self._random = Random(5)

    def traces(self) -> Traces:
        """Traces of a new process."""
        traces = Traces(self._random, self._ratio)
        self.connect(traces)
        return traces

    def connect(self, traces: Traces) -> None:
        """Let these traces be sent here."""
        provider = TracerProvider(sampler=ALWAYS_ON, shutdown_on_exit=False, id_generator=Ids(self._random))
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        traces.use(partial(emit, provider.get_tracer("test")))

    def forget(self) -> None:
        """Hold nothing again."""
        self._exporter.clear()

    @property
    def spans(self) -> Sequence[ReadableSpan]:
        """The spans in the order in which they were sent."""
        return self._exporter.get_finished_spans()

    @property
    def names(self) -> list[str]:
        """Their names."""
        return [span.name for span in self.spans]

    def named(self, name: str) -> list[ReadableSpan]:
        """The spans of this name."""
        return [span for span in self.spans if span.name == name]

    def one(self, name: str) -> ReadableSpan:
        """The only span of this name."""
        found = self.named(name)
        assert len(found) == 1, f"{len(found)} spans {name}: {self.names}"
        return found[0]


def context_of(span: ReadableSpan) -> TraceContext:
    """The ids of a span, as they stand in annotations."""
    found = span.get_span_context()
    assert found is not None
    return TraceContext(f"{found.trace_id:032x}", f"{found.span_id:016x}")


def parent_of(span: ReadableSpan) -> str:
    """The id of a span's parent; empty for a root."""
    return f"{span.parent.span_id:016x}" if span.parent else ""


def about(span: ReadableSpan, name: str) -> object:
    """One attribute of a span, by its name without our prefix where it has that."""
    found = span.attributes or {}
    return found.get(f"multicasskop.{name}", found.get(name))
