"""A cluster that is engaged, synced and let go, five hundred times in one process: nothing of it is left behind.

In a process of its own: `python -m bench.engaging cycles --kubeconfig FILE --count N`.
"""

import gc
import os
import threading
from collections.abc import Sequence
from statistics import linear_regression

from rich.console import Console

from bench.consumer import Arguments, arguments, python, report, resident, run
from bench.crowd import crowded
from bench.measure import Figure, Result, at_most
from bench.ours import Consumer, settle
from bench.scale import Scale
from bench.sync import MEGABYTE

OBJECTS, CYCLES, WARM, LOOKS = 200, 500, 50, 20
# pages of the allocator come and go; a cycle that kept its objects would leave hundreds of megabytes
MEMORY_GOAL, NOTHING = at_most(8.0), at_most(0.0)
GOALS = {"rss": ("MB", MEMORY_GOAL), "descriptors": ("open", NOTHING), "threads": ("alive", NOTHING)}


def measure(console: Console, scale: Scale) -> list[Result]:
    """What is held after the last cycle and was not held after the first fifty, by the trend of all looks at it."""
    with crowded(console, OBJECTS) as crowd:
        where = f"--kubeconfig={crowd.kubeconfig}"
        facts = run(python("bench.engaging", "cycles", where, f"--count={scale.of(CYCLES)}"))
    return [Figure(f"engage500_{name}_growth", unit, (facts[name],), goal) for name, (unit, goal) in GOALS.items()]


def cycles(given: Arguments) -> None:
    """Report what has grown."""
    for _ in range(min(WARM, given.count)):
        cycle(given.kubeconfig)
    looks = [held()]
    for _ in range(LOOKS):
        for _ in range(max(1, given.count // LOOKS)):
            cycle(given.kubeconfig)
        looks.append(held())
    report(**{name: growth([look[name] for look in looks]) for name in GOALS})


def growth(looks: Sequence[float]) -> float:
    """How much is more at the last look than at the first, by a straight line through all: single ones vary."""
    return (len(looks) - 1) * linear_regression(range(len(looks)), looks).slope


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
