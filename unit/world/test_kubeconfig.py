"""kubeconfig files, written and read."""

import base64
from pathlib import Path

import pytest
import yaml
from multicasskop.world import kubeconfig
from multicasskop.world.errors import WorldError
from multicasskop.world.kubeconfig import Entry

AUTHORITY = "-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n"
HOME = Entry("k8s-cluster1", "https://127.0.0.1:1", AUTHORITY, "secret-token")
OTHER = Entry("k8s-cluster2", "https://127.0.0.1:2", AUTHORITY, "another", "cassandra")


def test_every_context_comes_back_as_it_was_written(tmp_path: Path) -> None:
    """Contexts are named like their members and keep server, authority, token and namespace."""
    path = kubeconfig.write(tmp_path / "config", [HOME, OTHER])
    assert kubeconfig.contexts(path) == ["k8s-cluster1", "k8s-cluster2"]
    assert [kubeconfig.read(path, name) for name in kubeconfig.contexts(path)] == [HOME, OTHER]


def test_first_context_is_the_current_one(tmp_path: Path) -> None:
    """Home, which is named first, is where kubectl goes by itself."""
    assert (
        yaml.safe_load(kubeconfig.write(tmp_path / "c", [HOME, OTHER]).read_text())["current-context"] == HOME.context
    )


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    """A file with tokens is private."""
    assert kubeconfig.write(tmp_path / "config", [HOME]).stat().st_mode & 0o777 == 0o600


def test_token_does_not_show(tmp_path: Path) -> None:
    """The text made from a context has no secret in it."""
    assert "secret-token" not in repr(HOME)


def test_client_certificate_is_read_from_files_beside_it(tmp_path: Path) -> None:
    """As other tools write it: authority, certificate and key by relative path."""
    for name in ("ca", "crt", "key"):
        (tmp_path / name).write_text(name.upper())
    entry = kubeconfig.document([HOME])
    entry["clusters"][0]["cluster"] = {"server": "https://x", "certificate-authority": "ca"}
    entry["users"][0]["user"] = {"client-certificate": "crt", "client-key-data": base64.b64encode(b"KEY").decode()}
    (tmp_path / "config").write_text(yaml.safe_dump(entry))
    read = kubeconfig.read(tmp_path / "config", HOME.context)
    assert (read.authority, read.certificate, read.key, read.token) == ("CA", "CRT", "KEY", "")
    rewritten = kubeconfig.write(tmp_path / "again", [read])
    assert kubeconfig.read(rewritten, HOME.context) == read


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"contexts": []}, "no context k8s-cluster1", id="context"),
        pytest.param({"users": []}, "no user k8s-cluster1", id="user"),
        pytest.param({"clusters": []}, "no cluster k8s-cluster1", id="cluster"),
        pytest.param({"users": [{"name": HOME.context, "user": {"exec": {}}}]}, "needs .*token", id="exec plugin"),
        pytest.param(
            {"clusters": [{"name": HOME.context, "cluster": {"server": "x", "insecure-skip-tls-verify": True}}]},
            "unverified servers are not supported",
            id="unverified",
        ),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, change: dict[str, object], said: str) -> None:
    """A context that is not there or cannot be logged in with is refused with file and reason."""
    path = tmp_path / "config"
    path.write_text(yaml.safe_dump({**kubeconfig.document([HOME]), **change}))
    with pytest.raises(WorldError, match=said) as refused:
        kubeconfig.read(path, HOME.context)
    assert str(path) in str(refused.value)


@pytest.mark.parametrize("text", [None, "a: [", "just text"])
def test_file_that_is_none_is_refused(tmp_path: Path, text: str | None) -> None:
    """A missing or broken file is an error of one line, not a traceback."""
    path = tmp_path / "config"
    if text is not None:
        path.write_text(text)
    with pytest.raises(WorldError, match="config"):
        kubeconfig.read(path, HOME.context)


def pod_account(folder: Path) -> Path:
    """The folder of a pod's ServiceAccount."""
    for name, text in {"ca.crt": AUTHORITY, "token": "secret-token\n", "namespace": "world"}.items():
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("host", "server"),
    [("10.96.0.1", "https://10.96.0.1:6443"), ("fd00::1", "https://[fd00::1]:6443")],
    ids=["IPv4", "IPv6"],
)
def test_pod_logs_in_with_its_account(tmp_path: Path, host: str, server: str) -> None:
    """In a pod the server comes from the environment, the rest from the mounted ServiceAccount."""
    environment = {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": "6443"}
    found = kubeconfig.in_cluster("eu", environment, pod_account(tmp_path))
    assert found == Entry("eu", server, AUTHORITY, "secret-token", "world")


@pytest.mark.parametrize("environment", [{}, {"KUBERNETES_SERVICE_HOST": "10.96.0.1"}], ids=["no pod", "no account"])
def test_elsewhere_than_in_a_pod_is_an_error(tmp_path: Path, environment: dict[str, str]) -> None:
    """Without the environment or the account of a pod the error says what to give instead."""
    with pytest.raises(WorldError, match="give a kubeconfig"):
        kubeconfig.in_cluster("eu", environment, tmp_path)
