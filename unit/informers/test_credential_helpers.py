"""Tokens that a helper program or an identity provider gives."""

import base64
import json
import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from fakes.clock import EPOCH, FakeClock
from fakes.credentials import CANARY, SERVER
from fakes.rig import until
from fakes.wire import Background
from multicasskop.informers import helpers
from multicasskop.informers.credentials import Credentials, from_kubeconfig
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import CredentialsError

V1, V1BETA1 = "client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"
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
    clock.advance(3600 - helpers.AHEAD_OF_EXPIRY)
    assert found.bearer(clock) == CANARY
    until(lambda: calls(tmp_path) == 2)


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


def test_helper_that_hangs(helper: Callable[[str], Credentials], monkeypatch: pytest.MonkeyPatch) -> None:
    """A helper that does not end in time is ended with all that it has started, and named with what to do."""
    started, start = list[int](), helpers._start

    def noting(program: helpers.Program) -> "subprocess.Popen[bytes]":
        process = start(program)
        started.append(process.pid)
        return process

    monkeypatch.setattr(helpers, "HELPER_LIMIT", 0.5)
    monkeypatch.setattr(helpers, "_start", noting)
    began = time.monotonic()
    with pytest.raises(CredentialsError) as caught:
        helper('import subprocess; subprocess.run(["sleep", "60"])').bearer(FakeClock())
    assert time.monotonic() - began < 5
    assert "context c exec " in caught.value.where
    assert caught.value.problem == "the helper has not ended in 0.5 s, and was killed"
    assert caught.value.hint.startswith("Run it by hand")
    until(lambda: not is_alive(started[0]))


def is_alive(group: int) -> bool:
    """Whether a process of the group is left that has not ended."""
    with suppress(ProcessLookupError):
        os.killpg(group, 0)
        states = subprocess.run(["ps", "-eo", "pgid=,stat="], capture_output=True, text=True, check=True).stdout
        rows = (line.split() for line in states.splitlines())
        return any(row[0] == str(group) and not row[1].startswith("Z") for row in rows)
    return False


def test_nobody_waits_for_a_helper_longer_than_there_is_time(
    helper: Callable[[str], Credentials], tmp_path: Path
) -> None:
    """A call whose time is over gives up on a helper that goes on, and finds its token the next time."""
    clock = FakeClock()
    found = helper('while not (here / "go").exists(): pass\n' + ANSWER % f'{{"token": "{CANARY}"}}')
    waiting = Background(lambda: found.bearer(clock, Deadline(clock, 2)))
    clock.wait_for_waiters()
    clock.advance(2)
    assert isinstance(waiting.outcome(), CredentialsError)
    (tmp_path / "go").touch()
    assert found.bearer(clock, Deadline(clock, 2)) == CANARY


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"command": "no-such-helper", "installHint": "Get it from\nhere."},
            "there is no such program. Get it from here.",
        ),
        ({"command": "no-such-helper"}, "there is no such program. Install it"),
        ({"command": "/dev/null"}, "cannot be started: Permission denied"),
        ({"command": "true", "interactiveMode": "Always"}, "wants to ask a person"),
        ({"command": "true", "env": ["canary"]}, "the helper failed: TypeError"),
        ({"command": "true"}, "the helper failed: JSONDecodeError"),
    ],
    ids=["not installed, with a hint", "not installed", "no program", "interactive", "bad environment", "no answer"],
)
def test_helper_that_cannot_be_used(write: Callable[..., Path], change: dict[str, Any], told: str) -> None:
    """A helper that cannot be started, or does not keep to the rules, is told with what to do."""
    found = from_kubeconfig(write(user={"exec": {"apiVersion": V1, **change}}))
    with pytest.raises(CredentialsError, match=told) as caught:
        found.bearer(FakeClock())
    assert change["command"] in caught.value.where
    assert "canary" not in str(caught.value)


def test_what_a_helper_is_told(write: Callable[..., Path], tmp_path: Path) -> None:
    """A helper learns that there is nobody to ask, has no input, and is told of the cluster when it wants to know."""
    path = tmp_path / "helper"
    path.write_text('#!/bin/sh\nread line && exit 1\necho "$KUBERNETES_EXEC_INFO" > info\n' + f"cat {tmp_path}/answer")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "answer").write_text(
        json.dumps({"apiVersion": V1BETA1, "kind": "ExecCredential", "status": {"token": CANARY}})
    )
    own = {"extensions": [{"name": helpers.CONFIG_EXTENSION, "extension": {"a": 1}}], "server": SERVER}
    command = {"apiVersion": V1BETA1, "command": "./helper", "provideClusterInfo": True}
    assert from_kubeconfig(write(own, {"exec": command})).bearer(FakeClock()) == CANARY
    assert json.loads((tmp_path / "info").read_text()) == {
        "apiVersion": V1BETA1,
        "kind": "ExecCredential",
        "spec": {"interactive": False, "cluster": {**own, "config": {"a": 1}}},
    }


def test_identity_provider(write: Callable[..., Path]) -> None:
    """A token of an identity provider that has not expired is used as it is."""
    provider = {"name": "oidc", "config": {"id-token": jwt(99999999999)}}
    found = from_kubeconfig(write(user={"auth-provider": provider}))
    assert found.bearer(FakeClock()) == jwt(99999999999)


def jwt(expires: float | None) -> str:
    """Return a token that ends then."""
    payload = base64.urlsafe_b64encode(json.dumps({"exp": expires}).encode()).decode().rstrip("=")
    return f"x.{payload}.x"


def test_identity_provider_asked_by_a_program(write: Callable[..., Path]) -> None:
    """A token that does not say when it ends is left to the official client to judge, in a process of its own."""
    found = from_kubeconfig(write(user={"auth-provider": {"name": "oidc", "config": {"id-token": jwt(None)}}}))
    assert found.bearer(FakeClock()) == jwt(None)


def test_identity_provider_that_fails(write: Callable[..., Path]) -> None:
    """An identity provider without a usable token is reported."""
    found = from_kubeconfig(write(user={"auth-provider": {"name": "oidc", "config": {"id-token": "canary"}}}))
    with pytest.raises(CredentialsError, match="no token from the auth-provider") as caught:
        found.bearer(FakeClock())
    assert "canary" not in str(caught.value)


def test_identity_provider_that_hangs(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """An identity provider that does not answer is given up, and named with what to do; its secrets show nowhere."""
    monkeypatch.setattr(helpers, "HELPER_LIMIT", 0.5)
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        issuer = "http://{}:{}".format(*silent.getsockname())
        secrets = {"client-id": "x", "client-secret": "canary", "refresh-token": "canary", "id-token": jwt(1)}
        provider = {"name": "oidc", "config": {"idp-issuer-url": issuer, **secrets}}
        found = from_kubeconfig(write(user={"auth-provider": provider}))
        with pytest.raises(CredentialsError, match="and was killed") as caught:
            found.bearer(FakeClock())
    assert caught.value.where.endswith("context c auth-provider oidc")
    assert caught.value.hint.startswith("See whether the identity provider answers")
    assert "canary" not in str(caught.value)


def test_the_official_client_is_imported_late() -> None:
    """Reading credentials does not import the official client, which takes a fifth of a second."""
    code = "import multicasskop.informers.transport, sys; sys.exit('kubernetes' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
