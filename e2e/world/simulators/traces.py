"""The trace that a CassandraCluster carries, continued: what the simulated CassKop does, as spans of its own service.

Without an endpoint nothing of this is done. An object without a trace, or with one that is not sampled, makes no span.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from multicasskop.crds.names import TRACEPARENT
from multicasskop.world.api import Json
from multicasskop.world.simulators.actions import Progress
from opentelemetry.context import Context
from opentelemetry.trace import NoOpTracer, Span, Tracer, get_current_span, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

SERVICE = "casskop"
TIMEOUT = 2.0
PAUSE_MILLISECONDS = 200


@dataclass(slots=True)
class _Action:
    """An action that has not ended, and the racks that are at it."""

    span: Span
    racks: dict[str, Span] = field(default_factory=dict)


class Traces:
    """The spans of one member's CassKop. Thread-safe."""

    def __init__(self, endpoint: str, member: str) -> None:
        """Send them to this endpoint (OTLP over HTTP, without its path)."""
        self._lock = threading.Lock()
        self._actions: dict[str, _Action] = {}
        self._tracer, self._stop = _sending(endpoint, member) if endpoint else (NoOpTracer(), lambda: None)

    def stop(self) -> None:
        """Send what waits."""
        self._stop()

    def saw(self, cluster: Json) -> None:
        """Begin and end what the status says has begun or ended."""
        status = cluster.get("status") or {}
        racks = {name: _action(rack) for name, rack in (status.get("cassandraRackStatus") or {}).items()}
        busy = {name: action for name, (action, progress) in racks.items() if progress != Progress.DONE}
        with self._lock:
            for name, action in busy.items():
                self._rack_locked(cluster, name, action)
            if status.get("phase") and status.get("lastClusterActionStatus") != Progress.DONE:
                self._action_locked(cluster)
            self._end_locked(cluster, busy)

    def settled(self, cluster: Json, settle: Callable[[Json], Json]) -> Json:
        """Let an object be brought to its end at once; that is an action if it wrote something."""
        began, parent = time.time_ns(), _parent(cluster)
        after = settle(cluster)
        if parent is not None and after["metadata"]["resourceVersion"] != cluster["metadata"]["resourceVersion"]:
            action = str((after.get("status") or {}).get("lastClusterAction", ""))
            span = self._begin(cluster, parent, began)
            span.set_attribute("action", action)
            span.end()
        return after

    @contextmanager
    def applying(self, cluster: Json, rack: str) -> Iterator[None]:
        """Make a span of the write of a rack's StatefulSet, which may be where its action begins."""
        with self._lock:
            span = self._rack_locked(cluster, rack, str((cluster.get("status") or {}).get("lastClusterAction", "")))
        if span is None:
            yield
            return
        with self._tracer.start_as_current_span(
            "apply statefulset", set_span_in_context(span), attributes={"rack": rack}
        ):
            yield

    def _rack_locked(self, cluster: Json, rack: str, action: str) -> Span | None:
        found = self._action_locked(cluster)
        if found is None:
            return None
        if rack not in found.racks:
            attributes = {"rack": rack, "action": action}
            around = set_span_in_context(found.span)
            found.racks[rack] = self._tracer.start_span("casskop rack", around, attributes=attributes)
        return found.racks[rack]

    def _action_locked(self, cluster: Json) -> _Action | None:
        uid, parent = cluster["metadata"]["uid"], _parent(cluster)
        if parent is None:
            return None
        if uid not in self._actions:
            self._actions[uid] = _Action(self._begin(cluster, parent))
        return self._actions[uid]

    def _begin(self, cluster: Json, parent: Context, at: int | None = None) -> Span:
        attributes = {"namespace": cluster["metadata"]["namespace"], "name": cluster["metadata"]["name"]}
        return self._tracer.start_span("casskop action", parent, attributes=attributes, start_time=at)

    def _end_locked(self, cluster: Json, busy: Mapping[str, str]) -> None:
        uid, status = cluster["metadata"]["uid"], cluster.get("status") or {}
        action = self._actions.get(uid)
        if action is None:
            return
        for name in [name for name in action.racks if name not in busy]:
            action.racks.pop(name).end()
        if not action.racks and status.get("lastClusterActionStatus") == Progress.DONE:
            action.span.set_attribute("action", str(status.get("lastClusterAction", "")))
            action.span.end()
            del self._actions[uid]


def _parent(cluster: Json) -> Context | None:
    """The context that the object carries; None when there is none, or nobody wants its spans."""
    text = (cluster["metadata"].get("annotations") or {}).get(TRACEPARENT, "")
    context = TraceContextTextMapPropagator().extract({"traceparent": text}, Context())
    found = get_current_span(context).get_span_context()
    return context if found.is_valid and found.trace_flags.sampled else None


def _action(rack: Json) -> tuple[str, str]:
    found = rack.get("cassandraLastAction") or {}
    return str(found.get("name", "")), str(found.get("status", ""))


def _sending(endpoint: str, member: str) -> tuple[Tracer, Callable[[], None]]:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = Resource.create({"service.name": SERVICE, "k8s.cluster.name": member})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    exporter = OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces", timeout=TIMEOUT)
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=PAUSE_MILLISECONDS))
    return provider.get_tracer(SERVICE), provider.shutdown
