"""What must hold before a rack may be changed; each gate answers with whom it waits for, in a sentence, or nothing."""

from collections.abc import Callable

from multicasskop.reconcilers.cassandracluster.facts import Rack, Scene
from multicasskop.reconcilers.cassandracluster.jolokia.answers import Failed
from multicasskop.reconcilers.cassandracluster.jolokia.questions import JoiningNodes, OperationMode
from multicasskop.reconcilers.cassandracluster.pods import Pod
from multicasskop.reconcilers.cassandracluster.sets import StatefulSet

Gate = Callable[[Scene], str]
NORMAL = "NORMAL"


class NodeFails(str):
    """Whom is waited for, where that is a node that does not answer as it must: a person may have to look at it."""

    __slots__ = ()


def first_closed(scene: Scene, *gates: Gate) -> str:
    """What the first closed gate says; empty when all are open. Gates after a closed one are not asked."""
    return next((said for gate in gates if (said := gate(scene))), "")


def pods_ready(scene: Scene) -> str:
    """Whether the rack's StatefulSet has done what it was asked for before."""
    return "" if scene.rack.settled else unready(scene.rack)


def others_ready(scene: Scene) -> str:
    """Whether no other rack lacks a node: taking one away here would be one too many."""
    if scene.unlocked:
        return ""
    pod = next(iter(scene.others_unready), None)
    if pod is not None:
        return f"pod {pod.name} of another rack is not ready{_why(pod)}"
    return next((_fewer(rack) for rack in scene.others if len(rack.pods) < rack.expected), "")


def nobody_joins(scene: Scene) -> str:
    """Whether no node is joining the ring, in this or another Kubernetes cluster."""
    speakers = scene.facts.speakers
    if not speakers:
        return "" if not any(scene.facts.pods) else "no node answers that could say whether another one is joining"
    answer = scene.ring.ask_any(speakers, JoiningNodes())
    if isinstance(answer, Failed):
        return NodeFails(f"node {speakers[-1].name} does not say whether another one is joining: {answer.message}")
    return f"node {answer[0]} is joining the ring" if answer else ""


def newest_joined(scene: Scene) -> str:
    """Whether the newest node of the rack has joined: pods are ready while their nodes still join."""
    if not scene.rack.pods:
        return "no pod is there" if scene.rack.expected else ""
    return has_joined(scene, scene.rack.pods[-1])


def has_joined(scene: Scene, pod: Pod) -> str:
    """Whether the node in a pod has joined the ring."""
    if scene.facts.wanted.spec.debug:
        return ""
    if not pod.answers:
        return f"pod {pod.name} is not ready{_why(pod)}"
    mode = scene.ring.ask(pod, OperationMode())
    if isinstance(mode, Failed):
        return NodeFails(f"node {pod.name} does not say its mode: {mode.message}")
    return "" if mode == NORMAL else f"node {pod.name} is {mode}"


def references_there(scene: Scene) -> str:
    """Whether everything that the pods refer to is there: without it, what is restarted does not come back."""
    return scene.facts.missing[0] if scene.facts.missing else ""


def unready(rack: Rack) -> str:
    """Why a rack is not ready, in a sentence."""
    if rack.statefulset is None:
        return f"StatefulSet of rack {rack.id} is not there"
    pod = rack.stuck or next((pod for pod in rack.pods if not pod.ready or pod.deleting), None)
    if pod is not None:
        return f"pod {pod.name} is not ready{_why(pod)}"
    if len(rack.pods) != rack.statefulset.replicas:
        return _fewer(rack)
    return _held_back(rack, rack.statefulset) or f"StatefulSet {rack.statefulset.name} is not up to date"


def _held_back(rack: Rack, found: StatefulSet) -> str:
    """Which pods a person keeps from being changed, once all others have been; empty where nobody does."""
    older = [pod for pod in rack.pods if pod.revision != found.revision]
    if not older or any(pod.ordinal >= rack.plan.partition for pod in older):
        return ""
    names = ", ".join(pod.name for pod in older)
    return f"rollingPartition {rack.plan.partition} of rack {rack.id} to be lowered: it holds back {names}"


def _fewer(rack: Rack) -> str:
    return f"rack {rack.id} has {len(rack.pods)} of {rack.expected} pods"


def _why(pod: Pod) -> str:
    return f" ({pod.trouble})" if pod.trouble is not None else ""
