"""Keep ConfigMaps labelled `mirror=yes` of one cluster the same in others, until Ctrl-C.

python mirror.py FIRST OTHER [OTHER …], contexts of the file that KUBECONFIG names.
"""

import os
import sys
from collections.abc import Sequence
from random import SystemRandom

from multicasskop.informers.changes import Change
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
# one entry for each copy: what fails in one cluster is tried again for that cluster, and holds up no other
queue: WorkQueue[tuple[Key, Cluster]] = WorkQueue(clock)


def prepared(context: str) -> Cluster:
    """A cluster, before the first call."""
    who = from_kubeconfig(os.environ["KUBECONFIG"], context)
    return Cluster(context, who, clock=clock, random=random, guard=None, supervisor=supervisor, options=OPTIONS)


def watch(cluster: Cluster, concerned: Sequence[Cluster]) -> None:
    """Put the key of each change into the queue, for each cluster whose copy it concerns."""

    def changed(change: Change) -> None:
        """Handlers run in the thread that reads the stream: nothing more than this."""
        for other in concerned:
            queue.add((change.key, other))

    cluster.informer(CONFIG_MAPS).add_handler(changed, name="mirror")
    cluster.engage()


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
        queue.add_after((key, other), 5.0)


def work(first: Cluster) -> None:
    """Do what is due, and what failed once more, later and later."""
    while item := queue.get():
        key, other = item
        try:
            reconcile(key, first, other)
            queue.forget(item)
        except InformerError as error:
            sys.stderr.write(f"{other.name}: {key}: {error}; again in {queue.add_rate_limited(item):.1f}s\n")
        finally:
            queue.done(item)


first, *others = clusters = [prepared(context) for context in sys.argv[1:]]
try:
    for each in clusters:
        watch(each, others if each is first else [each])
    work(first)
except KeyboardInterrupt:
    sys.stderr.write("stopped\n")
finally:
    # threads are no daemons: the process ends when they have ended
    for each in clusters:
        each.disengage()
