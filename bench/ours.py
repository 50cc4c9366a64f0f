"""Our side of a comparison, in a process of its own: `python -m bench.ours sync|events|latency --kubeconfig FILE`.

The product's own cluster, informer, index and work queue, put together as the operator does it. It prints one JSON
document: how long the first sync took and what it left in memory, how fast the events up to a version came through, or
when each of them came.
"""

import logging
import sys
import time
from collections.abc import Callable
from random import Random

import structlog
from multicasskop.informers.changes import Change
from multicasskop.informers.clock import SystemClock
from multicasskop.informers.cluster import Cluster, ClusterOptions
from multicasskop.informers.credentials import from_kubeconfig
from multicasskop.informers.queue import Priority, WorkQueue
from multicasskop.informers.resource import Resource
from multicasskop.informers.supervisor import Supervisor
from multicasskop.operator import collector
from multicasskop.operator.catalogue import new_metrics
from multicasskop.reconcilers.multicasskop.watches import BY_OWNER, CASSANDRACLUSTERS, by_owner
from multicasskop.reconcilers.request import Request

from bench.consumer import Arguments, Arrivals, Stamps, arguments, left, report, resident

PATIENCE = 120.0
RESOURCES = {"cassandraclusters": CASSANDRACLUSTERS, "podtemplates": Resource("", "v1", "podtemplates", "PodTemplate")}
# how a first list can be asked for
WAYS = {"list": ClusterOptions(), "stream": ClusterOptions(streamed_lists=True)}
LISTED = next(iter(WAYS))

Handler = Callable[[Change], None]


class Consumer:
    """Informers of one kind in all namespaces, one for each member, with the operator's metrics and one work queue.

    All members are the same cluster, each with connections, credentials and a store of its own. `seen` is told of every
    change whose key went to the queue.
    """

    def __init__(
        self,
        kubeconfig: str,
        kind: str = "cassandraclusters",
        *,
        way: str = LISTED,
        members: int = 1,
        indexed: bool = True,
        seen: Handler = lambda _: None,
    ) -> None:
        self._kubeconfig, self._options, self._seen = kubeconfig, WAYS[way], seen
        self._clock, self._supervisor, (_, self._metrics) = SystemClock(), Supervisor(), new_metrics()
        self.queue: WorkQueue[Request] = WorkQueue(self._clock, metrics=self._metrics)
        self.clusters = [self._cluster(f"bench-{number}") for number in range(members)]
        informers = [each.informer(RESOURCES[kind]) for each in self.clusters]
        self.informer = informers[0]
        for informer in informers if indexed else ():
            informer.store.add_index(BY_OWNER, by_owner)
        self._handled = [each.add_handler(self._changed, name="bench") for each in informers]

    def _cluster(self, name: str) -> Cluster:
        return Cluster(
            name,
            from_kubeconfig(self._kubeconfig),
            clock=self._clock,
            random=Random(),
            guard=None,
            supervisor=self._supervisor,
            metrics=self._metrics,
            options=self._options,
        )

    def _changed(self, change: Change) -> None:
        self.queue.add(Request.of(change.key), Priority.LOW if change.initial else Priority.NORMAL)
        self._seen(change)

    def sync(self) -> None:
        """Engage, and return when every key is in the queue."""
        self.engage()
        for handled in self._handled:
            if not handled.wait_synced(PATIENCE):
                raise TimeoutError(f"not synced within {PATIENCE:.0f}s: {self.informer.last_fault}")

    def engage(self) -> None:
        """Start."""
        for cluster in self.clusters:
            cluster.engage()

    def disengage(self) -> None:
        """End all threads."""
        for cluster in self.clusters:
            cluster.disengage()


def sync(given: Arguments) -> None:
    """Report the first sync: complete when every key is in the queue."""
    consumer = Consumer(given.kubeconfig, given.kind, way=given.way or LISTED)
    before, began = resident(), time.perf_counter()
    consumer.sync()
    seconds = time.perf_counter() - began
    report(
        seconds=seconds,
        objects=len(consumer.informer.store),
        queued=len(consumer.queue),
        kept=consumer.informer.store.size_bytes,
        **left(before),
    )
    consumer.disengage()


def events(given: Arguments) -> None:
    """Report how fast events came, from the first key in the queue to that of the last version."""
    arrivals = Arrivals(given.last)
    consumer = watcher(given, arrivals.arrived)
    consumer.engage()
    arrivals.wait(PATIENCE)
    report(**arrivals.facts, queued=len(consumer.queue))
    consumer.disengage()


def latency(given: Arguments) -> None:
    """Report when each version came."""
    stamps = Stamps(given.count)
    consumer = watcher(given, stamps.arrived)
    consumer.sync()
    stamps.report()
    consumer.disengage()


def watcher(given: Arguments, arrived: Callable[[str], None]) -> Consumer:
    """A consumer without an index, since peers that only watch have none; `arrived` is told of each version."""
    return Consumer(given.kubeconfig, given.kind, indexed=False, seen=lambda change: arrived(change.record.version))


def settle() -> None:
    """Begin as the operator does: the collector is told of what is loaded, and information is logged, which is rare."""
    collector.settle()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


if __name__ == "__main__":
    settle()
    arguments("bench.ours", __doc__, sync=sync, events=events, latency=latency)
