"""A member in memory: what an API server does with the few kinds that CassKop's simulator touches.

It is spoken to through the world's own client, of which only the wire is replaced. Versions, generations, the status
sub-resource, conflicts, merge patches and finalizers are those of a real server. A new StatefulSet has no pods until a
test says so; a change of one is carried out at once.
"""

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from multicasskop.world.api import Answer, Api
from multicasskop.world.errors import ApiError

Json = dict[str, Any]
OnWrite = Callable[[str, str, Json], None]

OWN_STATUS = ("cassandraclusters", "statefulsets", "pods", "multicasskops")


class MemberInMemory(Api):
    """An API server without a server. `on_write(plural, type, object)` is called after each change."""

    def __init__(self, name: str = "k8s-cluster1") -> None:
        self.member = name
        self.objects: dict[tuple[str, str, str], Json] = {}
        self.writes: list[str] = []
        self.on_write: OnWrite = lambda plural, kind, item: None
        self._version = 0

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,  # noqa: ANN401  as of Api
        *,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
        timeout: float | None = None,
    ) -> Answer:
        """Do what the server would do."""
        plural, namespace, name, subresource = parse(path)
        if method != "GET":
            self.writes.append(f"{method} {path}")
        act = {"GET": self._get, "POST": self._post, "PUT": self._put, "PATCH": self._patch, "DELETE": self._delete}
        found = act[method]((plural, namespace, name), deepcopy(body), subresource, query or {})
        return Answer(200, json.dumps(found).encode())

    def complete(self, namespace: str, name: str) -> None:
        """Have all pods of a StatefulSet, unless it is gone."""
        if (found := self.objects.get(("statefulsets", namespace, name))) is not None:
            found["status"] = complete(found)

    def _get(self, key: tuple[str, str, str], body: Json, subresource: str, query: Mapping[str, str]) -> Json:
        if key[2]:
            return self._found("GET", key)
        wanted = dict(pair.split("=") for pair in query.get("labelSelector", "").split(",") if pair)
        kept = [item for (plural, _, _), item in self.objects.items() if plural == key[0] and has(item, wanted)]
        return {"items": kept, "metadata": {"resourceVersion": str(self._version)}}

    def _post(self, key: tuple[str, str, str], body: Json, subresource: str, query: Mapping[str, str]) -> Json:
        plural, namespace, _ = key
        name = body["metadata"]["name"]
        if (plural, namespace, name) in self.objects:
            raise ApiError(self.member, "POST", name, 409, "AlreadyExists", "it is there")
        metadata = {"namespace": namespace, "uid": f"uid-{plural}-{name}", "generation": 1, **body["metadata"]}
        if plural in OWN_STATUS:
            body.pop("status", None)
        return self._store((plural, namespace, name), {**body, "metadata": metadata}, "ADDED")

    def _put(self, key: tuple[str, str, str], body: Json, subresource: str, query: Mapping[str, str]) -> Json:
        live = self._found("PUT", key)
        sent = body["metadata"].get("resourceVersion")
        if sent not in (None, live["metadata"]["resourceVersion"]):
            raise ApiError(self.member, "PUT", key[2], 409, "Conflict", "the object has been modified")
        if subresource == "status":
            return self._change(key, {**live, "status": body.get("status", {})})
        kept = {"status": live["status"]} if "status" in live else {}
        return self._change(key, {**body, **kept})

    def _patch(self, key: tuple[str, str, str], body: Json, subresource: str, query: Mapping[str, str]) -> Json:
        live = self._found("PATCH", key)
        if subresource == "status":
            return self._change(key, {**live, "status": merged(live.get("status", {}), body.get("status", {}))})
        body.pop("status", None)
        return self._change(key, merged(live, body))

    def _delete(self, key: tuple[str, str, str], body: Json, subresource: str, query: Mapping[str, str]) -> Json:
        live = self._found("DELETE", key)
        if not live["metadata"].get("finalizers"):
            return self._remove(key)
        metadata = {**live["metadata"], "deletionTimestamp": datetime.now(UTC).isoformat()}
        return self._change(key, {**live, "metadata": metadata})

    def _change(self, key: tuple[str, str, str], wanted: Json) -> Json:
        """Store a new state of an object; the same again is no change."""
        live = self.objects[key]
        fixed = {name: live["metadata"][name] for name in ("uid", "generation", "resourceVersion")}
        wanted["metadata"] = {**wanted["metadata"], **fixed}
        if wanted == live:
            return deepcopy(live)
        if wanted["metadata"].get("deletionTimestamp") and not wanted["metadata"].get("finalizers"):
            return self._remove(key)
        if wanted.get("spec") != live.get("spec"):
            wanted["metadata"]["generation"] += 1
        return self._store(key, wanted, "MODIFIED")

    def _store(self, key: tuple[str, str, str], item: Json, kind: str) -> Json:
        self._version += 1
        item["metadata"]["resourceVersion"] = str(self._version)
        if key[0] == "statefulsets":
            item["status"] = {} if kind == "ADDED" else complete(item)
        self.objects[key] = item
        self.on_write(key[0], kind, deepcopy(item))
        return deepcopy(item)

    def _remove(self, key: tuple[str, str, str]) -> Json:
        gone = self.objects.pop(key)
        self.on_write(key[0], "DELETED", deepcopy(gone))
        return gone

    def _found(self, method: str, key: tuple[str, str, str]) -> Json:
        if key not in self.objects:
            raise ApiError(self.member, method, key[2], 404, "NotFound", "it is not there")
        return deepcopy(self.objects[key])


def parse(path: str) -> tuple[str, str, str, str]:
    """Return plural, namespace, name and sub-resource of a path of namespaced objects."""
    parts = path.strip("/").split("/")
    plural, *rest = parts[parts.index("namespaces") + 2 :]
    name, subresource = [*rest, "", ""][:2]
    return plural, parts[parts.index("namespaces") + 1], name, subresource


def merged(live: Json, patch: Json) -> Json:
    """Return the result of a JSON merge patch (RFC 7396)."""
    result = {key: value for key, value in live.items() if key not in patch or patch[key] is not None}
    for key, value in patch.items():
        if isinstance(value, dict):
            below = live.get(key)
            result[key] = merged(below if isinstance(below, dict) else {}, value)
        elif value is not None:
            result[key] = value
    return result


def has(item: Json, labels: Mapping[str, str]) -> bool:
    """Whether an object has these labels."""
    return labels.items() <= (item["metadata"].get("labels") or {}).items()


def complete(stateful_set: Json) -> Json:
    """The status of a StatefulSet whose pods are all there, ready and up to date."""
    replicas = stateful_set["spec"]["replicas"]
    return {
        "observedGeneration": stateful_set["metadata"]["generation"],
        "replicas": replicas,
        "readyReplicas": replicas,
        "currentRevision": "the-only-one",
        "updateRevision": "the-only-one",
    }
