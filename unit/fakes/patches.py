"""Patches, applied as the API server applies them."""

import copy
from typing import Any

Json = dict[str, Any]


class PatchRefusedError(Exception):
    """The server would answer with 422: a test failed, or a path leads nowhere."""


def apply_merge_patch(target: object, patch: object) -> Any:  # noqa: ANN401 - a patch may make anything of anything
    """The value after a merge patch (RFC 7386)."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = apply_merge_patch(result.get(key), value)
    return result


def apply_json_patch(obj: Json, operations: list[Json]) -> Json:
    """The object after a JSON patch (RFC 6902: test, add, replace, remove), all or none; null tests what is absent."""
    result = copy.deepcopy(obj)
    for operation in operations:
        *above, last = (part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:])
        parent: Any = result
        for part in above:
            parent = _below(parent, part)
            if parent is None:
                raise PatchRefusedError(operation)
        (_in_list if isinstance(parent, list) else _in_map)(parent, last, operation)
    return result


def _below(parent: Any, part: str) -> Any:  # noqa: ANN401
    if isinstance(parent, list):
        return parent[int(part)] if int(part) < len(parent) else None
    return parent.get(part)


def _in_list(parent: list[Any], last: str, operation: Json) -> None:
    place = len(parent) if last == "-" else int(last)
    match operation["op"]:
        case "test" if place >= len(parent) or parent[place] != operation["value"]:
            raise PatchRefusedError(operation)
        case "add":
            parent.insert(place, operation["value"])
        case "replace" | "remove" if place >= len(parent):
            raise PatchRefusedError(operation)
        case "replace":
            parent[place] = operation["value"]
        case "remove":
            del parent[place]


def _in_map(parent: Json, last: str, operation: Json) -> None:
    match operation["op"]:
        case "test" if parent.get(last) != operation["value"]:
            raise PatchRefusedError(operation)
        case "add":
            parent[last] = operation["value"]
        case "replace" | "remove" if last not in parent:
            raise PatchRefusedError(operation)
        case "replace":
            parent[last] = operation["value"]
        case "remove":
            del parent[last]
