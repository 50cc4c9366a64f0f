"""What requests and answers say of themselves: the series they are counted under, and refusals as errors."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import NamedTuple

import msgspec
from multicasskop.informers.backoff import retry_after
from multicasskop.informers.errors import ApiError

_AUTHORIZATION = re.compile(r"(?i)\b(bearer|basic)\s+\S+|authorization\s*:\s*\S+(\s+\S+)?")
# enough of a body to know it again in a text that quotes it
_QUOTE = 24
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

    A text that quotes our token or body is cut there. A redirect is a refusal, too: credentials go to one server.
    """
    seconds = retry_after(headers.get("retry-after", ""), now)
    content = _status_object(body)
    if content is None:
        content = {"reason": _reason(status), "message": _plain(status, body)}
    redacted = _Redactor(asked).apply(content)
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


class _Redactor:
    """Takes out of an answer what we said ourselves and nobody shall read."""

    def __init__(self, asked: Asked) -> None:
        self._token = asked.token
        start = (asked.body or b"")[:_QUOTE].decode(errors="ignore")
        self._quotes = (start, start.replace('"', '\\"')) if len(start) == _QUOTE else ()

    def apply(self, value: object) -> dict[str, object]:
        """Return the object with every text in it redacted."""
        redacted = self._walk(value, 0)
        return redacted if isinstance(redacted, dict) else {}

    def _walk(self, value: object, depth: int) -> object:
        match value:
            case str():
                return self._text(value)
            case dict() if depth < 4:
                return {key: self._walk(inner, depth + 1) for key, inner in value.items()}
            case list() if depth < 4:
                return [self._walk(inner, depth + 1) for inner in value[:32]]
            case int() | float():
                return value
            case _:
                return None

    def _text(self, text: str) -> str:
        if self._token:
            text = text.replace(self._token, "(redacted)")
        for quote in self._quotes:
            if quote in text:
                text = text[: text.index(quote)] + "(what was sent)"
        return _AUTHORIZATION.sub("(redacted)", text)
