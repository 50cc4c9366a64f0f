"""How fast the machine is at this moment: a figure without a peer can be compared with another day's only beside it."""

import json
import time
from functools import cache
from statistics import median

ROUNDS, EACH = 25, 20
# some 5 KB, like the objects of the benchmarks
TEXT = json.dumps({f"key-{number:03}": {"name": f"ring-{number}", "nodes": [number] * 6} for number in range(75)})


@cache
def pace() -> float:
    """The microseconds in which Python's own json reads a document of 5 KB, measured once in a process."""
    return round(median(measured() for _ in range(ROUNDS)), 1)


def measured() -> float:
    """One round, in processor time: what else is running counts only as far as it slows this down."""
    began = time.process_time()
    for _ in range(EACH):
        json.loads(TEXT)
    return (time.process_time() - began) / EACH * 1e6
