"""The first nodes of a rack: the first pod of every rack, one rack after the other, then the rest one by one.

Cassandra allocates tokens best when there is a node in every rack before any rack has two. The flow concerns racks that
are new and no others: what runs is never made smaller by it (D1).
"""

from multicasskop.crds.cassandracluster.status import RackStatus
from multicasskop.crds.names import DISABLE_FIRST_POD_PER_RACK
from multicasskop.reconcilers.cassandracluster.actions.sizing import resized
from multicasskop.reconcilers.cassandracluster.actions.update import template_patch, unstick
from multicasskop.reconcilers.cassandracluster.facts import Facts, Rack, Scene
from multicasskop.reconcilers.cassandracluster.gates import (
    first_closed,
    newest_joined,
    nobody_joins,
    pods_ready,
    references_there,
)
from multicasskop.reconcilers.cassandracluster.generate import wanted_statefulset
from multicasskop.reconcilers.cassandracluster.kinds import STATEFULSETS
from multicasskop.reconcilers.cassandracluster.rack_status import NEW, done, scaling_down, with_phase
from multicasskop.reconcilers.cassandracluster.step import Step
from multicasskop.reconcilers.cassandracluster.words import Phase, SubPhase
from multicasskop.reconcilers.cassandracluster.writes import Create


def create(scene: Scene) -> Step:
    """The StatefulSet is not there: make it, of the size at which the rack is, or begins."""
    waiting = first_closed(scene, references_there, nobody_joins)
    status = _begun(scene)
    if waiting:
        return Step(status, waiting=waiting)
    replicas = first_size(scene.facts, scene.rack)
    body = wanted_statefulset(scene, replicas)
    return Step(status, (Create(STATEFULSETS, body, f"rack {scene.rack.id} has none"),), "its first pod")


def first_size(facts: Facts, rack: Rack) -> int:
    """How many pods a StatefulSet is made with: never fewer than there have been, so that no node is lost by it."""
    known = [*(pod.ordinal + 1 for pod in rack.pods), *(claim.ordinal + 1 for claim in rack.claims)]
    if known:
        return max(known)
    return rack.plan.nodes if not by_first_pods(facts) else min(1, rack.plan.nodes)


def by_first_pods(facts: Facts) -> bool:
    """Whether every new rack gets one pod before any gets two."""
    switch = facts.cluster.metadata.annotations.get(DISABLE_FIRST_POD_PER_RACK, "")
    return switch.lower() != "true"


def advance(scene: Scene) -> Step:
    """The next step of a rack whose nodes are being made for the first time."""
    rack, found = scene.rack, scene.rack.statefulset
    assert found is not None  # noqa: S101 - the walk calls `create` where there is none
    if rack.stuck is not None and (patch := template_patch(scene)) is not None:
        return Step(rack.status, unstick(rack, patch), "its corrected pods")
    if found.replicas > rack.plan.nodes:
        # they leave the ring like any others
        return Step(scaling_down(rack.status, scene.now))
    waiting = first_closed(scene, pods_ready, newest_joined, nobody_joins)
    if waiting:
        return Step(rack.status, waiting=waiting, again=1.0)
    if rack.status.initializing_sub_phase == SubPhase.FIRST_POD and by_first_pods(scene.facts):
        return Step(with_phase(rack.status, Phase.INITIALIZING, SubPhase.NEXT_POD))
    return _grow(scene, found.replicas)


def _grow(scene: Scene, replicas: int) -> Step:
    rack, found = scene.rack, scene.rack.statefulset
    if found is None or replicas == rack.plan.nodes:
        return Step(done(rack.status, scene.now))
    first = next((other.id for other in scene.facts.racks if _awaits_first_pod(other)), None)
    if first is not None and by_first_pods(scene.facts):
        return Step(rack.status, waiting=f"the first pod of rack {first}")
    return Step(
        rack.status, (resized(found, replicas + 1, f"node {replicas + 1} of {rack.plan.nodes}"),), "its next pod"
    )


def _awaits_first_pod(rack: Rack) -> bool:
    return rack.initializing and rack.status.initializing_sub_phase == SubPhase.FIRST_POD and rack.plan.nodes > 0


def _begun(scene: Scene) -> RackStatus:
    """A rack that ran keeps its phase, and its action is to put back what is missing."""
    status = scene.rack.status
    if not scene.rack.initializing:
        return with_phase(status, Phase.PENDING)
    action = status.cassandra_last_action or NEW.cassandra_last_action
    started = action if action is None or action.start_time else action.model_copy(update={"start_time": scene.now})
    return status.model_copy(update={"cassandra_last_action": started})
