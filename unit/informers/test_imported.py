"""Credentials out of a Secret: what they may lead to, when they end, and what is not even read."""

import base64
import json
import socket
import subprocess
import sys
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from fakes.api_server import FakeApiServer
from fakes.certificates import Authority
from fakes.clock import FakeClock
from fakes.exchange import answer
from multicasskop.informers.certificates import not_after
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.errors import CredentialsError
from multicasskop.informers.imported import VALUE_LIMIT, from_directory, from_secret
from multicasskop.informers.transport import Transport

AUTHORITY = Authority()
PARTS = {"ca.crt": AUTHORITY.pem, "token": b"canary", "server": b"https://10.0.0.1:6443"}
LOCAL = [
    "https://127.0.0.1:6443",
    "https://[::1]:6443",
    "https://169.254.169.254",
    "https://[fe80::1]",
    "https://0.0.0.0",
    "https://[::ffff:127.0.0.1]:6443",
]


def text64(data: bytes) -> str:
    """Base64 as text."""
    return base64.b64encode(data).decode()


def kubeconfig(server: str, user: dict[str, Any] | None = None) -> bytes:
    """A kubeconfig that has all by value."""
    cluster = {"server": server, "certificate-authority-data": text64(AUTHORITY.pem)}
    content = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "c", "user": user or {"token": "canary"}}],
    }
    return yaml.safe_dump(content).encode()


@pytest.mark.parametrize("server", LOCAL)
@pytest.mark.parametrize("shape", ["parts", "kubeconfig", "folder"])
def test_local_address_is_refused(server: str, shape: str, tmp_path: Path) -> None:
    """A Secret that leads to this machine, its link or a cloud's metadata is refused, with the way out for tests."""
    values = PARTS | {"server": server.encode()} if shape != "kubeconfig" else {"kubeconfig": kubeconfig(server)}
    for name, content in values.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(CredentialsError) as caught:
        from_directory(tmp_path) if shape == "folder" else from_secret("m", values)
    assert server in caught.value.problem
    assert "--allow-local-servers" in caught.value.hint


@pytest.mark.parametrize("server", LOCAL)
def test_local_address_where_it_is_allowed(server: str) -> None:
    """Tests on one machine may say so."""
    assert from_secret("m", PARTS | {"server": server.encode()}, local=True).server == server


def test_name_that_leads_home_is_refused_before_a_byte_is_sent() -> None:
    """A name is judged by the address behind it: the connection is given up before even a handshake."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        address = f"https://localhost:{server.getsockname()[1]}"
        found = from_secret("m", PARTS | {"server": address.encode()})
        transport = Transport("m", found, clock=FakeClock(), guard=None)
        with pytest.raises(CredentialsError, match=r"leads to .*, a loopback address"):
            transport.request("GET", "/api")
        wire, _ = server.accept()
        # given up, with whatever was to be sent
        with wire, pytest.raises(ConnectionResetError):
            wire.recv(1)


def test_name_that_leads_home_where_it_is_allowed() -> None:
    """The same name serves where local addresses are allowed, and in a kubeconfig that a person gave."""
    context = AUTHORITY.server_context("localhost")
    with FakeApiServer(context=context) as server:
        server.on("GET", "/api", answer({"ok": True}))
        url = server.url.replace("127.0.0.1", "localhost")
        found = from_secret("m", PARTS | {"server": url.encode()}, local=True)
        by_hand = Credentials(server=url, source="by hand", ca=AUTHORITY.pem)
        for credentials in (found, by_hand):
            assert Transport("m", credentials, clock=FakeClock(), guard=None).request("GET", "/api").status == 200


def test_redirect_is_not_followed() -> None:
    """A server that sends us elsewhere gets no second look, and nobody else gets the token."""
    with FakeApiServer(AUTHORITY) as server, FakeApiServer() as other:
        server.on("GET", "/api", answer({}, status=307, headers={"Location": f"{other.url}/api"}))
        found = from_secret("m", PARTS | {"server": server.url.encode()}, local=True)
        with pytest.raises(Exception, match="307"):
            Transport("m", found, clock=FakeClock(), guard=None).request("GET", "/api")
        assert other.requests == []


def test_client_certificate_s_end_is_known() -> None:
    """Credentials end when their token or their certificate does, whichever is first."""
    pem, key = AUTHORITY.issue(life=timedelta(days=3))
    user = {"client-certificate-data": text64(pem), "client-key-data": text64(key)}
    assert from_secret("m", {"config": kubeconfig("https://x", user)}).expires == not_after(pem)
    body = base64.urlsafe_b64encode(b'{"exp":1700000000}').decode().rstrip("=")
    both = user | {"token": f"x.{body}.x"}
    assert from_secret("m", {"config": kubeconfig("https://x", both)}).expires == datetime.fromtimestamp(17e8, UTC)


@pytest.mark.parametrize("key", ["kubeconfig", "token", "ca.crt"])
def test_value_that_is_too_long_is_not_read(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What no credentials need is refused by its length, before it is decoded."""
    monkeypatch.setattr(base64, "b64decode", lambda *_, **__: pytest.fail("decoded"))
    with pytest.raises(CredentialsError, match=f"secret m key {key}: is longer than {VALUE_LIMIT} bytes"):
        from_secret("m", {key: "A" * (VALUE_LIMIT + 1)})


def test_other_keys_are_left_alone() -> None:
    """What the Secret holds besides is none of our business, whatever it is."""
    assert from_secret("m", {**PARTS, "other": "no base64", "huge": "A" * 10 * VALUE_LIMIT}) == from_secret("m", PARTS)


def test_service_account_import_of_kubemcsa() -> None:
    """A Secret as `kubemcsa export` made it has a kubeconfig beside the parts, and lets in."""
    secret = PARTS | {"namespace": b"cassandra", "config": kubeconfig("https://10.0.0.1:6443")}
    found = from_secret("m", {key: text64(value) for key, value in secret.items()})
    assert (found.server, found.token, found.kind) == ("https://10.0.0.1:6443", "canary", "token")


def test_damaged_authority_in_a_kubeconfig_is_told() -> None:
    """A CA that cannot be used is found when it is read, and not at the first handshake."""
    broken = kubeconfig("https://x").replace(text64(AUTHORITY.pem).encode(), text64(b"-----BEGIN CERTI").encode())
    with pytest.raises(CredentialsError, match="certificate-authority-data: holds no certificate"):
        from_secret("m", {"kubeconfig": broken})


WATCHED = """
import json, sys
from multicasskop.informers.errors import CredentialsError
from multicasskop.informers.imported import from_secret

seen, on = [], False

def hook(name, arguments):
    if on and name in {"open", "subprocess.Popen", "os.exec", "os.posix_spawn", "os.system", "socket.connect",
                       "socket.getaddrinfo", "import"}:
        seen.append(f"{name} {arguments}")

secrets = json.load(sys.stdin)
sys.addaudithook(hook)
for _ in range(2):  # what is imported at first use is loaded in the first round
    seen.clear()
    for name, data in secrets.items():
        on = True
        try:
            from_secret(name, data)
        except CredentialsError:
            pass
        else:
            seen.append(f"{name} was accepted")
        on = False
print(json.dumps(seen))
"""


def test_refusal_opens_nothing_and_starts_nothing(tmp_path: Path) -> None:
    """What a Secret may not ask for is refused before a file is opened, a program started or anybody spoken to."""
    file, server = str(tmp_path / "file"), "https://10.0.0.1"
    helper = {"apiVersion": "client.authentication.k8s.io/v1", "command": "touch", "args": [file]}
    users: list[dict[str, Any]] = [
        {"exec": helper},
        {"auth-provider": {"name": "oidc", "config": {"idp-issuer-url": "https://10.0.0.2"}}},
        {"tokenFile": file},
        {"client-certificate": file, "client-key": file},
        {"token": "x", "as": "admin"},
    ]
    bad = [kubeconfig(server, user) for user in users]
    bad += [kubeconfig("https://localhost.localdomain", {"exec": helper}), kubeconfig("https://127.0.0.1")]
    secrets = {f"m{number}": {"config": text64(text)} for number, text in enumerate(bad)}
    done = subprocess.run(
        [sys.executable, "-c", WATCHED], input=json.dumps(secrets), capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == []


HOSTILE = {
    "aliases": b"a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b]\n",
    "merge keys": b"a: &a {x: 1}\nb: {<<: *a}\n",
    "deep": b"[" * 60_000,
    "long": b"a: b\n" * 200_000,
    "binary": bytes(range(256)) * 200,
    "tag": b"!!python/object/apply:os.system ['touch c4n4ry']\n",
    "no mapping": b"- a\n- b\n",
    "nulls": b"contexts: null\nclusters: null\ncurrent-context: null\n",
    "numbers": b"contexts: 7\ncurrent-context: 7\n",
    "empty": b"",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_hostile_content_costs_little(content: bytes) -> None:
    """Whatever stands there is refused, at the cost of a few megabytes."""
    tracemalloc.start()
    try:
        with pytest.raises(CredentialsError, match="secret m key kubeconfig"):
            from_secret("m", {"kubeconfig": content})
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()
