"""What a world knows about itself between two commands: one JSON file in its folder."""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import msgspec
from multicasskop.world.errors import NotRunningError
from multicasskop.world.kind.cluster import Cluster
from multicasskop.world.planes.plane import Plane
from multicasskop.world.processes import Process

FILE = "world.json"
LOCK = "lock"
KUBECONFIG = "kubeconfig"


class Given(msgspec.Struct, frozen=True):
    """A member that was there already: a context of somebody's kubeconfig."""

    member: str
    kubeconfig: str


class State(msgspec.Struct, frozen=True):
    """Who belongs to the world, their planes (once all run), given or kind clusters, processes by `<member>/<role>`.

    With `owner` the world ends.
    """

    members: tuple[str, ...] = ()
    planes: dict[str, Plane] = {}
    given: dict[str, Given] = {}
    kind: dict[str, Cluster] = {}
    processes: dict[str, Process] = {}
    owner: Process | None = None


class Ledger:
    """The state file of one folder. Changes exclude each other, between threads and between processes.

    A process stands in the file before anything waits for it, so a crash leaves nothing that `down` cannot find.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._threads = threading.Lock()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keep other programs from changing the world meanwhile."""
        while True:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            with (self.directory / LOCK).open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if is_file(self.directory / LOCK, lock):
                    yield
                    return

    def read(self) -> State:
        """Read the state; raises NotRunningError when there is none."""
        try:
            return msgspec.json.decode((self.directory / FILE).read_bytes(), type=State)
        except FileNotFoundError:
            raise NotRunningError(self.directory) from None

    def create(self, content: State) -> None:
        """Write the first state; a reader sees the old file or the new one, never half of it."""
        fresh = self.directory / f"{FILE}.{os.getpid()}"
        fresh.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=1))
        fresh.replace(self.directory / FILE)

    def track(self, process: Process) -> None:
        """Write a process down under its name."""
        with self._threads:
            content = self.read()
            self.create(msgspec.structs.replace(content, processes={**content.processes, process.name: process}))

    def settle(self, planes: dict[str, Plane]) -> None:
        """Write down that all planes run: from now on the world is complete."""
        with self._threads:
            self.create(msgspec.structs.replace(self.read(), planes=planes))


def is_file(path: Path, opened: TextIO) -> bool:
    """Whether the path still leads to the opened file: who held the lock before us may have taken it away."""
    try:
        return os.path.samestat(path.stat(), os.fstat(opened.fileno()))
    except FileNotFoundError:
        return False
