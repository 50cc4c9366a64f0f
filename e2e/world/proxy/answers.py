"""What is given back to a caller: what the server said, or what something in front of it would say."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from http.client import responses
from typing import Any, Self

import msgspec
from multicasskop.world.proxy.requests import HOP
from multicasskop.world.proxy.wire import Head

REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    409: "Conflict",
    410: "Expired",
    413: "RequestEntityTooLarge",
    415: "UnsupportedMediaType",
    422: "Invalid",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}


@dataclass(frozen=True)
class Answer:
    """An answer; the body of one that `streams` is still with the server."""

    code: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    streams: bool = False

    @classmethod
    def of(cls, head: Head, body: bytes, *, streams: bool) -> Self:
        """What came from the server."""
        headers = {name: value for name, value in head.headers.items() if name not in HOP}
        return cls(int(head.first[1]), headers, body, streams)

    def wire(self) -> bytes:
        """As it is sent, up to the body of a stream."""
        framing = "transfer-encoding: chunked" if self.streams else f"content-length: {len(self.body)}"
        lines = (f"HTTP/1.1 {self.code} {responses.get(self.code, '')}", *self._lines(), framing, "", "")
        return "\r\n".join(lines).encode("latin-1") + self.body

    def json(self) -> Any:  # noqa: ANN401 - any JSON
        """The body as plain data."""
        return msgspec.json.decode(self.body)

    def holding(self, document: object) -> Self:
        """The same with another body."""
        return replace(self, body=msgspec.json.encode(document))

    def _lines(self) -> list[str]:
        return [f"{name}: {value}" for name, value in self.headers.items()]


def status(code: int, reason: str = "", message: str = "", cause: str = "") -> dict[str, Any]:
    """A Status, as an API server refuses things; reason and message have defaults by the code."""
    reason = reason or REASONS.get(code, "")
    causes = {"details": {"causes": [{"reason": cause, "message": message}]}} if cause else {}
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message or f"injected: {reason or code}",
        "reason": reason,
        "code": code,
        **causes,
    }


def page(code: int) -> bytes:
    """What a load balancer answers."""
    title = f"{code} {responses.get(code, '')}"
    return f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>".encode()


def retry_after(value: str, now: datetime) -> dict[str, str]:
    """The header Retry-After: as given, or for `date+SECONDS` as the date so far ahead. Empty: none."""
    if value.startswith("date+"):
        value = format_datetime(now + timedelta(seconds=float(value.removeprefix("date+"))), usegmt=True)
    return {"retry-after": value} if value else {}
