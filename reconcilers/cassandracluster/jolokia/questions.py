"""The questions and commands for a node, as values: what goes over the wire, and what is read from the answer.

Versions of Cassandra differ in names and parameters. Each question knows the ways to ask it, the usual one first; the
next is tried when the node does not offer one (`Failed.is_not_offered`). Nothing here depends on a version's number.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Protocol, TypeAlias, TypeVar

import msgspec
from multicasskop.reconcilers.cassandracluster.jolokia.answers import Compaction, Failed, Replicas, read

STORAGE: Final = "org.apache.cassandra.db:type=StorageService"
COMPACTIONS: Final = "org.apache.cassandra.db:type=CompactionManager"
STREAMS: Final = "org.apache.cassandra.net:type=StreamManager"

_TEXT: Final = "java.lang.String"
_TEXTS: Final = "[Ljava.lang.String;"
_DETAILS: Final = re.compile(r"EndpointDetails\(host:([^,()]+), datacenter:([^,()]+)")

Text: TypeAlias = Annotated[str, msgspec.Meta(min_length=1)]
AnswerT_co = TypeVar("AnswerT_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Read:
    """Read an attribute of an MBean."""

    attribute: str
    mbean: str = STORAGE

    def body(self) -> bytes:
        """What is posted."""
        return msgspec.json.encode({"type": "read", "mbean": self.mbean, "attribute": self.attribute})


@dataclass(frozen=True, slots=True)
class Exec:
    """Execute an operation of an MBean; its name goes with the types of its parameters, since some are overloaded."""

    operation: str
    arguments: tuple[object, ...] = ()
    mbean: str = STORAGE

    def body(self) -> bytes:
        """What is posted."""
        request = {"type": "exec", "mbean": self.mbean, "operation": self.operation, "arguments": self.arguments}
        return msgspec.json.encode(request)


Calls: TypeAlias = tuple[Read | Exec, ...]


class Question(Protocol[AnswerT_co]):
    """Something a node is asked: a value that can be compared and hashed; `JolokiaClient.ask` asks it."""

    @property
    def calls(self) -> Calls:
        """The ways to ask, in the order in which they are tried."""
        ...

    @property
    def is_command(self) -> bool:
        """Whether it changes something, and may take hours."""
        ...

    def read(self, value: object) -> AnswerT_co | Failed:
        """What the answer's value means."""
        ...


@dataclass(frozen=True, slots=True)
class _Texts:
    """A question that is answered by texts."""

    is_command: ClassVar[bool] = False

    def read(self, value: object) -> tuple[str, ...] | Failed:
        """The texts."""
        return read(value, tuple[Text, ...], tuple)


@dataclass(frozen=True, slots=True)
class Keyspaces(_Texts):
    """The names of all keyspaces, those of the system included."""

    calls: ClassVar[Calls] = (Read("Keyspaces"),)


@dataclass(frozen=True, slots=True)
class JoiningNodes(_Texts):
    """The addresses of nodes that are joining the ring."""

    calls: ClassVar[Calls] = (Read("JoiningNodes"),)


@dataclass(frozen=True, slots=True)
class LeavingNodes(_Texts):
    """The addresses of nodes that are leaving the ring; one drops out of it before it has left."""

    calls: ClassVar[Calls] = (Read("LeavingNodes"),)


@dataclass(frozen=True, slots=True)
class LiveNodes(_Texts):
    """The addresses of the nodes that the asked one sees alive, itself among them."""

    calls: ClassVar[Calls] = (Read("LiveNodes"),)


@dataclass(frozen=True, slots=True)
class UnreachableNodes(_Texts):
    """The addresses of the nodes that the asked one knows and does not see alive."""

    calls: ClassVar[Calls] = (Read("UnreachableNodes"),)


@dataclass(frozen=True, slots=True)
class HostIds:
    """The host ids of all nodes in the ring, by address."""

    is_command: ClassVar[bool] = False
    # up to 4.1; since 5.0 only the other one is left
    calls: ClassVar[Calls] = (Read("HostIdMap"), Read("EndpointToHostId"))

    def read(self, value: object) -> Mapping[str, str] | Failed:
        """The host ids."""
        return read(value, dict[Text, Text], dict)


@dataclass(frozen=True, slots=True)
class OperationMode:
    """What the node does: one of `Mode`, or another text."""

    is_command: ClassVar[bool] = False
    calls: ClassVar[Calls] = (Read("OperationMode"),)

    def read(self, value: object) -> str | Failed:
        """The mode."""
        return read(value, Text, str)


@dataclass(frozen=True, slots=True)
class Ring:
    """Where the data of a keyspace lies."""

    keyspace: str
    is_command: ClassVar[bool] = False

    @property
    def calls(self) -> Calls:
        """The one way to ask."""
        return (Exec(f"describeRingJMX({_TEXT})", (self.keyspace,)),)

    def read(self, value: object) -> Replicas | Failed:
        """The nodes of all token ranges."""
        ranges = read(value, tuple[Text, ...], tuple)
        return ranges if isinstance(ranges, Failed) else _replicas(ranges)


@dataclass(frozen=True, slots=True)
class Compactions:
    """The compactions that are under way in the node."""

    is_command: ClassVar[bool] = False
    calls: ClassVar[Calls] = (Read("Compactions", COMPACTIONS),)

    def read(self, value: object) -> tuple[Compaction, ...] | Failed:
        """What is compacted."""
        return read(value, tuple[_Compaction, ...], lambda found: tuple(each.plain() for each in found))


@dataclass(frozen=True, slots=True)
class Streams:
    """What the node streams for: the descriptions of the plans, `Rebuild`, `Bootstrap`, `Unbootstrap` and others."""

    is_command: ClassVar[bool] = False
    calls: ClassVar[Calls] = (Read("CurrentStreams", STREAMS),)

    def read(self, value: object) -> tuple[str, ...] | Failed:
        """The descriptions."""
        return read(value, tuple[_Stream, ...], lambda found: tuple(each.description for each in found))


@dataclass(frozen=True, slots=True)
class _Silent:
    """A command that is done when it has an answer."""

    is_command: ClassVar[bool] = True

    def read(self, value: object) -> Failed | None:
        """Nothing."""
        return None


@dataclass(frozen=True, slots=True)
class _Rewrite:
    """A command over the files of a keyspace, which says by a number how it ended."""

    keyspace: str
    is_command: ClassVar[bool] = True

    def read(self, value: object) -> Failed | None:
        """Nothing, unless not all was done: 1 says that it was aborted, 2 that other compactions were in the way."""
        return None if value in (0, None) else Failed("error", f"not all of {self.keyspace} was done (code {value})")


@dataclass(frozen=True, slots=True)
class Cleanup(_Rewrite):
    """Drop the data of a keyspace that other nodes hold now; `threads` 0 takes all that compactions may use."""

    threads: int = 0

    @property
    def calls(self) -> Calls:
        """With a number of threads, and the older way."""
        return (
            Exec(f"forceKeyspaceCleanup(int,{_TEXT},{_TEXTS})", (self.threads, self.keyspace, [])),
            Exec(f"forceKeyspaceCleanup({_TEXT},{_TEXTS})", (self.keyspace, [])),
        )


@dataclass(frozen=True, slots=True)
class UpgradeSstables(_Rewrite):
    """Rewrite the files of a keyspace that an older version has written."""

    @property
    def calls(self) -> Calls:
        """With a number of threads (0: all), and the older way."""
        return (
            Exec(f"upgradeSSTables({_TEXT},boolean,int,{_TEXTS})", (self.keyspace, True, 0, [])),
            Exec(f"upgradeSSTables({_TEXT},boolean,{_TEXTS})", (self.keyspace, True, [])),
        )


@dataclass(frozen=True, slots=True)
class Rebuild(_Silent):
    """Stream all that the node shall hold from a datacenter."""

    datacenter: str

    @property
    def calls(self) -> Calls:
        """The one way."""
        return (Exec(f"rebuild({_TEXT})", (self.datacenter,)),)


@dataclass(frozen=True, slots=True)
class Decommission(_Silent):
    """Hand all data over and leave the ring; by force also where fewer nodes are left than there shall be replicas."""

    force: bool = True

    @property
    def calls(self) -> Calls:
        """Since 4.0 it wants to know whether to go by force; before, it always did."""
        return Exec("decommission", (self.force,)), Exec("decommission")


@dataclass(frozen=True, slots=True)
class RemoveNode(_Silent):
    """Take a lost node out of the ring; the asked one must be another."""

    host_id: str

    @property
    def calls(self) -> Calls:
        """The one way."""
        return (Exec(f"removeNode({_TEXT})", (self.host_id,)),)


Command: TypeAlias = Cleanup | UpgradeSstables | Rebuild | Decommission | RemoveNode


class _Compaction(msgspec.Struct, rename="camel"):
    task_type: str
    keyspace: str = ""

    def plain(self) -> Compaction:
        """The same in the words of an answer."""
        return Compaction(self.task_type, self.keyspace)


class _Stream(msgspec.Struct):
    description: str = ""


def _replicas(ranges: tuple[str, ...]) -> Replicas | Failed:
    """Read `TokenRange(…, endpoint_details:[EndpointDetails(host:…, datacenter:…, rack:…), …])` of each range."""
    if strange := next((text for text in ranges if "endpoint_details:[" not in text), ""):
        return Failed("garbage", f"not a token range: {strange[:200]}")
    hosts: dict[str, set[str]] = {}
    for text in ranges:
        for host, datacenter in _DETAILS.findall(text):
            hosts.setdefault(datacenter, set()).add(host)
    return Replicas({datacenter: frozenset(found) for datacenter, found in hosts.items()})
