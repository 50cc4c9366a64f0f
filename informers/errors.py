"""What can go wrong between us and an API server.

    InformerError
    ├── TransportError(member, message, reason)    no answer came
    │   ├── ConnectError          refused, timed out, or the name does not resolve
    │   ├── TlsError              the two sides do not trust each other
    │   ├── ReadTimeout           connected, and then silence
    │   ├── ConnectionClosed      connected, and then cut; whether a write landed is unknown
    │   └── MemberUnreachable     the member is dark: no call was made
    ├── ApiError(member, status, reason, message, causes, retry_after, …)    the server said no
    ├── UnexpectedAnswer          the server said yes, and something other than what was asked
    │   ├── AnswerTooLarge        more bytes than are held of one answer
    │   └── EndlessList           a list that would not come to an end, or fit
    ├── StreamCorrupt             a stream of events that cannot be read
    ├── CredentialsError          what a member is reached with is missing or unusable
    ├── NotLeader                 refused by the write guard: nothing was sent
    ├── DeadlineExceeded          the run's time is over: nothing was sent, or the answer was not awaited
    ├── TerminalError             trying again cannot help; wait for a change
    └── Stopped                   the part that was asked has been stopped

Decisions ask the predicates at the end of this module, never the text of a message. The names are those that readers
of other clients know, hence without a suffix.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Self

MESSAGE_LIMIT = 1024
# seconds: nobody is let to put us off for longer
RETRY_AFTER_CAP = 300.0
# the reasons of a member that cannot be reached or used; they show in conditions and are part of the API
CONNECT_TIMEOUT = "ConnectTimeout"
CONNECTION_REFUSED = "ConnectionRefused"
DNS_FAILED = "DNSFailed"
TLS_FAILED = "TLSFailed"
UNAUTHORIZED = "Unauthorized"
FORBIDDEN = "Forbidden"
KIND_NOT_SERVED = "KindNotServed"
IDENTITY_CHANGED = "IdentityChanged"
BAD_CREDENTIALS = "BadCredentials"

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def one_line(text: str, limit: int = MESSAGE_LIMIT) -> str:
    """Return text from outside as one printable line of at most `limit` UTF-8 bytes."""
    line = _CONTROL.sub(" ", text[: 4 * limit]).strip()
    raw = line.encode(errors="replace")
    return line if len(raw) <= limit else raw[: limit - 3].decode(errors="ignore") + "…"


class InformerError(Exception):
    """The root of the tree: catches all that this package raises on purpose."""


class TransportError(InformerError):
    """A call got no answer.

    `reason` is one of the words that a condition shows for a member that cannot be reached.
    """

    default_reason = CONNECTION_REFUSED

    def __init__(self, member: str, message: str, reason: str = "") -> None:
        """Say which member, what happened, and under which reason it is reported."""
        self.member, self.message = member, one_line(message)
        self.reason = reason or self.default_reason
        super().__init__(f"{member}: {self.message}")


class ConnectError(TransportError):
    """No connection was made, so nothing was sent."""


class TlsError(TransportError):
    """The handshake failed, so nothing was sent."""

    default_reason = TLS_FAILED


class ReadTimeout(TransportError):  # noqa: N818
    """The member was silent for too long. A write that was sent may have landed, or may land yet."""

    default_reason = CONNECT_TIMEOUT


class ConnectionClosed(TransportError):  # noqa: N818
    """The connection ended before the answer was complete. A write that was sent may have landed."""


class MemberUnreachable(TransportError):  # noqa: N818
    """The member is dark, so the call was not made; `reason` is that of the failure that made it so."""


class Cause(NamedTuple):
    """One of the causes in a Status: a machine-readable reason, the field it is about, and a text."""

    reason: str
    field: str
    message: str


class ApiError(InformerError):
    """The API server, or something that answers in its place, refused a request.

    `object_kind` and `object_name` say what the refusal is about, in the server's words: of a missing namespace a
    create is told that it is `namespaces`, and of a kind that is not served nothing at all.
    """

    def __init__(
        self,
        member: str,
        status: int,
        reason: str = "",
        message: str = "",
        causes: Iterable[Cause] = (),
        retry_after: float | None = None,
        *,
        method: str = "",
        path: str = "",
        object_kind: str = "",
        object_name: str = "",
    ) -> None:
        """Keep what the server said, as one line and cut to size."""
        self.member, self.status, self.reason = member, status, one_line(reason, 128)
        self.message, self.causes, self.retry_after = one_line(message), tuple(causes), retry_after
        self.method, self.path = method, path
        self.object_kind, self.object_name = object_kind, object_name
        request = f"{method} {path}: " if path else ""
        super().__init__(one_line(f"{member}: {request}{status} {self.reason}: {self.message}", 2 * MESSAGE_LIMIT))

    @classmethod
    def of_status(
        cls,
        member: str,
        status: Mapping[str, Any],
        *,
        code: int = 0,
        retry_after: float | None = None,
        method: str = "",
        path: str = "",
    ) -> Self:
        """Return the error that a `Status` object describes: the body of a refusal, or of an ERROR event.

        `code` is the status of the HTTP answer; without one (an event has none) the object's own code counts.
        Nothing in the object is trusted to have the right type.
        """
        details = _mapping(status.get("details"))
        seconds = details.get("retryAfterSeconds")
        if retry_after is None and isinstance(seconds, int | float):
            retry_after = min(RETRY_AFTER_CAP, max(0.0, seconds))
        own_code = status.get("code")
        return cls(
            member,
            code or (own_code if isinstance(own_code, int) else 500),
            _text(status.get("reason")),
            _text(status.get("message")),
            _causes(details.get("causes")),
            retry_after,
            method=method,
            path=path,
            object_kind=_text(details.get("kind")),
            object_name=_text(details.get("name")),
        )


class UnexpectedAnswer(InformerError):  # noqa: N818
    """A success whose body is not what was asked for: no JSON, or another object."""

    def __init__(self, member: str, message: str) -> None:
        """Say which member answered so, and what was wrong with it."""
        self.member, self.message = member, one_line(message)
        super().__init__(f"{member}: {self.message}")


class AnswerTooLarge(UnexpectedAnswer):
    """An answer of more bytes than are held of one; of a list, smaller pages may help."""


class EndlessList(UnexpectedAnswer):
    """A list of which there was more than any cluster has: whatever it holds, it is not to be believed."""


class StreamCorrupt(InformerError):  # noqa: N818
    """A stream of events brought something that cannot be read; what came before it is good."""

    def __init__(self, member: str, message: str) -> None:
        """Say whose stream it is, and what it brought."""
        self.member, self.message = member, one_line(message)
        super().__init__(f"{member}: {self.message}")


class CredentialsError(InformerError):
    """What a member is reached with is missing, unreadable or not allowed here."""

    def __init__(self, where: str, problem: str, hint: str = "") -> None:
        """Say where it was looked for, what is wrong there, and what to do."""
        self.where, self.problem, self.hint = where, one_line(problem), hint
        super().__init__(f"{where}: {self.problem}" + (f". {hint}" if hint else ""))


class NotLeader(InformerError):  # noqa: N818
    """The process may not write: it does not hold the lease, or not any more."""

    def __init__(self) -> None:
        """There is nothing more to say."""
        super().__init__("not the leader: nothing was written")


class DeadlineExceeded(InformerError):  # noqa: N818
    """The time of the run is over, or it was cancelled."""


class TerminalError(InformerError):
    """Trying again with the same input cannot help."""


class Stopped(InformerError):  # noqa: N818
    """What was asked of has been stopped."""


def reason_of(error: BaseException) -> str:
    """Return the word under which a condition reports that a member cannot be reached or used; else nothing."""
    match error:
        case TransportError():
            return error.reason
        case CredentialsError():
            return BAD_CREDENTIALS
        case ApiError() if is_unauthorized(error):
            return UNAUTHORIZED
        case ApiError() if is_forbidden(error):
            return FORBIDDEN
        case ApiError() if is_kind_not_served(error):
            return KIND_NOT_SERVED
        case ApiError() if is_server_error(error):
            return CONNECTION_REFUSED
        case _:
            return ""


# The predicates. An API error satisfies one of them at most; a webhook's denial is both that and invalid.


def is_unreachable(error: BaseException) -> bool:
    """Whether no answer came."""
    return isinstance(error, TransportError)


def is_unauthorized(error: BaseException) -> bool:
    """Whether the server does not accept who we are."""
    return _status(error) == 401


def is_forbidden(error: BaseException) -> bool:
    """Whether a right is missing; a quota, a terminating namespace and a webhook's denial are not that."""
    return (
        _status(error) == 403
        and not is_quota(error)
        and not is_namespace_terminating(error)
        and not is_denied_by_admission(error)
    )


def is_quota(error: BaseException) -> bool:
    """Whether a quota of the namespace is used up: a 403 that only its text tells from missing rights."""
    return _status(error) == 403 and "exceeded quota" in _message(error)


def is_namespace_terminating(error: BaseException) -> bool:
    """Whether the namespace is being deleted and takes nothing new."""
    return _status(error) == 403 and _has_cause(error, "NamespaceTerminating")


def is_denied_by_admission(error: BaseException) -> bool:
    """Whether a webhook turned the object down; it may answer with any code, the text is the server's own."""
    return _status(error) >= 400 and _message(error).startswith("admission webhook ") and "denied" in _message(error)


def is_namespace_missing(error: BaseException) -> bool:
    """Whether the namespace does not exist."""
    return _status(error) == 404 and isinstance(error, ApiError) and error.object_kind == "namespaces"


def is_kind_not_served(error: BaseException) -> bool:
    """Whether the server does not know the kind: its CRD is absent or of another version.

    Told from an absent object by what the answer names: a plain-text 404, and a Status without a name, are about
    the path.
    """
    return _status(error) == 404 and isinstance(error, ApiError) and not error.object_name


def is_not_found(error: BaseException) -> bool:
    """Whether the one object does not exist, in a namespace and of a kind that do."""
    return _status(error) == 404 and not is_kind_not_served(error) and not is_namespace_missing(error)


def is_already_exists(error: BaseException) -> bool:
    """Whether a create met an object of that name."""
    return _status(error) == 409 and _reason(error) == "AlreadyExists"


def is_conflict(error: BaseException) -> bool:
    """Whether the object has changed since it was read, or is another one: read again, then decide again.

    A patch that names the UID of another object is told as 422: that field is immutable.
    """
    other_uid = isinstance(error, ApiError) and any(cause.field == "metadata.uid" for cause in error.causes)
    return (_status(error) == 409 and not is_already_exists(error)) or (_status(error) == 422 and other_uid)


def is_expired(error: BaseException) -> bool:
    """Whether the version or the page token asked for is gone."""
    return _status(error) == 410 or (_status(error) > 0 and _reason(error) in {"Expired", "Gone"})


def is_invalid(error: BaseException) -> bool:
    """Whether the content was refused: malformed, against the schema, a failed JSON-patch test, or by a webhook."""
    return (_status(error) in {400, 422} and not is_conflict(error)) or is_denied_by_admission(error)


def is_too_large(error: BaseException) -> bool:
    """Whether the object is too large to be stored: 413, or a 500 that only its text tells from a failure."""
    return _status(error) == 413 or (_status(error) == 500 and "request is too large" in _message(error))


def is_throttled(error: BaseException) -> bool:
    """Whether the server asks for patience."""
    return _status(error) == 429


def is_too_large_version(error: BaseException) -> bool:
    """Whether the server has not reached the version asked for: it is behind, or its storage was restored."""
    return _status(error) == 504 and _has_cause(error, "ResourceVersionTooLarge")


def is_server_error(error: BaseException) -> bool:
    """Whether the server, or what stands before it, failed in itself."""
    others = is_too_large, is_too_large_version, is_expired, is_denied_by_admission
    return 500 <= _status(error) <= 599 and not any(other(error) for other in others)


def _status(error: BaseException) -> int:
    return error.status if isinstance(error, ApiError) else 0


def _reason(error: BaseException) -> str:
    return error.reason if isinstance(error, ApiError) else ""


def _message(error: BaseException) -> str:
    return error.message if isinstance(error, ApiError) else ""


def _has_cause(error: BaseException, reason: str) -> bool:
    return isinstance(error, ApiError) and any(cause.reason == reason for cause in error.causes)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    return one_line(value) if isinstance(value, str) else ""


def _causes(value: object) -> tuple[Cause, ...]:
    items = value[:32] if isinstance(value, list) else []
    maps = map(_mapping, items)
    return tuple(Cause(*(_text(item.get(field)) for field in ("reason", "field", "message"))) for item in maps)
