"""When a node refuses a command, and the exception with which it does."""

from multicasskop.world.cassandra.jolokia import ILLEGAL, RUNTIME, STATE, UNSUPPORTED, JavaError
from multicasskop.world.cassandra.ring import GONE, JOINING, LOCAL, NORMAL, Node, Ring

NO_MEMBER = "local node is not a member of the token ring yet"
ALONE = "no other normal nodes in the ring; decommission would be pointless"
REBUILDING = "Node is still rebuilding. Check nodetool netstats."


def decommission(ring: Ring, node: Node, now: float, *, force: bool) -> None:
    """A node leaves that is in the ring with others, and does nothing else; the last one with data only by force."""
    mode = node.mode_at(now)
    if mode == JOINING:
        raise JavaError(UNSUPPORTED, NO_MEMBER)
    if mode != NORMAL:
        raise JavaError(UNSUPPORTED, f"Node in {mode} state; wait for status to become normal or restart")
    if len(list(ring.members(now))) < 2:
        raise JavaError(UNSUPPORTED, ALONE)
    if not force:
        replicated(ring, node, now)


def replicated(ring: Ring, node: Node, now: float) -> None:
    """Another node of the datacenter can take the data over, if there is any; here one replica is enough."""
    left = [each for each in ring.members(now) if each.datacenter == node.datacenter and each.id != node.id]
    for name in ring.keyspace_names():
        if not left and name not in LOCAL and node in ring.replicas(name, node, now):
            few = f"Not enough live nodes to maintain replication factor in keyspace {name} (RF = 1, N = 1)."
            raise JavaError(UNSUPPORTED, f"{few} Perform a forceful decommission to ignore.")


def removal(ring: Ring, asked: str, host_id: str, now: float) -> None:
    """A node is removed that is known, is not the asked one, and does not run."""
    found = ring.nodes.get(host_id)
    if found is None or found.mode_at(now) in GONE:
        raise JavaError(UNSUPPORTED, "Host ID not found.")
    if host_id == asked:
        raise JavaError(UNSUPPORTED, "Cannot remove self")
    if found.up:
        alive = f"Node /{found.address} is alive and owns this ID."
        raise JavaError(UNSUPPORTED, f"{alive} Use decommission command to remove it from the ring")


def rebuild(ring: Ring, datacenter: str, now: float, *, busy: bool) -> None:
    """Data comes from a datacenter that is there, one stream at a time."""
    known = ring.datacenters(now)
    if datacenter not in known:
        text = f"Provided datacenter '{datacenter}' is not a valid datacenter, available datacenters are: "
        raise JavaError(ILLEGAL, text + ",".join(known))
    if busy:
        raise JavaError(STATE, REBUILDING)


def keyspace(ring: Ring, operation: str, name: str) -> None:
    """The keyspace is there, and something that may be cleaned up."""
    if name not in ring.keyspace_names():
        raise JavaError(ILLEGAL, f"Keyspace [{name}] does not exist")
    if operation == "forceKeyspaceCleanup" and name in LOCAL:
        raise JavaError(RUNTIME, f"Cleanup of the {name} keyspace is neither necessary nor wise")
