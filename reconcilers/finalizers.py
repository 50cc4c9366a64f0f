"""The finalizer protocol: a mark that keeps an object until what belongs to it is cleaned up.

                    alive                     being deleted
    absent          Add, or Reconcile         Nothing
                    when it is not wanted
    present         Reconcile, or Remove      CleanUp, or Remove
                    when it is not wanted     when it is not wanted

It is added before the first outside effect, and removed only when all of those were seen gone. Other controllers'
finalizers stand in the same list: it is never sent whole, only changed at one place under a test of what was read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from multicasskop.informers.errors import is_conflict, is_invalid, is_not_found

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Add:
    """Send `add_patch` and end the run: the change brings the next one."""


@dataclass(frozen=True, slots=True)
class Reconcile:
    """Work on a living object."""


@dataclass(frozen=True, slots=True)
class CleanUp:
    """Undo the outside effects; when all of them were seen gone, send `remove_patch`."""


@dataclass(frozen=True, slots=True)
class Remove:
    """Send `remove_patch` and clean nothing up: the mark is not wanted any more."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """Leave the object alone: it goes, and we had no part in it."""


Step = Add | Reconcile | CleanUp | Remove | Nothing


def finalizer_step(present: bool, deleting: bool, wanted: bool = True) -> Step:
    """What comes next for an object; `wanted` says whether it is to carry our finalizer while it lives."""
    match present, deleting:
        case False, False:
            return Add() if wanted else Reconcile()
        case True, False:
            return Reconcile() if wanted else Remove()
        case True, True:
            return CleanUp() if wanted else Remove()
        case False, True:
            return Nothing()
        case never:
            assert_never(never)  # type: ignore[arg-type]


def finalizers(obj: Mapping[str, Any]) -> Sequence[str]:
    """The finalizers of an object, in the server's order."""
    return tuple(obj["metadata"].get("finalizers") or ())


def add_patch(obj: Mapping[str, Any], mine: str) -> list[Json]:
    """A JSON patch that appends our finalizer to the list as it was read; empty when it is there already."""
    known = list(finalizers(obj))
    if mine in known:
        return []
    # a test for null passes when there is no list; the same patch beside a list made meanwhile fails
    tested = _test("/metadata/finalizers", known or None)
    added = _add("/metadata/finalizers/-", mine) if known else _add("/metadata/finalizers", [mine])
    return [*_same_object(obj), tested, added]


def remove_patch(obj: Mapping[str, Any], mine: str) -> list[Json]:
    """A JSON patch that takes our finalizer out of its place in the list as it was read; empty when it is not there."""
    known = finalizers(obj)
    if mine not in known:
        return []
    place = f"/metadata/finalizers/{known.index(mine)}"
    return [*_same_object(obj), _test(place, mine), {"op": "remove", "path": place}]


def overtaken(error: BaseException) -> bool:
    """Whether such a patch failed because the object is no longer as it was read: look again soon, nothing is wrong."""
    return is_conflict(error) or is_invalid(error)


def already_gone(error: BaseException) -> bool:
    """Whether removing failed because the object does not exist: as good as removed."""
    return is_not_found(error)


def _same_object(obj: Mapping[str, Any]) -> list[Json]:
    uid = obj["metadata"].get("uid")
    return [_test("/metadata/uid", uid)] if uid else []


def _test(path: str, value: object) -> Json:
    return {"op": "test", "path": path, "value": value}


def _add(path: str, value: object) -> Json:
    return {"op": "add", "path": path, "value": value}
