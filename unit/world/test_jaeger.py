"""Jaeger's answers, read as spans; the real one is asked by the end-to-end tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.api_server import FakeApiServer
from fakes.exchange import answer
from multicasskop.world.errors import WorldError
from multicasskop.world.services import jaeger as module
from multicasskop.world.services.jaeger import Jaeger

ANSWER = {
    "data": [
        {
            "traceID": "t",
            "processes": {"p1": {"serviceName": "casskop", "tags": [{"key": "k8s.cluster.name", "value": "c2"}]}},
            "spans": [
                {
                    "traceID": "t",
                    "spanID": "b",
                    "operationName": "step",
                    "references": [
                        {"refType": "CHILD_OF", "traceID": "t", "spanID": "a"},
                        {"refType": "FOLLOWS_FROM", "traceID": "other", "spanID": "x"},
                    ],
                    "startTime": 2_500_000,
                    "duration": 250_000,
                    "tags": [{"key": "multicasskop.member", "type": "string", "value": "c2"}],
                    "processID": "p1",
                }
            ],
        }
    ]
}


@pytest.fixture
def server() -> Iterator[FakeApiServer]:
    """Something that answers in Jaeger's place."""
    with FakeApiServer() as found:
        yield found


@pytest.fixture
def jaeger(server: FakeApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Jaeger:
    """A Jaeger that is asked there."""
    port = int(server.url.rpartition(":")[2])
    monkeypatch.setattr(module, "free_ports", lambda count: (port,) * count)
    return Jaeger("/bin/false", tmp_path)


def test_trace_is_read(server: FakeApiServer, jaeger: Jaeger) -> None:
    """A span has its parent in its own trace, its links to others, times in seconds, and who sent it."""
    server.on("GET", "/api/traces/t", answer(ANSWER))
    (span,) = jaeger.trace("t")
    assert (span.id, span.parent, span.links, span.service) == ("b", "a", ("other",), "casskop")
    assert (span.start, span.end, span.tag("member"), span.tag("nothing")) == (2.5, 2.75, "c2", "")
    assert span.resource == {"k8s.cluster.name": "c2"}


def test_unknown_trace_is_empty(server: FakeApiServer, jaeger: Jaeger) -> None:
    """A trace that Jaeger does not know has no spans."""
    server.on("GET", "/api/traces/t", answer({"data": None, "errors": [{"code": 404}]}, 404))
    assert jaeger.trace("t") == ()


def test_spans_are_found_by_attributes(server: FakeApiServer, jaeger: Jaeger) -> None:
    """Traces are asked for by service and attributes of ours."""
    server.on("GET", "/api/traces", answer(ANSWER))
    assert len(jaeger.spans("multicasskop", name="demo")) == 1
    assert server.received()[0].query["tags"] == '{"multicasskop.name":"demo"}'


def test_other_answers_are_errors(server: FakeApiServer, jaeger: Jaeger) -> None:
    """An answer that is none is no empty trace."""
    server.on("GET", "/api/traces/t", answer("overloaded", 503))
    with pytest.raises(WorldError, match="503"):
        jaeger.trace("t")


def test_a_jaeger_that_is_gone_is_named(tmp_path: Path) -> None:
    """Where nobody answers, the error says so and where the log is, and nothing was started that could be named."""
    gone = Jaeger("/bin/false", tmp_path)
    with pytest.raises(WorldError, match=r"did not answer to /api/traces/t: .+jaeger\.log"):
        gone.trace("t")
    with pytest.raises(WorldError, match="never started"):
        _ = gone.process


@pytest.mark.parametrize(
    ("page", "path"),
    [
        pytest.param('<script type="module" src="./static/index-abc.js">', "/trace/t", id="release"),
        pytest.param("This is a placeholder for the Jaeger UI home page.", "/api/traces/t", id="built-without-pages"),
    ],
)
def test_trace_is_looked_at_where_there_is_something_to_see(
    server: FakeApiServer, jaeger: Jaeger, page: str, path: str
) -> None:
    """The link leads to the trace's page, or to the query API's answer where the program has no pages."""
    server.on("GET", "/", answer(page))
    assert jaeger.link("t") == f"{jaeger.url}{path}"
