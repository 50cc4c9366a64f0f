"""What takes more than one request to a node: each operation asks what it needs and stops at the first failure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias, TypeVar, runtime_checkable

from multicasskop.reconcilers.cassandracluster.jolokia.addresses import by_address, plain
from multicasskop.reconcilers.cassandracluster.jolokia.answers import Failed, Replicas
from multicasskop.reconcilers.cassandracluster.jolokia.questions import (
    Cleanup,
    Command,
    HostIds,
    Keyspaces,
    Question,
    Rebuild,
    RemoveNode,
    Ring,
    UpgradeSstables,
)

AnswerT = TypeVar("AnswerT")
AnswerT_co = TypeVar("AnswerT_co", covariant=True)

# every node keeps these for itself alone: none of it ever belongs to another
_LOCAL: Final = frozenset({"system", "system_schema"})
_ROLES: Final = "system_auth"


class Node(Protocol):
    """Who is asked; a JolokiaClient is one."""

    def ask(self, question: Question[AnswerT]) -> AnswerT | Failed:
        """The answer, or why there is none."""
        ...


@runtime_checkable
class Inquiry(Protocol[AnswerT_co]):
    """What takes several questions to find out: a value that can be compared and hashed."""

    def run(self, node: Node) -> AnswerT_co | Failed:
        """Ask what it takes, and stop at the first failure."""
        ...


@dataclass(frozen=True, slots=True)
class CleanupAll:
    """Drop what other nodes hold now, of every keyspace that is spread over nodes."""

    threads: int = 0

    def run(self, node: Node) -> Failed | None:
        """Keyspace by keyspace."""
        keyspaces = node.ask(Keyspaces())
        if isinstance(keyspaces, Failed):
            return keyspaces
        return _each(node, [Cleanup(name, self.threads) for name in keyspaces if name not in _LOCAL])


@dataclass(frozen=True, slots=True)
class UpgradeAllSstables:
    """Rewrite what an older version has written, of every keyspace."""

    def run(self, node: Node) -> Failed | None:
        """Keyspace by keyspace."""
        keyspaces = node.ask(Keyspaces())
        if isinstance(keyspaces, Failed):
            return keyspaces
        return _each(node, [UpgradeSstables(name) for name in keyspaces])


@dataclass(frozen=True, slots=True)
class RebuildFrom:
    """Stream from a datacenter all that the node shall hold; an error where no keyspace has replicas there."""

    datacenter: str

    def run(self, node: Node) -> Failed | None:
        """Look for one keyspace with data there, then stream."""
        replicated = is_replicated_to(node, self.datacenter)
        if isinstance(replicated, Failed):
            return replicated
        if not replicated:
            return Failed("error", f"{self.datacenter} has no keyspace to replicate data from")
        return node.ask(Rebuild(self.datacenter))


@dataclass(frozen=True, slots=True)
class RemoveAddress:
    """Take the lost node of an address out of the ring."""

    address: str

    def run(self, node: Node) -> Failed | None:
        """Look up its host id, then remove it."""
        known = node.ask(HostIds())
        if isinstance(known, Failed):
            return known
        host = by_address(known).get(plain(self.address))
        if host is None:
            return Failed("error", f"no node of the ring has the address {self.address}")
        return node.ask(RemoveNode(host))


@dataclass(frozen=True, slots=True)
class ReplicatedIn:
    """Which keyspace keeps that very datacenter from going: the first that is found to have data there, or none.

    `system_auth` does so only where no other datacenter has it: Cassandra 4.1 (4.1.10) refuses to take a datacenter out
    of its replication as long as that has nodes ("Following datacenters have active nodes and must be present"). It is
    asked in one go: keyspace by keyspace the first answers would be forgotten before the last one is there.
    """

    datacenter: str

    def run(self, node: Node) -> str | Failed:
        """The name of the keyspace; empty for none. What every node keeps for itself does not count."""
        return _first(node, self._keeps)

    def _keeps(self, keyspace: str, replicas: Replicas) -> bool:
        return replicas.are_in(self.datacenter) and (keyspace != _ROLES or len(replicas.hosts) == 1)


Composite: TypeAlias = CleanupAll | UpgradeAllSstables | RebuildFrom | RemoveAddress
Work: TypeAlias = Composite | Command


def carry_out(work: Work, node: Node) -> Failed | None:
    """Do it; return when it is done, or why it is not."""
    match work:
        case CleanupAll() | UpgradeAllSstables() | RebuildFrom() | RemoveAddress():
            return work.run(node)
        case _:
            return node.ask(work)


def is_replicated_to(node: Node, datacenter: str) -> bool | Failed:
    """Whether a keyspace has data in that very datacenter; what every node keeps for itself does not count."""
    found = _first(node, lambda _, replicas: replicas.are_in(datacenter))
    return found if isinstance(found, Failed) else bool(found)


def _first(node: Node, holds: Callable[[str, Replicas], bool]) -> str | Failed:
    """The first keyspace of which this holds; empty for none. What every node keeps for itself does not count."""
    keyspaces = node.ask(Keyspaces())
    if isinstance(keyspaces, Failed):
        return keyspaces
    for name in keyspaces:
        replicas = node.ask(Ring(name)) if name not in _LOCAL else None
        if isinstance(replicas, Failed):
            return replicas
        if replicas is not None and holds(name, replicas):
            return name
    return ""


def _each(node: Node, commands: list[Cleanup] | list[UpgradeSstables]) -> Failed | None:
    for command in commands:
        failed = node.ask(command)
        if failed is not None:
            return Failed(failed.reason, f"{command.keyspace}: {failed.message}", failed.status)
    return None
