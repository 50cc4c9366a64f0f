"""A collector that speaks OTLP over HTTP on the loopback: real protobuf, and the manners that a test gives it."""

from collections.abc import Iterator
from typing import Any

from fakes.api_server import FakeApiServer
from fakes.exchange import Received, answer
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

PATH = "/v1/traces"
Json = dict[str, Any]


def accepting(server: FakeApiServer, times: int = 100) -> None:
    """Let the server take what is sent."""
    server.on("POST", PATH, *[answer(b"")] * times)


def exported(server: FakeApiServer) -> list[Json]:
    """Every span that came, with its resource's attributes under `resource`."""
    return [span for request in server.received("POST", PATH) for span in _spans(request)]


def _spans(request: Received) -> Iterator[Json]:
    whole = MessageToDict(ExportTraceServiceRequest.FromString(request.body))
    for batch in whole.get("resourceSpans", ()):
        resource = attributes(batch["resource"])
        for scope in batch["scopeSpans"]:
            yield from ({**span, "resource": resource} for span in scope["spans"])


def attributes(holder: Json) -> Json:
    """Attributes as a plain map."""
    return {item["key"]: next(iter(item["value"].values())) for item in holder.get("attributes", ())}
