"""The official Python client beside us: `python -m bench.peers.official --kubeconfig FILE --last VERSION`.

Its `Watch` over custom objects, as its documentation shows it; each event's key goes to a `queue.Queue`. Its
`SharedInformer` is no peer: it cannot list custom objects, which `shared_informer_failure` shows.
"""

# the client's own modules are not typed
# mypy: disable-error-code="no-untyped-call"

import argparse
import queue
from collections.abc import Callable
from typing import Any

from kubernetes import client, config, watch
from kubernetes.informer import ERROR, SharedInformer
from multicasskop.world.kinds import CASSANDRACLUSTERS

from bench.consumer import Arrivals, report

PATIENCE = 120.0
KIND = (CASSANDRACLUSTERS.group, CASSANDRACLUSTERS.version, CASSANDRACLUSTERS.plural)


def events(kubeconfig: str, last: str) -> None:
    """Report how fast events came, from the first key in the queue to that of the last version."""
    config.load_kube_config(kubeconfig)
    api: Any = client.CustomObjectsApi()
    version = api.list_cluster_custom_object(*KIND)["metadata"]["resourceVersion"]
    keys: queue.Queue[str] = queue.Queue()
    arrivals, stream = Arrivals(last), watch.Watch()
    for event in stream.stream(api.list_cluster_custom_object, *KIND, resource_version=version):
        metadata = event["object"]["metadata"]
        keys.put(f"{metadata['namespace']}/{metadata['name']}")
        arrivals.arrived(metadata["resourceVersion"])
        if metadata["resourceVersion"] == last:
            break
    report(**arrivals.facts, queued=keys.qsize())


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


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(prog="python -m bench.peers.official", description=__doc__)
    parser.add_argument("--kubeconfig", required=True)
    parser.add_argument("--last", required=True)
    given = parser.parse_args()
    events(given.kubeconfig, given.last)


if __name__ == "__main__":
    main()
