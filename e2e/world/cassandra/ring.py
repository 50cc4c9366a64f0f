"""A ring of simulated nodes, as values: what each node does at a moment, and how a node sees the others.

Nothing runs here. A node's record says in which mode it is, for how long, and what comes then; so every process that
has the records knows the same, whoever wrote them.
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

STARTING, JOINING, NORMAL, LEAVING, DECOMMISSIONED = "STARTING", "JOINING", "NORMAL", "LEAVING", "DECOMMISSIONED"
REMOVED = "REMOVED"
"""No mode of Cassandra's: what is left of a node that another one has removed."""

GONE = frozenset({DECOMMISSIONED, REMOVED})
MOVING = frozenset({JOINING, LEAVING})
LOCAL = frozenset({"system", "system_schema"})
SYSTEM = ("system", "system_schema", "system_auth", "system_distributed", "system_traces")
EVERYWHERE = "*"
"""Stands for all datacenters, in the replication of a keyspace."""


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a node since the moment `at` (seconds of the wall clock): `mode`, after `seconds` it is `then`.

    `id` is the host id, which stays with the data. `pod` and `seeds` tell people, and oracles, where it came from.
    """

    id: str
    address: str
    datacenter: str
    rack: str
    mode: str
    at: float
    seconds: float = 0.0
    then: str = ""
    up: bool = True
    member: str = ""
    pod: str = ""
    seeds: tuple[str, ...] = ()

    def mode_at(self, now: float) -> str:
        """The mode at a moment."""
        return self.then if self.then and now >= self.at + self.seconds else self.mode

    def turned(self, mode: str, now: float, seconds: float = 0.0, then: str = "") -> "Node":
        """The same node, in another mode from now on."""
        return msgspec.structs.replace(self, mode=mode, at=now, seconds=seconds, then=then)

    def down(self, now: float) -> "Node":
        """The same node without its process: what it was about to become, it does not become any more."""
        return msgspec.structs.replace(self, mode=self.mode_at(now), at=now, seconds=0.0, then="", up=False)

    def is_half_way(self, now: float) -> bool:
        """Whether more than half of the time of its mode is over."""
        return now >= self.at + self.seconds / 2


class Ring:
    """The newest record of each node, and which keyspaces are replicated to which datacenters."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.keyspaces: Mapping[str, tuple[str, ...]] = {}

    def take(self, nodes: Iterable[Node]) -> None:
        """Learn of records; of two about a node the later one counts."""
        for node in nodes:
            known = self.nodes.get(node.id)
            if known is None or node.at >= known.at:
                self.nodes[node.id] = node

    def members(self, now: float) -> Iterator[Node]:
        """All that have not left for good, those that join included; one that died at that is forgotten."""
        for node in self.nodes.values():
            mode = node.mode_at(now)
            if mode not in GONE and (node.up or mode != JOINING):
                yield node

    def live(self, now: float) -> list[str]:
        """The addresses of nodes that run."""
        return [node.address for node in self.members(now) if node.up]

    def unreachable(self, now: float) -> list[str]:
        """The addresses of nodes that belong to the ring and do not run."""
        return [node.address for node in self.members(now) if not node.up]

    def joining(self, now: float) -> list[str]:
        """The addresses of nodes that are joining."""
        return [node.address for node in self.members(now) if node.up and node.mode_at(now) == JOINING]

    def leaving(self, now: float) -> list[str]:
        """The addresses of nodes that are leaving; as with real ones, only in the first half of that time."""
        return [
            node.address for node in self.members(now) if node.mode_at(now) == LEAVING and not node.is_half_way(now)
        ]

    def host_ids(self, now: float) -> dict[str, str]:
        """Host ids by address."""
        return {node.address: node.id for node in self.members(now)}

    def datacenters(self, now: float) -> list[str]:
        """The datacenters that have nodes, each once."""
        return list(dict.fromkeys(node.datacenter for node in self.members(now)))

    def mover(self, but: str, now: float) -> Node | None:
        """A node that joins or leaves, other than this one: while there is one no other may join."""
        movers = (node for node in self.members(now) if node.up and node.id != but)
        return next((node for node in movers if node.mode_at(now) in MOVING), None)

    def keyspace_names(self) -> list[str]:
        """All keyspaces."""
        return list(dict.fromkeys([*SYSTEM, *self.keyspaces]))

    def replicas(self, keyspace: str, asked: Node, now: float) -> list[Node]:
        """The nodes that hold data of a keyspace.

        Unless told otherwise, what the system spreads lies in the datacenter that was there first, as it does where a
        ring was prepared for several.
        """
        if keyspace in LOCAL:
            return [asked]
        known = self.datacenters(now)
        wanted = self.keyspaces.get(keyspace, tuple(known[:1]))
        inside = set(known) if EVERYWHERE in wanted else set(wanted)
        return [node for node in self.members(now) if node.mode_at(now) != JOINING and node.datacenter in inside]
