"""What a change of a child means: which fields differ, and what CassKop will do about it.

CassKop's side of this is its documented behaviour: which action it calls a change by.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from multicasskop.crds.base import Json
from multicasskop.crds.names import is_reserved
from multicasskop.crds.problem import path_of
from multicasskop.reconcilers.multicasskop.desire import topology
from multicasskop.reconcilers.multicasskop.facts import Child
from multicasskop.reconcilers.multicasskop.restart import RESTART_PATH, restarted_for, waiting_racks
from multicasskop.reconcilers.same import same

SEEDS: Final = "status.seedlist"
ROLLING_RESTART: Final = "RollingRestart"
Parts = tuple[str | int, ...]


class Effect(StrEnum):
    """What happens in a member, the gravest first."""

    CREATE = "create"
    SCALE = "scale"
    RESIZE = "resize volumes"
    RESTART = "rolling restart"
    QUIET = "no restart"
    NONE = "no change"


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs; None where it was, or will be, absent."""

    path: str
    old: Any
    new: Any
    effect: Effect = Effect.RESTART
    action: str = ""
    """What CassKop calls it, in `lastClusterAction`; empty when it has nothing to do."""

    @property
    def op(self) -> str:
        """`add`, `remove` or `replace`."""
        return "add" if self.old is None else "remove" if self.new is None else "replace"


# fields of a CassandraCluster's spec that change no StatefulSet
_QUIET: Final = frozenset(
    {
        "autoPilot",
        "deletePVC",
        "keyspaceCleanupThreads",
        "maxPodUnavailable",
        "noCheckStsAreEqual",
        "restartCountBeforePodDeletion",
        # looked at when the Services are made, and not afterwards
        "service",
    }
)
_ACTIONS: Final[Mapping[str, tuple[Effect, str]]] = {
    "cassandraImage": (Effect.RESTART, "UpdateDockerImage"),
    "configMapName": (Effect.RESTART, "UpdateConfigMap"),
    "resources": (Effect.RESTART, "UpdateResources"),
    "dataCapacity": (Effect.RESIZE, "StorageUpsize"),
    "nodesPerRacks": (Effect.SCALE, "ScaleUp"),
}
_DATACENTER_ACTIONS: Final = {"dataCapacity", "nodesPerRacks"}
# lists whose elements are changed field by field; of all others one that differs is told whole
_PARTS: Final = frozenset({"dc", "rack"})


def changes(before: Child | None, after: Child) -> tuple[Change, ...]:
    """The fields that differ between a child and what becomes of it: spec, annotations that are not ours, seeds."""
    old = {} if before is None else before.spec
    found = [_judged(path, was, will) for path, was, will in _differences(old, after.spec, ("spec",))]
    notes = _differences(_notes(before), _notes(after), ("metadata", "annotations"))
    found += [Change(path_of(path), was, will, Effect.QUIET) for path, was, will in notes]
    if before is not None and set(before.seeds) != set(after.seeds):
        found.append(Change(SEEDS, list(before.seeds) or None, list(after.seeds), Effect.RESTART, "UpdateSeedList"))
    if before is not None and set(waiting_racks(after)) - set(waiting_racks(before)):
        value, known = restarted_for(after), restarted_for(before) or None
        found.append(Change(RESTART_PATH, known, value, Effect.RESTART, ROLLING_RESTART))
    return tuple(found)


def effect_of(before: Child | None, found: tuple[Change, ...]) -> Effect:
    """What all of it comes to."""
    if before is None:
        return Effect.CREATE
    order = tuple(Effect)
    return min((change.effect for change in found), key=order.index, default=Effect.QUIET)


def action_of(found: tuple[Change, ...]) -> str:
    """What CassKop will call several changes that one restart carries."""
    order = [*(action for _, action in _ACTIONS.values()), "UpdateSeedList", ROLLING_RESTART, "UpdateStatefulSet"]
    order.insert(0, order.pop(order.index("UpdateResources")))
    named = {change.action for change in found}
    return next((action for action in order if action in named), "")


def restarted(before: Child | None, found: tuple[Change, ...]) -> int:
    """How many running nodes are restarted."""
    if before is None or not any(change.effect is Effect.RESTART for change in found):
        return 0
    return sum(datacenter.nodes for datacenter in topology(before.spec))


def _notes(child: Child | None) -> dict[str, str]:
    """The annotations that are nobody's bookkeeping."""
    found = child.meta.annotations.items() if child is not None else ()
    return {name: text for name, text in found if not is_reserved(name)}


def _judged(path: Parts, old: object, new: object) -> Change:
    effect, action = _effect(path, old, new)
    return Change(path_of(path), old, new, effect, action)


def _effect(path: Parts, old: object, new: object) -> tuple[Effect, str]:
    field = path[1] if len(path) > 1 else ""
    if field in _QUIET:
        return Effect.QUIET, ""
    if field == "topology":
        return _effect_in_topology(path, old, new)
    effect, action = _ACTIONS.get(str(field), (Effect.RESTART, "UpdateStatefulSet"))
    return effect, _scaled(action, old, new)


def _effect_in_topology(path: Parts, old: object, new: object) -> tuple[Effect, str]:
    field = path[-1]
    if field in _DATACENTER_ACTIONS:
        effect, action = _ACTIONS[str(field)]
        return effect, _scaled(action, old, new)
    # a datacenter or a rack that comes or goes; its racks are made or taken away, the others stay as they are
    if path[-1] == "dc" or isinstance(path[-1], int):
        return Effect.SCALE, "ActionDeleteDC" if new is None else "Initializing"
    return Effect.RESTART, "UpdateStatefulSet"


def _scaled(action: str, old: object, new: object) -> str:
    down = action == "ScaleUp" and (new == 0 or (isinstance(old, int) and isinstance(new, int) and new < old))
    return "ScaleDown" if down else action


def _differences(old: object, new: object, path: Parts) -> Iterator[tuple[Parts, object, object]]:
    """Path, old and new value of everything that differs; elements of lists are told apart by their names."""
    match old, new:
        case ((dict() | None), (dict() | None)):
            was, will = old or {}, new or {}
            for key in dict.fromkeys((*was, *will)):
                yield from _differences(was.get(key), will.get(key), (*path, key))
        case list(), list() if _named(old) and _named(new):
            yield from _in_named(old, new, path)
        case _ if not alike(old, new, path):
            yield path, old, new


def _in_named(old: list[Json], new: list[Json], path: Parts) -> Iterator[tuple[Parts, object, object]]:
    was, will = ({item["name"]: item for item in items} for items in (old, new))
    for index, (name, item) in enumerate(will.items()):
        place, known = (*path, index), was.get(name)
        if known is not None and path[-1] in _PARTS:
            yield from _differences(known, item, place)
        elif known is None or not alike(known, item, place):
            yield place, known, item
    yield from (((*path, index), item, None) for index, (name, item) in enumerate(was.items()) if name not in will)


def alike(old: object, new: object, path: Parts) -> bool:
    """Whether two values at a path of a child mean the same."""
    named = tuple(map(str, path))
    if named[-1:] == ("nodesPerRacks",) and "dc" in named:
        # of a datacenter, 0 is another thing than none said
        return old == new
    return same(old, new, path=named) and same(new, old, path=named)


def _named(items: list[Any]) -> bool:
    names = [item.get("name") for item in items if isinstance(item, dict)]
    return len(names) == len(items) and len(set(map(str, names))) == len(names) and None not in names
