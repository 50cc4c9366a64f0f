"""The one merge patch that turns a living object into what we want, and touches nothing else.

A merge patch (RFC 7386) sets what is not the same, and takes away (by null) what we set before and do not want any
more; for that the paths we set are kept with the object. Lists cannot be patched in part: one that differs goes whole.
What is the same inside it goes in the living object's spelling, so that a controller that respells fields finds nothing
to do; triggers in it go as they stand there, so that what a person asked for is neither lost nor asked for twice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, Final

import msgspec
from multicasskop.reconcilers.same import RULES, Path, Rules, is_zero, same, same_json

Json = dict[str, Any]

# nothing outside these is ever ours to take away, whatever an annotation says
_ROOTS: Final = (("spec",), ("metadata", "labels"), ("metadata", "annotations"))


def merge_patch(desired: Json, live: Json, owned: Iterable[Path], rules: Rules = RULES) -> Json | None:
    """The patch that makes `live` the same as `desired` and free of `owned` paths that are not wanted any more.

    `owned` are the paths that were set before, as `owned_paths` gives them. None means that nothing is to be done.
    The arguments are not changed; the patch shares parts with them, so it is for sending, not for editing.
    """
    dropped = sorted((path for path in owned if _is_to_go(path, desired, live, rules)), key=len)
    lists = {path: _list_above(path, live) for path in dropped}
    patch = _set(desired, live, rules, (), frozenset(filter(None, lists.values())))
    for path in dropped:
        if lists[path] is None:
            _null(patch, path)
    return patch or None


def with_preconditions(patch: Json, uid: str, version: str) -> Json:
    """The patch, refused by the server unless the object is still the one, and the version, that was compared."""
    metadata = {**patch.get("metadata", {}), "uid": uid, "resourceVersion": version}
    return {**patch, "metadata": metadata}


def merged(target: object, patch: object) -> Any:  # noqa: ANN401  a patch may make anything of anything
    """What a merge patch makes of a value, as the server does it; neither is changed, parts may be shared."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def owned_paths(desired: Json, rules: Rules = RULES) -> frozenset[Path]:
    """The paths that are set by writing `desired`: every scalar and list, and what is set inside a list's elements."""
    return frozenset(_leaves(desired, rules, ()))


def print_paths(paths: Iterable[Path]) -> str:
    """Paths as text for an annotation: a sorted JSON list of JSON pointers (RFC 6901); names only, no values."""
    return msgspec.json.encode(sorted(map(_pointer, paths))).decode()


def parse_paths(text: str) -> frozenset[Path]:
    """What `print_paths` has printed; whatever else somebody may have put there counts as nothing.

    Only paths below spec, labels and annotations are taken: no text can make us take anything else away.
    """
    try:
        pointers = msgspec.json.decode(text, type=list[str])
    except msgspec.DecodeError:
        return frozenset()
    paths = (tuple(map(_unescape, pointer.split("/")[1:])) for pointer in pointers if pointer.startswith("/"))
    return frozenset(path for path in paths if any(path[: len(root)] == root != path for root in _ROOTS))


def _pointer(path: Path) -> str:
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)


def _unescape(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")


def _leaves(desired: object, rules: Rules, path: Path) -> Iterator[Path]:
    if desired is None or (path and path[-1] in rules.ignored):
        return
    match desired:
        case dict() if not path or path[-1] not in rules.json:
            for key, value in desired.items():
                yield from _leaves(value, rules, (*path, key))
        case list():
            yield path
            for index, element in enumerate(desired):
                if isinstance(element, dict | list):
                    yield from _leaves(element, rules, (*path, str(index)))
        case _:
            yield path


# what is to go


def _is_to_go(path: Path, desired: Json, live: Json, rules: Rules) -> bool:
    if not path or not rules.ignored.isdisjoint(path):
        return False
    return not _is_wanted(path, desired, rules) and not is_zero(_look_up(path, live))


def _is_wanted(path: Path, desired: object, rules: Rules) -> bool:
    """Whether desired has something at the path, or sets something whole above it."""
    for depth, part in enumerate(path):
        if not isinstance(desired, dict | list) or (depth and path[depth - 1] in rules.json):
            break
        desired = _child(desired, part)
    return desired is not None


def _list_above(path: Path, live: object) -> Path | None:
    """The path of the outermost list that the path leads into."""
    for depth, part in enumerate(path):
        if isinstance(live, list):
            return path[:depth]
        live = _child(live, part)
    return None


def _look_up(path: Path, value: object) -> object:
    for part in path:
        value = _child(value, part)
    return value


def _child(value: object, part: str) -> object:
    match value:
        case dict():
            return value.get(part)
        case list() if part.isdecimal() and int(part) < len(value):
            return value[int(part)]
        case _:
            return None


def _null(patch: Json, path: Path) -> None:
    *above, last = path
    for part in above:
        patch = patch.setdefault(part, {})
        if not isinstance(patch, dict):
            return
    patch[last] = None


# what is to be set


def _set(desired: Json, live: Mapping[str, Any], rules: Rules, path: Path, whole: frozenset[Path]) -> Json:
    values = {key: _value(value, live.get(key), rules, (*path, key), whole) for key, value in desired.items()}
    return {key: value for key, value in values.items() if value is not None}


def _value(desired: object, live: object, rules: Rules, path: Path, whole: frozenset[Path]) -> object:
    """What the patch holds at the path; None for nothing."""
    if path[-1] in rules.ignored:
        return None
    match desired:
        case dict() if path[-1] not in rules.json:
            return _set(desired, live if isinstance(live, dict) else {}, rules, path, whole) or None
        case _ if same(desired, live, rules, path) and path not in whole:
            return None
        case _ if path[-1] in rules.json:
            return _replace(desired, live)
        case _:
            return _spelled(desired, live, rules, path)


def _replace(desired: object, live: object) -> object:
    """A merge patch that leaves nothing of a free-form value that is not wanted."""
    if not isinstance(desired, dict):
        return desired
    wanted = {key: value for key, value in desired.items() if value is not None}
    known = live if isinstance(live, dict) else {}
    changed = {key: _replace(value, known.get(key)) for key, value in wanted.items()}
    gone = dict.fromkeys(known.keys() - wanted.keys())
    return gone | {key: changed[key] for key in wanted if key not in known or not same_json(wanted[key], known[key])}


# a list that goes whole


def _spelled(desired: object, live: object, rules: Rules, path: Path) -> object:
    """What we want, with everything that is the same spelled as it is."""
    match desired:
        case dict() if path[-1] not in rules.json:
            return _spelled_map(desired, live if isinstance(live, dict) else None, rules, path)
        case list() if path[-1] not in rules.json:
            pairs = zip(desired, _partners(desired, live if isinstance(live, list) else []), strict=True)
            return [_spelled(wanted, found, rules, (*path, str(index))) for index, (wanted, found) in enumerate(pairs)]
        case None:
            return None
        case _:
            return live if live is not None and same(desired, live, rules, path) else desired


def _spelled_map(desired: Json, live: Json | None, rules: Rules, path: Path) -> Json:
    wanted = {key: value for key, value in desired.items() if value is not None and key not in rules.ignored}
    if live is None:
        return {key: _spelled(value, None, rules, (*path, key)) for key, value in wanted.items()}
    kept = {key: value for key, value in live.items() if key in rules.ignored or is_zero(value)}
    needed = {key: value for key, value in wanted.items() if key in live or not is_zero(value)}
    return kept | {key: _spelled(value, live.get(key), rules, (*path, key)) for key, value in needed.items()}


def _partners(desired: Sequence[Any], live: Sequence[Any]) -> list[Any]:
    """For each wanted element the living one of the same name, or, where elements have no names, of the same place."""
    wanted, found = _by_name(desired), _by_name(live)
    if wanted is not None and found is not None:
        return [found.get(name) for name in wanted]
    return [partner for _, partner in zip_longest(desired, live)][: len(desired)]


def _by_name(elements: Sequence[Any]) -> dict[str, Any] | None:
    named = {element["name"]: element for element in elements if _has_name(element)}
    return named if len(named) == len(elements) else None


def _has_name(element: object) -> bool:
    return isinstance(element, dict) and isinstance(element.get("name"), str)
