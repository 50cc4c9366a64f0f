"""A world: control planes of several members on this machine, one kubeconfig, and the ways in which a member fails."""

import os
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
from multicasskop.world import accounts, kubeconfig
from multicasskop.world.accounts import Rules
from multicasskop.world.api import Api
from multicasskop.world.errors import NotRunningError, NotSupportedError, WorldError
from multicasskop.world.kubeconfig import Entry
from multicasskop.world.planes import apiserver, controllers
from multicasskop.world.planes.plane import Plane
from multicasskop.world.planes.tokens import read_tokens
from multicasskop.world.ports import is_served
from multicasskop.world.processes import Process, again, is_alive, is_paused, send, start, started_at, stop, wait_ready
from multicasskop.world.programs import find_or_build
from multicasskop.world.progress import Progress, ProgressSink, silent
from multicasskop.world.simulators.modes import Mode, SimulatorOptions
from multicasskop.world.starting import PATIENCE, start_plane
from multicasskop.world.state import FILE, LOCK, Ledger, State

KUBECONFIG = "kubeconfig"


class World:
    """The members' control planes as processes of this machine, all files in one folder.

    Guarantees: everything listens on loopback only; RBAC is on and TLS is verified; processes are tracked by id and
    time of start, so `down` ends exactly what `up` started, also after a crash of the program that called `up`. The
    kubeconfig holds administrators' contexts that go through a relay per member, where `black_hole` acts; clients from
    `admin` go to the API server itself. Changes by several threads or programs exclude each other.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory.resolve()
        self._ledger = Ledger(self.directory)

    @classmethod
    def up(
        cls,
        directory: Path,
        members: Sequence[str],
        *,
        tier: str = "planes",
        progress: ProgressSink = silent,
        owned: bool = False,
        simulate: SimulatorOptions | None = None,
    ) -> "World":
        """Start a world in the folder, members side by side, and return when all API servers answer.

        One that is there already is kept, and of its processes those that are gone are started again. With `owned` it
        ends with this process: `sweep` takes it down when this process is gone. `simulate` starts a simulated CassKop
        in each member. Raises ProgramsError, ProcessError, NotSupportedError (tier kind), WorldError (other members
        run there).
        """
        if tier != "planes":
            raise NotSupportedError(f"tier {tier} does not exist yet in this project; use --tier planes")
        world = cls(directory)
        with world._ledger.exclusive():
            if (world.directory / FILE).exists():
                world._resume(members)
            else:
                world._start(members, progress, owned)
        if simulate is not None:
            for member in members:
                world.simulate(member, simulate)
        return world

    @classmethod
    def attach(cls, directory: Path) -> "World":
        """Return the world of a folder; raises NotRunningError when there is none."""
        world = cls(directory)
        world._ledger.read()
        return world

    @property
    def kubeconfig(self) -> Path:
        """The file with an administrator's context per member, named like the member; the first one is current."""
        return self.directory / KUBECONFIG

    @property
    def members(self) -> tuple[str, ...]:
        """The members in the order in which they were named."""
        return tuple(self._ledger.read().planes)

    def plane(self, member: str) -> Plane:
        """The facts of a member's control plane; raises WorldError for a name that is none."""
        planes = self._ledger.read().planes
        if member not in planes:
            raise WorldError(f"no member {member} in {self.directory}; there are: {', '.join(planes)}")
        return planes[member]

    def admin(self, member: str) -> Api:
        """A client with all rights which no fault of the relay reaches."""
        return apiserver.administrator(self.plane(member))

    def service_account(
        self, member: str, namespace: str, name: str, rules: Rules, *, cluster_wide: bool = False
    ) -> Entry:
        """Make a ServiceAccount with these rights and return a context with a token of it, through the relay.

        The namespace must exist. Asked again with other rules, these replace the former ones at once.
        """
        plane, api = self.plane(member), self.admin(member)
        accounts.grant(api, namespace, name, rules, cluster_wide=cluster_wide)
        token = accounts.token(api, namespace, name)
        return Entry(member, plane.relayed_server, plane.authority_pem(), token, namespace)

    def audit_log(self, member: str) -> Path:
        """The member's audit log: one JSON document per line and finished request, level Metadata."""
        return self.plane(member).audit_log

    def status(self) -> dict[str, dict[str, str]]:
        """What each member's processes do, by member and role: `running`, `paused` or `stopped`."""
        content = self._ledger.read()
        return {
            member: {
                process.name.rpartition("/")[2]: condition(process)
                for process in content.processes.values()
                if process.name.startswith(f"{member}/")
            }
            for member in content.planes
        }

    def owner(self) -> Process | None:
        """The program with which the world ends; None when it outlives all of them, or there is no world."""
        try:
            return self._ledger.read().owner
        except NotRunningError:
            return None

    def keep(self, *processes: Process) -> None:
        """Let the world outlive the program that owns it, with these processes, which `down` then ends too."""
        with self._ledger.exclusive():
            self._ledger.create(msgspec.structs.replace(self._ledger.read(), owner=None))
            for process in processes:
                self._ledger.track(process)

    def down(self) -> None:
        """End all processes and take the folder's contents away. It is all right when nothing is there."""
        if not self.directory.exists():
            return
        with self._ledger.exclusive():
            try:
                content = self._ledger.read()
            except NotRunningError:
                content = State()
            for process in content.processes.values():
                stop(process)
            self._remove(content)

    def _remove(self, content: State) -> None:
        """Take away what is the world's own; what a user put beside it stays."""
        members = {name.partition("/")[0] for name in content.processes} | set(content.planes)
        for member in members:
            shutil.rmtree(self.directory / member, ignore_errors=True)
        for name in (KUBECONFIG, FILE, LOCK):
            (self.directory / name).unlink(missing_ok=True)
        if not any(self.directory.iterdir()):
            self.directory.rmdir()

    def stop(self, member: str) -> None:
        """The API server dies: connections are refused, its own and the relay's."""
        stop(self._process(member, "relay"))
        stop(self._process(member, "apiserver"))

    def pause(self, member: str) -> None:
        """The API server hangs: connections are accepted, nothing is answered, and all of it is answered later."""
        send(self._process(member, "apiserver"), signal.SIGSTOP)

    def black_hole(self, member: str) -> None:
        """The network swallows: whoever comes through the relay sends into nothing, and it is lost for good."""
        send(self._process(member, "relay"), signal.SIGSTOP)

    def restore(self, member: str) -> None:
        """Undo whatever was done to the member; return when its API server answers again, also through the relay."""
        with self._ledger.exclusive():
            relay = self._process(member, "relay")
            if condition(relay) == "paused":
                stop(relay)
            self._start_missing(member)

    def simulate(self, member: str, options: SimulatorOptions) -> None:
        """Start a simulated CassKop in the member, instead of the one that may run there; returns at once."""
        plane = self.plane(member)
        with self._ledger.exclusive():
            self._stop_role(member, "casskop")
            module = "multicasskop.world.simulators.casskop"
            mode_file = self._mode_file(member)
            mode_file.unlink(missing_ok=True)
            where = [f"--kubeconfig={controllers.kubeconfig(plane)}", f"--context={member}", f"--mode-file={mode_file}"]
            command = [sys.executable, "-m", module, *where, *options.arguments()]
            self._ledger.track(start(f"{member}/casskop", command, plane.log("casskop")))

    def behave(self, member: str, mode: Mode, refuse: str = "") -> None:
        """Have the member's simulated CassKop treat changes in another way from now on; it follows within 0.1 s.

        For a single object there is the annotation `simulators.modes.MODE`.
        """
        file = self._mode_file(member)
        fresh = file.with_suffix(".new")
        fresh.write_text(f"{mode} {refuse}")
        fresh.replace(file)

    def _mode_file(self, member: str) -> Path:
        return self.plane(member).root / "casskop.mode"

    def _stop_role(self, member: str, role: str) -> None:
        process = self._ledger.read().processes.get(f"{member}/{role}")
        if process is not None:
            stop(process)

    def restart_controllers(self, member: str) -> None:
        """Stop the member's controller manager and start it again; returns at once, it works a second later."""
        with self._ledger.exclusive():
            process = self._process(member, "controllers")
            stop(process)
            self._ledger.track(again(process))

    def _start_missing(self, member: str) -> None:
        plane = self.plane(member)
        for process in self._ledger.read().processes.values():
            if not process.name.startswith(f"{member}/"):
                continue
            if is_alive(process):
                send(process, signal.SIGCONT)
            else:
                self._ledger.track(again(process))
        wait_ready(self._process(member, "apiserver"), lambda: apiserver.is_ready(plane), PATIENCE)
        wait_ready(self._process(member, "relay"), lambda: is_served(plane.relay_port), PATIENCE)

    def _process(self, member: str, role: str) -> Process:
        self.plane(member)
        return self._ledger.read().processes[f"{member}/{role}"]

    def _resume(self, members: Sequence[str]) -> None:
        if tuple(members) != self.members:
            raise WorldError(
                f"in {self.directory} there are the members {', '.join(self.members) or '(none)'}, not"
                f" {', '.join(members)}; take them down first: python -m e2e.world down --dir {self.directory}"
            )
        for member in members:
            self._start_missing(member)

    def _start(self, members: Sequence[str], progress: ProgressSink, owned: bool) -> None:
        programs = find_or_build(progress)
        began = time.monotonic()
        subject = f"control planes {', '.join(members)}"
        progress(Progress(subject, 0.0))
        self._ledger.create(State(owner=this_process() if owned else None))
        with ThreadPoolExecutor(len(members), "plane") as side_by_side:
            planes = side_by_side.map(
                lambda member: start_plane(member, self.directory / member, programs, self._ledger.track), members
            )
        for plane in planes:
            self._ledger.settle(plane)
        self._write_kubeconfig()
        progress(Progress(subject, time.monotonic() - began, done=True))

    def _write_kubeconfig(self) -> None:
        planes = self._ledger.read().planes.values()
        kubeconfig.write(self.kubeconfig, [administrator_entry(plane) for plane in planes])


def administrator_entry(plane: Plane) -> Entry:
    """An administrator's context for a plane, through its relay."""
    token = read_tokens(apiserver.tokens(plane)).administrator
    return Entry(plane.member, plane.relayed_server, plane.authority_pem(), token)


def condition(process: Process) -> str:
    """What a process does now: `running`, `paused` or `stopped`."""
    if not is_alive(process):
        return "stopped"
    return "paused" if is_paused(process) else "running"


def this_process() -> Process:
    """Our program as a process that can be recognised later."""
    return Process("owner", os.getpid(), started_at(os.getpid()), (), "")


def sweep(folder: Path) -> None:
    """Take down the worlds under a folder whose owner is gone: what a killed test run left behind."""
    for file in folder.glob(f"*/{FILE}"):
        world = World(file.parent)
        owner = world._ledger.read().owner
        if owner is not None and not is_alive(owner):
            world.down()
