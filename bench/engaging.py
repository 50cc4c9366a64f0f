"""A cluster that is engaged, synced and let go, five hundred times in one process: nothing of it is left behind.

In a process of its own: `python -m bench.engaging cycles --kubeconfig FILE --count N`.
"""

import gc
import os
import threading

from rich.console import Console

from bench.consumer import Arguments, arguments, python, report, resident, run
from bench.crowd import crowded
from bench.measure import Figure, Result, at_most
from bench.ours import Consumer, settle
from bench.scale import Scale
from bench.sync import MEGABYTE

OBJECTS, CYCLES, WARM = 200, 500, 50
# pages of the allocator come and go; a cycle that kept its objects would leave hundreds of megabytes
MEMORY_GOAL, NOTHING = at_most(8.0), at_most(0.0)
GOALS = {"rss": ("MB", MEMORY_GOAL), "descriptors": ("open", NOTHING), "threads": ("alive", NOTHING)}


def measure(console: Console, scale: Scale) -> list[Result]:
    """What is held after the last cycle and was not held after the first fifty."""
    with crowded(console, OBJECTS) as crowd:
        where = f"--kubeconfig={crowd.kubeconfig}"
        facts = run(python("bench.engaging", "cycles", where, f"--count={scale.of(CYCLES)}"))
    return [Figure(f"engage500_{name}_growth", unit, (facts[name],), goal) for name, (unit, goal) in GOALS.items()]


def cycles(given: Arguments) -> None:
    """Report what has grown."""
    for _ in range(min(WARM, given.count)):
        cycle(given.kubeconfig)
    before = held()
    for _ in range(given.count):
        cycle(given.kubeconfig)
    report(**{name: after - before[name] for name, after in held().items()})


def cycle(kubeconfig: str) -> None:
    """A cluster from its beginning to its end."""
    consumer = Consumer(kubeconfig)
    consumer.sync()
    consumer.disengage()


def held() -> dict[str, float]:
    """Memory in megabytes, open descriptors, and threads, after garbage was collected."""
    gc.collect()
    descriptors = len(os.listdir("/proc/self/fd"))
    return {"rss": resident() / MEGABYTE, "descriptors": descriptors, "threads": threading.active_count()}


if __name__ == "__main__":
    settle()
    arguments("bench.engaging", __doc__, cycles=cycles)
