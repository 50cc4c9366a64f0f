"""Changes of the pod template, rack after rack: Kubernetes replaces a rack's pods one by one, from the last down."""

from collections.abc import Iterator
from typing import Any

from multicasskop.reconcilers.cassandracluster.facts import Rack, Scene
from multicasskop.reconcilers.cassandracluster.gates import (
    Gate,
    first_closed,
    nobody_joins,
    others_ready,
    pods_ready,
    references_there,
    unready,
)
from multicasskop.reconcilers.cassandracluster.generate import wanted_statefulset
from multicasskop.reconcilers.cassandracluster.kinds import PODS, STATEFULSETS
from multicasskop.reconcilers.cassandracluster.rack_status import UNBEGUN, action_of, done, moved, with_phase
from multicasskop.reconcilers.cassandracluster.statefulset.comparison import difference
from multicasskop.reconcilers.cassandracluster.step import Step
from multicasskop.reconcilers.cassandracluster.words import Action, Phase, Status
from multicasskop.reconcilers.cassandracluster.writes import Delete, Patch, Write

Json = dict[str, Any]


def template_patch(scene: Scene) -> Json | None:
    """What must change in the StatefulSet beside its size; None when nothing must."""
    found = scene.rack.statefulset
    if found is None:
        return None
    return difference(found.raw, wanted_statefulset(scene, found.replicas))


def advance(scene: Scene) -> Step:
    """The next step of an action that changes the template."""
    rack, patch = scene.rack, template_patch(scene)
    if action_of(rack.status)[1] in UNBEGUN:
        return _begin(scene, patch)
    if rack.settled:
        return Step(done(rack.status, scene.now))
    return Step(with_phase(rack.status, Phase.PENDING), tuple(_partition(rack, patch)), unready(rack))


def _partition(rack: Rack, patch: Json | None) -> Iterator[Patch]:
    """How far the action goes is a person's to change while it goes on: it would never end otherwise."""
    strategy = (patch or {}).get("spec", {}).get("updateStrategy")
    if strategy is not None:
        yield change(rack, {"spec": {"updateStrategy": strategy}})


def _begin(scene: Scene, patch: Json | None) -> Step:
    rack = scene.rack
    if patch is None:
        # said and done by whoever was here before
        return Step(moved(rack.status, Status.ONGOING))
    waiting = first_closed(scene, *_gates(scene))
    if waiting:
        return Step(rack.status, waiting=waiting, again=2.0)
    writes = unstick(rack, patch) if rack.stuck is not None else (change(rack, patch),)
    return Step(moved(rack.status, Status.ONGOING), writes, "its pods")


def _gates(scene: Scene) -> tuple[Gate, ...]:
    """A pod that is stuck waits for nothing but the correction; a person may let pass what is not ready."""
    if scene.unlocked:
        return (references_there,)
    if scene.rack.stuck is not None:
        return references_there, others_ready
    return references_there, pods_ready, others_ready, nobody_joins


def correction(scene: Scene) -> Step | None:
    """The step of a rack whose pods are stuck in another action, and whose template has been mended since."""
    rack = scene.rack
    if rack.stuck is None or action_of(rack.status)[1] in UNBEGUN or action_of(rack.status)[0] == Action.STORAGE_UPSIZE:
        return None
    patch = template_patch(scene)
    return Step(rack.status, unstick(rack, patch), "its corrected pods") if patch is not None else None


def change(rack: Rack, patch: Json) -> Patch:
    """Change the StatefulSet, if it is as it was compared."""
    found = rack.statefulset
    assert found is not None  # noqa: S101 - there is no patch without one
    return Patch(STATEFULSETS, found.name, found.uid, patch, version=found.version, why=action_of(rack.status)[0])


def unstick(rack: Rack, patch: Json) -> tuple[Write, ...]:
    """Change the template, and take away the pods that never got going with the old one.

    Kubernetes waits for such a pod for ever, even when its template is mended (known issue "forced rollback" of
    StatefulSets). Nothing is lost: its claim stays, and its container does not run.
    """
    hopeless = tuple(pod for pod in rack.pods if pod.trouble is not None and not pod.ready and not pod.deleting)
    return (change(rack, patch), *(Delete(PODS, pod.name, pod.uid, why=str(pod.trouble)) for pod in hopeless))
