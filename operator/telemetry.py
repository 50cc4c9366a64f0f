"""Traces on their way out: OpenTelemetry's SDK, and OTLP over HTTP. Imported only when there is an endpoint.

Spans wait in a queue of limited length for one thread, which sends them in batches. An endpoint that hangs, refuses or
is not there costs dropped spans, which are counted, and nothing else. Headers for the collector come from the standard
variable OTEL_EXPORTER_OTLP_HEADERS, which only the exporter reads.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Final

import structlog
from multicasskop.informers.clock import Clock
from multicasskop.informers.metrics import Metrics
from multicasskop.informers.supervisor import Supervisor
from multicasskop.operator.settings import Settings
from multicasskop.operator.version import version
from multicasskop.reconcilers.spans import Span
from multicasskop.reconcilers.traces import emit, reserved
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import Tracer

log = structlog.get_logger("telemetry")
PATH: Final = "/v1/traces"
EXPORT_SECONDS: Final = 4.0
PAUSE_SECONDS: Final = 0.5
QUEUE: Final = 4096
BATCH: Final = 512
TEXT: Final = 1024
FULL, FAILED, STOPPED = "full", "failed", "stopped"


class Ids(IdGenerator):
    """Ids that were reserved for a span, else drawn ones."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def generate_span_id(self) -> int:
        """The reserved span id, or a new one."""
        context = reserved()
        return int(context.span_id, 16) if context else self._random.getrandbits(64) | 1

    def generate_trace_id(self) -> int:
        """The reserved trace id, or a new one."""
        context = reserved()
        return int(context.trace_id, 16) if context else self._random.getrandbits(128) | 1


class Made(SpanProcessor):
    """Collects the spans that were made, for the thread that makes them."""

    def __init__(self) -> None:
        self._spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        """Take a span that has ended."""
        self._spans.append(span)

    def taken(self) -> Sequence[ReadableSpan]:
        """Give away what was collected."""
        found, self._spans = self._spans, []
        return found


class Delivery:
    """A queue of spans, and the thread that makes OpenTelemetry's out of them and hands these to the exporter.

    Whoever ends a span waits for nothing and does next to nothing; the thread is woken once per batch. Assumes that
    `send` gives up on its own after `EXPORT_SECONDS`.
    """

    def __init__(
        self, send: Callable[[Sequence[Span]], bool], *, clock: Clock, supervisor: Supervisor, metrics: Metrics
    ) -> None:
        """Hand batches to `send`, which says whether they were taken."""
        self._send, self._clock, self._supervisor, self._metrics = send, clock, supervisor, metrics
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._spans: deque[Span] = deque()
        self._end, self._over = 0.0, False
        for reason in (FULL, FAILED, STOPPED):
            metrics.series("spans_dropped_total", reason=reason)

    def start(self) -> None:
        """Begin to send."""
        self._supervisor.spawn("spans", self._run)

    def take(self, span: Span) -> None:
        """Take a span that has ended."""
        with self._changed:
            stopped, full = self._stopping.is_set(), len(self._spans) >= QUEUE
            if not (stopped or full):
                self._spans.append(span)
                if len(self._spans) == 1:
                    self._changed.notify_all()
                return
        self._drop(1, STOPPED if stopped else FULL)

    def stop(self, seconds: float) -> None:
        """Send what waits, at most `seconds` long, and drop the rest; no span is taken from now on."""
        with self._changed:
            self._end = self._clock.monotonic() + seconds
            self._stopping.set()
            self._changed.notify_all()
            while not self._over and (left := self._end - self._clock.monotonic()) > 0:
                self._clock.wait(self._changed, left)

    def _run(self) -> None:
        while batch := self._next():
            # an export that would last longer than there is time is not begun
            if self._stopping.is_set() and self._end - self._clock.monotonic() < EXPORT_SECONDS:
                self._drop(len(batch), STOPPED)
            elif not self._send(batch):
                self._drop(len(batch), FAILED)
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def _next(self) -> tuple[Span, ...]:
        """The next batch, once there is one and it has had a moment to grow; empty at the end."""
        with self._changed:
            while not self._spans and not self._stopping.is_set():
                self._clock.wait(self._changed, None)
        self._clock.sleep(self._stopping, PAUSE_SECONDS)
        with self._changed:
            return tuple(self._spans.popleft() for _ in range(min(BATCH, len(self._spans))))

    def _drop(self, count: int, reason: str) -> None:
        self._metrics.inc("spans_dropped_total", count, reason=reason)


class Telemetry:
    """The SDK's parts of one process; nothing global is set."""

    def __init__(
        self,
        settings: Settings,
        resource: Mapping[str, str],
        *,
        clock: Clock,
        random: Random,
        supervisor: Supervisor,
        metrics: Metrics,
    ) -> None:
        """Prepare; nothing is sent, and whether the endpoint is there is not asked."""
        _adopt_logs()
        self._exporter = OTLPSpanExporter(endpoint=traces_endpoint(settings), timeout=EXPORT_SECONDS)
        self._made = Made()
        self._delivery = Delivery(self._export, clock=clock, supervisor=supervisor, metrics=metrics)
        provider = TracerProvider(
            # whether a trace is sampled is decided where its ids are
            sampler=ALWAYS_ON,
            resource=Resource.create(dict(resource)),
            shutdown_on_exit=False,
            id_generator=Ids(random),
            span_limits=SpanLimits(max_attribute_length=TEXT),
        )
        provider.add_span_processor(self._made)
        self._tracer: Tracer = provider.get_tracer(settings.service, version())

    def start(self) -> None:
        """Begin to send."""
        self._delivery.start()

    def take(self, span: Span) -> None:
        """Take a span that has ended; neither blocks nor raises."""
        self._delivery.take(span)

    def stop(self, seconds: float) -> None:
        """Send what waits, at most so long."""
        self._delivery.stop(seconds)

    def _export(self, batch: Sequence[Span]) -> bool:
        for span in batch:
            emit(self._tracer, span)
        return self._exporter.export(self._made.taken()) is SpanExportResult.SUCCESS


def traces_endpoint(settings: Settings) -> str:
    """Where traces go: the endpoint for traces as it is, else the common one with its standard path."""
    return settings.otlp_traces_endpoint or settings.otlp_endpoint.rstrip("/") + PATH


def resource_of(settings: Settings, identity: str, cluster_uid: str, namespace: str) -> dict[str, str]:
    """Who sends the spans, and where it runs; what is not known is left out."""
    found = {
        "service.name": settings.service,
        "service.version": version(),
        "service.instance.id": identity,
        "k8s.cluster.name": settings.local,
        "k8s.cluster.uid": cluster_uid,
        "k8s.namespace.name": namespace,
        "k8s.pod.name": settings.pod_name,
        "k8s.deployment.name": settings.operator_name,
    }
    return {name: value for name, value in found.items() if value}


class _Undelivered(logging.Handler):
    """What the exporter has to say, as one kind of warning, and not once per batch as an error."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log an error of the exporter in our own form; anything less is dropped."""
        if record.levelno >= logging.ERROR:
            log.warning("spans not delivered", error=record.getMessage())


def _adopt_logs() -> None:
    theirs = logging.getLogger("opentelemetry")
    theirs.handlers[:], theirs.propagate = [_Undelivered()], False
