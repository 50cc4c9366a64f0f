"""Our side of a comparison, in a process of its own: `python -m bench.ours --kubeconfig FILE [--last VERSION]`.

The product's own cluster, informer, index and work queue, put together as the operator does it. It prints one JSON
document: with --last how fast the events up to that version came through, otherwise how long the first sync took and
what it left in memory. With --streamed the list is asked for as the beginning of the watch, otherwise in pages.
"""

import argparse
import gc
import logging
import sys
import time
from random import Random

import structlog
from multicasskop.informers.changes import Change
from multicasskop.informers.clock import SystemClock
from multicasskop.informers.cluster import Cluster, ClusterOptions
from multicasskop.informers.credentials import from_kubeconfig
from multicasskop.informers.queue import Priority, WorkQueue
from multicasskop.informers.supervisor import Supervisor
from multicasskop.operator import collector
from multicasskop.operator.catalogue import new_metrics
from multicasskop.reconcilers.multicasskop.watches import BY_OWNER, CASSANDRACLUSTERS, by_owner
from multicasskop.reconcilers.request import Request

from bench.consumer import CALM, Arrivals, report, resident

PATIENCE = 120.0


class Consumer:
    """An informer of CassandraClusters in all namespaces, with the operator's metrics, whose keys go to its queue."""

    def __init__(self, kubeconfig: str, arrivals: Arrivals, *, streamed: bool = False) -> None:
        clock, (_, metrics) = SystemClock(), new_metrics()
        self._arrivals = arrivals
        self.cluster = Cluster(
            "bench",
            from_kubeconfig(kubeconfig),
            clock=clock,
            random=Random(),
            guard=None,
            supervisor=Supervisor(),
            metrics=metrics,
            options=ClusterOptions(streamed_lists=streamed),
        )
        self.queue: WorkQueue[Request] = WorkQueue(clock, metrics=metrics)
        self.informer = self.cluster.informer(CASSANDRACLUSTERS)
        self.handled = self.informer.add_handler(self._changed, name="bench")

    def _changed(self, change: Change) -> None:
        self.queue.add(Request.of(change.key), Priority.LOW if change.initial else Priority.NORMAL)
        self._arrivals.arrived(change.record.version)


def sync(kubeconfig: str, *, streamed: bool) -> None:
    """Report the first sync: complete when every key is in the queue."""
    consumer = Consumer(kubeconfig, Arrivals(""), streamed=streamed)
    consumer.informer.store.add_index(BY_OWNER, by_owner)
    before, began = resident(), time.perf_counter()
    consumer.cluster.engage()
    if not consumer.handled.wait_synced(PATIENCE):
        raise TimeoutError(f"not synced within {PATIENCE:.0f}s: {consumer.informer.last_fault}")
    seconds = time.perf_counter() - began
    time.sleep(CALM)
    calm = resident()
    gc.collect()
    report(
        seconds=seconds,
        objects=len(consumer.informer.store),
        queued=len(consumer.queue),
        rss_before=before,
        rss_calm=calm,
        rss_collected=resident(),
    )
    consumer.cluster.disengage()


def events(kubeconfig: str, last: str) -> None:
    """Report how fast events came, from the first key in the queue to that of the last version."""
    arrivals = Arrivals(last)
    consumer = Consumer(kubeconfig, arrivals)
    consumer.cluster.engage()
    arrivals.wait(PATIENCE)
    report(**arrivals.facts, queued=len(consumer.queue))
    consumer.cluster.disengage()


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench.ours", description=__doc__)
    parser.add_argument("--kubeconfig", required=True)
    parser.add_argument("--last", default="")
    parser.add_argument("--streamed", action="store_true")
    given = parser.parse_args()
    collector.settle()
    # as the operator does by default: information is logged, and is rare
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    if given.last:
        events(given.kubeconfig, given.last)
    else:
        sync(given.kubeconfig, streamed=given.streamed)


if __name__ == "__main__":
    main()
