"""A traced run: its writes over a real connection, its log lines, and what becomes a span."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random

import pytest
import structlog
from fakes.api_server import FakeApiServer
from fakes.clock import EPOCH, FakeClock
from fakes.exchange import answer, failure
from fakes.objects import WIDGETS, widget
from fakes.spans import Film, about, context_of, parent_of
from fakes.stage import SILENT
from fakes.wire import TOKEN, transport_to
from multicasskop.informers.client import Client
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import ApiError, NotLeader
from multicasskop.reconcilers.request import Context
from multicasskop.reconcilers.spans import Mark, Span
from multicasskop.reconcilers.trace_context import TraceContext, root_of
from multicasskop.reconcilers.traced_run import traced_run
from multicasskop.reconcilers.traces import Traces
from structlog.contextvars import get_contextvars

PARENT = root_of(1.0, "test")
PATH = WIDGETS.path("ns")
ABOUT = {"multicasskop.name": "demo"}


@pytest.fixture
def film() -> Film:
    """Nothing sent yet."""
    return Film()


@pytest.fixture
def server() -> Iterator[FakeApiServer]:
    """An API server that answers as it is told."""
    with FakeApiServer() as found:
        yield found


@pytest.fixture
def client(server: FakeApiServer) -> Iterator[Client]:
    """A client to it."""
    transport = transport_to(server)
    yield Client(transport)
    transport.stop()
    transport.close()


def context() -> Context:
    """What a run is given."""
    clock = FakeClock()
    return Context(Deadline(clock, 60), "r1", "change", SILENT)


def test_write_is_a_client_span(film: Film, server: FakeApiServer, client: Client) -> None:
    """A write tells the server its ids, and becomes a span with the member, the answer's code and its audit id."""
    server.on("POST", PATH, answer(widget("a", 5), headers={"Audit-Id": "1234"}))
    with traced_run(film.traces(), FakeClock(), PARENT, context(), ABOUT):
        client.create(WIDGETS, "ns", widget("a", 0))
    span, run = film.one("POST widgets"), film.one("reconcile")
    sent = server.received()[-1].headers["traceparent"]
    assert TraceContext.parse(sent) == context_of(span)
    assert parent_of(span) == context_of(run).span_id
    assert parent_of(run) == PARENT.span_id
    wanted = {"member": "eu", "audit_id": "1234", "http.request.method": "POST", "http.response.status_code": 200}
    assert {name: about(span, name) for name in wanted} == wanted
    assert TOKEN not in span.to_json()


def test_refused_write_is_an_error(film: Film, server: FakeApiServer, client: Client) -> None:
    """A refusal is told with its code, and by the run, which failed."""
    server.on("POST", PATH, failure(403, "Forbidden"))
    with pytest.raises(ApiError), traced_run(film.traces(), FakeClock(), None, context(), ABOUT):
        client.create(WIDGETS, "ns", widget("a", 0))
    span, run = film.one("POST widgets"), film.one("reconcile")
    assert [about(found, "error.type") for found in (span, run)] == ["403", "403"]
    assert [found.status.status_code.name for found in (span, run)] == ["ERROR", "ERROR"]
    assert run.parent is None


def test_conflict_is_no_error(film: Film, server: FakeApiServer, client: Client) -> None:
    """Somebody else was faster: that is told, and is nothing to look at."""
    server.on("POST", PATH, failure(409, "Conflict"))
    with pytest.raises(ApiError), traced_run(film.traces(), FakeClock(), PARENT, context(), ABOUT):
        client.create(WIDGETS, "ns", widget("a", 0))
    assert {found.status.status_code.name for found in film.spans} == {"UNSET"}


def test_second_try_is_counted(film: Film, server: FakeApiServer, client: Client) -> None:
    """A write that is sent once more with a fresh token is one span that says so."""
    server.on("POST", PATH, failure(401, "Unauthorized"))
    server.on("POST", PATH, answer(widget("a", 5)))
    with traced_run(film.traces(), FakeClock(), PARENT, context(), ABOUT):
        client.create(WIDGETS, "ns", widget("a", 0))
    assert about(film.one("POST widgets"), "http.request.resend_count") == 1


def test_reading_is_not_traced(film: Film, server: FakeApiServer, client: Client) -> None:
    """A run that only reads is no span, and tells the server nothing."""
    server.on("GET", f"{PATH}/a", answer(widget("a", 5)))
    with traced_run(film.traces(), FakeClock(), PARENT, context(), ABOUT):
        client.get(WIDGETS, "ns", "a")
    assert film.names == []
    assert "traceparent" not in server.received()[-1].headers


def test_writes_outside_a_run_are_not_traced(film: Film, server: FakeApiServer, client: Client) -> None:
    """After a run its thread's writes carry nothing of it."""
    server.on("POST", PATH, answer(widget("a", 5)))
    with traced_run(film.traces(), FakeClock(), PARENT, context(), ABOUT):
        pass
    client.create(WIDGETS, "ns", widget("a", 0))
    assert "traceparent" not in server.received()[-1].headers
    assert film.names == []


def test_lost_lease_is_no_error(film: Film) -> None:
    """A run that ends because another process leads is told as cancelled."""
    with pytest.raises(NotLeader), traced_run(film.traces(), FakeClock(), PARENT, context(), ABOUT):
        raise NotLeader
    assert about(film.one("reconcile"), "result") == "cancellation"
    assert film.one("reconcile").status.status_code.name == "UNSET"


def test_log_lines_carry_the_ids(film: Film) -> None:
    """Inside a run every log line has its ids, whoever writes it; afterwards none."""
    structlog.contextvars.clear_contextvars()
    with traced_run(film.traces(), FakeClock(), PARENT, context(), ABOUT) as run:
        assert run is not None
        ids = {"trace_id": PARENT.trace_id, "span_id": run.context.span_id, "trace_flags": "01"}
        assert get_contextvars() == ids
    assert get_contextvars() == {}


def test_span_is_sent_once(film: Film) -> None:
    """What this process has sent it does not send again."""
    span = Span("step", PARENT.child("step"), PARENT, EPOCH, EPOCH)
    traces = film.traces()
    traces.send(span, span)
    traces.send(span)
    assert film.names == ["step"]


def test_spans_are_sent_as_they_are(film: Film) -> None:
    """Ids, times to the microsecond, parent, link and events arrive unchanged."""
    context, link = PARENT.child("step"), root_of(1.0, "other")
    start, end = EPOCH + timedelta(microseconds=3), EPOCH + timedelta(hours=5)
    film.traces().send(Span("step", context, PARENT, start, end, {"n": 2}, link=link, marks=(Mark("m", end),)))
    span = film.one("step")
    assert (context_of(span), parent_of(span)) == (context, PARENT.span_id)
    assert [instant and instant % 10**9 for instant in (span.start_time, span.end_time)] == [3000, 0]
    assert [f"{found.context.trace_id:032x}" for found in span.links] == [link.trace_id]
    assert [(mark.name, mark.timestamp) for mark in span.events] == [("m", span.end_time)]


def test_early_spans_wait_for_a_tracer() -> None:
    """Spans that end before there is a tracer are sent when there is one, if any are wanted."""
    kept, film = Traces(Random(1), wanted=True), Film()
    for traces in (kept, Traces(Random(1))):
        traces.send(Span("step", PARENT.child("step"), PARENT, EPOCH, EPOCH))
        film.connect(traces)
    assert film.names == ["step"]


@pytest.mark.parametrize(("ui", "wanted"), [("", ""), ("http://jaeger/", f"http://jaeger/trace/{PARENT.trace_id}")])
def test_link_for_people(ui: str, wanted: str) -> None:
    """Where a trace can be looked at is known when the address of Jaeger is."""
    assert Traces(Random(1), ui=ui).link(PARENT) == wanted
