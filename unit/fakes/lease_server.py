"""An API server that knows one Lease."""

import copy
from typing import Any

from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import ApiError
from multicasskop.informers.resource import Resource

Json = dict[str, Any]


class LeaseServer:
    """Keeps one object, gives each write a version, and refuses writes over another version than the present one."""

    def __init__(self) -> None:
        self.lease: Json | None = None
        self.version = 0
        self.writes = 0

    def read(self) -> Json:
        """The object."""
        if self.lease is None:
            raise _error(404, "NotFound")
        return copy.deepcopy(self.lease)

    def make(self, body: Json) -> Json:
        """Make the object."""
        if self.lease is not None:
            raise _error(409, "AlreadyExists")
        return self._stored(body)

    def change(self, body: Json) -> Json:
        """Change the object's spec."""
        if self.lease is None:
            raise _error(404, "NotFound")
        wanted = body["metadata"].get("resourceVersion")
        if wanted and wanted != self.lease["metadata"]["resourceVersion"]:
            raise _error(409, "Conflict")
        return self._stored(self.lease | {"spec": self.lease["spec"] | body["spec"]})

    def touch(self) -> None:
        """Edit a label, as an administrator may: another version, the same spec."""
        if self.lease is not None:
            self._stored(self.lease)

    def _stored(self, body: Json) -> Json:
        self.version += 1
        self.writes += 1
        self.lease = {**body, "metadata": body["metadata"] | {"resourceVersion": str(self.version)}}
        return copy.deepcopy(self.lease)


class DirectClient:
    """A client that reaches the server at once; `error` makes every call fail."""

    def __init__(self, server: LeaseServer) -> None:
        self.server = server
        self.error: Exception | None = None
        self.calls: list[str] = []

    def get(self, resource: Resource, namespace: str, name: str, *, deadline: Deadline | None = None) -> Json:
        """Read the Lease."""
        self._called("get")
        return self.server.read()

    def create(self, resource: Resource, namespace: str, body: Json, *, deadline: Deadline | None = None) -> Json:
        """Make the Lease."""
        self._called("create")
        return self.server.make(body)

    def merge_patch(
        self, resource: Resource, namespace: str, name: str, body: Json, *, deadline: Deadline | None = None
    ) -> Json:
        """Change the Lease."""
        self._called("patch")
        return self.server.change(body)

    def _called(self, verb: str) -> None:
        self.calls.append(verb)
        if self.error is not None:
            raise self.error


def _error(status: int, reason: str) -> ApiError:
    return ApiError("home", status, reason, "no", object_kind="leases", object_name="multicasskop")
