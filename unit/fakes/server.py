"""A server in memory: objects, versions, watchers, and calls that fail when a test says so."""

import copy
import itertools
import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from fakes.cache import FakeInformer, Json
from fakes.clock import FakeClock
from fakes.patches import PatchRefusedError, apply_json_patch, apply_merge_patch
from multicasskop.crds.names import GROUP
from multicasskop.informers.errors import CONNECT_TIMEOUT, ApiError, MemberUnreachable
from multicasskop.informers.key import Key
from multicasskop.informers.resource import Resource
from multicasskop.informers.tracing import Exchange, Sent, current_tracer
from multicasskop.informers.transport import Response

_METHODS = {"create": "POST", "patch": "PATCH", "delete": "DELETE"}


@dataclass(frozen=True)
class Call:
    """One request that a server was sent."""

    verb: str
    plural: str
    key: Key
    body: Any = None
    subresource: str = ""
    version: str = ""

    @property
    def writes(self) -> bool:
        """Whether it is to change something."""
        return self.verb not in {"get", "list"}


@dataclass
class Fault:
    """Calls that are to fail: which, how, and how many of them."""

    applies: Callable[[Call], bool]
    error: Callable[[Call], Exception]
    times: int = 1_000_000
    after: bool = False
    """Whether the call takes effect, and only its answer is lost."""


class FakeServer:
    """The API server of one member, and at the same time the client that calls it."""

    def __init__(self, member: str, clock: FakeClock) -> None:
        """Hold nothing; serve all versions of our kinds."""
        self.member, self._clock = member, clock
        self.objects: dict[tuple[str, Key], Json] = {}
        self.calls: list[Call] = []
        self.faults: list[Fault] = []
        self.watchers: list[FakeInformer] = []
        self.whole = True
        """Whether our CRD is installed, which takes a create together with its status."""
        self.served = True
        self.dark = False
        self.before: Callable[[Call], None] = lambda call: None
        """Called before each call takes effect: for what others do in that very moment."""
        self.answers: Callable[[Json], Json] = lambda obj: obj
        """What is answered in place of an object, while a member's admin makes it so."""
        self._versions = itertools.count(100)
        self._uids = itertools.count(1)

    # what tests ask and do

    def find(self, plural: str, namespace: str, name: str) -> Json | None:
        """A copy of an object, or None."""
        found = self.objects.get((plural, Key(namespace, name)))
        return copy.deepcopy(found) if found else None

    @property
    def writes(self) -> list[Call]:
        """The calls that were to change something."""
        return [call for call in self.calls if call.writes]

    def fail(self, verb: str, error: Callable[[Call], Exception], *, times: int = 1_000_000, **match: str) -> Fault:
        """Let calls of a verb fail, as long as told."""
        fault = Fault(lambda call: call.verb == verb and _matches(call, match), error, times)
        self.faults.append(fault)
        return fault

    def put(self, plural: str, obj: Json, *, by: str = "somebody") -> Json:
        """Let somebody else make an object."""
        key = Key.of(obj)
        made = self._made(copy.deepcopy(obj), plural, by)
        made["status"] = copy.deepcopy(obj.get("status") or {})
        self._store(plural, key, made)
        return copy.deepcopy(made)

    def edit(
        self, plural: str, namespace: str, name: str, patch: Json, *, by: str = "somebody", status: bool = False
    ) -> Json:
        """Let somebody else change an object by a merge patch."""
        return self._patched(plural, Key(namespace, name), lambda obj: apply_merge_patch(obj, patch), by, status=status)

    def replace_spec(self, plural: str, namespace: str, name: str, spec: Json) -> Json:
        """Let somebody else replace the whole spec of an object."""
        return self._patched(plural, Key(namespace, name), lambda obj: obj | {"spec": copy.deepcopy(spec)}, "somebody")

    def remove(self, plural: str, namespace: str, name: str) -> None:
        """Let somebody else delete an object."""
        self._deleted(plural, Key(namespace, name))

    # the client

    def get(self, resource: Resource, namespace: str, name: str, *, deadline: object = None) -> Json:
        """Return one object."""
        with self._call(Call("get", resource.plural, Key(namespace, name))):
            return self.answers(self._found(resource, Key(namespace, name)))

    def raw_get(self, path: str, *, deadline: object = None) -> Json:
        """Answer discovery of our group."""
        with self._call(Call("get", "", Key("", path))):
            if not path.startswith(f"/apis/{GROUP}/") or not (path.endswith("/v2") or self.whole):
                raise ApiError(self.member, 404, "NotFound", "404 page not found", path=path)
            names = ["cassandraclusters", "multicasskops"]
            names += [f"{name}/status" for name in names] if path.endswith("/v2") else []
            return {"kind": "APIResourceList", "resources": [{"name": name} for name in names]}

    def create(
        self,
        resource: Resource,
        namespace: str,
        body: Json,
        *,
        field_manager: str = "",
        version: str | None = None,
        deadline: object = None,
    ) -> Json:
        """Make an object."""
        key = Key(namespace, body["metadata"]["name"])
        call = Call("create", resource.plural, key, copy.deepcopy(body), version=version or resource.version)
        with self._call(call):
            self._must_serve()
            if (resource.plural, key) in self.objects:
                raise ApiError(self.member, 409, "AlreadyExists", "already exists", object_name=key.name)
            made = self._made(copy.deepcopy(body), resource.plural, field_manager)
            if not (version == "v1alpha1" and self.whole):
                made.pop("status", None)
            made["metadata"]["namespace"] = namespace
            self._store(resource.plural, key, made)
            return self.answers(copy.deepcopy(made))

    def merge_patch(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        body: Json,
        *,
        subresource: str = "",
        field_manager: str = "",
        deadline: object = None,
    ) -> Json:
        """Change an object, if the preconditions in the patch hold."""
        key = Key(namespace, name)
        with self._call(Call("patch", resource.plural, key, copy.deepcopy(body), subresource)):
            live, wanted = self._found(resource, key)["metadata"], body.get("metadata") or {}
            if wanted.get("uid", live["uid"]) != live["uid"]:
                raise ApiError(self.member, 422, "Invalid", "uid is immutable", object_name=name)
            if wanted.get("resourceVersion", live["resourceVersion"]) != live["resourceVersion"]:
                raise ApiError(self.member, 409, "Conflict", "the object has been modified", object_name=name)
            change = lambda obj: apply_merge_patch(obj, body)  # noqa: E731
            return self.answers(
                self._patched(resource.plural, key, change, field_manager, status=subresource == "status")
            )

    def json_patch(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        operations: list[Json],
        *,
        field_manager: str = "",
        deadline: object = None,
        subresource: str = "",
    ) -> Json:
        """Change an object, if the tests in the patch hold."""
        key = Key(namespace, name)
        with self._call(Call("patch", resource.plural, key, copy.deepcopy(operations), subresource)):
            self._found(resource, key)
            change = lambda obj: apply_json_patch(obj, operations)  # noqa: E731
            try:
                return self._patched(resource.plural, key, change, field_manager, status=subresource == "status")
            except PatchRefusedError as error:
                raise ApiError(
                    self.member, 422, "Invalid", "the server rejected our request", object_name=name
                ) from error

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
        deadline: object = None,
    ) -> Json:
        """Delete an object, if it is the one."""
        key = Key(namespace, name)
        with self._call(Call("delete", resource.plural, key, {"uid": uid, "propagation": propagation})):
            live = self._found(resource, key)
            if uid and live["metadata"]["uid"] != uid:
                raise ApiError(self.member, 409, "Conflict", "the UID in the precondition differs", object_name=name)
            if version and live["metadata"]["resourceVersion"] != version:
                raise ApiError(
                    self.member, 409, "Conflict", "the version in the precondition differs", object_name=name
                )
            self._deleted(resource.plural, key)
            return {"kind": "Status"}

    def request(self, method: str, path: str, *, deadline: object = None) -> Response:
        """Answer a GET of one object, with the date."""
        *_, namespace, plural, name = path.split("/")
        with self._call(Call("get", plural, Key(namespace, name))):
            found = self.objects.get((plural, Key(namespace, name)))
            if found is None:
                raise self._absent(name)
            headers = {"date": format_datetime(self._clock.now(), usegmt=True)}
            return Response(200, headers, json.dumps(self.answers(copy.deepcopy(found))).encode())

    # inside

    def _call(self, call: Call) -> "_Calling":
        return _Calling(self, call)

    def _found(self, resource: Resource, key: Key) -> Json:
        self._must_serve()
        found = self.objects.get((resource.plural, key))
        if found is None:
            raise self._absent(key.name)
        return copy.deepcopy(found)

    def _absent(self, name: str) -> ApiError:
        return ApiError(self.member, 404, "NotFound", "not found", object_name=name)

    def _must_serve(self) -> None:
        if not self.served:
            raise ApiError(self.member, 404, "", "404 page not found")

    def _made(self, obj: Json, plural: str, manager: str) -> Json:
        metadata = obj["metadata"]
        metadata["uid"] = metadata.get("uid") or f"{self.member}-{plural}-{next(self._uids)}"
        metadata["generation"] = 1
        metadata["creationTimestamp"] = _time(self._clock.now())
        self._note_manager(obj, manager, "f:spec", "")
        return obj

    def _patched(
        self, plural: str, key: Key, change: Callable[[Json], Json], manager: str, *, status: bool = False
    ) -> Json:
        old = self.objects[plural, key]
        new = change(copy.deepcopy(old))
        kept = ("status",) if not status else tuple(name for name in old.keys() | new.keys() if name != "status")
        for name in kept:
            new[name] = copy.deepcopy(old[name]) if name in old else None
            if name not in old:
                del new[name]
        new["metadata"] |= {name: old["metadata"][name] for name in ("uid", "resourceVersion", "generation")}
        if new == old:
            return copy.deepcopy(old)
        if new.get("spec") != old.get("spec"):
            new["metadata"]["generation"] += 1
        field_name = "f:spec" if new.get("spec") != old.get("spec") else "f:status" if status else "f:metadata"
        self._note_manager(new, manager, field_name, "status" if status else "")
        self._store(plural, key, new)
        return copy.deepcopy(new)

    def _note_manager(self, obj: Json, manager: str, field_name: str, subresource: str) -> None:
        entries: list[Json] = obj["metadata"].setdefault("managedFields", [])
        finalizers: Json = {f'v:"{name}"': {} for name in obj["metadata"].get("finalizers") or ()}
        known = {name for entry in entries for name in entry["fieldsV1"].get("f:metadata", {}).get("f:finalizers", {})}
        mine = next((e for e in entries if (e["manager"], e.get("subresource", "")) == (manager, subresource)), None)
        if mine is None:
            own: Json = {"manager": manager, "operation": "Update", "fieldsV1": {}}
            mine = own | ({"subresource": subresource} if subresource else {})
            entries.append(mine)
        mine["time"] = _time(self._clock.now())
        mine["fieldsV1"].setdefault(field_name, {})
        new: Json = {name: {} for name in finalizers if name not in known}
        if new:
            mine["fieldsV1"].setdefault("f:metadata", {}).setdefault("f:finalizers", {}).update(new)

    def _deleted(self, plural: str, key: Key) -> None:
        old = self.objects[plural, key]
        if old["metadata"].get("finalizers"):
            if not old["metadata"].get("deletionTimestamp"):
                new = copy.deepcopy(old)
                new["metadata"]["deletionTimestamp"] = _time(self._clock.now())
                new["metadata"]["generation"] += 1
                self._store(plural, key, new)
            return
        del self.objects[plural, key]
        self._tell(plural, old | {"metadata": old["metadata"] | {"resourceVersion": self._next_version()}}, gone=True)

    def _store(self, plural: str, key: Key, obj: Json) -> None:
        obj["metadata"]["resourceVersion"] = self._next_version()
        if not obj["metadata"].get("finalizers"):
            obj["metadata"].pop("finalizers", None)  # the server leaves out what is empty
        if obj["metadata"].get("deletionTimestamp") and not obj["metadata"].get("finalizers"):
            self.objects.pop((plural, key), None)
            self._tell(plural, obj, gone=True)
            return
        self.objects[plural, key] = obj
        self._tell(plural, obj, gone=False)

    def _next_version(self) -> str:
        return str(next(self._versions))

    def _tell(self, plural: str, obj: Json, *, gone: bool) -> None:
        for watcher in self.watchers:
            if watcher.resource.plural == plural and watcher.namespace in ("", obj["metadata"].get("namespace", "")):
                watcher.hear(copy.deepcopy(obj), gone=gone)


class _Calling:
    """The beginning and the end of one call: where it may fail."""

    def __init__(self, server: FakeServer, call: Call) -> None:
        self._server, self._call = server, call
        self._traced, self._exchange = ExitStack(), Exchange()

    def __enter__(self) -> None:
        server, call = self._server, self._call
        server.calls.append(call)
        with self._traced:
            self._trace()
            self._begin()
            self._traced = self._traced.pop_all()

    def _trace(self) -> None:
        """Tell whoever traces this thread of a write, as the transport does."""
        call, tracer = self._call, current_tracer()
        if call.writes and tracer is not None:
            place = f"/apis/{GROUP}/v2/namespaces/{call.key.namespace}/{call.plural}"
            name = "" if call.verb == "create" else "/".join(("", call.key.name, *filter(None, [call.subresource])))
            sent = Sent(self._server.member, "https://127.0.0.1:6443", _METHODS[call.verb], place + name)
            self._exchange = self._traced.enter_context(tracer.write(sent))

    def _begin(self) -> None:
        server, call = self._server, self._call
        if server.dark:
            raise MemberUnreachable(server.member, "connect timeout", CONNECT_TIMEOUT)
        server.before(call)
        self._fail(after=False)

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:  # noqa: ANN401
        with self._traced:
            if error is not None:
                raise error
            self._fail(after=True)
            self._exchange.status = 200

    def _fail(self, *, after: bool) -> None:
        for fault in self._server.faults:
            if fault.times > 0 and fault.after is after and fault.applies(self._call):
                fault.times -= 1
                raise fault.error(self._call)


def forbidden(call: Call) -> ApiError:
    """The answer when a right is missing."""
    return ApiError("fake", 403, "Forbidden", f"cannot {call.verb} {call.plural}", object_name=call.key.name)


def _matches(call: Call, match: Mapping[str, str]) -> bool:
    return all(getattr(call, name) == value for name, value in match.items())


def _time(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
