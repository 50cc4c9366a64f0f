"""Bringing members in: Secrets, the look at home's kinds, and the words for what goes wrong."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from fakes.api_server import FakeApiServer
from fakes.clock import FakeClock
from fakes.exchange import answer, failure
from multicasskop.informers.client import Client
from multicasskop.informers.clock import SystemClock
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import ApiError, ConnectError, CredentialsError, InformerError, ReadTimeout, TlsError
from multicasskop.informers.transport import Transport
from multicasskop.operator.members.registration import (
    check_kind,
    secret_reader,
    unreachable,
    unreadable,
)
from multicasskop.operator.members.renewal import unusable
from multicasskop.operator.members.static import SecretContent
from multicasskop.operator.output.exit_codes import CommandError, ExitCode

PLACE = "/api/v1/namespaces/ops/secrets/c2"
SERVED = "/apis/db.orange.com/v2"


@pytest.fixture
def server() -> Iterator[FakeApiServer]:
    """A scripted home."""
    with FakeApiServer() as found:
        yield found


def client_of(server: FakeApiServer) -> Client:
    """A client of the scripted home."""
    return Client(Transport("c1", Credentials(server=server.url, source="test"), clock=SystemClock(), guard=None))


def deadline() -> Deadline:
    """Time enough for one call."""
    return Deadline(SystemClock(), 5.0)


def encoded(**data: str) -> dict[str, str]:
    """Data as in a Secret."""
    return {name: base64.b64encode(value.encode()).decode() for name, value in data.items()}


def secret(data: dict[str, str] | None) -> dict[str, Any]:
    """A Secret as the server sends it."""
    metadata = {"name": "c2", "namespace": "ops"}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, **({"data": data} if data is not None else {})}


@pytest.mark.parametrize(
    ("script", "found"),
    [
        pytest.param(answer(secret(encoded(server="x"))), encoded(server="x"), id="there"),
        pytest.param(answer(secret(None)), {}, id="empty"),
        pytest.param(failure(404, "NotFound", details={"name": "c2"}), None, id="absent"),
        pytest.param(failure(403, "Forbidden"), None, id="may-not-be-read"),
    ],
)
def test_secret(server: FakeApiServer, script: Any, found: dict[str, str] | None) -> None:  # noqa: ANN401
    """A Secret is read by name; one that is absent, or may not be read, counts as none."""
    server.on("GET", PLACE, script)
    read = secret_reader(client_of(server), "ops", deadline)("c2")
    assert read == (None if found is None else SecretContent("c2", found))


@pytest.mark.parametrize("script", [failure(500, "InternalError"), failure(401, "Unauthorized")], ids=["500", "401"])
def test_secret_that_cannot_be_asked_for(server: FakeApiServer, script: Any) -> None:  # noqa: ANN401
    """When home does not tell whether there is a Secret, that is an error which names it, and not taken for absence."""
    server.on("GET", PLACE, script)
    with pytest.raises(CredentialsError, match="secret ops/c2"):
        secret_reader(client_of(server), "ops", deadline)("c2")


def test_secret_of_a_home_that_is_gone(server: FakeApiServer) -> None:
    """When home does not answer, the Secret is named as what was looked for."""
    client = client_of(server)
    server.stop()
    with pytest.raises(CredentialsError, match="secret ops/c2"):
        secret_reader(client, "ops", deadline)("c2")


def test_kind_with_status_is_accepted(server: FakeApiServer) -> None:
    """A home that serves our kind with its status sub-resource is all right, after one request."""
    names = [{"name": "multicasskops"}, {"name": "multicasskops/status"}]
    server.on("GET", SERVED, answer({"resources": names}))
    check_kind(client_of(server), "c1", deadline())
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("names", "says"),
    [
        pytest.param([], "is not installed", id="nothing"),
        pytest.param(["cassandraclusters"], "is not installed", id="another-kind"),
        pytest.param(["multicasskops"], "has no status sub-resource: it is the Go operator's", id="go-definition"),
    ],
)
def test_kind_that_is_not_ours(server: FakeApiServer, names: list[str], says: str) -> None:
    """A home without our definition, or with the old one, is refused, and it is said what to do."""
    server.on("GET", SERVED, answer({"resources": [{"name": name} for name in names]}))
    with pytest.raises(CommandError, match=says) as raised:
        check_kind(client_of(server), "c1", deadline())
    assert (raised.value.exit_code, raised.value.code) == (ExitCode.REFUSED, "MCK114")
    assert "kubectl" in raised.value.hint


ERRORS: list[Any] = [
    pytest.param(ConnectError("c1", "refused"), "MCK301", "check address", id="refused"),
    pytest.param(ReadTimeout("c1", "silent"), "MCK301", "check address", id="silent"),
    pytest.param(TlsError("c1", "bad certificate"), "MCK302", "its CA", id="tls"),
    pytest.param(ApiError("c1", 401, "Unauthorized"), "MCK303", "renew the credentials", id="unauthorized"),
    pytest.param(ApiError("c1", 403, "Forbidden"), "MCK311", "operator's role", id="forbidden"),
    pytest.param(ApiError("c1", 503, "ServiceUnavailable"), "MCK301", "API server's log", id="unavailable"),
    pytest.param(CredentialsError("in-cluster", "is empty", "Write one."), "MCK113", "Write one", id="credentials"),
]


@pytest.mark.parametrize(("error", "code", "hint"), ERRORS)
def test_words_for_a_home_that_cannot_be_used(error: InformerError, code: str, hint: str) -> None:
    """Each kind of failure has its code and the next step, in one line that says what was not done."""
    found = unreachable("c1", error)
    assert (found.exit_code, found.code) == (ExitCode.HOME, code)
    assert hint in found.hint
    assert "Nothing was started" in found.message
    assert "\n" not in found.line()
    assert "Nothing was started" not in unreachable("c1", error, "").message


@pytest.mark.parametrize(
    ("where", "code"),
    [
        ("kubeconfig /k context c1", "MCK112"),
        ("/home/me/.kube/config", "MCK112"),
        ("/var/run/secrets/kubernetes.io/serviceaccount/token", "MCK113"),
        ("in-cluster", "MCK113"),
    ],
)
def test_words_for_credentials_that_cannot_be_read(where: str, code: str) -> None:
    """Credentials that cannot be read are named with their place."""
    found = unreadable(CredentialsError(where, "no such file"))
    assert (found.exit_code, found.code) == (ExitCode.HOME, code)
    assert found.message.startswith(f"{where}: no such file")


def test_what_there_is_stands_beside_the_problem() -> None:
    """A hint that lists what there is becomes part of the problem, and the next step is a command."""
    found = unreadable(CredentialsError("kubeconfig /k", "no context named x", "It has: a, b."))
    assert found.message == "kubeconfig /k: no context named x (it has: a, b). Nothing was started."
    assert found.hint == "multicasskop run --help"


def test_credentials_that_are_none_fail_each_call_with_their_reason() -> None:
    """A member without credentials fails every call with the reason, and nothing is sent anywhere."""
    reason = CredentialsError("c2", "no credentials")
    transport = Transport("c2", unusable("c2", reason), clock=FakeClock(), guard=None)
    for _ in range(2):
        with pytest.raises(CredentialsError, match="no credentials"):
            transport.request("GET", "/version")
