"""The informer layer over 1, 10 and 50 members with 200 objects each, at rest: processor, memory, threads.

In a process of its own: `python -m bench.members rest --kubeconfig FILE --count MEMBERS`. All members are one cluster,
each with connections, probes, credentials and a cache of its own.
"""

import gc
import threading
import time

from rich.console import Console

from bench.consumer import CALM, Arguments, ConsumerError, arguments, python, report, resident, run
from bench.crowd import crowded
from bench.measure import Figure, Result
from bench.ours import Consumer, settle
from bench.scale import Scale
from bench.sync import MEGABYTE

OBJECTS = 200
MEMBERS = (1, 10, 50)
REST = 30.0
UNITS = {"cpu": "% of a core", "rss": "MB", "threads": "threads"}


def measure(console: Console, scale: Scale) -> list[Result]:
    """Three figures for each number of members, for information."""
    with crowded(console, scale.of(OBJECTS)) as crowd:
        where = f"--kubeconfig={crowd.kubeconfig}"
        found = {count: run(python("bench.members", "rest", where, f"--count={count}")) for count in MEMBERS}
        for count, facts in found.items():
            if facts["objects"] != count * crowd.objects:
                raise ConsumerError(f"{count} members have {facts['objects']} objects, not {crowd.objects} each")
    return [
        Figure(f"members{count}_{name}", unit, (facts[name],))
        for name, unit in UNITS.items()
        for count, facts in found.items()
    ]


def rest(given: Arguments) -> None:
    """Report what the members cost while nothing happens in them."""
    before = resident()
    consumer = Consumer(given.kubeconfig, members=given.count)
    consumer.sync()
    time.sleep(CALM)
    gc.collect()
    began = time.process_time()
    time.sleep(REST)
    busy = time.process_time() - began
    report(
        cpu=busy / REST * 100,
        rss=(resident() - before) / MEGABYTE,
        threads=threading.active_count() - 1,
        objects=sum(len(each.store) for cluster in consumer.clusters for each in cluster.informers()),
    )
    consumer.disengage()


if __name__ == "__main__":
    settle()
    arguments("bench.members", __doc__, rest=rest)
