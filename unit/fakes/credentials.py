"""Credentials in every shape in which they are given, with a canary for a token."""

import base64
from typing import Any

from fakes.certificates import Authority
from fakes.clock import FakeClock
from multicasskop.informers.credentials import Credentials

CANARY = "canary-token"


AUTHORITY = Authority()


CA = AUTHORITY.pem


SERVER = "https://10.0.0.1:6443"


def text64(data: bytes) -> str:
    """Return base64 as text."""
    return base64.b64encode(data).decode()


def config(cluster: dict[str, Any] | None = None, user: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a kubeconfig with one context `c`, by default over a token."""
    inner = {"server": SERVER, "certificate-authority-data": text64(CA)} if cluster is None else cluster
    return {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c", "namespace": "ns"}}],
        "clusters": [{"name": "c", "cluster": inner}],
        "users": [{"name": "c", "user": {"token": CANARY} if user is None else user}],
    }


def check(found: Credentials, *, server: str = SERVER, namespace: str = "ns") -> None:
    """Compare with what all the shapes above say."""
    assert (found.server, found.ca, found.namespace) == (server, CA, namespace)
    assert found.bearer(FakeClock()) == CANARY
    assert (found.kind, found.warnings, found.insecure) == ("token", (), False)
    assert CANARY not in repr(found)
