"""The sweep of orphans as a part of the process: a queue of members, one worker, and what asks."""

from typing import Final

from multicasskop.informers.cluster import Cluster
from multicasskop.informers.clusters import Clusters
from multicasskop.informers.queue import WorkQueue
from multicasskop.operator.intake import Intake
from multicasskop.operator.means import Means
from multicasskop.reconcilers.controller import Controller
from multicasskop.reconcilers.multicasskop.reconciler import MultiCasskopReconciler
from multicasskop.reconcilers.multicasskop.report import Recorder
from multicasskop.reconcilers.multicasskop.sweep import Sweeper
from multicasskop.reconcilers.request import Request

NAME: Final = "orphans"


class Sweeping:
    """Works off the records that the reconciler of MultiCasskops writes. Its loop is not measured: one run a day."""

    def __init__(
        self, clusters: Clusters, reconciler: MultiCasskopReconciler, recorder: Recorder, means: Means
    ) -> None:
        self._queue: WorkQueue[Request] = WorkQueue(means.clock, name=NAME)
        self._intake = Intake(self._queue)
        parts = reconciler.scope, reconciler.claims, reconciler.book
        self._sweeper = Sweeper(
            clusters, *parts, recorder, metrics=means.metrics, traces=means.traces, clock=means.clock
        )
        self._controller = Controller(
            NAME,
            self._queue,
            self._sweeper,
            clock=means.clock,
            random=means.random,
            supervisor=means.supervisor,
            workers=1,
            log_field="member",
        )

    def wire(self) -> None:
        """Let changes in all clusters known by now ask for a sweep."""
        self._sweeper.wire(self._intake)

    def wire_member(self, cluster: Cluster) -> None:
        """Let a cluster that nobody can find yet ask for a sweep."""
        self._sweeper.wire_member(cluster, self._intake)

    def start(self) -> None:
        """Begin to work, with a look at every member."""
        self._intake.open(self._sweeper.everybody)
        self._controller.start()

    def shut(self) -> None:
        """Hand out no more work."""
        self._queue.shut_down()

    def cancel(self) -> None:
        """Refuse every further call of the run under way."""
        self._controller.cancel()

    def finish(self, seconds: float) -> bool:
        """Wait for the run under way; return whether it has ended."""
        return self._controller.stop(seconds)
