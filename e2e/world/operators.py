"""The operator as a process of its own, started by its real command line with a ServiceAccount's rights."""

import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from weakref import WeakSet

import urllib3
from multicasskop.crds.names import GROUP
from multicasskop.world import kubeconfig, processes
from multicasskop.world.accounts import ACCOUNT, Rules, allow_identity, rule
from multicasskop.world.errors import WorldError, tail
from multicasskop.world.kubeconfig import Entry
from multicasskop.world.ports import free_ports
from multicasskop.world.processes import Process
from multicasskop.world.world import World

PATIENCE = 90.0

CHILD_RULES: Rules = (
    rule("get list watch create patch delete", "cassandraclusters", groups=[GROUP]),
    rule("patch", "cassandraclusters/status", groups=[GROUP]),
)
"""What the operator may do in every member."""

HOME_RULES: Rules = (
    *CHILD_RULES,
    rule("get list watch patch", "multicasskops", groups=[GROUP]),
    rule("patch", "multicasskops/status", groups=[GROUP]),
    rule("create patch", "events", groups=["events.k8s.io"]),
    rule("get create patch", "leases", groups=["coordination.k8s.io"]),
    rule("get create patch", "configmaps"),
)
"""What it may do in the home cluster."""

CASSKOP_RULES: Rules = (
    rule("get list watch patch", "cassandraclusters", groups=[GROUP]),
    rule("patch", "cassandraclusters/status", groups=[GROUP]),
    rule("get list watch create patch delete", "statefulsets", groups=["apps"]),
    rule("get list watch create patch delete", "services"),
    rule("get list watch create patch", "poddisruptionbudgets", groups=["policy"]),
    rule("list watch patch delete", "pods", "persistentvolumeclaims"),
    rule("get", "configmaps", "secrets", "serviceaccounts"),
    rule("create patch", "events", groups=["events.k8s.io"]),
    rule("get create patch", "leases", groups=["coordination.k8s.io"]),
)
"""What CassKop may do in its cluster."""


Through = Callable[[Entry], Entry]


def unchanged(entry: Entry) -> Entry:
    """The way as it is."""
    return entry


ALONE = "--no-leader-elect"
"""For who is alone: it need not wait for the lease of one that was killed, nor does it lose one when all is busy."""
SOON = ("--lease-duration=8s", "--renew-deadline=6s", "--retry-period=500ms")
"""A lease that somebody else takes over sooner than by default, and that a busy machine still renews in time."""


@dataclass(frozen=True, slots=True)
class Launch:
    """How an operator is started. `namespace` is the one it watches and in which it keeps its lease.

    Unless `relayed`, it speaks to the API servers themselves, and `World.black_hole` does not reach it.
    """

    namespace: str
    home: str
    remotes: Sequence[str]
    flags: Sequence[str] = ()
    environment: dict[str, str] = field(default_factory=dict)
    relayed: bool = True
    rules: Rules = HOME_RULES
    """What it may do in home."""
    account: str = ACCOUNT
    identity: bool = True
    """Whether it may read home's id, which owner marks carry, as by the chart of MultiCassKop."""


_ALL: "WeakSet[Operator]" = WeakSet()


def wanted() -> list["Operator"]:
    """All operators of this process that should be running, whoever has started them."""
    return sorted((found for found in _ALL if found.is_wanted), key=lambda found: str(found.log))


class Operator:
    """One operator process. It may die and be started again; ports, credentials and log stay the same."""

    def __init__(self, directory: Path, launch: Launch) -> None:
        self.launch = launch
        self.kubeconfig = directory / "operator.kubeconfig"
        self.log = directory / "operator.log"
        self._metrics_port, self._health_port = free_ports(2)
        self._process: Process | None = None
        self.is_wanted = False
        """Whether it was started and not ended since: that it runs is another question."""
        _ALL.add(self)

    @property
    def metrics_url(self) -> str:
        """Where its metrics are."""
        return f"http://127.0.0.1:{self._metrics_port}/metrics"

    @property
    def health_url(self) -> str:
        """Where `/livez` and `/readyz` are."""
        return f"http://127.0.0.1:{self._health_port}"

    @property
    def pid(self) -> int:
        """The id of the process that was started last."""
        return self._started().pid

    @property
    def process(self) -> Process:
        """The process that was started last."""
        return self._started()

    def start(self, *, wait: bool = True) -> None:
        """Start the process and return when it says that it is ready; raises ProcessError with its log."""
        environment = {
            "KUBECONFIG": str(self.kubeconfig),
            "WATCH_NAMESPACE": self.launch.namespace,
            "MCK_NAMESPACE": self.launch.namespace,
            "LOG_TYPE": "json",
            # all members of a world of processes are on this machine
            "MCK_ALLOW_LOCAL_SERVERS": "true",
            **self.launch.environment,
        }
        self._process = processes.start("operator", self._command(), self.log, environment)
        self.is_wanted = True
        if wait:
            self.wait_ready()

    def wait_ready(self, seconds: float = PATIENCE) -> None:
        """Return when `/readyz` says so."""
        processes.wait_ready(self._started(), self.is_ready, seconds)

    def is_ready(self) -> bool:
        """Whether `/readyz` answers 200."""
        return self.get(f"{self.health_url}/readyz")[0] == 200

    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and processes.is_alive(self._process)

    def kill(self) -> None:
        """End the process as a crash does."""
        self.is_wanted = False
        if self._process is not None:
            processes.stop(self._process)

    def ask_stop(self) -> None:
        """Ask the process to end, and do not wait for it."""
        if self._process is not None:
            processes.send(self._process, signal.SIGTERM)

    def stop(self, grace: float = 30.0) -> None:
        """Ask the process to end, and after the grace in seconds force it."""
        self.is_wanted = False
        if self._process is not None:
            processes.stop(self._process, grace)

    def restart(self) -> None:
        """Stop politely, start again, wait until ready."""
        self.stop()
        self.start()

    def lines(self) -> tuple[str, ...]:
        """The log so far, over all starts."""
        return tuple(self.log.read_text(errors="replace").splitlines()) if self.log.exists() else ()

    def metrics(self) -> str:
        """The text of its metrics."""
        return self.get(self.metrics_url)[1]

    def tail(self) -> str:
        """The end of the log, for messages."""
        return tail(self.log, 40)

    def get(self, url: str) -> tuple[int, str]:
        """Return code and text of a page; code 0 when nobody answers."""
        try:
            answer = urllib3.request("GET", url, timeout=2, retries=False)
        except urllib3.exceptions.HTTPError:
            return 0, ""
        return answer.status, answer.data.decode(errors="replace")

    def _command(self) -> list[str]:
        remotes = [argument for name in self.launch.remotes for argument in ("-r", name)]
        addresses = [
            f"--metrics-addr=127.0.0.1:{self._metrics_port}",
            f"--health-addr=127.0.0.1:{self._health_port}",
        ]
        run = [sys.executable, "-m", "multicasskop.operator", "run", "-l", self.launch.home]
        # simulated nodes have no address; of a flag that is given twice the last counts
        return [*run, *remotes, *addresses, "--seed-probe=off", *self.launch.flags]

    def _started(self) -> Process:
        if self._process is None:
            raise WorldError("the operator was never started")
        return self._process


def credentials(world: World, path: Path, launch: Launch, through: Through = unchanged) -> None:
    """Write the kubeconfig of an operator: one context per member, each with an account that has the chart's rights.

    `through` leads a context another way, for example `Faults.through` by the fault proxies.
    """
    if launch.identity:
        allow_identity(world.admin(launch.home), launch.namespace, launch.account)
    rules = {launch.home: launch.rules}
    entries = [
        world.service_account(
            member, launch.namespace, launch.account, rules.get(member, CHILD_RULES), relayed=launch.relayed
        )
        for member in (launch.home, *launch.remotes)
    ]
    kubeconfig.write(path, [through(entry) for entry in entries])
