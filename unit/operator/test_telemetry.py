"""Spans over the wire to a collector, and what a collector that fails costs: spans, counted, and nothing else."""

import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

import pytest
from fakes.api_server import FakeApiServer
from fakes.clock import EPOCH, FakeClock
from fakes.collector import PATH, accepting, attributes, exported
from fakes.exchange import answer, hold
from fakes.rig import until
from multicasskop.informers.clock import SystemClock
from multicasskop.informers.supervisor import Supervisor
from multicasskop.operator.catalogue import new_metrics
from multicasskop.operator.settings import Settings
from multicasskop.operator.telemetry import (
    BATCH,
    EXPORT_SECONDS,
    QUEUE,
    Delivery,
    Telemetry,
    resource_of,
    traces_endpoint,
)
from multicasskop.reconcilers.spans import Span
from multicasskop.reconcilers.trace_context import root_of
from multicasskop.reconcilers.traces import Traces
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

ROOT = root_of(1.0, "test")


def span(number: int) -> Span:
    """One of several spans."""
    return Span("step", ROOT.child(number), ROOT, EPOCH, EPOCH, {"multicasskop.member": f"c{number}"})


@dataclass
class Bench:
    """Telemetry to an endpoint, and what it counts."""

    settings: Settings
    supervisor: Supervisor = field(default_factory=Supervisor)

    def __post_init__(self) -> None:
        """Begin to send."""
        self.registry, metrics = new_metrics()
        about = resource_of(self.settings, "pod_1", "home-uid", "operators")
        self.telemetry = Telemetry(
            self.settings, about, clock=SystemClock(), random=Random(1), supervisor=self.supervisor, metrics=metrics
        )
        self.telemetry.start()
        self.traces = Traces(Random(1))
        self.traces.use(self.telemetry.take)

    def dropped(self, reason: str) -> float:
        """How many spans were dropped for a reason."""
        return dropped(self.registry, reason)


def dropped(registry: CollectorRegistry, reason: str) -> float:
    """How many spans were dropped for a reason."""
    return registry.get_sample_value("multicasskop_spans_dropped_total", {"reason": reason}) or 0.0


@pytest.fixture
def collector() -> Iterator[FakeApiServer]:
    """A collector that does as it is told."""
    with FakeApiServer() as found:
        yield found


@pytest.fixture
def sending(collector: FakeApiServer) -> Iterator[Bench]:
    """Telemetry to the collector."""
    bench = Bench(Settings(local="c1", pod_name="pod", otlp_endpoint=collector.url))
    yield bench
    bench.telemetry.stop(0.0)
    assert bench.supervisor.join_all(2 * EXPORT_SECONDS) == ()


def test_spans_arrive(collector: FakeApiServer, sending: Bench) -> None:
    """A span arrives as it was sent, with who sent it and from where."""
    accepting(collector)
    sending.traces.send(span(7))
    until(lambda: bool(exported(collector)))
    (found,) = exported(collector)
    assert (found["name"], attributes(found)["multicasskop.member"]) == ("step", "c7")
    assert (
        found["resource"].items()
        >= {
            "service.name": "multicasskop",
            "service.instance.id": "pod_1",
            "k8s.cluster.name": "c1",
            "k8s.cluster.uid": "home-uid",
            "k8s.namespace.name": "operators",
            "k8s.pod.name": "pod",
            "k8s.deployment.name": "multicasskop",
        }.items()
    )


def test_stop_sends_what_waits(collector: FakeApiServer, sending: Bench) -> None:
    """What ended just before the stop still arrives; what ends after it is dropped and counted."""
    accepting(collector)
    sending.traces.send(span(1), span(2))
    sending.telemetry.stop(5.0)
    assert len(exported(collector)) == 2
    sending.traces.send(span(3))
    assert sending.dropped("stopped") == 1


def test_refusals_are_counted(collector: FakeApiServer, sending: Bench) -> None:
    """Spans that the collector refuses are dropped and counted, with one warning that quotes no header."""
    collector.on("POST", PATH, answer(b"no", 400))
    with capture_logs() as logs:
        sending.traces.send(span(1), span(2))
        until(lambda: sending.dropped("failed") == 2)
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [("spans not delivered", "warning")]


def test_nobody_there(unused_port: int) -> None:
    """An endpoint where nobody listens costs the spans."""
    bench = Bench(Settings(local="c1", otlp_endpoint=f"http://127.0.0.1:{unused_port}"))
    bench.traces.send(span(1))
    bench.telemetry.stop(5.0)
    assert bench.dropped("failed") + bench.dropped("stopped") == 1
    assert bench.supervisor.join_all(EXPORT_SECONDS) == ()


@pytest.fixture
def unused_port(collector: FakeApiServer) -> int:
    """A port on which nobody listens any more."""
    port = int(collector.url.rpartition(":")[2])
    collector.stop()
    return port


def test_hanging_collector_delays_no_stop(collector: FakeApiServer) -> None:
    """While a collector takes a request and never answers, stopping is over in its time, and the spans are counted."""
    forever = threading.Event()
    collector.on("POST", PATH, hold(forever))
    bench = Bench(Settings(local="c1", otlp_endpoint=collector.url))
    bench.traces.send(span(1))
    collector.wait_for(1, "POST", PATH)
    bench.traces.send(span(2))
    bench.telemetry.stop(5.0)
    assert bench.supervisor.join_all(EXPORT_SECONDS) == ()
    assert (bench.dropped("failed"), bench.dropped("stopped")) == (1, 1)
    forever.set()


def test_headers_come_from_the_standard_variable(collector: FakeApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the collector wants to see of us is sent, and stands in no log line, also when it refuses."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20canary")
    collector.on("POST", PATH, answer(b"who are you", 401))
    with capture_logs() as logs:
        bench = Bench(Settings(local="c1", otlp_endpoint=collector.url))
        bench.traces.send(span(1))
        until(lambda: bench.dropped("failed") == 1)
        bench.telemetry.stop(1.0)
    assert collector.received("POST")[0].headers["authorization"] == "Bearer canary"
    assert "canary" not in str(logs)


def test_malformed_headers_are_not_quoted(collector: FakeApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Headers in a shape that cannot be read are left out, and stand in no log line."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "canary canary, =canary")
    accepting(collector)
    with capture_logs() as logs:
        bench = Bench(Settings(local="c1", otlp_endpoint=collector.url))
        bench.traces.send(span(1))
        bench.telemetry.stop(5.0)
    assert len(exported(collector)) == 1
    assert "canary" not in str(logs)


@dataclass
class Stuck:
    """Hangs until it is let go, then takes what it is given."""

    free: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)
    batches: list[int] = field(default_factory=list)

    def __call__(self, spans: Sequence[Span]) -> bool:
        """Hang, then take them."""
        self.begun.set()
        self.free.wait(10)
        self.batches.append(len(spans))
        return True


def test_queue_is_limited_and_never_blocks() -> None:
    """What does not fit while an export hangs is dropped at once and counted; the rest goes out in batches."""
    stuck, supervisor = Stuck(), Supervisor()
    registry, metrics = new_metrics()
    delivery = Delivery(stuck, clock=SystemClock(), supervisor=supervisor, metrics=metrics)
    for _ in range(BATCH):
        delivery.take(span(1))
    delivery.start()
    assert stuck.begun.wait(10)
    for _ in range(QUEUE + 10):
        delivery.take(span(2))
    assert dropped(registry, "full") == 10
    stuck.free.set()
    delivery.stop(60.0)
    assert sum(stuck.batches) == BATCH + QUEUE
    assert max(stuck.batches) == BATCH
    assert supervisor.join_all(10) == ()


def test_stop_begins_no_export_that_would_last_too_long() -> None:
    """With less time left than an export may take, what waits is dropped and counted."""
    stuck, supervisor = Stuck(), Supervisor()
    registry, metrics = new_metrics()
    delivery = Delivery(stuck, clock=FakeClock(), supervisor=supervisor, metrics=metrics)
    delivery.take(span(1))
    delivery.stop(0.0)
    delivery.start()
    assert supervisor.join_all(10) == ()
    assert (stuck.batches, dropped(registry, "stopped")) == ([], 1)


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({"otlp_endpoint": "http://h:4318"}, "http://h:4318/v1/traces"),
        ({"otlp_endpoint": "http://h:4318/"}, "http://h:4318/v1/traces"),
        ({"otlp_endpoint": "http://h/base"}, "http://h/base/v1/traces"),
        ({"otlp_traces_endpoint": "http://t/x"}, "http://t/x"),
        ({"otlp_endpoint": "http://h", "otlp_traces_endpoint": "http://t/x"}, "http://t/x"),
    ],
    ids=["common", "slash", "with a path", "own", "both"],
)
def test_endpoints(settings: dict[str, str], wanted: str) -> None:
    """The common endpoint gets the standard path, the one for traces is taken as it is and beats the other."""
    assert traces_endpoint(Settings(local="c1", **settings)) == wanted  # type: ignore[arg-type]


def test_without_an_endpoint_nothing_of_it_is_loaded() -> None:
    """The operator's parts load neither SDK nor exporter."""
    code = "import sys, multicasskop.operator.parts; print(*[n for n in sys.modules if n.startswith('opentelemetry')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == ""
