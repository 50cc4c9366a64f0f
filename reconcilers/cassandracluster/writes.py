"""What may be written, as values: decided by pure functions, carried out by the actor, one after the other.

Every change names the UID of the object it is about, and the version that was compared where the decision depends on
the whole of it; a server then refuses what was decided on an older view.
"""

from dataclasses import dataclass
from typing import Any

from multicasskop.informers.resource import Resource
from multicasskop.reconcilers.cassandracluster.jolokia.operations import Work
from multicasskop.reconcilers.cassandracluster.pods import Pod

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Create:
    """Make an object that belongs to the CassandraCluster."""

    resource: Resource
    body: Json
    why: str = ""

    @property
    def name(self) -> str:
        """The name of the object."""
        name: str = self.body["metadata"]["name"]
        return name


@dataclass(frozen=True, slots=True)
class Patch:
    """Merge a patch into an object, if it still is the one with this UID, and, where given, of this version."""

    resource: Resource
    name: str
    uid: str
    patch: Json
    version: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """Change single places of an object (RFC 6902), all or none, if it still is the one with this UID.

    Where given, of this version. What nobody named stays as it is, also inside lists, and also what is not known here.
    """

    resource: Resource
    name: str
    uid: str
    operations: tuple[Json, ...]
    version: str = ""
    why: str = ""

    @property
    def guarded(self) -> list[Json]:
        """The operations behind tests for the UID and the version: what is sent."""
        tests = [{"op": "test", "path": "/metadata/uid", "value": self.uid}]
        if self.version:
            tests.append({"op": "test", "path": "/metadata/resourceVersion", "value": self.version})
        return [*tests, *self.operations]


@dataclass(frozen=True, slots=True)
class Guard:
    """An object that must be, as a live read shows, the one of this UID and version when something is destroyed."""

    resource: Resource
    name: str
    uid: str
    version: str


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete an object, if it still is the one with this UID and, where given, of this version.

    With `orphan` what belongs to it stays; with `at_once` nobody waits for a pod to end, whose machine is lost. The
    `guards` are read live before: all of them must be as they were seen.
    """

    resource: Resource
    name: str
    uid: str
    version: str = ""
    orphan: bool = False
    at_once: bool = False
    guards: tuple[Guard, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """Have a node do something that takes long; its end is seen later."""

    pod: Pod
    command: Work
    why: str = ""

    @property
    def name(self) -> str:
        """The pod that is asked."""
        return self.pod.name


Write = Create | Patch | Edit | Delete | Run
