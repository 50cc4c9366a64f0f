"""What requests and answers say of themselves."""

import json

import pytest
from fakes.clock import EPOCH
from fakes.exchange import status_object
from fakes.wire import TOKEN
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.informers.answers import Asked, refusal, subject
from multicasskop.informers.errors import ApiError, Cause, is_conflict, is_kind_not_served, is_throttled

BODY = json.dumps({"spec": {"password": "canary-body", "more": "x" * 100}}).encode()
ASKED = Asked("eu", "PATCH", "/api/v1/namespaces/n/pods/a", BODY, TOKEN)


def refused(status: int, body: bytes = b"", **headers: str) -> ApiError:
    """Return the error for this answer."""
    return refusal(ASKED, status, {name.replace("_", "-"): value for name, value in headers.items()}, body, EPOCH)


@pytest.mark.parametrize(
    ("method", "path", "query", "verb", "kind"),
    [
        ("GET", "/api/v1/pods", (), "list", "pods"),
        ("GET", "/api/v1/pods", (("watch", "true"),), "watch", "pods"),
        ("GET", "/api/v1/namespaces/n/pods", (("watch", "false"),), "list", "pods"),
        ("GET", "/api/v1/namespaces/n/pods/a", (), "get", "pods"),
        ("GET", "/api/v1/namespaces", (), "list", "namespaces"),
        ("GET", "/api/v1/namespaces/kube-system", (), "get", "namespaces"),
        ("POST", "/apis/db.orange.com/v2/namespaces/n/cassandraclusters", (), "create", "cassandraclusters"),
        ("PUT", "/apis/g/v1/namespaces/n/leases/a", (), "update", "leases"),
        ("PATCH", "/apis/g/v1/namespaces/n/things/a/status", (), "patch", "things/status"),
        ("DELETE", "/apis/g/v1/namespaces/n/things/a", (), "delete", "things"),
        ("DELETE", "/apis/g/v1/namespaces/n/things", (), "deletecollection", "things"),
        ("POST", "/api/v1/namespaces/n/serviceaccounts/a/token", (), "create", "serviceaccounts/token"),
        ("GET", "/version", (), "get", ""),
        ("GET", "/apis", (), "get", ""),
        ("GET", "/apis/g/v1", (), "get", ""),
        ("GET", "/", (), "get", ""),
    ],
)
def test_subject(method: str, path: str, query: tuple[tuple[str, str], ...], verb: str, kind: str) -> None:
    """Requests are counted under Kubernetes' verbs and the resource, never under a name."""
    assert subject(method, path, query) == (verb, kind)


def test_a_status_is_taken_apart() -> None:
    """A refusal in the server's own form keeps its reason, text and causes, under the status of the answer."""
    content = status_object(409, "Conflict", "modified", causes=({"reason": "r", "field": "f", "message": "m"},))
    error = refused(409, json.dumps(content).encode())
    assert is_conflict(error)
    assert (error.reason, error.message, error.causes) == ("Conflict", "modified", (Cause("r", "f", "m"),))
    assert str(error) == "eu: PATCH /api/v1/namespaces/n/pods/a: 409 Conflict: modified"


@pytest.mark.parametrize(
    ("status", "body", "reason", "message"),
    [
        (404, b"404 page not found\n", "NotFound", "404 page not found"),
        (502, b"<html><h1>Bad\r\nGateway</h1></html>", "Bad Gateway", "<html><h1>Bad Gateway</h1></html>"),
        (503, b"", "ServiceUnavailable", "(an empty answer)"),
        (500, b"\xff\xfe\x00", "InternalError", "\ufffd\ufffd"),
        (418, b"[]", "I'm a Teapot", "[]"),
        (400, b'{"kind": "Pod"}', "BadRequest", '{"kind": "Pod"}'),
        (599, b"x", "Unknown", "x"),
        (302, b"moved to http://169.254.169.254/?canary", "Found", "redirects are not followed; give the address"),
    ],
    ids=["text", "html", "empty", "binary", "no object", "another object", "unknown status", "redirect"],
)
def test_what_stands_in_its_place(status: int, body: bytes, reason: str, message: str) -> None:
    """An answer that is no Status becomes an error with its first words, as one line."""
    error = refused(status, body)
    assert (error.status, error.reason) == (status, reason)
    assert error.message.startswith(message)
    assert "canary" not in str(error)
    assert is_kind_not_served(error) == (status == 404)


@pytest.mark.parametrize(
    ("header", "body", "seconds"),
    [
        ("3", b"", 3.0),
        ("Tue, 01 Jan 2030 00:00:05 GMT", b"", 5.0),
        ("", json.dumps({"kind": "Status", "details": {"retryAfterSeconds": 7}}).encode(), 7.0),
        ("3", json.dumps({"kind": "Status", "details": {"retryAfterSeconds": 7}}).encode(), 3.0),
        ("", b"", None),
    ],
    ids=["seconds", "date", "in the body", "both", "neither"],
)
def test_when_to_come_back(header: str, body: bytes, seconds: float | None) -> None:
    """The time to wait is that of the header, or else that of the body."""
    error = refused(429, body, retry_after=header)
    assert is_throttled(error)
    assert error.retry_after == seconds


QUOTING = {
    "the token": f"token {TOKEN} is not valid",
    "the header": f"bad header Authorization: Bearer {TOKEN}",
    "somebody's header": "cannot parse authorization: Basic canary",
    "a bearer": "Bearer canary.canary.canary was refused",
    "the body": f"cannot decode {BODY.decode()} at byte 3",
    "the body, escaped": f"cannot decode {json.dumps(BODY.decode())}",
    "half of the body": f"cannot decode {BODY.decode()[:60]}...",
}


@pytest.mark.parametrize("text", QUOTING.values(), ids=QUOTING)
@pytest.mark.parametrize("form", ["status", "causes", "text"])
def test_secrets_are_not_repeated(text: str, form: str) -> None:
    """Whatever form a refusal has that quotes our token or body, the error does not show it, and the rest it does."""
    in_causes = status_object(422, "Invalid", "no", causes=({"reason": "r", "field": text, "message": text},))
    bodies = {
        "status": json.dumps(status_object(422, "Invalid", text)),
        "causes": json.dumps(in_causes),
        "text": text,
    }
    error = refused(422, bodies[form].encode())
    shown = f"{error} {error.message} {error.causes} {error!r}"
    assert "canary" not in shown
    assert "(redacted)" in shown or "(what was sent)" in shown


SENT: dict[str, object] = {
    "metadata": {"name": "visible-name"},
    "spec": {
        "cassandraImage": "visible-image",
        "envVars": [{"name": "visible-variable", "value": "canary-1"}, {"name": "A", "value": 'canary "2" \\'}],
        "config": {"cassandra-yaml": {"deep": ["canary-3", {"more": "canary-3-and-more"}]}},
        "sidecarConfigs": [{"env": [{"name": "B", "value": "canary-4"}]}],
        "short": {"env": [{"name": "C", "value": "on"}]},
    },
}


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        pytest.param(
            'envVars[0].value: Invalid value: "canary-1"',
            'envVars[0].value: Invalid value: "(redacted)"',
            id="a variable",
        ),
        pytest.param('"canary \\"2\\" \\\\"', '"(redacted)"', id="in quotes"),
        pytest.param("canary-3-and-more canary-3", "(redacted) (redacted)", id="one in another"),
        pytest.param("bad canary-4", "bad (redacted)", id="of a sidecar"),
        pytest.param("bad https://me:canary@host/x", "bad https://(redacted)@host/x", id="in an address"),
        pytest.param(
            "visible-variable visible-image visible-name on",
            "visible-variable visible-image visible-name on",
            id="no secret",
        ),
    ],
)
def test_19_values_that_may_be_secret_are_not_repeated(said: str, shown: str) -> None:
    """S19: of what a refusal quotes, values of variables and of configuration are taken out, and nothing else."""
    asked = Asked("eu", "POST", "/x", json.dumps(SENT).encode(), None)
    assert refusal(asked, 422, {}, json.dumps(status_object(422, "Invalid", said)).encode(), EPOCH).message == shown


def test_a_short_body_is_no_secret() -> None:
    """An error about a request with a small body keeps its text."""
    asked = Asked("eu", "POST", "/x", b"{}", None)
    error = refusal(asked, 400, {}, b"cannot decode {} here", EPOCH)
    assert error.message == "cannot decode {} here"


@pytest.mark.parametrize(
    "body",
    [b"x" * 5_000_000, json.dumps(status_object(500, "x" * 10**6, "y" * 10**6)).encode(), b"[" * 100_000],
    ids=["text", "status", "deep"],
)
def test_endless_refusals(body: bytes) -> None:
    """However long a refusal is, the error is at most 2 KiB."""
    assert len(str(refused(500, body)).encode()) <= 2048


def test_what_nobody_reads_is_left_out() -> None:
    """Strange depths and types in a refusal are dropped, and what is known of it stays."""
    content = {**status_object(409, "Conflict", "modified"), "details": {"causes": [[[["canary"]]]], "name": None}}
    error = refused(409, json.dumps(content).encode())
    assert (error.message, error.object_name) == ("modified", "")


@given(status=st.integers(300, 999), body=st.binary(max_size=200))
def test_any_refusal(status: int, body: bytes) -> None:
    """Whatever comes with a refusal, it becomes an error."""
    assert refused(status, body).status == status
