"""Errors: what each failure is told apart as."""

from collections.abc import Callable
from typing import Any

import pytest
from fakes.exchange import status_object
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.informers import errors
from multicasskop.informers.errors import (
    AnswerTooLarge,
    ApiError,
    Cause,
    ConnectError,
    ConnectionClosed,
    CredentialsError,
    DeadlineExceeded,
    EndlessList,
    InformerError,
    MemberUnreachable,
    NotLeader,
    ReadTimeout,
    Stopped,
    StreamCorrupt,
    TerminalError,
    TlsError,
    TransportError,
    UnexpectedAnswer,
    one_line,
    reason_of,
)

PREDICATES: dict[str, Callable[[BaseException], bool]] = {
    name: getattr(errors, name) for name in dir(errors) if name.startswith("is_")
}


def refused(status: int, reason: str = "", message: str = "", *causes: str, **details: str) -> ApiError:
    """Return the error for a Status as a server writes it."""
    content = status_object(status, reason, message, causes=tuple({"reason": c} for c in causes), details=details)
    return ApiError.of_status("m", content, code=status)


def plain(status: int, text: str) -> ApiError:
    """Return the error for an answer that is no Status."""
    return ApiError("m", status, "", text)


CLASSIFIED = {
    "connection refused": (ConnectError("m", "refused"), {"is_unreachable"}, "ConnectionRefused"),
    "connect timeout": (ConnectError("m", "slow", "ConnectTimeout"), {"is_unreachable"}, "ConnectTimeout"),
    "name unknown": (ConnectError("m", "no name", "DNSFailed"), {"is_unreachable"}, "DNSFailed"),
    "TLS": (TlsError("m", "wrong name"), {"is_unreachable"}, "TLSFailed"),
    "read timeout": (ReadTimeout("m", "silent"), {"is_unreachable"}, "ConnectTimeout"),
    "reset": (ConnectionClosed("m", "reset"), {"is_unreachable"}, "ConnectionRefused"),
    "dark": (MemberUnreachable("m", "dark", "TLSFailed"), {"is_unreachable"}, "TLSFailed"),
    "400": (refused(400, "BadRequest", "unable to decode"), {"is_invalid"}, ""),
    "401": (refused(401, "Unauthorized"), {"is_unauthorized"}, "Unauthorized"),
    "401 of a proxy": (plain(401, "<html>log in</html>"), {"is_unauthorized"}, "Unauthorized"),
    "403": (refused(403, "Forbidden", 'pods "a" is forbidden: User cannot get'), {"is_forbidden"}, "Forbidden"),
    "403 quota": (refused(403, "Forbidden", 'pods "a" is forbidden: exceeded quota: q'), {"is_quota"}, ""),
    "403 namespace terminating": (
        refused(403, "Forbidden", "being terminated", "NamespaceTerminating", name="a", kind="pods"),
        {"is_namespace_terminating"},
        "",
    ),
    "403 webhook": (
        refused(403, "Forbidden", 'admission webhook "w.x.io" denied the request: no'),
        {"is_denied_by_admission", "is_invalid"},
        "",
    ),
    "400 webhook": (
        refused(400, "", 'admission webhook "w.x.io" denied the request: no'),
        {"is_denied_by_admission", "is_invalid"},
        "",
    ),
    "500 webhook": (
        refused(500, "", 'admission webhook "w.x.io" denied the request: no'),
        {"is_denied_by_admission", "is_invalid"},
        "",
    ),
    "404 object": (refused(404, "NotFound", 'pods "a" not found', name="a", kind="pods"), {"is_not_found"}, ""),
    "404 namespace": (
        refused(404, "NotFound", 'namespaces "n" not found', name="n", kind="namespaces"),
        {"is_namespace_missing"},
        "",
    ),
    "404 kind as text": (plain(404, "404 page not found"), {"is_kind_not_served"}, "KindNotServed"),
    "404 kind as Status": (
        refused(404, "NotFound", "the server could not find the requested resource"),
        {"is_kind_not_served"},
        "KindNotServed",
    ),
    "409 conflict": (refused(409, "Conflict", "the object has been modified", name="a"), {"is_conflict"}, ""),
    "409 exists": (refused(409, "AlreadyExists", "exists", name="a"), {"is_already_exists"}, ""),
    "409 as text": (plain(409, "conflict"), {"is_conflict"}, ""),
    "410": (refused(410, "Expired", "too old resource version"), {"is_expired"}, ""),
    "410 Gone": (refused(410, "Gone"), {"is_expired"}, ""),
    "Expired with another code": (refused(500, "Expired"), {"is_expired"}, ""),
    "413": (plain(413, "Request Entity Too Large"), {"is_too_large"}, ""),
    "415": (refused(415, "UnsupportedMediaType"), set(), ""),
    "422": (refused(422, "Invalid", "spec.x: Invalid value", "FieldValueInvalid", name="a"), {"is_invalid"}, ""),
    "422 of another UID": (
        ApiError("m", 422, "Invalid", "is invalid", (Cause("FieldValueInvalid", "metadata.uid", "immutable"),)),
        {"is_conflict"},
        "",
    ),
    "422 JSON patch": (refused(422, "Invalid", "the server rejected our request"), {"is_invalid"}, ""),
    "429": (refused(429, "TooManyRequests"), {"is_throttled"}, ""),
    "429 as text": (plain(429, "slow down"), {"is_throttled"}, ""),
    "500": (refused(500, "InternalError", "boom"), {"is_server_error"}, "ConnectionRefused"),
    "500 too large": (refused(500, "", "etcdserver: request is too large"), {"is_too_large"}, ""),
    "502 html": (plain(502, "<html>Bad Gateway</html>"), {"is_server_error"}, "ConnectionRefused"),
    "503": (plain(503, ""), {"is_server_error"}, "ConnectionRefused"),
    "504": (refused(504, "Timeout", "timed out"), {"is_server_error"}, "ConnectionRefused"),
    "504 version": (
        refused(504, "Timeout", "Too large resource version", "ResourceVersionTooLarge"),
        {"is_too_large_version"},
        "",
    ),
    "redirect": (plain(302, "not followed"), set(), ""),
    "credentials": (CredentialsError("kubeconfig", "no context"), set(), "BadCredentials"),
    "unexpected": (UnexpectedAnswer("m", "another object"), set(), ""),
    "too large an answer": (AnswerTooLarge("m", "more than was asked for"), set(), ""),
    "endless": (EndlessList("m", "on and on"), set(), ""),
    "corrupt": (StreamCorrupt("m", "no JSON"), set(), ""),
    "not leader": (NotLeader(), set(), ""),
    "deadline": (DeadlineExceeded("over"), set(), ""),
    "terminal": (TerminalError("never"), set(), ""),
    "stopped": (Stopped("over"), set(), ""),
    "a bug": (KeyError("x"), set(), ""),
}


@pytest.mark.parametrize(("error", "holds", "reason"), CLASSIFIED.values(), ids=CLASSIFIED)
def test_classification(error: BaseException, holds: set[str], reason: str) -> None:
    """Each failure satisfies exactly the predicates it should, and is reported under the right reason."""
    assert {name for name, predicate in PREDICATES.items() if predicate(error)} == holds
    assert reason_of(error) == reason


def test_every_error_is_in_the_tree() -> None:
    """All errors of the package have one root, and those without an answer one branch."""
    kinds = {type(error) for error, _, _ in CLASSIFIED.values() if isinstance(error, InformerError)}
    drawn = {value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, InformerError)}
    assert drawn - kinds == {InformerError, TransportError}


def test_reasons_are_words_of_the_api() -> None:
    """The reasons that show in conditions are these and no others."""
    assert {reason for _, _, reason in CLASSIFIED.values()} == {
        "",
        "ConnectTimeout",
        "ConnectionRefused",
        "DNSFailed",
        "TLSFailed",
        "Unauthorized",
        "BadCredentials",
        "Forbidden",
        "KindNotServed",
    }


def test_api_error_says_what_was_asked() -> None:
    """The text of a refusal names member, request, status and the server's words."""
    error = ApiError("eu", 403, "Forbidden", "may not", method="GET", path="/api/v1/pods")
    assert str(error) == "eu: GET /api/v1/pods: 403 Forbidden: may not"


def test_credentials_error_says_what_to_do() -> None:
    """The text of a credentials error says where, what, and what to do."""
    assert (
        str(CredentialsError("kubeconfig x", "no context y", "It has: z.")) == "kubeconfig x: no context y. It has: z."
    )


def test_of_status_keeps_what_decisions_need() -> None:
    """Causes, the object it is about and the time to wait are taken from the details."""
    content = status_object(
        429,
        "TooManyRequests",
        "wait",
        causes=({"reason": "r", "field": "f", "message": "m"},),
        details={"name": "a", "kind": "pods", "retryAfterSeconds": 7},
    )
    error = ApiError.of_status("m", content)
    assert (error.status, error.causes, error.retry_after) == (429, (Cause("r", "f", "m"),), 7)
    assert (error.object_kind, error.object_name) == ("pods", "a")


@pytest.mark.parametrize(
    ("seconds", "kept"),
    [(3, 3), (0.5, 0.5), (10**9, 300), (-1, 0), ("7", None), (None, None), ([7], None)],
    ids=["integer", "fraction", "absurd", "negative", "text", "null", "list"],
)
def test_retry_after_of_an_event(seconds: object, kept: float | None) -> None:
    """The time to wait in a Status is capped, and ignored when it is no number."""
    assert ApiError.of_status("m", {"details": {"retryAfterSeconds": seconds}}).retry_after == kept


def test_retry_after_of_the_answer_counts_more() -> None:
    """A header that was understood is not overruled by the body."""
    content = {"details": {"retryAfterSeconds": 7}}
    assert ApiError.of_status("m", content, retry_after=2.0).retry_after == 2.0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
STATUS = st.fixed_dictionaries(
    {}, optional={name: JSON for name in ("code", "reason", "message", "details", "kind", "status")}
)


@given(content=STATUS, causes=JSON)
def test_of_status_survives_anything(content: dict[str, Any], causes: object) -> None:
    """Whatever types a hostile Status has, it becomes an error that every predicate can look at."""
    for status in (content, {**content, "details": {"causes": causes, "name": causes, "kind": causes}}):
        error = ApiError.of_status("m", status)
        assert all(isinstance(predicate(error), bool) for predicate in PREDICATES.values())
        assert reason_of(error) in {"", "ConnectionRefused", "Forbidden", "Unauthorized", "KindNotServed"}


@given(text=st.text(max_size=3000))
def test_one_line(text: str) -> None:
    """Text from outside is printable as one line, and at most 1 KiB long."""
    line = one_line(text)
    assert len(line.encode(errors="replace")) <= 1024
    assert line.splitlines() in ([], [line])
    assert not any(ord(character) < 32 or character == "\x7f" for character in line)


@pytest.mark.parametrize(
    "make",
    [
        lambda text: TransportError("m", text),
        lambda text: ApiError("m", 500, text, text),
        lambda text: UnexpectedAnswer("m", text),
        lambda text: StreamCorrupt("m", text),
        lambda text: CredentialsError("m", text),
    ],
    ids=["transport", "api", "unexpected", "corrupt", "credentials"],
)
def test_foreign_text_is_tamed(make: Callable[[str], InformerError]) -> None:
    """No error prints line ends, terminal escapes or endless text that somebody else wrote."""
    text = str(make("first\r\n\x1b[31msecond" + "x" * 100_000))
    assert "\n" not in text
    assert "\x1b" not in text
    assert len(text) < 2100
