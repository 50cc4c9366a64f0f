"""What is remembered of each node, its host id and address, and the rescue of pods whose addresses were crossed.

When a machine starts again its pods may come up with each other's addresses. Such a node does not start, for the ring
knows another one at its address. A new pod gets a new address, and helps (`restartCountBeforePodDeletion`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from multicasskop.crds.cassandracluster.status import NodeStatus
from multicasskop.reconcilers.cassandracluster.facts import Facts, Rack
from multicasskop.reconcilers.cassandracluster.jolokia.addresses import by_address, plain
from multicasskop.reconcilers.cassandracluster.jolokia.answers import Failed
from multicasskop.reconcilers.cassandracluster.jolokia.questions import HostIds
from multicasskop.reconcilers.cassandracluster.kinds import PODS
from multicasskop.reconcilers.cassandracluster.pods import Pod, ordinal_of
from multicasskop.reconcilers.cassandracluster.ring import Ring
from multicasskop.reconcilers.cassandracluster.wishes import rack_of
from multicasskop.reconcilers.cassandracluster.writes import Delete

Json = dict[str, Any]
Known = Mapping[str, NodeStatus]
RETRY_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class NodeStatuses:
    """What is to be remembered, by the name of the pod; the pod that is to be made anew, if any."""

    known: Known
    writes: tuple[Delete, ...] = ()
    again: float | None = None

    @property
    def told(self) -> Json:
        """As it stands in `status.cassandraNodeStatus`."""
        return {name: node.to_json() for name, node in self.known.items()}


def node_status(facts: Facts, ring: Ring) -> NodeStatuses:
    """Remember the nodes that are in the ring, forget those that will not come back, and rescue a crossed one.

    A node is only asked when a pod has come, moved, or does not come up; then this raises Unanswered. Whoever calls may
    go on with what was remembered before, and look again when there is an answer.
    """
    known = dict(facts.cluster.status.cassandra_node_status or {})
    kept = {name: node for name, node in known.items() if _may_come_back(facts, name)}
    moved = [pod for pod in facts.pods if pod.answers and not _is_up_to_date(pod, kept)]
    crossed = [pod for pod in facts.pods if _does_not_come_up(facts, pod) and pod.name in kept]
    if not facts.speakers or not (moved or crossed):
        return NodeStatuses(kept)
    members = ring.ask_any(facts.speakers, HostIds())
    if isinstance(members, Failed):
        return NodeStatuses(kept, again=RETRY_SECONDS)
    members = by_address(members)
    found = {**kept, **dict(_found(moved, kept, members))}
    again = None if all(_is_up_to_date(pod, found) for pod in moved) else RETRY_SECONDS
    return NodeStatuses(found, tuple(_rescue(crossed, kept, members))[:1], again)


def _is_up_to_date(pod: Pod, known: Known) -> bool:
    return pod.name in known and known[pod.name].node_ip == pod.ip and bool(known[pod.name].host_id)


def _found(pods: list[Pod], known: Known, members: Mapping[str, str]) -> Iterator[tuple[str, NodeStatus]]:
    """What the ring says of pods, but for what it says of another pod as well: one of the two is not true any more."""
    moved = {pod.name for pod in pods}
    taken = {node.host_id for name, node in known.items() if name not in moved}
    for pod in pods:
        host = members.get(plain(pod.ip))
        if host and host not in taken:
            yield pod.name, NodeStatus(host_id=host, node_ip=pod.ip)


def _does_not_come_up(facts: Facts, pod: Pod) -> bool:
    limit = facts.wanted.spec.restart_count_before_pod_deletion or 0
    return bool(limit and pod.ip) and pod.restarts > limit and not pod.ready and not pod.deleting


def _rescue(pods: list[Pod], known: Known, members: Mapping[str, str]) -> Iterator[Delete]:
    """Pods at whose address the ring knows another node than theirs."""
    for pod in pods:
        host = members.get(plain(pod.ip))
        if known[pod.name].host_id and host and host != known[pod.name].host_id:
            why = f"the ring knows another node at its address {pod.ip}, and it does not come up"
            yield Delete(PODS, pod.name, pod.uid, why=why)


def _may_come_back(facts: Facts, name: str) -> bool:
    """Whether a pod of this name is there, is asked for, or has left something."""
    rack = rack_of(facts, name) or _former(facts, name)
    if rack is None:
        return False
    ordinal = ordinal_of(name)
    asked = max(rack.expected, rack.plan.nodes)
    claimed = any(claim.ordinal == ordinal for claim in rack.claims)
    return ordinal < asked or claimed or rack.pod(ordinal) is not None


def _former(facts: Facts, name: str) -> Rack | None:
    return next((rack for rack in facts.former if any(pod.name == name for pod in rack.pods)), None)
