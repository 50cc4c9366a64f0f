"""Audit logs of API servers: who asked for what, and how it was answered."""

import json
from pathlib import Path
from typing import Any

Json = dict[str, Any]


def entries(log: Path, user: str = "", *words: str, since: int = 0) -> list[Json]:
    """The requests of a user, or of everybody, in lines that have all of these words, from a byte on; the oldest first.

    Lines without the words are not parsed: a log has those of all tests. One that is half written comes next time.
    """
    wanted = [word.encode() for word in (user, *words)]
    with log.open("rb") as lines:
        lines.seek(since)
        found = [line for line in lines if line.endswith(b"\n") and all(word in line for word in wanted)]
    told: list[Json] = [json.loads(line) for line in found]
    return [entry for entry in told if not user or entry["user"].get("username") == user]


def account_of(namespace: str, name: str) -> str:
    """The user that a ServiceAccount is."""
    return f"system:serviceaccount:{namespace}:{name}"
