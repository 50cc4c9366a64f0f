"""The requests that the operator will send, to the letter."""

from collections.abc import Iterator
from typing import Any

from multicasskop.crds.base import Json
from multicasskop.crds.names import CASSANDRACLUSTER_KIND, CASSANDRACLUSTER_WHOLE_VERSION, STORAGE_VERSION, api_version
from multicasskop.operator.planning.redacted import without_secrets
from multicasskop.reconcilers.multicasskop.plan import ChildChange
from multicasskop.reconcilers.multicasskop.writes import (
    CreateChild,
    DeleteChild,
    PatchChild,
    PatchSeeds,
    first_seeds,
    patch_body,
    seeds_body,
    whole_body,
)

Request = dict[str, Any]


def requests_of(write: ChildChange, *, whole: bool, secrets: bool = False) -> Iterator[Request]:
    """The requests of one write; `whole` says that the member takes a child together with its seeds.

    A patch carries the version of the child that was compared, where that is known: of a later patch to the same child
    it is not. A list as body is a JSON patch, all others are merged. With `secrets`, what looks like one is not hidden;
    a body from which something was hidden says so.
    """
    match write:
        case CreateChild() if write.seeds and whole:
            yield _request("create", CASSANDRACLUSTER_WHOLE_VERSION, "", _created(whole_body(write), True), secrets)
        case CreateChild():
            yield _request("create", STORAGE_VERSION, "", _created(write.body, False), secrets)
            if write.seeds:
                yield _request("patch", STORAGE_VERSION, "status", first_seeds(write), secrets)
        case PatchChild():
            yield _request("patch", STORAGE_VERSION, "", _patched(write), secrets)
        case PatchSeeds():
            yield _request("patch", STORAGE_VERSION, "status", seeds_body(write.seeds, write.uid), secrets)
        case DeleteChild():
            yield _request("delete", STORAGE_VERSION, "", _deleted(write), secrets)


def _request(verb: str, version: str, subresource: str, body: Json | list[Json], secrets: bool) -> Request:
    shown = body if secrets else without_secrets(body)
    return {"verb": verb, "version": version, "subresource": subresource, "hidden": shown != body, "body": shown}


def _created(body: Json, whole: bool) -> Json:
    version = CASSANDRACLUSTER_WHOLE_VERSION if whole else STORAGE_VERSION
    return {**body, "apiVersion": api_version(version), "kind": CASSANDRACLUSTER_KIND}


def _patched(write: PatchChild) -> Json:
    body = patch_body(write)
    if not write.version:
        del body["metadata"]["resourceVersion"]
    return body


def _deleted(write: DeleteChild) -> Json:
    known = {"uid": write.uid, "resourceVersion": write.version}
    head: Json = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
    return {**head, "preconditions": {name: value for name, value in known.items() if value}}
