"""A request as the proxy knows it: member, verb, kind, object, manager, and on demand its body."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import msgspec

VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch"}
MUTATING = frozenset({"create", "update", "patch", "delete", "deletecollection"})
# they have a numbering of their own: when they are sent is a matter of time, not of what was seen
BESIDE = frozenset({"leases", "events"})
# these stay between two neighbours; the body is sent on with a length of its own
HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "accept-encoding", "expect"})


@dataclass(frozen=True)
class Resource:
    """What a path speaks of. All are empty for one that is no resource's, as `/livez`."""

    group: str = ""
    plural: str = ""
    namespace: str = ""
    name: str = ""
    subresource: str = ""


@dataclass(frozen=True)
class Request:
    """One request. Its headers, the token among them, never show in a text made from it."""

    member: str
    number: int
    method: str
    target: str
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(default=b"", repr=False)

    @cached_property
    def query(self) -> dict[str, str]:
        """The parameters."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @cached_property
    def resource(self) -> Resource:
        """What it is about."""
        return resource_of(urlsplit(self.target).path)

    @cached_property
    def verb(self) -> str:
        """As RBAC calls it: get, list, watch, create, update, patch, delete, deletecollection."""
        if self.method == "GET":
            if self.query.get("watch") in ("true", "1"):
                return "watch"
            return "list" if self.resource.plural and not self.resource.name else "get"
        if self.method == "DELETE":
            return "delete" if self.resource.name else "deletecollection"
        return VERBS.get(self.method, self.method.lower())

    @property
    def is_mutating(self) -> bool:
        """Whether it would change something."""
        return self.verb in MUTATING

    @property
    def is_counted(self) -> bool:
        """Whether it is a write that has a number among the crash points: no lease, no event."""
        return self.is_mutating and self.resource.plural not in BESIDE

    @cached_property
    def name(self) -> str:
        """The object's name: a creation has it in the body."""
        if self.verb != "create" or self.resource.name or not isinstance(self.body, dict):
            return self.resource.name
        return str((self.body.get("metadata") or {}).get("name") or "")

    @property
    def manager(self) -> str:
        """The field manager, which is the program's name where none is given."""
        return self.query.get("fieldManager") or self.headers.get("user-agent", "").partition("/")[0]

    @property
    def is_dry_run(self) -> bool:
        """Whether nothing would be kept."""
        return "dryRun" in self.query

    @cached_property
    def body(self) -> Any:  # noqa: ANN401 - any JSON
        """The body as plain data; None when there is none, or none that can be read."""
        try:
            return msgspec.json.decode(self.content) if self.content else None
        except msgspec.DecodeError:
            return None

    def asking(self, **changes: str | None) -> Self:
        """The same with other parameters; one that is None is taken away."""
        query = {name: value for name, value in {**self.query, **changes}.items() if value is not None}
        path = urlsplit(self.target).path
        return replace(self, target=f"{path}?{urlencode(query)}" if query else path)

    def wire(self, host: str) -> bytes:
        """As it is sent on to the API server."""
        kept = [f"{name}: {value}" for name, value in self.headers.items() if name not in {*HOP, "host"}]
        length = [f"content-length: {len(self.content)}"] if self.content or self.method != "GET" else []
        lines = (f"{self.method} {self.target} HTTP/1.1", f"host: {host}", *kept, *length, "", "")
        return "\r\n".join(lines).encode("latin-1") + self.content


def resource_of(path: str) -> Resource:
    """Take a path apart: `/api/v1/…` or `/apis/GROUP/VERSION/…`, with or without a namespace."""
    parts = [unquote(part) for part in path.strip("/").split("/")]
    if parts[0] not in ("api", "apis"):
        return Resource()
    group, rest = ("", parts[2:]) if parts[0] == "api" else (parts[1] if len(parts) > 1 else "", parts[3:])
    namespace = ""
    if len(rest) > 2 and rest[0] == "namespaces" and rest[2] not in ("status", "finalize"):
        namespace, rest = rest[1], rest[2:]
    plural, name, *deeper = (*rest, "", "")[: max(len(rest), 2)]
    return Resource(group, plural, namespace, name, "/".join(deeper))
