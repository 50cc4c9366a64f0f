"""Ten thousand unchanged objects, listed again: how long it takes, and that nobody is told.

In a process of its own: `python -m bench.relist relist --kubeconfig FILE`.
"""

import time

from multicasskop.informers.changes import Change

from bench.consumer import Arguments, ConsumerError, arguments, python, report, run
from bench.crowd import Crowd
from bench.measure import Figure, Result, at_most
from bench.ours import PATIENCE, Consumer, settle
from bench.scale import Scale

POLL = 0.002
NOTHING = at_most(0.0)


def measure(crowd: Crowd, scale: Scale) -> list[Result]:
    """Seconds from the wish for another list to its end, and what handlers heard of it."""
    command = python("bench.relist", "relist", f"--kubeconfig={crowd.kubeconfig}")
    found = [run(command) for _ in range(scale.runs)]
    if any(facts["objects"] != crowd.objects for facts in found):
        raise ConsumerError(f"not all of {crowd.objects} objects were there: {found}")
    return [
        Figure("relist10k", "s", tuple(facts["seconds"] for facts in found)),
        Figure("relist10k_notifications", "calls", tuple(float(facts["told"]) for facts in found), NOTHING),
    ]


def relist(given: Arguments) -> None:
    """Report one list after the first."""
    told = list[Change]()
    consumer = Consumer(given.kubeconfig, seen=told.append)
    consumer.sync()
    told.clear()
    lists = consumer.informer.activity.lists
    began = time.perf_counter()
    consumer.informer.relist()
    while consumer.informer.activity.lists == lists:
        if time.perf_counter() > began + PATIENCE:
            raise TimeoutError(f"no list within {PATIENCE:.0f}s: {consumer.informer.last_fault}")
        time.sleep(POLL)
    seconds = time.perf_counter() - began
    report(seconds=seconds, objects=len(consumer.informer.store), told=len(told))
    consumer.disengage()


if __name__ == "__main__":
    settle()
    arguments("bench.relist", __doc__, relist=relist)
