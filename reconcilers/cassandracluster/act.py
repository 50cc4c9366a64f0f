"""Carry out what was decided, one write after the other; the first that fails ends the run, and the next look decides.

Every answer is remembered until the caches show it, so that nothing is decided on a view from before one's own writes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, assert_never

from multicasskop.crds.names import CASSKOP_FIELD_MANAGER
from multicasskop.informers.client import Client
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import ApiError, InformerError, is_not_found
from multicasskop.informers.key import Key
from multicasskop.reconcilers.cassandracluster.own_writes import OwnWrites
from multicasskop.reconcilers.cassandracluster.writes import Create, Delete, Edit, Guard, Patch, Run, Write

Json = dict[str, Any]
_CONFLICT = 409


class NameTaken(InformerError):  # noqa: N818 - as in the tree that it belongs to
    """What was to be made has a name that another object has, and is tried again in vain until that one is gone."""


class Commander(Protocol):
    """Who has nodes told something that takes long."""

    def order(self, cluster: Key, run: Run) -> None:
        """Have a node of the cluster told; its end is seen later."""
        ...


@dataclass(frozen=True, slots=True)
class Actor:
    """Writes to one Kubernetes cluster, for several workers at a time.

    Guarantees: what is changed or deleted is the object of the UID, and where given the version, that was decided
    about; nothing is destroyed unless a live read shows its guards as they were seen. Raises what the client raises,
    ApiError 409 for a guard that is not what it was, so that the next look decides anew, and NameTaken.
    """

    client: Client
    own: OwnWrites
    commander: Commander

    def act(self, cluster: Key, writes: Sequence[Write], deadline: Deadline) -> None:
        """Carry out the writes of one CassandraCluster in order."""
        for write in writes:
            self._one(cluster, write, deadline)

    def _one(self, cluster: Key, write: Write, deadline: Deadline) -> None:
        match write:
            case Create():
                self._create(cluster, write, deadline)
            case Patch():
                self._patch(cluster, write, deadline)
            case Edit():
                self._edit(cluster, write, deadline)
            case Delete():
                self._delete(cluster.namespace, write, deadline)
            case Run():
                self.commander.order(cluster, write)
            case never:
                assert_never(never)

    def _create(self, cluster: Key, write: Create, deadline: Deadline) -> None:
        manager, namespace = CASSKOP_FIELD_MANAGER, cluster.namespace
        try:
            made = self.client.create(write.resource, namespace, write.body, field_manager=manager, deadline=deadline)
        except ApiError as error:
            if error.reason == "AlreadyExists":
                self._check_owner(namespace, write, deadline)
            raise
        self.own.wrote(cluster, write.resource, made)

    def _check_owner(self, namespace: str, write: Create, deadline: Deadline) -> None:
        """Raise NameTaken unless what stands there is ours, and only the cache does not show it yet."""
        live = self.client.get(write.resource, namespace, write.name, deadline=deadline)
        if not _owners(live) & _owners(write.body):
            raise NameTaken(f"{write.resource.kind} {namespace}/{write.name} is there, and belongs to somebody else")

    def _patch(self, cluster: Key, write: Patch, deadline: Deadline) -> None:
        only = {"uid": write.uid} | ({"resourceVersion": write.version} if write.version else {})
        body = {**write.patch, "metadata": {**write.patch.get("metadata", {}), **only}}
        manager = CASSKOP_FIELD_MANAGER
        found = self.client.merge_patch(
            write.resource, cluster.namespace, write.name, body, field_manager=manager, deadline=deadline
        )
        self.own.wrote(cluster, write.resource, found)

    def _edit(self, cluster: Key, write: Edit, deadline: Deadline) -> None:
        manager = CASSKOP_FIELD_MANAGER
        found = self.client.json_patch(
            write.resource, cluster.namespace, write.name, write.guarded, field_manager=manager, deadline=deadline
        )
        self.own.wrote(cluster, write.resource, found)

    def _delete(self, namespace: str, write: Delete, deadline: Deadline) -> None:
        for guard in write.guards:
            self._check(namespace, guard, deadline)
        propagation = "Orphan" if write.orphan else "Background"
        try:
            self.client.delete(
                write.resource,
                namespace,
                write.name,
                uid=write.uid,
                version=write.version,
                propagation=propagation,
                grace_seconds=0 if write.at_once else None,
                deadline=deadline,
            )
        except ApiError as error:
            # gone already: whoever was here before has done it
            if not is_not_found(error):
                raise

    def _check(self, namespace: str, guard: Guard, deadline: Deadline) -> None:
        live = self.client.get(guard.resource, namespace, guard.name, deadline=deadline)["metadata"]
        if (live.get("uid"), live.get("resourceVersion")) != (guard.uid, guard.version):
            what = f"{guard.resource.kind} {namespace}/{guard.name} has changed since it was looked at"
            raise ApiError(self.client.member, _CONFLICT, "Conflict", what)


def _owners(found: Json) -> frozenset[str]:
    return frozenset(owner.get("uid", "") for owner in found["metadata"].get("ownerReferences") or ())
