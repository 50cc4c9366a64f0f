"""Fewer nodes in a rack: each leaves the ring, is seen to have left, and only then loses its pod and its claims.

What is known of the node that leaves stands in `podLastOperation`: ToDo, Ongoing while it leaves, Finalizing once it
was seen to have left. Each of these can be gone on from by whoever comes after a crash (D3, D4). What has begun to
leave cannot be stopped: if it is wanted after all it is waited for, and another node comes in its place.
"""

from datetime import datetime

from multicasskop.crds.cassandracluster.status import PodOperation, RackStatus
from multicasskop.reconcilers.cassandracluster.actions.leaving import has_left, never_joined
from multicasskop.reconcilers.cassandracluster.actions.sizing import resized
from multicasskop.reconcilers.cassandracluster.facts import Scene
from multicasskop.reconcilers.cassandracluster.gates import (
    NORMAL,
    NodeFails,
    first_closed,
    nobody_joins,
    others_ready,
    unready,
)
from multicasskop.reconcilers.cassandracluster.jolokia.answers import Failed
from multicasskop.reconcilers.cassandracluster.jolokia.questions import Decommission, OperationMode
from multicasskop.reconcilers.cassandracluster.kinds import CLAIMS, PODS, STATEFULSETS
from multicasskop.reconcilers.cassandracluster.pods import Pod, ordinal_of
from multicasskop.reconcilers.cassandracluster.rack_status import done, moved, with_operation, with_phase
from multicasskop.reconcilers.cassandracluster.replication import datacenter_goes, replicated
from multicasskop.reconcilers.cassandracluster.sets import StatefulSet
from multicasskop.reconcilers.cassandracluster.step import Step
from multicasskop.reconcilers.cassandracluster.words import Phase, Status
from multicasskop.reconcilers.cassandracluster.writes import Delete, Guard, Patch, Run

DECOMMISSION = "decommission"
_LEFT = frozenset({"DECOMMISSIONED"})


def advance(scene: Scene) -> Step:
    """The next step of the node that leaves, or the end."""
    rack, found = scene.rack, scene.rack.statefulset
    assert found is not None  # noqa: S101 - the walk creates what is not there
    operation = rack.status.pod_last_operation or PodOperation()
    if operation.name == DECOMMISSION and operation.status == Status.FINALIZING and operation.pods:
        return _finalize(scene, found, operation.pods[0])
    if found.replicas > rack.plan.nodes or _has_begun(operation, found):
        return _leave(scene, found)
    if not rack.settled:
        return Step(with_phase(rack.status, Phase.PENDING), waiting=unready(rack))
    return Step(done(_closed(rack.status, scene.now), scene.now))


def _has_begun(operation: PodOperation, found: StatefulSet) -> bool:
    """Whether the last node of the rack was told to leave, and it is not known what came of it."""
    last = (f"{found.name}-{found.replicas - 1}",)
    return operation.name == DECOMMISSION and operation.status == Status.ONGOING and operation.pods == last


def _closed(status: RackStatus, now: datetime) -> RackStatus:
    """No node is to leave any more, also if one was named before: other operations may follow."""
    operation = status.pod_last_operation
    if operation is None or operation.name != DECOMMISSION or operation.status == Status.DONE:
        return status
    return with_operation(status, status=Status.DONE, pods=(), pods_ko=operation.pods, end_time=_second(now))


def _second(now: datetime) -> datetime:
    return now.replace(microsecond=0)


# leaving the ring


def _leave(scene: Scene, found: StatefulSet) -> Step:
    pod = scene.rack.pod(found.replicas - 1)
    if pod is None:
        return _stays(scene, f"pod {found.name}-{found.replicas - 1} is not there")
    if never_joined(scene, pod):
        return _left(scene, pod)
    if not pod.answers:
        return _left(scene, pod) if has_left(scene, pod.name) else _stays(scene, f"pod {pod.name} does not answer")
    mode = scene.ring.ask(pod, OperationMode())
    if isinstance(mode, Failed):
        return _stays(scene, NodeFails(f"node {pod.name} does not say its mode: {mode.message}"))
    if mode in _LEFT:
        return _left(scene, pod)
    if mode != NORMAL or pod.uid in scene.ring.busy:
        return _stays(scene, f"node {pod.name} is {mode}, and is to leave the ring", 1.0)
    if found.replicas <= scene.rack.plan.nodes:
        return _remains(scene, pod)
    return _ask_to_leave(scene, pod)


def _remains(scene: Scene, pod: Pod) -> Step:
    """It is in the ring, and wanted there after all."""
    why = "it is to stay"
    label = Patch(PODS, pod.name, pod.uid, {"metadata": {"labels": {"operation-status": Status.ERROR.value}}}, why=why)
    return Step(_closed(scene.rack.status, scene.now), (label,))


def _ask_to_leave(scene: Scene, pod: Pod) -> Step:
    refused = scene.ring.failed.get(pod.uid)
    if refused is not None:
        why = NodeFails(f"node {pod.name} does not leave the ring, and is told again in a while: {refused}")
        return _stays(scene, why, 10.0)
    waiting = first_closed(scene, _rack_ready, others_ready, nobody_joins, _nothing_kept)
    if waiting:
        return _stays(scene, waiting, 2.0)
    status = with_operation(
        moved(scene.rack.status, Status.ONGOING),
        name=DECOMMISSION,
        status=Status.ONGOING,
        start_time=_second(scene.now),
        end_time=None,
        pods=(pod.name,),
        pods_ok=(),
        pods_ko=(),
    )
    labels = {"operation-name": DECOMMISSION, "operation-status": str(Status.ONGOING)}
    label = Patch(PODS, pod.name, pod.uid, {"metadata": {"labels": labels}}, why="its node leaves the ring")
    # unforced, Cassandra would keep the nodes for the replicas of the roles, which it does not let go either: see there
    # (`ReplicatedIn`); the other keyspaces, which it does not look at then, were looked at by the last gate
    command = Decommission(force=scene.unlocked or datacenter_goes(scene.facts, scene.rack))
    return Step(status, (label, Run(pod, command, "fewer nodes are wanted")), f"node {pod.name} to leave the ring", 1.0)


def _nothing_kept(scene: Scene) -> str:
    """Whether no keyspace has come to a datacenter since it was allowed to lose all of its nodes."""
    goes = datacenter_goes(scene.facts, scene.rack)
    return replicated(scene.facts, scene.ring, scene.rack.plan.rack.datacenter) if goes else ""


def _rack_ready(scene: Scene) -> str:
    return "" if scene.rack.settled else unready(scene.rack)


def _stays(scene: Scene, waiting: str, again: float = 5.0) -> Step:
    return Step(with_phase(scene.rack.status, Phase.PENDING), waiting=waiting, again=again)


def _left(scene: Scene, pod: Pod) -> Step:
    """It was seen to have left: that is said first, and the StatefulSet shrinks when it has been said."""
    status = with_operation(scene.rack.status, name=DECOMMISSION, status=Status.FINALIZING, pods=(pod.name,))
    return Step(with_phase(moved(status, Status.ONGOING), Phase.PENDING), waiting=f"pod {pod.name} to end")


# taking away what is left of it


def _finalize(scene: Scene, found: StatefulSet, name: str) -> Step:
    ordinal, pod = ordinal_of(name), scene.rack.pod(ordinal_of(name))
    if found.replicas > ordinal + 1 or (pod is not None and _is_back(scene, pod)):
        return Step(with_operation(scene.rack.status, status=Status.TODO, pods=()))
    if found.replicas == ordinal + 1:
        return Step(scene.rack.status, (resized(found, ordinal, f"{name} has left the ring"),), f"pod {name} to end")
    if pod is not None:
        return Step(scene.rack.status, waiting=f"pod {name} to end")
    guard = Guard(STATEFULSETS, found.name, found.uid, found.version)
    gone = tuple(
        Delete(CLAIMS, claim.name, claim.uid, guards=(guard,), why=f"{name} has left the ring")
        for claim in scene.rack.claims
        if claim.ordinal == ordinal and not claim.deleting
    )
    if any(claim.ordinal == ordinal for claim in scene.rack.claims):
        return Step(scene.rack.status, gone, f"the claims of {name} to go")
    status = with_operation(
        scene.rack.status, status=Status.DONE, pods=(), pods_ok=(name,), end_time=_second(scene.now)
    )
    return Step(moved(status, Status.CONTINUE))


def _is_back(scene: Scene, pod: Pod) -> bool:
    """Whether the node is in the ring after all: one without a claim joins anew when its pod is replaced."""
    if not pod.answers:
        return False
    mode = scene.ring.ask(pod, OperationMode())
    return not isinstance(mode, Failed) and mode not in _LEFT
