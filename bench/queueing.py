"""The work queue by itself: how often in a second an item is added, taken and done with.

In a process of its own: `python -m bench.queueing alone|shared --count N`.
"""

import threading
import time
from collections.abc import Iterator

from multicasskop.informers.clock import SystemClock
from multicasskop.informers.queue import ShutDown, WorkQueue
from multicasskop.operator.catalogue import new_metrics
from rich.console import Console

from bench.consumer import Arguments, arguments, python, report, run
from bench.measure import Figure, Result
from bench.ours import settle
from bench.scale import Scale

ITEMS, WORKERS = 200_000, 4
NAMES = {"alone": "queue_operations_per_second", "shared": "queue_operations_per_second_four_workers"}


def measure(_: Console, scale: Scale) -> list[Result]:
    """An operation is an item's whole way: by one thread, and from one producer to four workers."""
    return [Figure(name, "ops/s", tuple(rate(mode, scale) for _ in range(scale.runs))) for mode, name in NAMES.items()]


def rate(mode: str, scale: Scale) -> float:
    """Operations per second in one run."""
    items = scale.of(ITEMS)
    seconds: float = run(python("bench.queueing", mode, "--kubeconfig=none", f"--count={items}"))["seconds"]
    return items / seconds


def queue() -> WorkQueue[int]:
    """A queue as the operator has it."""
    return WorkQueue(SystemClock(), metrics=new_metrics()[1])


def alone(given: Arguments) -> None:
    """Report how long one thread needs."""
    items, began = queue(), time.perf_counter()
    for number in range(given.count):
        items.add(number)
        items.done(items.get())
    report(seconds=time.perf_counter() - began)


def shared(given: Arguments) -> None:
    """Report how long it takes from the first add until workers are done with all of them."""
    items, left, over = queue(), iter(range(given.count - 1)), threading.Event()
    workers = [threading.Thread(target=work, args=(items, left, over)) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    began = time.perf_counter()
    for number in range(given.count):
        items.add(number)
    over.wait()
    report(seconds=time.perf_counter() - began)
    items.shut_down()


def work(items: WorkQueue[int], left: Iterator[int], over: threading.Event) -> None:
    """Take items until there are no more; whoever is done with the last one says so."""
    try:
        while True:
            items.done(items.get())
            if next(left, None) is None:
                over.set()
    except ShutDown:
        return


if __name__ == "__main__":
    settle()
    arguments("bench.queueing", __doc__, alone=alone, shared=shared)
