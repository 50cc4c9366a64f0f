"""What a registration asks for: the operator's own rules decide what it may be."""

import pytest
from fakes.registration import request
from multicasskop.informers.errors import CredentialsError
from multicasskop.operator.registering.form import is_localhost


def test_credentials_are_the_operator_s() -> None:
    """What home will hold is read as the operator reads it."""
    found = request().credentials(b"a-token")
    assert (found.server, found.namespace, found.token) == ("https://10.2.0.1:6443", "cassandra", "a-token")


@pytest.mark.parametrize(
    ("server", "words"),
    [
        pytest.param("http://10.2.0.1:6443", "not an https:// address", id="unencrypted"),
        pytest.param("https://u:p@10.2.0.1", "more than host, port and path", id="password"),
        pytest.param("https://10.2.0.1:x", "not an address", id="no port"),
        pytest.param("https://127.0.0.1:6443", "is a loopback address", id="loopback"),
        pytest.param("https://localhost:6443", "this machine's own name", id="localhost"),
    ],
)
def test_addresses_that_are_refused(server: str, words: str) -> None:
    """An address that no pod could use, or that would send the token unencrypted, is refused with the reason."""
    with pytest.raises(CredentialsError, match=words):
        request(server=server).credentials()


def test_this_machine_is_for_tests() -> None:
    """With the flag for it an address of this machine is taken."""
    assert request(server="https://127.0.0.1:1", allow_local=True).credentials().server == "https://127.0.0.1:1"


@pytest.mark.parametrize(
    ("server", "local"),
    [
        ("https://localhost:1", True),
        ("https://a.localhost", True),
        ("https://10.0.0.1", False),
        ("https://localhost.example", False),
    ],
)
def test_names_of_this_machine(server: str, local: bool) -> None:
    """Names that are always this machine's are told before they are asked for."""
    assert is_localhost(server) is local


def test_id_tells_homes_apart() -> None:
    """The mark of a registration names home, the operator's namespace and the member."""
    assert request().id == "home-1/casskop-system/us-east"
