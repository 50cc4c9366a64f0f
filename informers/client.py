"""Get, list, create, patch, delete: the calls of the API as methods.

Objects are plain data. An answer is compared with the question before it is handed on: kind, namespace and name must be
those that were asked for, because decisions are made on it. What is nested too deep to be read is missing in it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import UnexpectedAnswer
from multicasskop.informers.poison import tolerant
from multicasskop.informers.resource import Resource
from multicasskop.informers.transport import Transport

Json = dict[str, Any]
Operations = Sequence[Mapping[str, Any]]

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"


class Client:
    """The API of one member.

    Every method may raise what `Transport.request` raises, and UnexpectedAnswer for a success that does not answer the
    question. A `field_manager` names who owns the fields that are written; without one the server takes the user
    agent. May be used from any thread.
    """

    def __init__(self, transport: Transport, *, rehearsal: bool = False) -> None:
        """Call through `transport`; in a rehearsal no write is stored (see `rehearsing`)."""
        self._transport, self._rehearsal = transport, rehearsal

    def rehearsing(self) -> "Client":
        """A client whose writes go all the way through the API server, and are answered as if, but never stored."""
        return Client(self._transport, rehearsal=True)

    @property
    def member(self) -> str:
        """The name of the member."""
        return self._transport.member

    def get(self, resource: Resource, namespace: str, name: str, *, deadline: Deadline | None = None) -> Json:
        """Return one object as it is on the server now."""
        path = resource.path(namespace, name)
        return self._object(resource, namespace, name, self._call("GET", path, deadline=deadline))

    def list(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        label_selector: str = "",
        field_selector: str = "",
        limit: int = 0,
        version: str = "",
        deadline: Deadline | None = None,
    ) -> Json:
        """Return a list object; of more than `limit` items only the first ones, with a token under `metadata`.

        Without `version` the list is consistent; with "0" it may come from the past, and cheaply.
        """
        query = {
            "labelSelector": label_selector,
            "fieldSelector": field_selector,
            "limit": str(limit) if limit else "",
            "resourceVersion": version,
        }
        headers = {"Accept-Encoding": "gzip"}
        answer = self._call("GET", resource.path(namespace), query, headers=headers, deadline=deadline)
        if answer.get("kind") != f"{resource.kind}List" or not isinstance(answer.get("items"), list):
            raise self._unexpected(f"a {answer.get('kind')} where a list of {resource.plural} was asked for")
        return answer

    def create(
        self,
        resource: Resource,
        namespace: str,
        body: Mapping[str, Any],
        *,
        field_manager: str = "",
        version: str | None = None,
        deadline: Deadline | None = None,
    ) -> Json:
        """Create an object through the resource's version or another one, and return it as stored."""
        served = resource.with_version(version) if version else resource
        content = {**body, "apiVersion": served.api_version, "kind": served.kind}
        name = str((body.get("metadata") or {}).get("name") or "")
        query = {"fieldManager": field_manager}
        answer = self._call("POST", served.path(namespace), query, content, deadline=deadline)
        return self._object(served, namespace, name, answer)

    def merge_patch(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        body: Mapping[str, Any],
        *,
        subresource: str = "",
        field_manager: str = "",
        deadline: Deadline | None = None,
    ) -> Json:
        """Merge `body` into the object (RFC 7396: null removes), and return the object as stored.

        With `metadata.uid` and `metadata.resourceVersion` in the body the server refuses it when either differs.
        """
        path, query = resource.path(namespace, name, subresource), {"fieldManager": field_manager}
        answer = self._call("PATCH", path, query, body, content_type=MERGE_PATCH, deadline=deadline)
        return self._object(resource, namespace, name, answer)

    def json_patch(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        operations: Operations,
        *,
        subresource: str = "",
        field_manager: str = "",
        deadline: Deadline | None = None,
    ) -> Json:
        """Apply the operations (RFC 6902) all or none, and return the object as stored.

        A `test` that fails is told by `is_invalid`: the server gives no reason of its own for it.
        """
        path, query = resource.path(namespace, name, subresource), {"fieldManager": field_manager}
        answer = self._call("PATCH", path, query, operations, content_type=JSON_PATCH, deadline=deadline)
        return self._object(resource, namespace, name, answer)

    def update(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        body: Mapping[str, Any],
        *,
        subresource: str = "",
        field_manager: str = "",
        deadline: Deadline | None = None,
    ) -> Json:
        """Replace the object by `body`, which was just read and carries its resourceVersion."""
        path, query = resource.path(namespace, name, subresource), {"fieldManager": field_manager}
        return self._object(resource, namespace, name, self._call("PUT", path, query, body, deadline=deadline))

    def delete(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        *,
        uid: str = "",
        version: str = "",
        propagation: str = "Background",
        grace_seconds: int | None = None,
        deadline: Deadline | None = None,
    ) -> Json:
        """Delete the object if it still is the one with this uid and version; return what the server says of it.

        With finalizers the object lives on, and is what is returned; without, a Status is. `grace_seconds` 0 does not
        wait for a pod to end, and is for one that cannot: its machine is lost.
        """
        preconditions = {name: value for name, value in (("uid", uid), ("resourceVersion", version)) if value}
        options: Json = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        if preconditions:
            options["preconditions"] = preconditions
        if grace_seconds is not None:
            options["gracePeriodSeconds"] = grace_seconds
        if self._rehearsal:
            # where options come as a body, the server does not look at those in the query
            options["dryRun"] = ["All"]
        return self._call("DELETE", resource.path(namespace, name), {}, options, deadline=deadline)

    def raw_get(self, path: str, *, deadline: Deadline | None = None) -> Json:
        """Return the object that any path answers with, as `/version` does."""
        return self._call("GET", path, deadline=deadline)

    def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | Operations | None = None,
        *,
        content_type: str = JSON,
        headers: Mapping[str, str] | None = None,
        deadline: Deadline | None = None,
    ) -> Json:
        asked = {**(query or {}), **({"dryRun": "All"} if self._rehearsal and method != "GET" else {})}
        response = self._transport.request(
            method,
            path,
            query=tuple((name, value) for name, value in asked.items() if value),
            body=None if body is None else msgspec.json.encode(body),
            content_type="" if body is None else content_type,
            headers=headers,
            deadline=deadline,
        )
        try:
            answer = tolerant(msgspec.json.decode, response.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise self._unexpected(f"{method} {path} was answered with something that is not JSON") from None
        if not isinstance(answer, dict):
            raise self._unexpected(f"{method} {path} was answered with no object")
        return answer

    def _object(self, resource: Resource, namespace: str, name: str, answer: Json) -> Json:
        """Return the answer if it is the object that was asked for."""
        metadata = answer.get("metadata")
        found = metadata if isinstance(metadata, dict) else {}
        inside = namespace if resource.namespaced else ""
        if answer.get("kind") != resource.kind or (name and found.get("name") != name):
            raise self._unexpected(f"another object than {resource.plural} {name} was answered")
        if inside and found.get("namespace") != inside:
            raise self._unexpected(f"{resource.plural} {name} of another namespace than {inside} was answered")
        return answer

    def _unexpected(self, message: str) -> UnexpectedAnswer:
        return UnexpectedAnswer(self._transport.member, message)
