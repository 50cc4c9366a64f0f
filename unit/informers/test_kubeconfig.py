"""Kubeconfig files."""

import contextlib
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from multicasskop.informers import kubeconfig
from multicasskop.informers.errors import CredentialsError


def config(
    cluster: dict[str, Any] | None = None, user: dict[str, Any] | None = None, name: str = "c", **context: str
) -> dict[str, Any]:
    """Return a kubeconfig with one context of that name."""
    return {
        "current-context": name,
        "contexts": [{"name": name, "context": {"cluster": f"{name}-cluster", "user": f"{name}-user", **context}}],
        "clusters": [{"name": f"{name}-cluster", "cluster": {"server": "https://x:6443", **(cluster or {})}}],
        "users": [{"name": f"{name}-user", "user": {"token": "canary", **(user or {})}}],
    }


def parsed(content: object) -> tuple[kubeconfig.Document, ...]:
    """Return the content as if it had come in a Secret."""
    return (kubeconfig.parse(yaml.safe_dump(content).encode(), "secret"),)


def test_current_context() -> None:
    """Without a name the current context is resolved, with all that it refers to."""
    found = kubeconfig.resolve(parsed(config(namespace="n")), "", "secret")
    assert (found.cluster["server"], found.user["token"], found.namespace) == ("https://x:6443", "canary", "n")
    assert found.where == "secret context c"


def test_several_files(tmp_path: Path) -> None:
    """Of several files the first to have a name wins, relative paths begin at its folder, absent ones are skipped."""
    paths = []
    for number, name in zip("012", "aba", strict=True):
        folder = tmp_path / number
        folder.mkdir()
        (folder / "config").write_text(yaml.safe_dump(config({"server": f"https://{number}"}, name=name)))
        paths.append(str(folder / "config"))
    documents = kubeconfig.read(os.pathsep.join((str(tmp_path / "absent"), *paths)))
    assert kubeconfig.contexts(documents) == ("a", "b")
    for name, number in (("a", "0"), ("b", "1"), ("", "0")):
        found = kubeconfig.resolve(documents, name, "files")
        assert found.cluster["server"] == f"https://{number}"
        assert found.cluster_directory == found.user_directory == tmp_path / number


@pytest.mark.parametrize(
    ("change", "context", "message"),
    [
        ({}, "d", r"no context named 'd'. It has: c."),
        ({"current-context": ""}, "", r"has no current context. Name one of: c."),
        ({"clusters": []}, "", r"no cluster named 'c-cluster'. It has: none."),
        ({"users": None}, "", r"no user named 'c-user'. It has: none."),
        ({"contexts": "nonsense"}, "", r"no context named 'c'. It has: none."),
    ],
    ids=["context", "current context", "cluster", "user", "nonsense"],
)
def test_what_is_missing(change: dict[str, Any], context: str, message: str) -> None:
    """What is missing is named, and so is what there is instead."""
    with pytest.raises(CredentialsError, match=message):
        kubeconfig.resolve(parsed({**config(), **change}), context, "secret")


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there is named, with what to do."""
    with pytest.raises(CredentialsError, match="cannot be read: No such file"):
        kubeconfig.read(str(tmp_path / "absent"))
    with pytest.raises(CredentialsError, match=r"no such file\. Name one"):
        kubeconfig.read("")


@pytest.mark.parametrize(
    "field",
    ["proxy-url", "username", "password", "as", "as-groups", "as-uid", "as-user-extra"],
)
def test_what_cannot_be_honoured(field: str) -> None:
    """A field that would change who is spoken to, or as whom, is refused even in a trusted file."""
    content = config(cluster={field: "x"}) if field == "proxy-url" else config(user={field: "x"})
    with pytest.raises(CredentialsError, match=field):
        kubeconfig.resolve(parsed(content), "", "file")


UNTRUSTED = {
    "exec": {"user": {"exec": {"command": "rm"}}},
    "auth-provider": {"user": {"auth-provider": {"name": "oidc"}}},
    "tokenFile": {"user": {"tokenFile": "/etc/passwd"}},
    "client-certificate": {"user": {"client-certificate": "/etc/passwd"}},
    "client-key": {"user": {"client-key": "/etc/passwd"}},
    "certificate-authority": {"cluster": {"certificate-authority": "/etc/passwd"}},
    "insecure-skip-tls-verify": {"cluster": {"insecure-skip-tls-verify": True}},
    "insecure as text": {"cluster": {"insecure-skip-tls-verify": "true"}},
    "tls-server-name": {"cluster": {"tls-server-name": "other"}},
    "disable-compression": {"cluster": {"disable-compression": True}},
    "unheard of": {"user": {"new-in-1.99": 1}},
}


@pytest.mark.parametrize("where", UNTRUSTED.values(), ids=UNTRUSTED)
def test_what_a_secret_may_not_say(where: dict[str, Any]) -> None:
    """A kubeconfig out of a Secret may give values only; whatever else it says is refused by name."""
    found = kubeconfig.resolve(parsed(config(**where)), "", "secret")
    field = next(iter(next(iter(where.values()))))
    with pytest.raises(CredentialsError, match=f"{field}: not allowed in a Secret"):
        kubeconfig.refuse_untrusted(found)


def test_what_a_secret_may_say() -> None:
    """Server, CA and token or certificate by value are taken, and fields that are switched off do not matter."""
    cluster = {"certificate-authority-data": "eA==", "insecure-skip-tls-verify": False, "tls-server-name": ""}
    user = {"client-certificate-data": "eA==", "client-key-data": "eA==", "exec": None}
    kubeconfig.refuse_untrusted(kubeconfig.resolve(parsed(config(cluster, user)), "", "secret"))


BOMB = b"a: &a [x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [%b]\n" % (98 + n, 98 + n, b",".join([b"*%c" % (97 + n)] * 8)) for n in range(9)
)


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        b"[" * 60_000,
        b"{a: " * 15_000,
        b"\x00\xff\xfe",
        b"x" * 100_000,
        b"- 1\n- 2\n",
        b"",
        b"a: b: c",
        b"&a [*a]",
    ],
    ids=["aliases", "deep list", "deep map", "binary", "long", "list", "empty", "malformed", "recursive"],
)
def test_hostile_text(text: bytes) -> None:
    """Text that is no kubeconfig, or is made to eat memory, is refused at once."""
    with pytest.raises(CredentialsError):
        kubeconfig.parse(text, "secret")


def test_secrets_are_not_quoted() -> None:
    """A malformed text is told by its place, and never by what stands there."""
    text = b"users:\n- user: {token: canary, token canary: [}"
    with pytest.raises(CredentialsError, match=r"line 2, column \d+: malformed") as caught:
        kubeconfig.parse(text, "secret")
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_trusted_file_may_have_aliases(tmp_path: Path) -> None:
    """A file that was given by hand is read as YAML is written."""
    path = tmp_path / "config"
    path.write_text("a: &a {name: x}\nb: *a\n")
    assert kubeconfig.read(str(path))[0].content["b"] == {"name": "x"}


def test_nothing_prints() -> None:
    """Neither a document nor a context shows what it holds."""
    documents = parsed(config())
    assert "canary" not in repr(documents)
    assert "canary" not in repr(kubeconfig.resolve(documents, "", "secret"))


@given(text=st.binary(max_size=300) | st.text(alphabet="[]{}:,&*!|>-'\"# \nab", max_size=300).map(str.encode))
def test_any_text(text: bytes) -> None:
    """Whatever the bytes are, they are parsed or refused."""
    with contextlib.suppress(CredentialsError):
        kubeconfig.resolve((kubeconfig.parse(text, "secret"),), "", "secret")


@pytest.mark.parametrize(
    ("text", "value"),
    [("eHl6", b"xyz"), ("eH\nl6\n", b"xyz"), ("", b"")],
    ids=["plain", "wrapped", "empty"],
)
def test_base64(text: str, value: bytes) -> None:
    """Base64 is taken with line breaks, as some tools write it."""
    assert kubeconfig.decode(text, "x") == value


@pytest.mark.parametrize("text", ["canary!", "canar", None, 7], ids=["characters", "length", "null", "number"])
def test_no_base64(text: object) -> None:
    """What is no base64 is refused, and not repeated."""
    with pytest.raises(CredentialsError, match="x: is not base64") as caught:
        kubeconfig.decode(text, "x")
    assert "canar" not in str(caught.value)
