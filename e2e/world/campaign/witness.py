"""The informer layer alone, as a process that says what it is told: one line of JSON for each change, on its output.

    python -m multicasskop.world.campaign.witness NAMESPACE HURRY CONTEXT [CONTEXT …]

It watches ConfigMaps of a namespace in the contexts of the file that KUBECONFIG names. Its clock runs HURRY times as
fast as others do, so that delays are over sooner. For each line on its input it says what its stores hold: after it has
engaged its clusters, if the line is `engage`, or disengaged them, if it is `disengage`; with `renew` it takes up the
credentials that the file has now.
"""

import os
import sys
import threading
import time
from collections.abc import Mapping
from random import Random

import msgspec
import structlog
from multicasskop.informers.changes import Change
from multicasskop.informers.clock import SystemClock
from multicasskop.informers.cluster import Cluster
from multicasskop.informers.credentials import Credentials, from_kubeconfig
from multicasskop.informers.resource import Resource
from multicasskop.informers.supervisor import Supervisor
from multicasskop.world.campaign.notifications import Notification, Stores

CONFIG_MAPS = Resource("", "v1", "configmaps", "ConfigMap")


class Hurried(SystemClock):
    """A clock that runs several times as fast as the machine's."""

    def __init__(self, factor: float) -> None:
        self._factor = factor

    def monotonic(self) -> float:
        """Seconds that have gone by here."""
        return time.monotonic() * self._factor

    def wait(self, condition: threading.Condition, timeout: float | None) -> bool:
        """Wait until that has gone by here."""
        return condition.wait(None if timeout is None else timeout / self._factor)

    def sleep(self, stop: threading.Event, seconds: float) -> bool:
        """Wait until that has gone by here."""
        return stop.wait(max(0.0, seconds) / self._factor)


def credentials(context: str) -> Credentials:
    """Those of a context of the file, as it is now."""
    return from_kubeconfig(os.environ["KUBECONFIG"], context)


def watched(context: str, namespace: str, clock: SystemClock) -> Cluster:
    """A cluster whose changes are said."""
    random, supervisor = Random(context), Supervisor()
    found = Cluster(context, credentials(context), clock=clock, random=random, guard=None, supervisor=supervisor)
    found.informer(CONFIG_MAPS, namespace).add_handler(lambda change: say(told(context, change)), name="witness")
    found.engage()
    return found


def told(member: str, change: Change) -> Notification:
    """A change in plain words."""
    return Notification(member, change.key.name, change.kind.value, change.record.uid, change.record.version)


def held(cluster: Cluster, namespace: str) -> Mapping[str, tuple[str, str]]:
    """What the store of a cluster holds."""
    records = cluster.informer(CONFIG_MAPS, namespace).store.list()
    return {record.key.name: (record.uid, record.version) for record in records}


def say(what: Notification | Stores) -> None:
    """Write one line, whole: two threads may speak at once."""
    os.write(sys.stdout.fileno(), msgspec.json.encode(what) + b"\n")


def main(namespace: str, hurry: str, *contexts: str) -> None:
    """Do what is asked until the input ends."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    clock, clusters = Hurried(float(hurry)), list[Cluster]()
    for line in sys.stdin:
        match line.strip():
            case "engage":
                clusters = [watched(context, namespace, clock) for context in contexts]
            case "renew":
                for cluster in clusters:
                    cluster.renew(credentials(cluster.name))
            case "disengage":
                for cluster in clusters:
                    cluster.disengage()
                clusters = []
        say(Stores({cluster.name: held(cluster, namespace) for cluster in clusters}))


if __name__ == "__main__":
    main(*sys.argv[1:])
