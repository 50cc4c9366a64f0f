"""Where the operator will reach a member: found, and tried, before anything is written."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.api_server import FakeApiServer
from fakes.certificates import Authority
from fakes.clock import FakeClock
from fakes.exchange import answer, failure
from fakes.registration import AUTHORITY, request
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.deadline import Deadline
from multicasskop.operator.access import Access
from multicasskop.operator.output.exit_codes import CommandError, ExitCode
from multicasskop.operator.registering.address import authority_of, check_form, try_it

ROOT_CA = "/api/v1/namespaces/cassandra/configmaps/kube-root-ca.crt"


@pytest.fixture
def server() -> Iterator[FakeApiServer]:
    """The member, of the CA that is registered."""
    with FakeApiServer(AUTHORITY) as found:
        yield found


def access(url: str, ca: bytes = AUTHORITY.pem) -> Access:
    """The member as the person reaches it."""
    clock = FakeClock()
    credentials = Credentials(server=url, source="context", ca=ca, token="mine")  # noqa: S106 - no secret
    return Access("us-east", credentials, clock, Deadline(clock, 30.0), "member")


def test_ca_of_the_file_comes_first(server: FakeApiServer, tmp_path: Path) -> None:
    """A file that was named beats what the context says."""
    file = tmp_path / "ca"
    file.write_bytes(b"of the file")
    assert authority_of(access(server.url), str(file), "cassandra") == b"of the file"
    assert authority_of(access(server.url), "", "cassandra") == AUTHORITY.pem


@pytest.fixture
def plain() -> Iterator[FakeApiServer]:
    """A member that is reached by a context without a CA."""
    with FakeApiServer() as found:
        yield found


def test_ca_of_pods_where_the_context_has_none(plain: FakeApiServer) -> None:
    """A context that names no CA is no reason to trust anybody: what pods of that cluster trust is taken."""
    data = {"ca.crt": AUTHORITY.pem.decode()}
    body = {"kind": "ConfigMap", "metadata": {"name": "kube-root-ca.crt", "namespace": "cassandra"}, "data": data}
    plain.on("GET", ROOT_CA, answer(body))
    assert authority_of(access(plain.url, b""), "", "cassandra") == AUTHORITY.pem


def test_no_ca_anywhere(plain: FakeApiServer) -> None:
    """Where no CA is to be found it is asked for."""
    plain.on("GET", ROOT_CA, failure(404, "NotFound", details={"name": "kube-root-ca.crt", "kind": "configmaps"}))
    with pytest.raises(CommandError, match="names no CA") as caught:
        authority_of(access(plain.url, b""), "", "cassandra")
    assert (caught.value.exit_code, caught.value.code) == (ExitCode.REFUSED, "MCK113")
    assert "--ca-file" in caught.value.hint


def test_file_that_is_not_there(server: FakeApiServer) -> None:
    """A file that cannot be read is wrong use."""
    with pytest.raises(CommandError, match="--ca-file /nowhere: cannot be read") as caught:
        authority_of(access(server.url), "/nowhere", "cassandra")
    assert caught.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize(
    ("changes", "words", "flag"),
    [
        pytest.param({"server": "http://10.0.0.1"}, "us-east: server: the server is not an https", "--server"),
        pytest.param({"authority": b"x"}, "us-east: ca.crt: holds no certificate", "--ca-file"),
    ],
    ids=["server", "ca"],
)
def test_what_the_operator_would_not_take(changes: dict[str, object], words: str, flag: str) -> None:
    """The operator's own rules are asked, and the flag that mends it is named."""
    with pytest.raises(CommandError, match=words) as caught:
        check_form(request(**changes))
    assert flag in caught.value.hint
    assert caught.value.code == "MCK113"


def tried(server: FakeApiServer, url: str = "") -> tuple[str, ...]:
    """Try the address of a server."""
    asked = request(server=url or server.url, allow_local=True)
    return try_it(asked, check_form(asked), access(asked.server))


@pytest.mark.parametrize("status", [200, 401, 403])
def test_any_answer_is_one(server: FakeApiServer, status: int) -> None:
    """It is asked as nobody, and whatever it answers, it is the right server."""
    server.on("GET", "/version", answer({"gitVersion": "v1"}, status))
    assert tried(server) == ()
    assert "authorization" not in server.requests[0].headers


def test_other_server_is_refused(server: FakeApiServer) -> None:
    """A server that the CA does not vouch for is refused, before a token exists that could be sent there."""
    with FakeApiServer(Authority("another")) as other, pytest.raises(CommandError) as caught:
        tried(server, other.url)
    assert (caught.value.exit_code, caught.value.code) == (ExitCode.REFUSED, "MCK302")
    assert "Nothing was changed" in caught.value.message


def test_address_that_is_not_reached_from_here(server: FakeApiServer) -> None:
    """An address that only pods reach is a warning."""
    url = server.url
    server.stop()
    (warning,) = tried(server, url)
    assert "It is the operator's pods that must reach it" in warning
