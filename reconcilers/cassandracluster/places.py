"""The single places at which one object differs from another, as operations of a JSON patch (RFC 6902).

Lists whose elements have names are compared by name: an element that stays is never sent again, so that whatever it
holds beside what is known here stays, too.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Json = dict[str, Any]


def operations(before: object, after: object, path: str = "") -> tuple[Json, ...]:
    """The operations that make `after` of `before`, which stands at the path, to be carried out in this order."""
    return tuple(_changes(before, after, path))


def step(path: str, key: str | int) -> str:
    """The path of what stands under the key."""
    return f"{path}/{str(key).replace('~', '~0').replace('/', '~1')}"


def _changes(before: object, after: object, path: str) -> Iterator[Json]:
    match before, after:
        case dict(), dict():
            yield from _in_map(before, after, path)
        case list(), list() if _keeps_order(before, after):
            yield from _in_list(before, after, path)
        case _ if before != after:
            yield {"op": "replace", "path": path, "value": after}


def _in_map(before: Mapping[str, Any], after: Mapping[str, Any], path: str) -> Iterator[Json]:
    for key in before.keys() - after.keys():
        yield {"op": "remove", "path": step(path, key)}
    for key, value in after.items():
        if key in before:
            yield from _changes(before[key], value, step(path, key))
        else:
            yield {"op": "add", "path": step(path, key), "value": value}


def _in_list(before: Sequence[Json], after: Sequence[Json], path: str) -> Iterator[Json]:
    was, wanted = {each["name"]: each for each in before}, {each["name"] for each in after}
    for index in reversed(range(len(before))):
        if before[index]["name"] not in wanted:
            yield {"op": "remove", "path": step(path, index)}
    for index, each in enumerate(after):
        if each["name"] not in was:
            yield {"op": "add", "path": step(path, index), "value": each}
    for index, each in enumerate(after):
        if each["name"] in was:
            yield from _changes(was[each["name"]], each, step(path, index))


def _keeps_order(before: Sequence[Any], after: Sequence[Any]) -> bool:
    """Whether both have names, each once, and those that are in both come in the same order."""
    was, wanted = _names(before), _names(after)
    if was is None or wanted is None:
        return False
    return [name for name in was if name in set(wanted)] == [name for name in wanted if name in set(was)]


def _names(elements: Sequence[Any]) -> list[str] | None:
    names = [each["name"] for each in elements if isinstance(each, dict) and isinstance(each.get("name"), str)]
    return names if len(set(names)) == len(elements) else None
