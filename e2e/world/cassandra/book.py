"""Where the nodes of a ring are written down: a folder that the processes of all members share.

Records and commands are lines that are only ever added, so nobody waits for anybody, and afterwards all of it can be
read by who judges.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

import msgspec
from multicasskop.world.cassandra.ring import Node, Ring

Json = dict[str, Any]

NODES, COMMANDS, KEYSPACES, LOCK = "nodes.jsonl", "commands.jsonl", "keyspaces.json", "lock"


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """A command that a node was given, when, in which mode it was then, and why it refused it (empty: it did not)."""

    at: float
    member: str
    pod: str
    host_id: str
    operation: str
    arguments: tuple[Any, ...]
    mode: str
    refused: str = ""


class Book(Protocol):
    """What nodes know of their ring, and write down."""

    def ring(self) -> Ring:
        """The ring as far as it is known now."""
        ...

    def write(self, node: Node) -> None:
        """Write down what a node does from now on."""
        ...

    def note(self, command: Command) -> None:
        """Write down a command."""
        ...

    def exclusive(self) -> AbstractContextManager[None]:
        """Keep others from writing between a look and a write."""
        ...


class Folder:
    """The book of one ring as a folder; other processes may have it open, too."""

    def __init__(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._ring = Ring()
        self._read = 0
        self._keyspaces_at = 0

    def ring(self) -> Ring:
        """The ring with all that was written by now."""
        self._ring.take(msgspec.json.decode(line, type=Node) for line in self._news())
        self._look_at_keyspaces()
        return self._ring

    def write(self, node: Node) -> None:
        """Write down what a node does from now on."""
        append(self._path / NODES, node)

    def note(self, command: Command) -> None:
        """Write down a command."""
        append(self._path / COMMANDS, command)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keep other processes from writing what they write under this lock."""
        with (self._path / LOCK).open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def replicate(self, keyspaces: dict[str, tuple[str, ...]]) -> None:
        """Have these keyspaces, each replicated to these datacenters (`ring.EVERYWHERE`: to all)."""
        fresh = self._path / f"{KEYSPACES}.new"
        fresh.write_bytes(msgspec.json.encode(keyspaces))
        fresh.replace(self._path / KEYSPACES)

    def commands(self) -> list[Command]:
        """All commands so far, in the order in which they came."""
        return [msgspec.json.decode(line, type=Command) for line in lines(self._path / COMMANDS)]

    def history(self) -> list[Node]:
        """All records so far."""
        return [msgspec.json.decode(line, type=Node) for line in lines(self._path / NODES)]

    def _news(self) -> list[bytes]:
        """The whole lines that were added since the last look."""
        path = self._path / NODES
        if not path.exists() or path.stat().st_size <= self._read:
            return []
        with path.open("rb") as file:
            file.seek(self._read)
            text = file.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._read += len(whole)
        return whole.splitlines()

    def _look_at_keyspaces(self) -> None:
        path = self._path / KEYSPACES
        changed = path.stat().st_mtime_ns if path.exists() else 0
        if changed != self._keyspaces_at:
            self._keyspaces_at = changed
            self._ring.keyspaces = msgspec.json.decode(path.read_bytes(), type=dict[str, tuple[str, ...]])


def append(path: Path, item: msgspec.Struct) -> None:
    """Add a line in one write, which no other write can fall into."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, msgspec.json.encode(item) + b"\n")
    finally:
        os.close(file)


def lines(path: Path) -> list[bytes]:
    """The lines of a file; none when it is not there."""
    return path.read_bytes().splitlines() if path.exists() else []


def folder_of(rings: Path, namespace: str, cluster: str) -> Path:
    """The folder of one ring: pods of one name of cluster and one namespace, in whatever member, form one."""
    return rings / f"{namespace}.{cluster}"
