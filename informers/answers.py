"""What requests and answers say of themselves: the series they are counted under, their heads, refusals as errors."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

import msgspec
from multicasskop.informers.backoff import retry_after
from multicasskop.informers.errors import ApiError
from multicasskop.informers.redactor import Redactor
from urllib3 import BaseHTTPResponse

_REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    409: "Conflict",
    410: "Expired",
    422: "Invalid",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}
_NAMED = {"GET": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete", "POST": "create"}
_COLLECTION = {"GET": "list", "POST": "create", "DELETE": "deletecollection"}


class Subject(NamedTuple):
    """What a request does, and to what: two labels with few values."""

    verb: str
    kind: str


def subject(method: str, path: str, query: Iterable[tuple[str, str]] = ()) -> Subject:
    """Return verb and resource (as `pods`, `pods/status`) of a request; the resource is empty for other paths."""
    parts = path.strip("/").split("/")
    rest = parts[2:] if parts[0] == "api" else parts[3:] if parts[0] == "apis" else []
    if len(rest) > 2 and rest[0] == "namespaces":
        rest = rest[2:]
    if not rest:
        return Subject(method.lower(), "")
    if len(rest) == 1:
        verb = "watch" if ("watch", "true") in tuple(query) else _COLLECTION.get(method, method.lower())
        return Subject(verb, rest[0])
    return Subject(_NAMED.get(method, method.lower()), "/".join((rest[0], *rest[2:])))


def is_framed(response: BaseHTTPResponse) -> bool:
    """Return whether the head says where the body ends; the HTTP library takes a head that was cut for a whole one."""
    headers = response.headers
    until_close = response.version < 11 or "close" in headers.get("connection", "").lower()
    return until_close or response.status in {204, 304} or "content-length" in headers or "transfer-encoding" in headers


def is_success(response: BaseHTTPResponse) -> bool:
    """Whether what was asked for was done."""
    return 200 <= response.status < 300


def headers_of(response: BaseHTTPResponse) -> dict[str, str]:
    """Return the headers, with their names in lower case."""
    return {name.lower(): value for name, value in response.headers.items()}


@cache
def user_agent() -> str:
    """Return how we introduce ourselves: `multicasskop/<version>`."""
    try:
        return f"multicasskop/{version('multicasskop')}"
    except PackageNotFoundError:
        return "multicasskop/unknown"


class Asked(NamedTuple):
    """What is needed of a request to word its refusal: where it went, what must not be repeated, who we are.

    `unaccepted` says of a 401 what the server cannot know: which credentials they were, and what to do about them.
    """

    member: str
    method: str
    path: str
    body: bytes | None = None
    token: str | None = None
    unaccepted: str = ""


def refusal(asked: Asked, status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> ApiError:
    """Return the error for an answer that is no success: a `Status` object, or whatever stood in its place.

    What a text quotes of our token, our body or a secret in it is taken out. A redirect is a refusal, too: credentials
    go to one server.
    """
    seconds = retry_after(headers.get("retry-after", ""), now)
    content = _status_object(body)
    if content is None:
        content = {"reason": _reason(status), "message": _plain(status, body)}
    redacted = Redactor(asked.token, asked.body).apply(content)
    if status == HTTPStatus.UNAUTHORIZED and asked.unaccepted:
        # it is about who we are, whatever was asked
        redacted["message"], asked = _of_identity(asked, redacted.get("message")), asked._replace(method="", path="")
    return ApiError.of_status(
        asked.member, redacted, code=status, retry_after=seconds, method=asked.method, path=asked.path
    )


def _of_identity(asked: Asked, said: object) -> str:
    """Word a 401: what we know of our credentials, and what the server said unless that is only the word itself."""
    more = f" (the server: {said})" if isinstance(said, str) and said not in ("", _REASONS[401]) else ""
    return f"{asked.unaccepted}{more}"


def _status_object(body: bytes) -> dict[str, object] | None:
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return content if isinstance(content, dict) and content.get("kind") == "Status" else None


def _reason(status: int) -> str:
    return _REASONS.get(status) or (HTTPStatus(status).phrase if status in _KNOWN else "Unknown")


_KNOWN = frozenset(int(status) for status in HTTPStatus)


def _plain(status: int, body: bytes) -> str:
    if 300 <= status < 400:
        return "redirects are not followed; give the address of the API server itself"
    return body[:4096].decode(errors="replace").strip() or "(an empty answer)"
