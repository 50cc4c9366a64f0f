"""A client of one API server for the world's own needs.

It shares nothing with the operators' transport: what judges them must not fail with them.
"""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import NamedTemporaryFile
from typing import Any

import msgspec
import urllib3
from multicasskop.world.errors import ApiError
from multicasskop.world.kinds import Kind
from multicasskop.world.kubeconfig import Entry

Json = dict[str, Any]
Objects = list[Json]  # `list` is a method below
MERGE_PATCH = "application/merge-patch+json"


@dataclass(frozen=True, slots=True)
class Answer:
    """What an API server answered."""

    status: int
    body: bytes

    def json(self) -> Json:
        """The body, decoded."""
        content: Json = msgspec.json.decode(self.body)
        return content


class Api:
    """Requests to one API server, from any thread. Every error is an ApiError that names the member.

    `agent` becomes the manager of the fields that it writes; `client` is a certificate with its key, as PEM; `timeout`
    is how long it waits for bytes where a request says nothing else, in seconds.
    """

    def __init__(
        self,
        member: str,
        server: str,
        authority: str,
        token: str = "",
        *,
        agent: str = "world",
        client: str = "",
        timeout: float = 30,
    ) -> None:
        self.member = member
        self.server = server
        self._timeout = timeout
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=authority)
        if client:
            load_client(context, client)
        bearer = {"authorization": f"Bearer {token}"} if token else {}
        headers = {"accept": "application/json", "user-agent": agent, **bearer}
        self._pool = urllib3.PoolManager(maxsize=16, ssl_context=context, headers=headers, retries=False)

    @classmethod
    def of(cls, entry: Entry, *, agent: str = "world", timeout: float = 30) -> "Api":
        """A client for a context of a kubeconfig."""
        client = entry.certificate + "\n" + entry.key if entry.key else ""
        return cls(
            entry.context, entry.server, entry.authority, entry.token, agent=agent, client=client, timeout=timeout
        )

    def __repr__(self) -> str:
        return f"Api({self.member}, {self.server})"

    def request(
        self,
        method: str,
        path: str,
        body: Json | list[Json] | bytes | None = None,
        *,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
        timeout: float | None = None,
    ) -> Answer:
        """Send a request; raise ApiError for anything but a 2xx answer. A body of bytes is sent as it is."""
        encoded = body if body is None or isinstance(body, bytes) else msgspec.json.encode(body)
        try:
            response = self._pool.request(
                method,
                self.server + path,
                fields=query if body is None else None,
                body=encoded,
                headers={**self._pool.headers, "content-type": content_type},
                timeout=timeout or self._timeout,
            )
        except urllib3.exceptions.HTTPError as error:
            raise ApiError(self.member, method, path, 0, type(error).__name__, str(error)) from error
        if response.status >= 300:
            raise self._failure(method, path, response.status, response.data)
        return Answer(response.status, response.data)

    def get(self, kind: Kind, namespace: str, name: str) -> Json:
        """Return an object; ApiError.is_not_found when it is not there."""
        return self._object("GET", kind.path(namespace, name))

    def find(self, kind: Kind, namespace: str, name: str) -> Json | None:
        """Return an object, or None when it is not there."""
        try:
            return self.get(kind, namespace, name)
        except ApiError as failure:
            if failure.is_not_found:
                return None
            raise

    def list(self, kind: Kind, namespace: str = "", *, labels: str = "") -> Json:
        """Return a list as the server answers it, `items` and `metadata` with its version."""
        query = {"labelSelector": labels} if labels else None
        return self.request("GET", kind.path(namespace), query=query).json()

    def items(self, kind: Kind, namespace: str = "", *, labels: str = "") -> Objects:
        """Return the objects of a list."""
        objects: Objects = self.list(kind, namespace, labels=labels).get("items") or []
        return objects

    def create(self, kind: Kind, namespace: str, body: Json) -> Json:
        """Create an object."""
        return self._object("POST", kind.path(namespace), body)

    def replace(self, kind: Kind, namespace: str, body: Json, *, subresource: str = "") -> Json:
        """Replace an object; with a version in it, only that version."""
        return self._object("PUT", kind.path(namespace, body["metadata"]["name"], subresource), body)

    def patch(self, kind: Kind, namespace: str, name: str, body: Json, *, subresource: str = "") -> Json:
        """Merge into an object: keys with null go."""
        return self._object("PATCH", kind.path(namespace, name, subresource), body, content_type=MERGE_PATCH)

    def delete(self, kind: Kind, namespace: str, name: str, *, propagation: str = "Background") -> None:
        """Delete an object; it is all right when it is not there."""
        try:
            self.request("DELETE", kind.path(namespace, name), {"propagationPolicy": propagation})
        except ApiError as failure:
            if not failure.is_not_found:
                raise

    @contextmanager
    def watch(self, kind: Kind, namespace: str, version: str) -> Iterator[urllib3.BaseHTTPResponse]:
        """Open a watch from a version on; leave the block to close it. Its lines are read by the caller."""
        query = f"watch=true&allowWatchBookmarks=true&resourceVersion={version}&timeoutSeconds=3600"
        path = f"{kind.path(namespace)}?{query}"
        timeout = urllib3.Timeout(connect=10, read=3700)
        try:
            response = self._pool.request("GET", self.server + path, preload_content=False, timeout=timeout)
        except urllib3.exceptions.HTTPError as error:
            raise ApiError(self.member, "GET", path, 0, type(error).__name__, str(error)) from error
        try:
            if response.status != 200:
                raise self._failure("GET", path, response.status, response.data)
            yield response
        finally:
            response.close()

    def _object(self, method: str, path: str, body: Json | None = None, *, content_type: str = "") -> Json:
        return self.request(method, path, body, content_type=content_type or "application/json").json()

    def _failure(self, method: str, path: str, status: int, body: bytes) -> ApiError:
        try:
            content = msgspec.json.decode(body)
        except msgspec.DecodeError:
            content = {"message": body.decode(errors="replace")[:200]}
        return ApiError(self.member, method, path, status, content.get("reason", ""), content.get("message", ""))


def load_client(context: ssl.SSLContext, pem: str) -> None:
    """Have a context log in by a certificate. Python takes it from files only, so there is one for a moment."""
    with NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(pem)
        file.flush()
        context.load_cert_chain(file.name)
