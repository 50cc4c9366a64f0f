"""Keep ConfigMaps labelled `mirror=yes` of one cluster the same in others.

python mirror.py FIRST OTHER [OTHER …], contexts of the file that KUBECONFIG names.
"""

import os
import sys
from random import SystemRandom

from multicasskop.informers.clock import SystemClock
from multicasskop.informers.cluster import Cluster, ClusterOptions
from multicasskop.informers.credentials import from_kubeconfig
from multicasskop.informers.errors import InformerError
from multicasskop.informers.informer import InformerOptions
from multicasskop.informers.key import Key
from multicasskop.informers.queue import WorkQueue
from multicasskop.informers.resource import Resource
from multicasskop.informers.supervisor import Supervisor

CONFIG_MAPS = Resource("", "v1", "configmaps", "ConfigMap")
OPTIONS = ClusterOptions(informer=InformerOptions(label_selector="mirror=yes"))
clock, random, supervisor = SystemClock(), SystemRandom(), Supervisor()
queue: WorkQueue[Key] = WorkQueue(clock)


def watched(context: str) -> Cluster:
    """A cluster of which each change puts its key into the queue."""
    who = from_kubeconfig(os.environ["KUBECONFIG"], context)
    found = Cluster(context, who, clock=clock, random=random, guard=None, supervisor=supervisor, options=OPTIONS)
    found.informer(CONFIG_MAPS).add_handler(lambda change: queue.add(change.key), name="mirror")
    found.engage()
    return found


def reconcile(key: Key, first: Cluster, other: Cluster) -> None:
    """Make a copy what its original is; that there is no original counts only while its cluster can be seen."""
    original, copy = (each.informer(CONFIG_MAPS).store.get(key) for each in (first, other))
    if original is not None:
        data = original.mutable().get("data") or {}
        if copy is None:
            body = {"metadata": {"name": key.name, "labels": {"mirror": "yes"}}, "data": data}
            other.client.create(CONFIG_MAPS, key.namespace, body)
        elif (old := copy.mutable().get("data") or {}) != data:
            # in a merge patch null removes: what the copy alone has goes
            other.client.merge_patch(CONFIG_MAPS, key.namespace, key.name, {"data": {**dict.fromkeys(old), **data}})
    elif copy is not None and first.informer(CONFIG_MAPS).freshness.fresh:
        other.client.delete(CONFIG_MAPS, key.namespace, key.name, uid=copy.uid)
    elif copy is not None:
        queue.add_after(key, 5.0)


first, *others = [watched(context) for context in sys.argv[1:]]
while key := queue.get():
    try:
        for other in others:
            reconcile(key, first, other)
        queue.forget(key)
    except InformerError as error:
        sys.stderr.write(f"{key}: {error}; again in {queue.add_rate_limited(key):.1f}s\n")
    finally:
        queue.done(key)
