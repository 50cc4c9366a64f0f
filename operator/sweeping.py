"""The sweep of orphans as a part of the process: a queue of members, one worker, and what asks."""

from random import Random
from typing import Final

from multicasskop.informers.clock import Clock
from multicasskop.informers.clusters import Clusters
from multicasskop.informers.metrics import Metrics
from multicasskop.informers.queue import WorkQueue
from multicasskop.informers.supervisor import Supervisor
from multicasskop.reconcilers.controller import Controller
from multicasskop.reconcilers.multicasskop.reconciler import MultiCasskopReconciler
from multicasskop.reconcilers.multicasskop.report import Recorder
from multicasskop.reconcilers.multicasskop.sweep import Sweeper
from multicasskop.reconcilers.request import Request
from multicasskop.reconcilers.traces import Traces

NAME: Final = "orphans"


class Sweeping:
    """Works off the records that the reconciler of MultiCasskops writes. Its loop is not measured: one run a day."""

    def __init__(
        self,
        clusters: Clusters,
        reconciler: MultiCasskopReconciler,
        recorder: Recorder,
        *,
        clock: Clock,
        random: Random,
        supervisor: Supervisor,
        metrics: Metrics,
        traces: Traces,
    ) -> None:
        self._queue: WorkQueue[Request] = WorkQueue(clock, name=NAME)
        parts = reconciler.scope, reconciler.claims, reconciler.book
        self._sweeper = Sweeper(clusters, *parts, recorder, metrics=metrics, traces=traces, clock=clock)
        self._controller = Controller(
            NAME,
            self._queue,
            self._sweeper,
            clock=clock,
            random=random,
            supervisor=supervisor,
            workers=1,
            log_field="member",
        )

    def wire(self) -> None:
        """Let changes in all clusters known by now ask for a sweep."""
        self._sweeper.wire(self._queue)

    def start(self) -> None:
        """Begin to work, with a look at every member."""
        self._controller.start()
        self._sweeper.ask_all(self._queue)

    def shut(self) -> None:
        """Hand out no more work."""
        self._queue.shut_down()

    def cancel(self) -> None:
        """Refuse every further call of the run under way."""
        self._controller.cancel()

    def finish(self, seconds: float) -> bool:
        """Wait for the run under way; return whether it has ended."""
        return self._controller.stop(seconds)
