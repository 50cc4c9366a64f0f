"""Two members as scripted API servers, a kubeconfig for them, and an operator that runs over them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import structlog
import yaml
from fakes.api_server import FakeApiServer
from fakes.exchange import PATIENCE, Answer, Exchange, answer, failure
from fakes.rig import until
from multicasskop.informers.clock import Clock, SystemClock
from multicasskop.operator.catalogue import new_metrics
from multicasskop.operator.output.exit_codes import ExitCode
from multicasskop.operator.parts import OperatorParts
from multicasskop.operator.process import End, Inbox, Process
from multicasskop.operator.settings import Settings
from structlog.testing import LogCapture

GROUP = "/apis/db.orange.com/v2"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
STOP = End("signal SIGTERM", ExitCode.OK)
Json = dict[str, Any]


def discovery(*names: str) -> Json:
    """What a server answers that serves these resources of our group."""
    return {"kind": "APIResourceList", "resources": [{"name": name} for name in names]}


def empty(kind: str) -> Json:
    """An empty list."""
    return {"kind": f"{kind}List", "apiVersion": "db.orange.com/v2", "metadata": {"resourceVersion": "1"}, "items": []}


def echo(exchange: Exchange) -> None:
    """Answer a write with what was written."""
    answer({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", **named(exchange.request.json)})(exchange)


def named(body: Json) -> Json:
    """A lease as the server answers it."""
    return {**body, "metadata": {"namespace": "default", "name": "multicasskop", "resourceVersion": "7"}}


def absent(name: str) -> Answer:
    """There is no object of that name."""
    return failure(404, "NotFound", details={"name": name})


def lease_of(holder: str) -> Answer:
    """A lease that somebody holds."""
    return answer({"kind": "Lease", **named({"spec": {"holderIdentity": holder, "leaseDurationSeconds": 15}})})


NO_LEASE = absent("multicasskop")


def script(server: FakeApiServer, lease: Answer = NO_LEASE) -> None:
    """Let a server answer as an API server does that has our kinds and no object; `lease` is what it says of that."""
    served = ("multicasskops", "multicasskops/status", "cassandraclusters", "cassandraclusters/status")
    server.on("GET", GROUP, answer(discovery(*served)))
    for plural, kind in (("multicasskops", "MultiCasskop"), ("cassandraclusters", "CassandraCluster")):
        server.on("GET", f"{GROUP}/{plural}", answer(empty(kind)))
        server.on_watch(f"{GROUP}/{plural}")
    server.on("GET", f"{LEASES}/multicasskop", lease)
    server.on("POST", LEASES, echo)
    server.on("PATCH", f"{LEASES}/multicasskop", echo)
    server.on("GET", "/version", answer({"gitVersion": "v1.36.3"}))
    server.on("GET", "/api/v1/namespaces/default/secrets/c2", absent("c2"))


def kubeconfig(path: Path, **servers: str) -> str:
    """A kubeconfig with a context per member."""
    content = {
        "clusters": [{"name": name, "cluster": {"server": server}} for name, server in servers.items()],
        "contexts": [{"name": name, "context": {"cluster": name}} for name in servers],
    }
    path.write_text(yaml.safe_dump(content))
    return str(path)


@dataclass
class Run:
    """An operator under test; it runs in a thread of its own between `start` and `wait`."""

    settings: Settings
    clock: Clock = field(default_factory=SystemClock)
    exits: list[int] = field(default_factory=list)
    log: LogCapture = field(default_factory=LogCapture)
    end: End | None = None

    def __post_init__(self) -> None:
        """Put the operator together."""
        self.inbox = Inbox()
        registry, metrics = new_metrics()
        self.parts = OperatorParts(
            self.settings,
            {},
            self.inbox,
            metrics=metrics,
            registry=registry,
            clock=self.clock,
            random=Random(7),
            exit_now=self.exits.append,
        )
        self._thread = threading.Thread(target=self._run, name="operator")

    def start(self) -> None:
        """Begin."""
        structlog.configure(processors=[self.log])
        self._thread.start()

    def stop(self) -> End:
        """Send the signal, and wait."""
        self.inbox.put(STOP)
        return self.wait()

    def wait(self) -> End:
        """Wait for the end."""
        self._thread.join(PATIENCE)
        assert self.end is not None, self.told()
        return self.end

    def told(self, *events: str) -> list[Json]:
        """What was logged, all of it or the messages of these texts."""
        return [dict(entry) for entry in self.log.entries if not events or entry["event"] in events]

    def until_told(self, event: str) -> Json:
        """Wait for a message, and return it."""
        until(lambda: bool(self.told(event)))
        return self.told(event)[0]

    def _run(self) -> None:
        self.end = Process(self.parts, self.inbox).run()


@dataclass
class Members:
    """Home `c1` and another member `c2`, and settings to run an operator over them."""

    home: FakeApiServer
    other: FakeApiServer
    settings: Settings

    @contextmanager
    def running(self, **changes: Any) -> Iterator[Run]:  # noqa: ANN401
        """Lend an operator that has been started; it is gone afterwards."""
        run = Run(replace(self.settings, **changes))
        run.start()
        try:
            yield run
        finally:
            if run.end is None:
                run.stop()
            structlog.reset_defaults()


@contextmanager
def members(folder: Path) -> Iterator[Members]:
    """Lend two members that answer; what they answer may be changed before an operator starts."""
    with FakeApiServer() as home, FakeApiServer() as other:
        path = kubeconfig(folder / "kubeconfig", c1=home.url, c2=other.url)
        anywhere = ("127.0.0.1", 0)
        settings = Settings(
            local="c1",
            remotes=("c2",),
            kubeconfig=path,
            imports=str(folder / "imports"),
            metrics_address=anywhere,
            health_address=anywhere,
        )
        yield Members(home, other, settings)
