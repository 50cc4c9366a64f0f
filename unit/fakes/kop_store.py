"""Objects of one namespace in memory, changed as an API server would: versions, generations, UIDs, preconditions."""

import copy
import itertools
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

from fakes.patches import apply_json_patch, apply_merge_patch
from multicasskop.informers.key import Key
from multicasskop.informers.resource import Resource
from multicasskop.reconcilers.cassandracluster.scope import Scope

Json = dict[str, Any]


class ConflictError(Exception):
    """The server would answer 409: it is not what it was when it was decided about."""


class KopStore:
    """By kind and name. Who reads gets copies."""

    def __init__(self) -> None:
        self.kinds: dict[str, dict[str, Json]] = {}
        self._numbers = itertools.count(1)

    def all(self, plural: str) -> list[Json]:
        """Copies of all objects of a kind, in the order in which they were made."""
        return copy.deepcopy(list(self.kinds.get(plural, {}).values()))

    def find(self, plural: str, name: str) -> Json | None:
        """A copy of an object."""
        return copy.deepcopy(self.kinds.get(plural, {}).get(name))

    def create(self, plural: str, body: Json) -> Json:
        """Make an object; ConflictError where one of that name is."""
        name = body["metadata"]["name"]
        if self.find(plural, name) is not None:
            raise ConflictError(f"{plural} {name} is there")
        number = next(self._numbers)
        own = {"uid": f"uid-{number}", "resourceVersion": str(number), "generation": 1, "namespace": "ns"}
        made = {**copy.deepcopy(body), "metadata": {**copy.deepcopy(body["metadata"]), **own}}
        self.kinds.setdefault(plural, {})[name] = made
        return copy.deepcopy(made)

    def patch(self, plural: str, name: str, patch: Json, *, uid: str = "", version: str = "") -> Json:
        """Merge a patch; a status is another matter than the rest."""
        found = self._checked(plural, name, uid, version)
        return self._put(plural, name, apply_merge_patch(found, patch))

    def edit(self, plural: str, name: str, operations: list[Json]) -> Json:
        """Apply a JSON patch."""
        return self._put(plural, name, apply_json_patch(self._checked(plural, name), operations))

    def delete(self, plural: str, name: str, uid: str = "", version: str = "") -> None:
        """Take an object away at once; one that has finalizers gets its mark."""
        if self.find(plural, name) is None:
            return
        found = self._checked(plural, name, uid, version)
        if found["metadata"].get("finalizers"):
            mark = {"metadata": {"deletionTimestamp": "2026-11-26T12:00:00Z"}}
            self._put(plural, name, apply_merge_patch(found, mark))
        else:
            del self.kinds[plural][name]

    def scope(self) -> Scope:
        """The store as the caches of a cluster, which follow it without delay."""

        def informer(resource: Resource, namespace: str) -> object:
            def get(key: Key) -> object:
                found = self.find(resource.plural, key.name)
                return SimpleNamespace(mutable=lambda: found) if found is not None else None

            by_index = lambda _, key: tuple(self._records(resource, key))  # noqa: E731
            return SimpleNamespace(store=SimpleNamespace(by_index=by_index, get=get))

        return cast(Scope, SimpleNamespace(informer=informer, fresh=lambda namespace: True))

    def _records(self, resource: Resource, key: str) -> Iterator[object]:
        for found in self.all(resource.plural):
            labels = found["metadata"].get("labels") or {}
            if str(Key("ns", labels.get("cassandracluster", ""))) == key:
                yield SimpleNamespace(mutable=lambda found=found: found)

    def _checked(self, plural: str, name: str, uid: str = "", version: str = "") -> Json:
        found = self.find(plural, name)
        if found is None:
            raise ConflictError(f"{plural} {name} is gone")
        meta = found["metadata"]
        if (uid and uid != meta["uid"]) or (version and version != meta["resourceVersion"]):
            raise ConflictError(f"{plural} {name} has changed")
        return found

    def _put(self, plural: str, name: str, after: Json) -> Json:
        before = self.kinds[plural][name]
        if after.get("spec") != before.get("spec"):
            after["metadata"]["generation"] = before["metadata"]["generation"] + 1
        after["metadata"]["resourceVersion"] = str(next(self._numbers))
        self.kinds[plural][name] = after
        if after["metadata"].get("deletionTimestamp") and not after["metadata"].get("finalizers"):
            del self.kinds[plural][name]
        return copy.deepcopy(after)
