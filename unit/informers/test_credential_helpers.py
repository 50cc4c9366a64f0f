"""Tokens that a helper program or an identity provider gives."""

import base64
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.clock import EPOCH, FakeClock
from fakes.credentials import CANARY
from multicasskop.informers import credentials
from multicasskop.informers.credentials import Credentials, from_kubeconfig
from multicasskop.informers.errors import CredentialsError

HELPER = """#!{python}
import json, os, pathlib
here = pathlib.Path(__file__).parent
calls = here / "calls"
calls.write_text(calls.read_text() + "x" if calls.exists() else "x")
assert json.loads(os.environ["KUBERNETES_EXEC_INFO"])["kind"] == "ExecCredential"
assert os.environ["GIVEN"] == "yes"
{body}
"""


ANSWER = 'print(json.dumps({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": %s}))'


@pytest.fixture
def helper(write: Callable[..., Path], tmp_path: Path) -> Callable[[str], Credentials]:
    """Return a function that makes credentials over a helper program with the body given."""

    def make(body: str) -> Credentials:
        path = tmp_path / "helper"
        path.write_text(HELPER.format(python=sys.executable, body=body))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        command = {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": str(path),
            "env": [{"name": "GIVEN", "value": "yes"}],
            "interactiveMode": "Never",
        }
        return from_kubeconfig(write(user={"exec": command}))

    return make


def calls(directory: Path) -> int:
    """Return how often the helper was started."""
    path = directory / "calls"
    return len(path.read_text()) if path.exists() else 0


def test_helper_program(helper: Callable[[str], Credentials], tmp_path: Path) -> None:
    """A helper is started when a token is first needed, and again shortly before its token ends."""
    expires = EPOCH.replace(hour=1).isoformat().replace("+00:00", "Z")
    found, clock = helper(ANSWER % f'{{"token": "{CANARY}", "expirationTimestamp": "{expires}"}}'), FakeClock()
    assert calls(tmp_path) == 0
    assert [found.bearer(clock), found.bearer(clock)] == [CANARY, CANARY]
    assert calls(tmp_path) == 1
    clock.advance(3600 - credentials.AHEAD_OF_EXPIRY)
    assert found.bearer(clock) == CANARY
    assert calls(tmp_path) == 2


def test_helper_without_expiry(helper: Callable[[str], Credentials], tmp_path: Path) -> None:
    """A token without an end is used until the server refuses it."""
    found, clock = helper(ANSWER % f'{{"token": "{CANARY}"}}'), FakeClock()
    found.bearer(clock)
    clock.advance(1e6)
    found.bearer(clock)
    assert calls(tmp_path) == 1
    found.drop_tokens(clock.monotonic())
    found.bearer(clock)
    assert calls(tmp_path) == 2


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise SystemExit('canary')", "the helper failed"),
        ("print('canary')", "the helper failed"),
        (ANSWER % "{}", "the helper gave no token. Client certificates"),
        (ANSWER % '{"token": "canary canary"}', "characters that no token has"),
        (ANSWER % '{"token": "x", "expirationTimestamp": "canary"}', "the helper failed"),
        (ANSWER % '["canary"]', "the helper failed"),
    ],
    ids=["exit code", "no JSON", "no token", "bad token", "bad expiry", "bad status"],
)
def test_helper_that_fails(helper: Callable[[str], Credentials], body: str, message: str) -> None:
    """A helper that fails is named, and what it said is not repeated."""
    with pytest.raises(CredentialsError, match=message) as caught:
        helper(body).bearer(FakeClock())
    assert "helper" in caught.value.where
    assert "canary" not in str(caught.value)


def test_identity_provider(write: Callable[..., Path]) -> None:
    """A token of an identity provider that has not expired is used as it is."""
    payload = base64.urlsafe_b64encode(b'{"exp": 99999999999}').decode().rstrip("=")
    provider = {"name": "oidc", "config": {"id-token": f"x.{payload}.x"}}
    found = from_kubeconfig(write(user={"auth-provider": provider}))
    assert found.bearer(FakeClock()) == f"x.{payload}.x"


def test_identity_provider_that_fails(write: Callable[..., Path]) -> None:
    """An identity provider without a usable token is reported."""
    found = from_kubeconfig(write(user={"auth-provider": {"name": "oidc", "config": {"id-token": "canary"}}}))
    with pytest.raises(CredentialsError, match="no token from the auth-provider") as caught:
        found.bearer(FakeClock())
    assert "canary" not in str(caught.value)


def test_the_official_client_is_imported_late() -> None:
    """Reading credentials does not import the official client, which takes a fifth of a second."""
    code = "import multicasskop.informers.transport, sys; sys.exit('kubernetes' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
