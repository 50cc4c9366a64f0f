"""The work of CassKop: the CassandraClusters of the cluster that the process is in."""

from typing import Final

from multicasskop.crds.cassandracluster import CassandraCluster
from multicasskop.informers.cluster import Cluster
from multicasskop.informers.key import Key
from multicasskop.informers.queue import WorkQueue
from multicasskop.operator.intake import Intake
from multicasskop.operator.means import Means
from multicasskop.operator.settings import Settings
from multicasskop.operator.telling import Telling
from multicasskop.operator.version import version
from multicasskop.reconcilers.cassandracluster.answer_book import AnswerBook
from multicasskop.reconcilers.cassandracluster.jolokia.pool import CommandPool
from multicasskop.reconcilers.cassandracluster.kinds import CASSANDRACLUSTERS
from multicasskop.reconcilers.cassandracluster.lines import Lines
from multicasskop.reconcilers.cassandracluster.nodes import Nodes
from multicasskop.reconcilers.cassandracluster.reconciler import CassandraClusterReconciler
from multicasskop.reconcilers.cassandracluster.scope import Scope
from multicasskop.reconcilers.cassandracluster.watches import known, wire
from multicasskop.reconcilers.controller import Controller
from multicasskop.reconcilers.events import EventRecorder
from multicasskop.reconcilers.request import Request

NAME: Final = "casskop"
BOOTSTRAP: Final = "multicasskop/bootstrap"
"""The image that is built from images/bootstrap, with this program's version as its tag."""


class CasskopWork:
    """What a leader does. Made when home is known, wired before anything is watched, started when the lease is ours."""

    def __init__(self, home: Cluster, settings: Settings, identity: str, means: Means) -> None:
        clock = means.clock
        self._scope = Scope(home, settings.watch_namespaces)
        self._queue: WorkQueue[Request] = WorkQueue(clock, metrics=means.metrics, name=NAME)
        self._intake = Intake(self._queue)
        self._telling = Telling(home, NAME, identity, means)
        lines = Lines(home.client, self._find, means.traces, clock)
        book = AnswerBook(clock, connect=lines.connect, start=means.supervisor.spawn)
        self._nodes = Nodes(book, CommandPool(means.supervisor, clock), lines, clock, home.guard)
        recorder = self._telling.recorder
        self._controller = Controller(
            NAME,
            self._queue,
            CassandraClusterReconciler(
                self._scope,
                self._nodes,
                recorder,
                clock=clock,
                traces=means.traces,
                bootstrap_image=settings.bootstrap_image or f"{BOOTSTRAP}:{version()}",
            ),
            clock=clock,
            random=means.random,
            supervisor=means.supervisor,
            metrics=means.metrics,
            workers=settings.workers,
            log_field="cluster",
        )
        self._started, self.idle = False, True

    @property
    def recorder(self) -> EventRecorder:
        """What writes events in home."""
        return self._telling.recorder

    def wire(self) -> None:
        """Let changes reach the queue, once there is work; to be called once, before the cluster is watched."""
        wire(self._scope, self._intake)
        self._nodes.on_news(lambda key: self._intake.add(Request.of(key)))

    def wire_member(self, cluster: Cluster) -> None:
        """Other clusters have a CassKop of their own."""

    def wake(self, member: str) -> None:
        """Nothing here depends on other clusters."""

    def start(self) -> None:
        """Begin to work and to write events, with a look at every CassandraCluster."""
        self._started, self.idle = True, False
        self._intake.open(lambda: known(self._scope))
        self._telling.start()
        self._controller.start()

    def shut(self) -> None:
        """Hand out no more work."""
        self._queue.shut_down()

    def cancel(self) -> None:
        """Hand out no more work, and refuse every further call of the runs under way; nodes are told nothing more."""
        self.shut()
        self._controller.cancel()
        self._nodes.stop()

    def finish(self, seconds: float) -> None:
        """Wait for the runs under way, and no longer for nodes; `idle` tells whether all of them have ended."""
        if self._started:
            self.idle = self._controller.stop(seconds)
        self._nodes.stop()

    def flush(self, seconds: float) -> None:
        """Write the events that wait, and no more from now on."""
        self._telling.flush(seconds)

    def report(self) -> None:
        """Bring the gauges up to date; called before metrics are read."""
        self._controller.report()

    def _find(self, key: Key) -> CassandraCluster | None:
        informer = self._scope.informer(CASSANDRACLUSTERS, key.namespace)
        record = informer.store.get(key) if informer is not None else None
        return record.view(CassandraCluster) if record is not None else None
