"""kubeconfig files: one context per member, named like the member."""

import base64
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from multicasskop.world.errors import WorldError
from multicasskop.world.planes.certificates import write_private

Json = dict[str, Any]
POD_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """One context: where the server is, what verifies it, and who we are: a token, or certificate and key. All PEM."""

    context: str
    server: str
    authority: str
    token: str = ""
    namespace: str = "default"
    certificate: str = ""
    key: str = ""

    def __repr__(self) -> str:
        return f"Entry({self.context}, {self.server})"


def write(path: Path, entries: Sequence[Entry]) -> Path:
    """Write a kubeconfig that only its owner can read."""
    write_private(path, yaml.safe_dump(document(entries), sort_keys=False))
    return path


def document(entries: Sequence[Entry]) -> Json:
    """Return the kubeconfig as plain data; the first entry is the current context."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": entries[0].context if entries else "",
        "clusters": [{"name": entry.context, "cluster": cluster(entry)} for entry in entries],
        "users": [{"name": entry.context, "user": user(entry)} for entry in entries],
        "contexts": [{"name": entry.context, "context": context(entry)} for entry in entries],
    }


def cluster(entry: Entry) -> dict[str, str]:
    """The server of an entry, always verified."""
    return {"server": entry.server, "certificate-authority-data": encoded(entry.authority)}


def user(entry: Entry) -> dict[str, str]:
    """Who we are in an entry."""
    if entry.token:
        return {"token": entry.token}
    return {"client-certificate-data": encoded(entry.certificate), "client-key-data": encoded(entry.key)}


def context(entry: Entry) -> dict[str, str]:
    """The context of an entry: cluster and user have its name."""
    return {"cluster": entry.context, "user": entry.context, "namespace": entry.namespace}


def contexts(path: Path) -> list[str]:
    """The names of all contexts in a file."""
    return [item["name"] for item in load(path).get("contexts") or []]


def read(path: Path, name: str) -> Entry:
    """Read one context: a verified server, and a token or a client certificate.

    Raises WorldError for a file or context that is not there, and for other ways to log in: the world's own servers
    need none, and whoever gives other clusters is told what is missing.
    """
    content = load(path)
    where = named(path, content, "context", name)
    server = named(path, content, "cluster", where["cluster"])
    account = named(path, content, "user", where["user"])
    entry = Entry(
        name,
        server["server"],
        material(path, server, "certificate-authority"),
        account.get("token", ""),
        where.get("namespace", "default"),
        material(path, account, "client-certificate"),
        material(path, account, "client-key"),
    )
    if not entry.authority or not (entry.token or (entry.certificate and entry.key)):
        raise WorldError(
            f"{path}: context {name} needs certificate-authority, and token or client-certificate and client-key;"
            " programs that fetch credentials and unverified servers are not supported here"
        )
    return entry


def in_cluster(name: str, environment: Mapping[str, str] = os.environ, folder: Path = POD_ACCOUNT) -> Entry:
    """The cluster that we are a pod of, under that name, by the pod's ServiceAccount; WorldError where this is none."""
    host, port = environment.get("KUBERNETES_SERVICE_HOST"), environment.get("KUBERNETES_SERVICE_PORT", "443")
    if not host or not (folder / "token").exists():
        raise WorldError(f"this is no pod with a ServiceAccount ({folder} is empty); give a kubeconfig and a context")
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    authority, token, namespace = ((folder / name).read_text() for name in ("ca.crt", "token", "namespace"))
    return Entry(name, server, authority, token.strip(), namespace.strip())


def load(path: Path) -> Json:
    """Read the file."""
    try:
        content = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise WorldError(f"{path}: not a kubeconfig that can be read: {error}") from error
    return content if isinstance(content, dict) else {}


def named(path: Path, content: Json, kind: str, name: str) -> Json:
    """The part of a kind that has this name."""
    found: dict[str, Json] = {item["name"]: item for item in content.get(f"{kind}s") or []}
    if name not in found:
        raise WorldError(f"{path}: no {kind} {name}; there are: {', '.join(found) or 'none'}")
    return found[name].get(kind) or {}


def material(path: Path, holder: Json, field: str) -> str:
    """Certificates or a key, from inside the file or from the file beside it that is named; empty for none."""
    if data := holder.get(f"{field}-data"):
        return base64.b64decode(data).decode()
    file = holder.get(field)
    return (path.parent / file).read_text() if file else ""


def encoded(text: str) -> str:
    """Return text as kubeconfigs hold it."""
    return base64.b64encode(text.encode()).decode()
