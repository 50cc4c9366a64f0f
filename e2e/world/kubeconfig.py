"""kubeconfig files: one context per member, named like the member."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from multicasskop.world.planes.certificates import write_private


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """One context: where the server is, what verifies it (PEM), and who we are."""

    context: str
    server: str
    authority: str
    token: str
    namespace: str = "default"

    def __repr__(self) -> str:
        return f"Entry({self.context}, {self.server})"


def document(entries: Sequence[Entry]) -> dict[str, Any]:
    """Return the kubeconfig as plain data; the first entry is the current context."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": entries[0].context if entries else "",
        "clusters": [{"name": entry.context, "cluster": cluster(entry)} for entry in entries],
        "users": [{"name": entry.context, "user": {"token": entry.token}} for entry in entries],
        "contexts": [{"name": entry.context, "context": context(entry)} for entry in entries],
    }


def cluster(entry: Entry) -> dict[str, str]:
    """The server of an entry, always verified."""
    authority = base64.b64encode(entry.authority.encode()).decode()
    return {"server": entry.server, "certificate-authority-data": authority}


def context(entry: Entry) -> dict[str, str]:
    """The context of an entry: cluster and user have its name."""
    return {"cluster": entry.context, "user": entry.context, "namespace": entry.namespace}


def write(path: Path, entries: Sequence[Entry]) -> Path:
    """Write a kubeconfig that only its owner can read."""
    write_private(path, yaml.safe_dump(document(entries), sort_keys=False))
    return path


def read(path: Path, name: str) -> Entry:
    """Read one context back, of the shapes that carry authority and token inside; KeyError names what is missing."""
    content = yaml.safe_load(path.read_text())
    found = {kind: {item["name"]: item for item in content[kind]} for kind in ("clusters", "users", "contexts")}
    where = found["contexts"][name]["context"]
    server = found["clusters"][where["cluster"]]["cluster"]
    authority = base64.b64decode(server["certificate-authority-data"]).decode()
    token = found["users"][where["user"]]["user"]["token"]
    return Entry(name, server["server"], authority, token, where.get("namespace", "default"))
