"""More nodes in a rack: one at a time, each joined before the next, then a clean-up of what the old ones gave away."""

from multicasskop.reconcilers.cassandracluster.actions.sizing import resized
from multicasskop.reconcilers.cassandracluster.facts import Scene
from multicasskop.reconcilers.cassandracluster.gates import (
    first_closed,
    newest_joined,
    nobody_joins,
    others_ready,
    pods_ready,
    references_there,
)
from multicasskop.reconcilers.cassandracluster.kinds import PODS
from multicasskop.reconcilers.cassandracluster.pods import Pod
from multicasskop.reconcilers.cassandracluster.rack_status import done, moved, scaling_down, with_phase
from multicasskop.reconcilers.cassandracluster.step import Step
from multicasskop.reconcilers.cassandracluster.words import Phase, Status
from multicasskop.reconcilers.cassandracluster.writes import Patch


def advance(scene: Scene) -> Step:
    """The next node, or the end."""
    rack, found = scene.rack, scene.rack.statefulset
    assert found is not None  # noqa: S101 - the walk creates what is not there
    if found.replicas > rack.plan.nodes:
        # fewer are wanted by now; a pod that never got going goes again without a person's help
        return Step(scaling_down(rack.status, scene.now))
    status = with_phase(rack.status, Phase.RUNNING if rack.settled else Phase.PENDING)
    ready = first_closed(scene, pods_ready, newest_joined, nobody_joins)
    if ready:
        return Step(status, waiting=ready, again=1.0)
    if found.replicas >= rack.plan.nodes:
        return Step(done(status, scene.now), _clean_ups(scene))
    waiting = first_closed(scene, references_there, others_ready)
    if waiting:
        return Step(status, waiting=waiting, again=2.0)
    why = f"node {found.replicas + 1} of {rack.plan.nodes}"
    return Step(moved(status, Status.ONGOING), (resized(found, found.replicas + 1, why),), "its next pod")


def _clean_ups(scene: Scene) -> tuple[Patch, ...]:
    """Label the nodes that gave data away: all of the datacenter that were there before (D15)."""
    status = Status.TODO if scene.facts.wanted.spec.auto_pilot else Status.MANUAL
    labels = {"operation-name": "cleanup", "operation-status": str(status)}
    return tuple(
        Patch(PODS, pod.name, pod.uid, {"metadata": {"labels": labels}}, why="the datacenter has grown")
        for pod in _older(scene)
        if pod.running and not pod.deleting
    )


def _older(scene: Scene) -> tuple[Pod, ...]:
    """The pods of the datacenter that are older than the action."""
    datacenter = scene.rack.plan.rack.datacenter
    action = scene.rack.status.cassandra_last_action
    began = action.start_time if action is not None else None
    pods = (pod for rack in scene.facts.racks if rack.plan.rack.datacenter == datacenter for pod in rack.pods)
    return tuple(pod for pod in pods if began is None or pod.created < began.strftime("%Y-%m-%dT%H:%M:%SZ"))
