"""What a member is reached with: every shape that is accepted, and what is refused."""

import base64
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from fakes.clock import EPOCH, FakeClock
from fakes.credentials import AUTHORITY, CA, CANARY, SERVER, check, config, text64
from multicasskop.informers.credentials import from_kubeconfig, in_cluster
from multicasskop.informers.errors import CredentialsError
from multicasskop.informers.imported import from_directory, from_secret


def test_kubeconfig(write: Callable[..., Path]) -> None:
    """A kubeconfig's context gives server, CA, token and namespace."""
    check(from_kubeconfig(write()))
    check(from_kubeconfig(str(write()), "c"))


def test_directory(mounted: Path) -> None:
    """A mounted service-account import gives the same."""
    found = from_directory(mounted)
    check(found)
    assert found.source == str(mounted)


def test_directory_with_config(tmp_path: Path) -> None:
    """A mounted import that holds a kubeconfig gives the same."""
    (tmp_path / "config").write_text(yaml.safe_dump(config()))
    check(from_directory(tmp_path))


def test_in_cluster(mounted: Path) -> None:
    """Inside a pod the environment says where, and the mount says who."""
    variables = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "6443"}
    check(in_cluster(variables, mounted))
    check(in_cluster({**variables, "KUBERNETES_SERVICE_HOST": "fd00::1"}, mounted), server="https://[fd00::1]:6443")


@pytest.mark.parametrize("key", ["kubeconfig", "config", "value"])
def test_secret_with_kubeconfig(key: str) -> None:
    """A Secret with a kubeconfig gives the same, under each of the keys that tools use."""
    check(from_secret("m", {key: text64(yaml.safe_dump(config()).encode()), "other": text64(b"\xff")}))


@pytest.mark.parametrize("encode", [text64, bytes], ids=["as the server sends it", "decoded"])
def test_secret_with_parts(encode: Callable[[bytes], str | bytes]) -> None:
    """A service-account Secret with an address gives the same, be its data base64 or bytes."""
    parts = {"ca.crt": CA, "token": CANARY.encode(), "server": SERVER.encode() + b"\n", "namespace": b"ns"}
    check(from_secret("m", {key: encode(value) for key, value in parts.items()}))


def test_environment_is_the_default() -> None:
    """Outside of a pod the in-cluster shape says that this is none."""
    assert "KUBERNETES_SERVICE_HOST" not in os.environ
    with pytest.raises(CredentialsError, match="in-cluster: this is not a pod"):
        in_cluster()


def test_mounted_token_is_read_again(mounted: Path) -> None:
    """A mounted token is read again after a minute, and at once after it was refused."""
    clock, found = FakeClock(), from_directory(mounted)
    assert found.bearer(clock) == CANARY
    (mounted / "token").write_text("second")
    assert found.bearer(clock) == CANARY
    clock.advance(60)
    assert found.bearer(clock) == "second"
    (mounted / "token").write_text("third")
    clock.advance(1)
    found.drop_tokens(clock.monotonic())
    assert found.bearer(clock) == "third"
    (mounted / "token").write_text("")
    clock.advance(60)
    assert found.bearer(clock) == "third"


def test_token_file_of_a_kubeconfig(write: Callable[..., Path], tmp_path: Path) -> None:
    """A token file is found from the folder of the kubeconfig, and goes before a token."""
    (tmp_path / "here").write_text(f"{CANARY}\n")
    check(from_kubeconfig(write(user={"tokenFile": "here", "token": "other"})))


def test_client_certificate(write: Callable[..., Path], tmp_path: Path) -> None:
    """A client certificate is taken by value or from files, and values go before files."""
    certificate, key = AUTHORITY.issue()
    (tmp_path / "cert").write_bytes(certificate)
    (tmp_path / "key").write_bytes(key)
    (tmp_path / "ca").write_bytes(CA)
    files = {"client-certificate": "cert", "client-key": str(tmp_path / "key")}
    values = {"client-certificate-data": text64(certificate), "client-key-data": text64(key)}
    both = {**values, "client-certificate": "absent", "client-key": "absent"}
    for user in (files, values, both):
        found = from_kubeconfig(write({"server": SERVER, "certificate-authority": "ca"}, user))
        assert (found.certificate, found.key, found.ca) == (certificate, key, CA)
        assert (found.kind, found.bearer(FakeClock())) == ("client certificate", None)
        found.drop_tokens(0)


@pytest.mark.parametrize(
    ("cluster", "warning"),
    [
        ({"server": "http://127.0.0.1:8001"}, "not encrypted"),
        ({"server": SERVER, "insecure-skip-tls-verify": True}, "not verified"),
    ],
    ids=["plain http", "not verified"],
)
def test_unsafe_by_hand(write: Callable[..., Path], cluster: dict[str, Any], warning: str) -> None:
    """A kubeconfig that was given by hand may be unsafe, and that is said."""
    found = from_kubeconfig(write(cluster))
    assert [warning in said for said in found.warnings] == [True]


def test_server_name(write: Callable[..., Path]) -> None:
    """The name to verify may be given by hand."""
    found = from_kubeconfig(write({"server": SERVER, "tls-server-name": "api.example"}))
    assert (found.server_name, found.ca) == ("api.example", b"")


REFUSED_KUBECONFIGS = {
    "exec": (None, {"exec": {"command": "touch", "apiVersion": "v1"}}, "exec: not allowed"),
    "file": ({"server": SERVER, "certificate-authority": "/etc/passwd"}, None, "certificate-authority: not allowed"),
    "not verified": ({"server": SERVER, "insecure-skip-tls-verify": True}, None, "insecure-skip-tls-verify: not"),
    "http": ({"server": "http://x", "certificate-authority-data": text64(CA)}, None, "not an https:// address"),
    "no CA": ({"server": SERVER}, None, "has no certificate-authority-data"),
    "nobody": (None, {}, "has no token or client certificate"),
    "no server": ({"certificate-authority-data": text64(CA)}, None, "has no server"),
    "CA no base64": ({"server": SERVER, "certificate-authority-data": "canary!"}, None, "is not base64"),
    "proxy": ({"server": SERVER, "proxy-url": "http://canary@x"}, None, "proxies are not supported"),
    "impersonation": (None, {"token": CANARY, "as": "admin"}, "impersonation is not supported"),
    "token of two lines": (None, {"token": "canary\ncanary"}, "characters that no token has"),
}


@pytest.mark.parametrize(("cluster", "user", "message"), REFUSED_KUBECONFIGS.values(), ids=REFUSED_KUBECONFIGS)
def test_refused_in_a_secret(
    cluster: dict[str, Any] | None, user: dict[str, Any] | None, message: str, tmp_path: Path
) -> None:
    """What a kubeconfig in a Secret may not say is refused by name, and so it is in a mounted import."""
    text = yaml.safe_dump(config(cluster, user))
    with pytest.raises(CredentialsError, match=message) as caught:
        from_secret("m", {"kubeconfig": text64(text.encode())})
    assert str(caught.value).startswith("secret m key kubeconfig")
    assert "canary" not in str(caught.value)
    (tmp_path / "config").write_text(text)
    with pytest.raises(CredentialsError, match=message):
        from_directory(tmp_path)


PARTS = {"ca.crt": CA, "token": CANARY.encode(), "server": SERVER.encode()}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ca.crt": b""}, "has no ca.crt. It needs one of kubeconfig, config, value, or"),
        ({"ca.crt": b" ", "token": b"\n"}, "has no ca.crt, token"),
        ({"server": b"http://x"}, "not an https:// address"),
        ({"server": b"https://"}, "not an address like"),
        ({"server": b"https://user:canary@x"}, "more than host, port and path"),
        ({"server": b"https://x?canary"}, "more than host, port and path"),
        ({"server": b"https://x:99999"}, "not an address like"),
        ({"server": b"https://x:canary"}, "not an address like"),
        ({"server": b"https://[canary"}, "not an address like"),
        ({"server": b"https://x\r\ncanary"}, "not an address like"),
        ({"server": b"https://\xff"}, "not an address like"),
        ({"token": b"canary canary"}, "key token: the token holds characters that no token has"),
        ({"ca.crt": b"canary"}, "key ca.crt: holds no certificate"),
    ],
    ids=[
        "CA",
        "CA and token",
        "http",
        "no host",
        "user",
        "query",
        "port",
        "port word",
        "bracket",
        "lines",
        "bytes",
        "token",
        "CA garbage",
    ],
)
def test_refused_parts(change: dict[str, bytes], message: str) -> None:
    """A Secret of parts that lacks one, or holds one that cannot be right, is refused without quoting it."""
    with pytest.raises(CredentialsError, match=message) as caught:
        from_secret("m", {**PARTS, **change})
    assert "canary" not in str(caught.value)
    assert "secret m" in str(caught.value)


GARBAGE = bytes(range(256)) + b"canary\x1b[31m"


DAMAGED = b"".join(CA.splitlines(keepends=True)[:2] + CA.splitlines(keepends=True)[3:])


@pytest.mark.parametrize(
    ("name", "content", "where", "problem"),
    [
        *(
            pytest.param(name, None, "", f"has no {name}", id=f"{name} absent")
            for name in ("ca.crt", "token", "server")
        ),
        *(
            pytest.param(name, b"", f"/{name}", "is empty", id=f"{name} empty")
            for name in ("ca.crt", "token", "server")
        ),
        pytest.param("ca.crt", GARBAGE, "/ca.crt", "holds no certificate", id="ca.crt garbage"),
        pytest.param("ca.crt", DAMAGED, "/ca.crt", "holds a certificate that is damaged", id="ca.crt damaged"),
        pytest.param("ca.crt", CA + GARBAGE, "/ca.crt", "holds a certificate that is damaged", id="ca.crt and garbage"),
        pytest.param("token", GARBAGE, "/token", "characters that no token has", id="token garbage"),
        pytest.param("server", GARBAGE, "/server", "not an https:// address", id="server garbage"),
        pytest.param("server", b"https://" + GARBAGE, "", "not an address like", id="server half garbage"),
        pytest.param("config", GARBAGE, "/config", "is not a kubeconfig", id="config garbage"),
    ],
)
def test_refused_directory(mounted: Path, name: str, content: bytes | None, where: str, problem: str) -> None:
    """A mounted import that lacks a file, or holds garbage in one, is refused by name and without quoting it."""
    (mounted / name).unlink(missing_ok=True)
    if content is not None:
        (mounted / name).write_bytes(content)
    with pytest.raises(CredentialsError) as caught:
        from_directory(mounted)
    assert caught.value.where == f"{mounted}{where}"
    assert problem in caught.value.problem
    assert "canary" not in str(caught.value)
    assert str(caught.value).isprintable()


def test_empty_directory(tmp_path: Path) -> None:
    """A mount without a file is told as what it is: an optional Secret that does not exist."""
    with pytest.raises(CredentialsError, match="is empty: there is no such Secret"):
        from_directory(tmp_path)


def test_several_files_are_missing(tmp_path: Path) -> None:
    """All that is missing is told at once."""
    (tmp_path / "server").write_text(SERVER)
    with pytest.raises(CredentialsError, match=r"has no ca\.crt, token"):
        from_directory(tmp_path)


def test_another_token_makes_other_credentials(mounted: Path) -> None:
    """Credentials over another token in the same file are not equal, though they would read it by themselves."""
    before = from_directory(mounted)
    assert before == from_directory(mounted)
    (mounted / "token").write_text("second")
    assert before != from_directory(mounted)


EXPIRED = "x." + base64.urlsafe_b64encode(b'{"exp": 1893455999}').decode().rstrip("=") + ".canary"


LASTING = "x." + base64.urlsafe_b64encode(b'{"exp": 1893456001}').decode().rstrip("=") + ".canary"


@pytest.mark.parametrize(
    ("token", "words"),
    [
        pytest.param("canary", "/token: the token is not accepted. Mend it.", id="opaque"),
        pytest.param(EXPIRED, "/token: the token expired at 2029-12-31T23:59:59Z. Mend it.", id="expired"),
        pytest.param(LASTING, "/token: the token is not accepted. Mend it.", id="not expired"),
        pytest.param(None, "", id="none"),
    ],
)
def test_words_of_a_refusal(mounted: Path, token: str | None, words: str) -> None:
    """Of a refusal it is told which token it was, whether it has ended, and what to do; never the token."""
    found = replace(from_directory(mounted), remedy="Mend it.")
    assert found.refused(token, EPOCH) == (f"{mounted}{words}" if words else "")


def test_words_of_distrust(mounted: Path, write: Callable[..., Path]) -> None:
    """Of a server that is not trusted it is told what its certificate was verified with."""
    assert from_directory(mounted).distrust() == f"verified with {mounted}/ca.crt"
    assert from_secret("m", PARTS).distrust() == "verified with secret m key ca.crt"
    assert from_kubeconfig(write({"server": SERVER})).distrust() == "verified with the machine's CAs"


def test_end_of_the_token_is_known(mounted: Path) -> None:
    """Where a token says when it ends, the credentials say so too."""
    assert from_directory(mounted).expires is None
    (mounted / "token").write_text(EXPIRED)
    ends = [from_directory(mounted).expires, from_secret("m", {**PARTS, "token": EXPIRED.encode()}).expires]
    assert ends == [EPOCH - timedelta(seconds=1)] * 2


def test_comparison() -> None:
    """Credentials are equal when they hold the same, whatever they have read meanwhile."""
    assert from_secret("m", PARTS) == from_secret("m", PARTS)
    assert from_secret("m", PARTS) != from_secret("m", {**PARTS, "token": b"other"})
