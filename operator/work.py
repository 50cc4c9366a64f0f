"""The work itself: queue, reconciler, workers, and the events that tell of it."""

from typing import Final

from multicasskop.informers.cluster import Cluster
from multicasskop.informers.clusters import Clusters
from multicasskop.informers.observed import Observed
from multicasskop.informers.queue import Priority, WorkQueue
from multicasskop.operator.intake import Intake
from multicasskop.operator.means import Means
from multicasskop.operator.settings import Settings
from multicasskop.operator.sweeping import Sweeping
from multicasskop.operator.telling import Telling
from multicasskop.reconcilers.controller import Controller
from multicasskop.reconcilers.events import EventRecorder
from multicasskop.reconcilers.multicasskop.reconciler import MultiCasskopReconciler, ReconcilerOptions
from multicasskop.reconcilers.multicasskop.seed_answers import SeedProbe
from multicasskop.reconcilers.multicasskop.seed_look import SeedLook
from multicasskop.reconcilers.multicasskop.watches import known, wire, wire_member
from multicasskop.reconcilers.request import Request

NAME: Final = "multicasskop"
_SWEEP_SECONDS: Final = 1.0


class Work:
    """What a leader does. Made when home is known, wired before anything is watched, started when the lease is ours."""

    def __init__(
        self,
        home: Cluster,
        clusters: Clusters,
        settings: Settings,
        identity: str,
        means: Means,
        *,
        namespace: str,
    ) -> None:
        clock, metrics = means.clock, means.metrics
        self._clusters = clusters
        self._queue: WorkQueue[Request] = WorkQueue(
            clock, metrics=metrics, name=NAME, low_at_once=low_at_once(settings.workers)
        )
        self._intake = Intake(self._queue)
        self._telling = Telling(home, NAME, identity, means)
        self._reconciler = MultiCasskopReconciler(
            clusters,
            clock=clock,
            settings=options_of(settings, namespace),
            recorder=self._telling.recorder,
            metrics=metrics,
            observed=Observed(clock),
            traces=means.traces,
            seed_look=SeedLook(SeedProbe(settings.seed_probe), clock),
        )
        self._sweeping = Sweeping(clusters, self._reconciler, self._telling.recorder, means)
        self._controller = Controller(
            NAME,
            self._queue,
            self._reconciler,
            clock=clock,
            random=means.random,
            supervisor=means.supervisor,
            metrics=metrics,
            workers=settings.workers,
        )
        self._started, self.idle = False, True

    def wire_member(self, cluster: Cluster) -> None:
        """Let changes in a cluster that nobody can find yet reach the queue, once there is work."""
        wire_member(cluster, self._intake, self._reconciler)
        self._sweeping.wire_member(cluster)

    def wire(self) -> None:
        """Let changes in all clusters known by now do so; to be called again when clusters were added."""
        wire(self._clusters, self._intake, self._reconciler)
        self._sweeping.wire()

    @property
    def recorder(self) -> EventRecorder:
        """What writes events in home."""
        return self._telling.recorder

    def wake(self, member: str) -> None:
        """Look at every MultiCasskop that wants a child in a member: it came or went.

        At low priority: at a start that is all objects once for each member, and what a person changes comes first.
        """
        claims = self._reconciler.claims
        if member not in self._clusters:
            self._reconciler.memory.left(member, claims)
        for key in claims.wanting(member):
            self._intake.add(Request.of(key), Priority.LOW)

    def start(self) -> None:
        """Begin to work and to write events, with a look at every MultiCasskop."""
        self._started, self.idle = True, False
        self._intake.open(lambda: known(self._clusters.home, self._reconciler.scope))
        self._telling.start()
        self._controller.start()
        self._sweeping.start()

    def shut(self) -> None:
        """Hand out no more work."""
        self._queue.shut_down()
        self._sweeping.shut()

    def cancel(self) -> None:
        """Hand out no more work, and refuse every further call of the runs under way."""
        self.shut()
        self._controller.cancel()
        self._sweeping.cancel()

    def finish(self, seconds: float) -> None:
        """Wait for the runs under way; `idle` tells afterwards whether all of them have ended."""
        if self._started:
            idle = self._controller.stop(seconds)
            # its queue was shut at the same time, so that it has had those seconds too
            self.idle = self._sweeping.finish(_SWEEP_SECONDS) and idle

    def flush(self, seconds: float) -> None:
        """Write the events that wait, and no more from now on."""
        self._telling.flush(seconds)

    def report(self) -> None:
        """Bring the gauges up to date; called before metrics are read."""
        self._controller.report()


def low_at_once(workers: int) -> int:
    """How many workers may look at what is not urgent: a quarter of them.

    So a change finds a free one at once, and what that does beside few others: looks are a processor's work, and all
    of them share one.
    """
    return max(1, workers // 4)


def options_of(settings: Settings, namespace: str) -> ReconcilerOptions:
    """What of the settings concerns the reconciler; `namespace` is the operator's own."""
    return ReconcilerOptions(
        settings.watch_namespaces,
        settings.allow_cross_namespace,
        namespace,
        settings.refuse_own_namespace,
    )
