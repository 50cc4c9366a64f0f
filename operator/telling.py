"""The events of one controller: who writes them, under which name, and until when."""

import structlog
from multicasskop.informers.client import Client
from multicasskop.informers.cluster import Cluster
from multicasskop.operator.means import Means
from multicasskop.reconcilers.events import EventRecorder

log = structlog.get_logger("process")


class Telling:
    """Writes events in one cluster over a connection of its own, which outlives the others at the end."""

    def __init__(self, cluster: Cluster, component: str, identity: str, means: Means) -> None:
        """`component` is named in each event, with `identity` as the process."""
        self._transport, self._started = cluster.transport.for_events(), False
        self.recorder = EventRecorder(
            Client(self._transport),
            component,
            means.clock,
            random=means.random,
            supervisor=means.supervisor,
            instance=identity,
            metrics=means.metrics,
            name=f"events/{component}",
        )

    def start(self) -> None:
        """Begin to write."""
        self._started = True
        self.recorder.start()

    def flush(self, seconds: float) -> None:
        """Write the events that wait, and no more from now on."""
        if self._started and not self.recorder.flush(seconds):
            log.warning("events not written in time")
        self.recorder.stop()
        self._transport.stop()
