"""One cluster over a scripted server."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

from fakes.api_server import FakeApiServer
from fakes.clock import FakeClock
from fakes.exchange import PATIENCE, Answer, answer
from fakes.objects import WIDGETS_PATH, Json, listed
from multicasskop.informers.cluster import Cluster, ClusterOptions
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.guard import WriteGuard
from multicasskop.informers.metrics import Metrics
from multicasskop.informers.supervisor import Supervisor

KUBE_SYSTEM = "/api/v1/namespaces/kube-system"
NAMESPACE: Json = {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "kube-system", "uid": "the-uid"}}
# a port on which nobody listens
DEAD = "http://127.0.0.1:9"


@dataclass
class Plant:
    """A server, and the cluster that is reached there."""

    server: FakeApiServer
    clock: FakeClock
    cluster: Cluster
    supervisor: Supervisor
    told: list[tuple[bool, str]] = field(default_factory=list)

    def serve(self, *objects: Json, version: int = 10, identity: Answer | None = None) -> None:
        """Script a list and a watch, and what every question for the identity gets until another is scripted."""
        self.server.on("GET", KUBE_SYSTEM, identity or answer(NAMESPACE))
        self.server.on("GET", WIDGETS_PATH, answer(listed(*objects, version=version)))
        self.server.on_watch(WIDGETS_PATH)

    def pass_time(self, condition: Callable[[], bool], threads: int = 1) -> None:
        """Let seconds pass until the condition holds; `threads` of the cluster wait on the clock in between.

        Of those that wait for nothing else all must be named: for one that is busy with an answer, time that passes
        makes it late.
        """
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if condition():
                return
            if self.clock.blocked >= threads:
                self.clock.advance(1.0)
            else:
                time.sleep(0.001)
        raise AssertionError(f"never came true, however much time has passed ({PATIENCE:g}s in truth)")

    @property
    def dark(self) -> bool:
        """Whether the cluster is dark."""
        return not self.cluster.reachable


@contextmanager
def plant(
    name: str = "m",
    clock: FakeClock | None = None,
    *,
    listening: bool = True,
    metrics: Metrics | None = None,
    expected: str = "",
    options: ClusterOptions | None = None,
) -> Iterator[Plant]:
    """Lend a cluster that has not been engaged; afterwards none of its threads is left."""
    clock, supervisor = clock or FakeClock(), Supervisor()
    with FakeApiServer() as server:
        cluster = Cluster(
            name,
            Credentials(server=server.url if listening else DEAD, source="test"),
            clock=clock,
            random=Random(5),
            guard=WriteGuard(clock),
            supervisor=supervisor,
            metrics=metrics,
            expected=expected,
            options=options,
        )
        it = Plant(server, clock, cluster, supervisor)
        cluster.on_reachability(lambda it_: it.told.append((it_.reachability.ok, it_.reachability.reason)))
        try:
            yield it
        finally:
            cluster.disengage()
    assert supervisor.failure is None
    assert supervisor.join_all(PATIENCE) == ()
