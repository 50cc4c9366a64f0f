"""A real Jaeger of this machine: takes spans by OTLP over HTTP, keeps them in memory, and is asked by its query API."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import msgspec
import urllib3
from multicasskop.world import processes, tools
from multicasskop.world.errors import WorldError
from multicasskop.world.ports import free_ports
from multicasskop.world.processes import Process
from multicasskop.world.progress import ProgressSink, silent

Json = dict[str, Any]
PATIENCE = 90.0
LOOPBACK = "127.0.0.1"
# it would send spans of its own to whatever listens at OTLP's usual port, and wait for that when it ends
SILENT = {"OTEL_TRACES_SAMPLER": "always_off"}
# what the address of every script of its pages has in it; a program that was built without them has a stand-in
SCRIPTS = b"static/"
# one port of each kind that it opens; those that nobody here uses cannot be switched off
LISTENERS = (
    "collector.otlp.http",
    "query.http-server",
    "collector.otlp.grpc",
    "query.grpc-server",
    "collector.http-server",
    "collector.grpc-server",
    "admin.http",
)


@dataclass(frozen=True, slots=True)
class Span:
    """A span as Jaeger tells it; times in seconds since 1970."""

    trace: str
    id: str
    parent: str
    name: str
    service: str
    start: float
    end: float
    tags: Mapping[str, Any] = field(default_factory=dict)
    resource: Mapping[str, Any] = field(default_factory=dict)
    links: tuple[str, ...] = ()
    """The other traces that it points to."""

    def tag(self, name: str) -> str:
        """An attribute of ours; empty when it has none of that name."""
        return str(self.tags.get(f"multicasskop.{name}", ""))


Spans = tuple[Span, ...]


class Jaeger:
    """One Jaeger. Use it as a context manager, or start and stop it."""

    def __init__(self, program: str, directory: Path, host: str = LOOPBACK) -> None:
        """Run this program, with its log in the directory; it listens on loopback, or on one address of a network."""
        self._program, self._log, self._host = program, directory / "jaeger.log", host
        self._ports = dict(zip(LISTENERS, free_ports(len(LISTENERS)), strict=True))
        self._process: Process | None = None

    @classmethod
    def found(cls, directory: Path, progress: ProgressSink = silent, *, host: str = LOOPBACK) -> Self:
        """The program that is there, or is built now; ProgramsError when it cannot be had."""
        return cls(tools.find_or_build(tools.JAEGER, progress), directory, host)

    @property
    def otlp(self) -> str:
        """Where spans go, without the path."""
        return f"http://{self._host}:{self._ports['collector.otlp.http']}"

    @property
    def url(self) -> str:
        """Where people, and the query API, are."""
        return f"http://{self._host}:{self._ports['query.http-server']}"

    @property
    def log(self) -> Path:
        """What it says."""
        return self._log

    @property
    def process(self) -> Process:
        """The process that was started last; WorldError when there was none."""
        if self._process is None:
            raise WorldError("Jaeger was never started")
        return self._process

    def start(self) -> None:
        """Start it and return when it answers; raises ProcessError with its log."""
        flags = [f"--{name}.host-port={self._host}:{port}" for name, port in self._ports.items()]
        self._process = processes.start("jaeger", [self._program, *flags, "--log-level=warn"], self._log, SILENT)
        processes.wait_ready(self._process, self._answers, PATIENCE)

    def stop(self) -> None:
        """End it; what it held is gone."""
        if self._process is not None:
            processes.stop(self._process)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def services(self) -> tuple[str, ...]:
        """Who has sent spans."""
        return tuple(self._get("/api/services").get("data") or ())

    def trace(self, trace_id: str) -> Spans:
        """All spans of a trace, by their start; none when it is not known."""
        return _spans(self._get(f"/api/traces/{trace_id}"))

    def link(self, trace_id: str) -> str:
        """Where a trace can be looked at: its page, or what the query API says of it where the program has no pages.

        The Go module does not contain the pages, releases do.
        """
        return f"{self.url}/trace/{trace_id}" if self._has_pages() else f"{self.url}/api/traces/{trace_id}"

    def spans(self, service: str, **tags: str) -> Spans:
        """The spans of all traces in which this service has one with these attributes of ours."""
        wanted = {f"multicasskop.{name}": value for name, value in tags.items()}
        query = {"service": service, "limit": "1000", "lookback": "1h", "tags": msgspec.json.encode(wanted).decode()}
        return _spans(self._get("/api/traces", query))

    def wait(self, spans: Callable[[], tuple[Span, ...]], enough: Callable[[tuple[Span, ...]], bool]) -> Spans:
        """Ask until there are enough; WorldError names those that there were."""
        if not processes.wait_until(lambda: enough(spans()), PATIENCE):
            raise WorldError(f"not all spans came within {PATIENCE:.0f}s, but {[span.name for span in spans()]}")
        return spans()

    def _answers(self) -> bool:
        try:
            return urllib3.request("GET", f"{self.url}/api/services", timeout=2, retries=False).status == 200
        except urllib3.exceptions.HTTPError:
            return False

    def _has_pages(self) -> bool:
        return SCRIPTS in self._page("/")

    def _get(self, path: str, query: Mapping[str, str] | None = None) -> Json:
        found: Json = msgspec.json.decode(self._page(path, query))
        return found

    def _page(self, path: str, query: Mapping[str, str] | None = None) -> bytes:
        try:
            answer = urllib3.request("GET", f"{self.url}{path}", fields=query, timeout=10, retries=False)
        except urllib3.exceptions.HTTPError as error:
            raise WorldError(f"Jaeger did not answer to {path}: {error}; its log is {self._log}") from error
        if answer.status not in (200, 404):
            raise WorldError(f"Jaeger answered {answer.status} to {path}: {answer.data[:200]!r}")
        return answer.data


def _spans(answer: Json) -> Spans:
    found = [span for trace in answer.get("data") or () for span in _of_trace(trace)]
    return tuple(sorted(found, key=lambda span: span.start))


def _of_trace(trace: Json) -> Iterator[Span]:
    for span in trace["spans"]:
        process = trace["processes"][span["processID"]]
        references = span.get("references") or ()
        parents = [other["spanID"] for other in references if other["refType"] == "CHILD_OF"]
        start = span["startTime"] / 1e6
        yield Span(
            trace=span["traceID"],
            id=span["spanID"],
            parent=parents[0] if parents else "",
            name=span["operationName"],
            service=process["serviceName"],
            start=start,
            end=start + span["duration"] / 1e6,
            tags=_tags(span),
            resource=_tags(process),
            links=tuple(other["traceID"] for other in references if other["refType"] != "CHILD_OF"),
        )


def _tags(holder: Json) -> Mapping[str, Any]:
    return {tag["key"]: tag["value"] for tag in holder.get("tags") or ()}
