"""kopf beside us: `python -m bench.peers.kopf_operator events|latency --kubeconfig FILE --count N`.

A stand-alone operator with one `kopf.on.event` handler, whose keys go to an `asyncio.Queue`. It keeps no cache; its
peering, its own events and its look at the cluster's definitions are switched off.
"""

import asyncio
import os
import threading
from collections.abc import Callable
from typing import Any

import kopf
from multicasskop.world.kinds import Kind

from bench.consumer import Arguments, Arrivals, Stamps, arguments, report
from bench.kinds import KINDS

Seen = Callable[[str], None]


def operator(kubeconfig: str, kind: Kind, seen: Seen, stop: threading.Event) -> None:
    """Run kopf until it is to stop; `seen` is told the version of each object that was handled."""
    os.environ["KUBECONFIG"] = kubeconfig
    registry, settings = kopf.OperatorRegistry(), kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.scanning.disabled = True
    keys: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    def login(**given: Any) -> kopf.ConnectionInfo | None:  # noqa: ANN401  kopf's own arguments
        """Log in as the others do."""
        return kopf.login_with_kubeconfig(**given)

    async def handle(event: kopf.RawEvent, **_: object) -> None:
        """Take a key, in the loop itself: a function that is no coroutine would have a thread."""
        metadata = event["object"]["metadata"]
        keys.put_nowait((metadata["namespace"], metadata["name"]))
        seen(metadata["resourceVersion"])

    kopf.on.login(registry=registry)(login)
    kopf.on.event(kind.group, kind.version, kind.plural, registry=registry)(handle)
    kopf.run(registry=registry, settings=settings, standalone=True, clusterwide=True, stop_flag=stop)


def events(given: Arguments) -> None:
    """Report how fast events came, from the first key in the queue to the last one: objects have no order in kopf."""
    arrivals, stop = Arrivals(events=given.count), threading.Event()

    def seen(version: str) -> None:
        """Count, and stop after the last one."""
        arrivals.arrived(version)
        if arrivals.count == given.count:
            stop.set()

    operator(given.kubeconfig, KINDS[given.kind], seen, stop)
    report(**arrivals.facts, queued=arrivals.count)


def latency(given: Arguments) -> None:
    """Report when each version came."""
    stamps, stop = Stamps(given.count), threading.Event()

    def until_told() -> None:
        """Report, and stop."""
        stamps.report()
        stop.set()

    threading.Thread(target=until_told).start()
    operator(given.kubeconfig, KINDS[given.kind], stamps.arrived, stop)


if __name__ == "__main__":
    arguments("bench.peers.kopf_operator", __doc__, events=events, latency=latency)
