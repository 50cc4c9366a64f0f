"""The official Python client beside us: `python -m bench.peers.official sync|events|latency --kubeconfig FILE`.

Its `Watch`, as its documentation shows it, and its `SharedInformer`; each event's key goes to a `queue.Queue`. Its
`SharedInformer` cannot list custom objects, which `shared_informer_failure` shows, so it syncs a built-in kind.
"""

# the client's own modules are not typed
# mypy: disable-error-code="no-untyped-call"

import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from kubernetes import client, config, watch
from kubernetes.informer import ADDED, ERROR, SharedInformer
from multicasskop.world.kinds import CASSANDRACLUSTERS

from bench.consumer import Arguments, Arrivals, Stamps, arguments, left, report, resident

PATIENCE = 120.0
POLL = 0.001
KIND = (CASSANDRACLUSTERS.group, CASSANDRACLUSTERS.version, CASSANDRACLUSTERS.plural)


def sync(given: Arguments) -> None:
    """Report the first sync: complete when every key of so many objects is in the queue."""
    config.load_kube_config(given.kubeconfig)
    keys: queue.Queue[str] = queue.Queue()
    informer = SharedInformer(client.CoreV1Api().list_pod_template_for_all_namespaces)
    informer.add_event_handler(ADDED, lambda item: keys.put(f"{item.metadata.namespace}/{item.metadata.name}"))
    before, began = resident(), time.perf_counter()
    informer.start()
    while keys.qsize() < given.count and time.perf_counter() < began + PATIENCE:
        time.sleep(POLL)
    seconds = time.perf_counter() - began
    report(
        seconds=seconds,
        objects=len(informer.cache.list_keys()),
        queued=keys.qsize(),
        **left(before),
    )


def events(given: Arguments) -> None:
    """Report how fast events came, from the first key in the queue to that of the last version."""
    config.load_kube_config(given.kubeconfig)
    api: Any = client.CustomObjectsApi()
    version = api.list_cluster_custom_object(*KIND)["metadata"]["resourceVersion"]
    keys: queue.Queue[str] = queue.Queue()
    arrivals, stream = Arrivals(given.last), watch.Watch()
    for event in stream.stream(api.list_cluster_custom_object, *KIND, resource_version=version):
        metadata = event["object"]["metadata"]
        keys.put(f"{metadata['namespace']}/{metadata['name']}")
        arrivals.arrived(metadata["resourceVersion"])
        if metadata["resourceVersion"] == given.last:
            break
    report(**arrivals.facts, queued=keys.qsize())


def latency(given: Arguments) -> None:
    """Report when each version came; the initial state comes as events, too."""
    config.load_kube_config(given.kubeconfig)
    stamps = Stamps(given.count)
    keys: queue.Queue[str] = queue.Queue()

    def follow() -> None:
        """Watch for ever."""
        for metadata in changed():
            keys.put(f"{metadata.namespace}/{metadata.name}")
            stamps.arrived(metadata.resource_version)

    threading.Thread(target=follow, daemon=True).start()
    stamps.report()


def changed() -> Iterator[Any]:
    """The metadata of each object that is there, or changes."""
    for event in watch.Watch().stream(client.CoreV1Api().list_pod_template_for_all_namespaces):
        yield event["object"].metadata


def shared_informer_failure(list_objects: Callable[..., Any]) -> BaseException:
    """What the client's `SharedInformer` makes of a function that lists custom objects; TimeoutError when it works."""
    failures: queue.Queue[BaseException] = queue.Queue()
    informer = SharedInformer(list_objects)
    informer.add_event_handler(ERROR, failures.put)
    informer.start()
    try:
        return failures.get(timeout=PATIENCE)
    except queue.Empty:
        raise TimeoutError("it listed them without an error") from None
    finally:
        informer.stop()


if __name__ == "__main__":
    arguments("bench.peers.official", __doc__, sync=sync, events=events, latency=latency)
