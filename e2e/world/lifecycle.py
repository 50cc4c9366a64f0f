"""The processes of a world: started, looked at, started again, ended. Callers exclude each other by the ledger."""

import shutil
import signal
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from multicasskop.world.planes import apiserver, etcd
from multicasskop.world.planes.plane import LOGS, Plane
from multicasskop.world.ports import is_served
from multicasskop.world.processes import (
    Process,
    again,
    end,
    is_alive,
    is_paused,
    pause,
    recorded,
    send,
    start,
    stop,
    this_process,
    wait_ready,
)
from multicasskop.world.programs import Programs
from multicasskop.world.starting import PATIENCE, start_plane
from multicasskop.world.state import FILE, KUBECONFIG, LOCK, Ledger, State


class Lifecycle:
    """What happens to the processes that one ledger knows; their names are `<member>/<role>`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def raise_planes(self, members: Sequence[str], programs: Programs, *, owned: bool) -> None:
        """Start all planes side by side. When one fails, nothing is left of any."""
        self._ledger.create(State(tuple(members), owner=this_process() if owned else None))
        folder, track = self._ledger.directory, self._ledger.track
        try:
            with ThreadPoolExecutor(len(members), "plane") as side_by_side:
                starting = [
                    side_by_side.submit(start_plane, member, folder / member, programs, track) for member in members
                ]
            self._ledger.settle({member: plane.result() for member, plane in zip(members, starting, strict=True)})
        except BaseException:
            self.end(self._ledger.read())
            raise

    def run(self, plane: Plane, role: str, command: Sequence[str]) -> None:
        """Start a process of a member; the one that had its role is ended."""
        name = f"{plane.member}/{role}"
        if (former := self._ledger.read().processes.get(name)) is not None:
            stop(former)
        self._ledger.track(start(name, command, plane.log(role)))

    def restart(self, member: str, role: str) -> None:
        """Stop a process with force and start it as it was."""
        process = self.process(member, role)
        stop(process)
        self._ledger.track(again(process))

    def keep(self, plane: Plane) -> None:
        """Keep a copy of what etcd holds; it stands still for that moment."""
        process = self.process(plane.member, "etcd")
        pause(process)
        try:
            etcd.keep(plane)
        finally:
            send(process, signal.SIGCONT)

    def put_back(self, plane: Plane) -> None:
        """Stop the control plane, give etcd its copy back, and start what is missing; WorldError without a copy."""
        etcd.check_kept(plane)
        for role in ("controllers", "apiserver", "etcd"):
            stop(self.process(plane.member, role))
        etcd.put_back(plane)
        self.start_missing(plane)

    def start_missing(self, plane: Plane) -> None:
        """Start what is gone and wake what is stopped; return when the API server answers, also through the relay."""
        for process in self.processes(plane.member):
            if is_alive(process):
                send(process, signal.SIGCONT)
            else:
                self._ledger.track(again(process))
        wait_ready(self.process(plane.member, "apiserver"), lambda: apiserver.is_ready(plane), PATIENCE)
        wait_ready(self.process(plane.member, "relay"), lambda: is_served(plane.relay_port), PATIENCE)

    def end(self, content: State) -> None:
        """End all processes, also those that were never tracked, and take their files away."""
        end(content.processes.values())
        for member in content.members:
            bury(self._ledger.directory / member)
        for name in (KUBECONFIG, FILE):
            (self._ledger.directory / name).unlink(missing_ok=True)

    def leave(self) -> None:
        """Take the folder itself away, unless a user has put something into it."""
        (self._ledger.directory / LOCK).unlink(missing_ok=True)
        if not any(self._ledger.directory.iterdir()):
            self._ledger.directory.rmdir()

    def process(self, member: str, role: str) -> Process:
        """The process that has this role."""
        return self._ledger.read().processes[f"{member}/{role}"]

    def processes(self, member: str) -> list[Process]:
        """All processes of a member."""
        known = self._ledger.read().processes.values()
        return [process for process in known if process.name.startswith(f"{member}/")]

    def conditions(self, member: str) -> dict[str, str]:
        """What a member's processes do, by role."""
        return {process.name.rpartition("/")[2]: condition(process) for process in self.processes(member)}


def bury(folder: Path) -> None:
    """Take a member's folder away with whatever still runs in it. Nothing can be started in it once it is renamed."""
    gone = folder.with_name(f".{folder.name}")
    clear(gone)
    if folder.exists():
        folder.rename(gone)
        clear(gone)


def clear(folder: Path) -> None:
    """End the processes that wrote themselves down in a member's folder, and delete it."""
    end(recorded(folder / LOGS))
    shutil.rmtree(folder, ignore_errors=True)


def condition(process: Process) -> str:
    """What a process does now: `running`, `paused` or `stopped`."""
    if not is_alive(process):
        return "stopped"
    return "paused" if is_paused(process) else "running"
