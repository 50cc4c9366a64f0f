"""Whether a node is out of the ring, where it cannot say so itself."""

from collections.abc import Iterable

from multicasskop.reconcilers.cassandracluster.facts import Scene
from multicasskop.reconcilers.cassandracluster.jolokia.addresses import plain
from multicasskop.reconcilers.cassandracluster.jolokia.answers import Failed
from multicasskop.reconcilers.cassandracluster.jolokia.questions import HostIds, LeavingNodes
from multicasskop.reconcilers.cassandracluster.pods import Pod


def never_joined(scene: Scene, pod: Pod) -> bool:
    """Whether a pod's node never was in the ring: its container never ran, and it was never seen among the nodes.

    A pod that is not scheduled is no proof by itself: its node may have run elsewhere before, and own data.
    """
    known = scene.facts.cluster.status.cassandra_node_status or {}
    return not pod.started and not pod.ready and pod.name not in known


def has_left(scene: Scene, name: str) -> bool:
    """Whether the other nodes know this one no more: neither as a node nor as one that is leaving.

    False as well when nobody can say: it has no known host id, or no other node that is in the ring answers. What is
    remembered may be of an earlier node of this name, so its pod's present address must be unknown to them, too.
    """
    known = (scene.facts.cluster.status.cassandra_node_status or {}).get(name)
    others = tuple(pod for pod in scene.facts.speakers if pod.name != name)
    if known is None or not known.host_id or not others:
        return False
    members, leaving = scene.ring.ask_any(others, HostIds()), scene.ring.ask_any(others, LeavingNodes())
    if isinstance(members, Failed) or isinstance(leaving, Failed):
        return False
    if known.host_id in members.values() or not _addresses(members) & _addresses(pod.ip for pod in others):
        return False
    own = _addresses(pod.ip for pod in scene.facts.pods if pod.name == name)
    return not own & _addresses(members) and not (own | _addresses([known.node_ip or ""])) & _addresses(leaving)


def _addresses(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(plain(text) for text in texts if text)
