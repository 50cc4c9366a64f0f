"""What a change of a child means: which fields differ, what CassKop will do about it, and what it will not take.

CassKop's side of this is its documented behaviour: which action it calls a change by, and which changes it puts back.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from multicasskop.crds.base import Json
from multicasskop.crds.codes import Code
from multicasskop.crds.names import is_reserved
from multicasskop.crds.problem import Problem, path_of
from multicasskop.crds.quantity import QuantityError, parse_quantity
from multicasskop.reconcilers.multicasskop.desire import Datacenter, topology
from multicasskop.reconcilers.multicasskop.facts import Child
from multicasskop.reconcilers.multicasskop.restart import RESTART_PATH, restarted_for, waiting_racks
from multicasskop.reconcilers.same import is_zero, same

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
        case _ if not _alike(old, new, path):
            yield path, old, new


def _in_named(old: list[Json], new: list[Json], path: Parts) -> Iterator[tuple[Parts, object, object]]:
    was, will = ({item["name"]: item for item in items} for items in (old, new))
    for index, (name, item) in enumerate(will.items()):
        place, known = (*path, index), was.get(name)
        if known is not None and path[-1] in _PARTS:
            yield from _differences(known, item, place)
        elif known is None or not _alike(known, item, place):
            yield place, known, item
    yield from (((*path, index), item, None) for index, (name, item) in enumerate(was.items()) if name not in will)


def _alike(old: object, new: object, path: Parts) -> bool:
    named = tuple(map(str, path))
    if named[-1:] == ("nodesPerRacks",) and "dc" in named:
        # of a datacenter, 0 is another thing than none said
        return old == new
    return same(old, new, path=named) and same(new, old, path=named)


def _named(items: list[Any]) -> bool:
    names = [item.get("name") for item in items if isinstance(item, dict)]
    return len(names) == len(items) and len(set(map(str, names))) == len(names) and None not in names


# what CassKop does not take


def refusals(before: Child, after: Child) -> Iterator[Problem]:
    """The changes that CassKop puts back, each with the path at which it stands in the child."""
    old, new = before.spec, after.spec
    if is_zero(new.get("nodesPerRacks")) and not is_zero(old.get("nodesPerRacks")):
        yield _back("spec.nodesPerRacks", old.get("nodesPerRacks"), 0, "1 or more", Code.ZERO_NODES_REFUSED)
    yield from _storage(old, new)
    yield from _topology(topology(old), topology(new))
    if not _alike(old.get("storageConfigs"), new.get("storageConfigs"), ("spec", "storageConfigs")):
        found, allowed = "claims of a StatefulSet that is there", "as they are: Kubernetes does not change them"
        yield Problem("spec.storageConfigs", found, allowed, code=Code.CLAIMS_REFUSED)


def _back(path: str, old: object, new: object, allowed: str, code: Code) -> Problem:
    return Problem(path, f"{old} -> {new}", allowed, code=code)


def _storage(old: Json, new: Json) -> Iterator[Problem]:
    news = {dc.get("name"): (index, dc) for index, dc in enumerate(_datacenters(new))}
    for dc in _datacenters(old):
        if dc.get("name") not in news:
            continue
        index, now = news[dc.get("name")]
        yield from _storage_of(index, _effective(old, dc), _effective(new, now), own=now)


def _storage_of(index: int, old: tuple[str, str], new: tuple[str, str], own: Json) -> Iterator[Problem]:
    def path(field: str) -> str:
        return path_of(["spec", "topology", "dc", index, field]) if field in own else f"spec.{field}"

    if new[0] and not old[0]:
        allowed = "none: of a cluster made without volumes CassKop deletes the StatefulSet and makes no other"
        yield _back(path("dataCapacity"), "none", new[0], allowed, Code.CLAIMS_REFUSED)
    if _is_less(new[0], old[0]):
        allowed = f"{old[0]} or more: CassKop does not shrink volumes, and puts {old[0]} back"
        yield _back(path("dataCapacity"), old[0], new[0] or "none", allowed, Code.SHRINK_REFUSED)
    if old[1] != new[1]:
        allowed = f"{old[1] or 'none'}: CassKop does not change the class of volumes that are there"
        yield _back(path("dataStorageClass"), old[1] or "none", new[1] or "none", allowed, Code.CLASS_REFUSED)


def _effective(spec: Json, datacenter: Json) -> tuple[str, str]:
    fields = ("dataCapacity", "dataStorageClass")
    capacity, storage_class = (str(datacenter.get(field) or spec.get(field) or "") for field in fields)
    return capacity, storage_class


def _is_less(new: str, old: str) -> bool:
    try:
        return bool(old) and (not new or parse_quantity(new) < parse_quantity(old))
    except QuantityError:
        return False


def _topology(old: tuple[Datacenter, ...], new: tuple[Datacenter, ...]) -> Iterator[Problem]:
    was, will = {dc.name: dc for dc in old}, {dc.name: (index, dc) for index, dc in enumerate(new)}
    gone = [dc for dc in old if dc.name not in will]
    full = [dc for dc in gone if dc.nodes]
    code = Code.TOPOLOGY_REFUSED
    if full:
        named = ", ".join(dc.name for dc in full)
        yield Problem("spec.topology.dc", f"{named} is taken out with nodes in it", "0 nodes first", code=code)
    elif len(gone) > 1:
        named = ", ".join(dc.name for dc in gone)
        yield Problem("spec.topology.dc", f"{named} are taken out at once", "one after the other", code=code)
    for index, dc in will.values():
        yield from _datacenter(index, was[dc.name], dc) if dc.name in was else ()


def _datacenter(index: int, old: Datacenter, new: Datacenter) -> Iterator[Problem]:
    path = path_of(["spec", "topology", "dc", index])
    names = [rack.name for rack in old.racks]
    if names != [rack.name for rack in new.racks]:
        allowed = f"{', '.join(names)}: racks of a datacenter that is there stay"
        found = ", ".join(rack.name for rack in new.racks) or "none"
        yield Problem(f"{path}.rack", found, allowed, code=Code.TOPOLOGY_REFUSED)
    if old.nodes and not new.nodes:
        allowed = f"0 only when no keyspace has replicas in {new.name} any more; else CassKop puts the old value back"
        yield Problem(f"{path}.nodesPerRacks", "0", allowed, warning=True, code=Code.ZERO_NODES_REFUSED)


def _datacenters(spec: Json) -> list[Json]:
    found = (spec.get("topology") or {}).get("dc") or [{"name": "dc1"}]
    return [item for item in found if isinstance(item, dict)]
