"""How the processes of one plane are started, in order, on ports that somebody else may just have taken."""

import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from multicasskop.world.errors import ProcessError
from multicasskop.world.planes import apiserver, controllers, etcd
from multicasskop.world.planes.plane import Plane
from multicasskop.world.ports import free_ports, is_served
from multicasskop.world.processes import Process, start, stop, wait_ready
from multicasskop.world.programs import Programs

ATTEMPTS = 3
PATIENCE = 90.0

Track = Callable[[Process], None]


def start_plane(member: str, directory: Path, programs: Programs, track: Track) -> Plane:
    """Start a plane and return when its API server answers; each process is given to `track` the moment it runs.

    Raises ProcessError with the end of the log; a port that was taken in between is tried again on another.
    """
    for attempt in range(1, ATTEMPTS + 1):
        plane = Plane(member, str(directory), *free_ports(3))
        launch = Launch(plane, programs, track)
        try:
            launch.run()
        except ProcessError as failure:
            launch.undo()
            if attempt == ATTEMPTS or not failure.port_was_taken:
                raise
            shutil.rmtree(directory)
        else:
            return plane
    raise AssertionError("the loop returns or raises")


class Launch:
    """One attempt to start a plane."""

    def __init__(self, plane: Plane, programs: Programs, track: Track) -> None:
        self._plane = plane
        self._programs = programs
        self._track = track
        self._started: list[Process] = []

    def run(self) -> None:
        """Start everything; what doesn't need another to be ready starts beside it."""
        plane = self._plane
        apiserver.prepare(plane)
        store = self._start("etcd", etcd.command(self._programs.etcd, plane))
        server = self._start("apiserver", apiserver.command(self._programs.apiserver, plane), apiserver.ENVIRONMENT)
        relay = self._start("relay", relay_command(plane.relay_port, plane.api_port))
        wait_ready(store, lambda: etcd.is_ready(plane), PATIENCE)
        wait_ready(server, lambda: apiserver.is_ready(plane), PATIENCE)
        wait_ready(relay, lambda: is_served(plane.relay_port), PATIENCE)
        controllers.prepare(plane)
        self._start("controllers", controllers.command(self._programs.controller_manager, plane))

    def undo(self) -> None:
        """Stop what this attempt has started."""
        for process in self._started:
            stop(process)

    def _start(self, role: str, command: list[str], environment: Mapping[str, str] | None = None) -> Process:
        process = start(f"{self._plane.member}/{role}", command, self._plane.log(role), environment)
        self._started.append(process)
        self._track(process)
        return process


def relay_command(listen: int, target: int) -> list[str]:
    """The command line of the relay before an API server."""
    return [sys.executable, "-m", "multicasskop.world.relay", str(listen), str(target)]
