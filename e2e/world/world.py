"""A world: control planes of several members on this machine, one kubeconfig, and the ways in which a member fails."""

import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec
from multicasskop.crds.quantity import is_dns_subdomain
from multicasskop.world import accounts, kubeconfig
from multicasskop.world.accounts import Rules
from multicasskop.world.api import Api
from multicasskop.world.cassandra.book import Folder, folder_of
from multicasskop.world.cassandra.options import PodOptions
from multicasskop.world.cassandra.rules import Rule, RuleFile
from multicasskop.world.errors import NotRunningError, NotSupportedError, WorldError
from multicasskop.world.kubeconfig import Entry
from multicasskop.world.lifecycle import Lifecycle, condition
from multicasskop.world.planes import apiserver, controllers
from multicasskop.world.planes.plane import Plane
from multicasskop.world.processes import Process, is_alive, pause, stop, wait_until
from multicasskop.world.programs import find_or_build
from multicasskop.world.progress import Progress, ProgressSink, silent
from multicasskop.world.simulators.modes import Behaviour, Mode, ModeFile, SimulatorOptions
from multicasskop.world.state import FILE, KUBECONFIG, Given, Ledger, State

CASSKOP = "multicasskop.world.simulators.casskop"
PLAYED_PODS = "multicasskop.world.cassandra.pods"
USUAL_PODS = PodOptions()
FOLLOW_SECONDS = 10.0
TIERS = ("planes", "kind")


class World:
    """The members' control planes as processes of this machine, all files in one folder.

    Guarantees: everything listens on loopback only; RBAC is on and TLS is verified; processes are tracked by id and
    time of start, so `down` ends exactly what `up` started, also after a crash of the program that called `up`. The
    kubeconfig holds administrators' contexts that go through a relay per member, where `black_hole` acts; clients from
    `admin` go to the API server itself. Changes by several threads or programs exclude each other.

    A world may also consist of clusters that are there already (`around`): then nothing of them is started or stopped,
    and what cannot be done to them raises NotSupportedError.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory.resolve()
        self._ledger = Ledger(self.directory)
        self._lifecycle = Lifecycle(self._ledger)
        self._admins: dict[object, Api] = {}

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
        in each member. Raises ProgramsError, ProcessError, NotSupportedError (no container engine for tier kind),
        WorldError (names that are none, other members or another tier there).
        """
        check_tier(tier)
        check_names(members)
        world = kind_of_world(tier)(directory)
        world.begin(members, progress, owned=owned)
        for member in members if simulate is not None else ():
            world.simulate(member, simulate or SimulatorOptions())
        return world

    def begin(self, members: Sequence[str], progress: ProgressSink, *, owned: bool) -> None:
        """Start what is missing of the members; see `up`, which is the way to call it."""
        if not self._is_complete():
            find_or_build(progress)  # before anything is written
        with self._ledger.exclusive():
            if self._is_complete():
                self._resume(members)
            else:
                self._start(members, progress, owned)

    @classmethod
    def around(cls, directory: Path, config: Path, members: Sequence[str] = ()) -> "World":
        """Return a world of clusters that are there already: contexts of a kubeconfig, all of them if none is named.

        The folder gets a kubeconfig with these contexts. Raises WorldError for a context that is not there or logs in
        by a way that is not supported.
        """
        world = cls(directory)
        entries = [kubeconfig.read(config, name) for name in members or kubeconfig.contexts(config)]
        with world._ledger.exclusive():
            if world._is_complete() and not world._ledger.read().given:
                raise WorldError(f"in {world.directory} control planes stand; take them down, or use another folder")
            given = {entry.context: Given(entry.context, str(config.resolve())) for entry in entries}
            kubeconfig.write(world.kubeconfig, entries)
            world._ledger.create(State(tuple(given), given=given))
        return world

    @classmethod
    def attach(cls, directory: Path) -> "World":
        """Return the world of a folder; raises NotRunningError when there is none."""
        return kind_of_world("kind" if Ledger(directory).read().kind else "planes")(directory)

    @property
    def kubeconfig(self) -> Path:
        """The file with an administrator's context per member, named like the member; the first one is current."""
        return self.directory / KUBECONFIG

    @property
    def members(self) -> tuple[str, ...]:
        """The members in the order in which they were named."""
        return self._ledger.read().members

    def planes(self) -> tuple[str, ...]:
        """The members that this world has started itself."""
        return tuple(self._ledger.read().planes)

    def plane(self, member: str) -> Plane:
        """The facts of a member's control plane.

        Raises WorldError for a name that is none, NotSupportedError for a cluster that this world did not start.
        """
        content = self._ledger.read()
        if member in content.given:
            file = content.given[member].kubeconfig
            raise NotSupportedError(
                f"{member} is a cluster of {file}: this world did not start it and cannot change it"
            )
        if member not in content.planes:
            raise WorldError(f"no member {member} in {self.directory}; there are: {', '.join(self.members)}")
        return content.planes[member]

    def server(self, member: str) -> str:
        """The URL that users and operators of the member are given."""
        return kubeconfig.read(self.kubeconfig, member).server

    def inner_server(self, member: str) -> str:
        """The URL of the API server as pods of all members would reach it; no relay lies in between."""
        return self.admin(member).server

    @property
    def host_address(self) -> str:
        """The address under which this machine is reached from within the members."""
        return "127.0.0.1"

    def admin(self, member: str) -> Api:
        """A client with all rights which no fault of the relay reaches; the same one as long as the member is."""
        given = self._ledger.read().given.get(member)
        if given is not None:
            return self._admin((member, given), lambda: Api.of(kubeconfig.read(Path(given.kubeconfig), member)))
        plane = self.plane(member)
        return self._admin(plane, lambda: apiserver.administrator(plane))

    def _admin(self, place: object, make: Callable[[], Api]) -> Api:
        """The client of a place: to make one costs more than most of its calls."""
        found = self._admins.get(place)
        return found if found is not None else self._admins.setdefault(place, make())

    def service_account(
        self, member: str, namespace: str, name: str, rules: Rules, *, cluster_wide: bool = False, relayed: bool = True
    ) -> Entry:
        """Make a ServiceAccount with these rights and return a context with a token of it.

        It goes through the relay, where the network can fail, unless `relayed` is False: the relay costs 0.15 ms and
        some processor time per request. The namespace must exist. Asked again with other rules, these replace the
        former ones at once.
        """
        api = self.admin(member)
        accounts.grant(api, namespace, name, rules, cluster_wide=cluster_wide)
        where = kubeconfig.read(self.kubeconfig, member)
        server = where.server if relayed else api.server
        return Entry(member, server, where.authority, accounts.token(api, namespace, name), namespace)

    def audit_log(self, member: str) -> Path:
        """The member's audit log: one JSON document per line and finished request.

        Level Metadata; of creates and patches of children Request, so their bodies are in `requestObject`.
        """
        return self.plane(member).audit_log

    def status(self) -> dict[str, dict[str, str]]:
        """What each member's processes do, by member and role: `running`, `paused` or `stopped`."""
        return {member: self._lifecycle.conditions(member) for member in self.members}

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
            self._end()
            self._lifecycle.leave()

    def stop(self, member: str) -> None:
        """The API server dies: connections are refused, its own and the relay's."""
        self.plane(member)
        stop(self._lifecycle.process(member, "relay"))
        stop(self._lifecycle.process(member, "apiserver"))

    def pause(self, member: str) -> None:
        """The API server hangs: connections are accepted, nothing is answered, and all of it is answered later."""
        self.plane(member)
        pause(self._lifecycle.process(member, "apiserver"))

    def black_hole(self, member: str) -> None:
        """The network swallows: whoever comes through the relay sends into nothing, and it is lost for good."""
        self.plane(member)
        pause(self._lifecycle.process(member, "relay"))

    def restore(self, member: str) -> None:
        """Undo whatever was done to the member; return when its API server answers again, also through the relay."""
        plane = self.plane(member)
        with self._ledger.exclusive():
            relay = self._lifecycle.process(member, "relay")
            if condition(relay) == "paused":
                stop(relay)  # with what it swallowed
            self._lifecycle.start_missing(plane)

    def snapshot(self, member: str) -> None:
        """Keep a copy of all that the member's etcd holds now, in place of an older one; the member goes on."""
        plane = self.plane(member)
        with self._ledger.exclusive():
            self._lifecycle.keep(plane)

    def restore_snapshot(self, member: str) -> None:
        """Give the member's etcd the copy back, as after a disaster: its versions go back, too.

        Its API server is down meanwhile; returns when it answers again. WorldError without a snapshot.
        """
        plane = self.plane(member)
        with self._ledger.exclusive():
            self._lifecycle.put_back(plane)

    def restart_controllers(self, member: str) -> None:
        """Stop the member's controller manager and start it again; returns at once, it works a second later."""
        self.plane(member)
        with self._ledger.exclusive():
            self._lifecycle.restart(member, "controllers")

    def simulate(self, member: str, options: SimulatorOptions) -> None:
        """Start a simulated CassKop in the member, instead of the one that may run there; returns at once."""
        plane, mode_path = self.plane(member), self._mode_path(member)
        where = [f"--kubeconfig={controllers.kubeconfig(plane)}", f"--context={member}", f"--mode-file={mode_path}"]
        with self._ledger.exclusive():
            self._mode_file(member).forget()
            self._lifecycle.run(plane, "casskop", [sys.executable, "-m", CASSKOP, *where, *options.arguments()])

    def behave(self, member: str, mode: Mode, refuse: str = "") -> None:
        """Have the member's simulated CassKop treat changes in another way; return when it does.

        A pass that is under way still ends in the old way. For a single object there is the annotation
        `simulators.modes.MODE`. Raises WorldError when no simulator runs there that could follow.
        """
        file, wanted = self._mode_file(member), Behaviour(mode, refuse)
        file.ask(wanted)
        if not wait_until(partial(file.is_followed, wanted), FOLLOW_SECONDS):
            raise WorldError(f"{member}: no simulated CassKop followed within {FOLLOW_SECONDS:g}s; does it run?")

    def simulate_pods(self, member: str, options: PodOptions = USUAL_PODS) -> None:
        """Run the pods of the member's CassandraClusters: they get ready, and Cassandra's Jolokia answers in them.

        Pods of a simulated CassKop are left to it. Starts a process, instead of the one that may run, and returns at
        once; what is there already goes on. Nodes in all members that have one namespace and name form one ring.
        """
        plane, rules = self.plane(member), self._rules(member)
        where = [f"--kubeconfig={controllers.kubeconfig(plane)}", f"--context={member}", f"--rings={self._rings()}"]
        command = [sys.executable, "-m", PLAYED_PODS, *where, f"--rules={rules.path}", *options.arguments()]
        with self._ledger.exclusive():
            rules.forget()
            self._lifecycle.run(plane, "pods", command)

    def disturb(self, member: str, *rules: Rule) -> None:
        """Have these things, and no others, go wrong with the member's simulated pods; return when they do.

        Raises WorldError when none are simulated there.
        """
        file = self._rules(member)
        asked = file.ask(rules)
        if not wait_until(partial(file.is_followed, asked), FOLLOW_SECONDS):
            raise WorldError(f"{member}: no simulated pods followed within {FOLLOW_SECONDS:g}s; do they run?")

    def ring(self, namespace: str, cluster: str) -> Folder:
        """The ring of the simulated nodes of one namespace and name of cluster, in all members; it may be empty."""
        return Folder(folder_of(self._rings(), namespace, cluster))

    def _rules(self, member: str) -> RuleFile:
        return RuleFile(self.plane(member).root / "pods.rules")

    def _rings(self) -> Path:
        """In the folder of the first member, with which it goes."""
        return self.plane(self.members[0]).root / "rings"

    def _mode_file(self, member: str) -> ModeFile:
        return ModeFile(self._mode_path(member))

    def _mode_path(self, member: str) -> Path:
        return self.plane(member).root / "casskop.mode"

    def _has_state(self) -> bool:
        return (self.directory / FILE).exists()

    def _is_complete(self) -> bool:
        """Whether a world stands here; one whose start was cut off does not."""
        content = self._ledger.read() if self._has_state() else State()
        if content.kind:
            raise WorldError(f"in {self.directory} kind clusters stand; take them down, or use another folder")
        return bool(content.planes or content.given) and self.kubeconfig.exists()

    def _resume(self, members: Sequence[str]) -> None:
        self._check_same(members)
        for member in members:
            self._lifecycle.start_missing(self.plane(member))

    def _check_same(self, members: Sequence[str]) -> None:
        if tuple(members) != self.members:
            raise WorldError(
                f"in {self.directory} there are the members {', '.join(self.members)}, not {', '.join(members)};"
                f" take them down first: python -m e2e.world down --dir {self.directory}"
            )

    def _end(self) -> None:
        """End all that belongs to the world; the caller has it exclusively."""
        self._admins.clear()
        self._lifecycle.end(self._ledger.read() if self._has_state() else State())

    def _start(self, members: Sequence[str], progress: ProgressSink, owned: bool) -> None:
        self._end()
        programs = find_or_build(progress)
        began = time.monotonic()
        subject = f"control planes {', '.join(members)}"
        progress(Progress(subject, 0.0))
        self._lifecycle.raise_planes(members, programs, owned=owned)
        kubeconfig.write(self.kubeconfig, [apiserver.relayed(self.plane(member)) for member in members])
        progress(Progress(subject, time.monotonic() - began, done=True))


def check_tier(tier: str) -> None:
    """Refuse a tier that is none."""
    if tier not in TIERS:
        raise NotSupportedError(f"there is no tier {tier}; there are: {', '.join(TIERS)}")


def kind_of_world(tier: str) -> type[World]:
    """The class whose worlds are of that tier."""
    if tier == "planes":
        return World
    from multicasskop.world.kind.world import KindWorld  # it is a World, too

    return KindWorld


def check_names(members: Sequence[str]) -> None:
    """Refuse names that can be neither a cluster's nor a folder's, or that stand there twice."""
    if not members:
        raise WorldError("no member is named; for example --members k8s-cluster1,k8s-cluster2")
    for name in members:
        if not is_dns_subdomain(name) or members.count(name) > 1:
            raise WorldError(f"{name!r} cannot be a member's name: lower-case letters, digits, - and ., each name once")


def sweep(folder: Path) -> None:
    """Take down the worlds under a folder whose owner is gone: what a killed test run left behind."""
    for file in folder.glob(f"*/{FILE}"):
        owner = World(file.parent).owner()
        if owner is not None and not is_alive(owner):
            World.attach(file.parent).down()
