"""What a child that is there does not become, whatever is asked for: by CassKop's documented behaviour.

Most of it CassKop puts back, and that is waited for, since it may know better by now. The rest is never written.
"""

from collections.abc import Iterator
from typing import Final

from multicasskop.crds.base import Json
from multicasskop.crds.codes import Code
from multicasskop.crds.problem import Problem, path_of
from multicasskop.crds.quantity import QuantityError, parse_quantity
from multicasskop.reconcilers.multicasskop.desire import Datacenter, topology
from multicasskop.reconcilers.multicasskop.effects import alike
from multicasskop.reconcilers.same import is_zero

_EVERYWHERE: Final = "spec.nodesPerRacks"


def refusals(old: Json, new: Json) -> Iterator[Problem]:
    """What may not be changed from one spec of a child to the next, each with the path at which it stands there."""
    if is_zero(new.get("nodesPerRacks")) and not is_zero(old.get("nodesPerRacks")):
        yield _back(_EVERYWHERE, old.get("nodesPerRacks"), 0, "1 or more", Code.ZERO_NODES_REFUSED)
    yield from _storage(old, new)
    yield from _topology(topology(old), topology(new))
    if not alike(_claims(old), _claims(new), ("spec", "storageConfigs")):
        found, allowed = "claims of a StatefulSet that is there", "as they are: Kubernetes does not change them"
        yield Problem("spec.storageConfigs", found, allowed, code=Code.CLAIMS_REFUSED)


def never_written(old: Json, new: Json) -> tuple[Problem, ...]:
    """Those that are not even tried: the API server takes them not, or CassKop does harm or is stuck with them."""
    return tuple(dict.fromkeys(each for each in refusals(old, new) if _stays_away(each)))


def _stays_away(problem: Problem) -> bool:
    # no node in any rack is refused by our CassandraCluster's schema, and Go's CassKop may bring old numbers back
    return problem.code is Code.CLAIMS_REFUSED or problem.path == _EVERYWHERE


def _claims(spec: Json) -> list[Json]:
    """What a StatefulSet's claims are made from; where they are mounted may change."""
    given = [item for item in spec.get("storageConfigs") or () if isinstance(item, dict)]
    return [{key: item[key] for key in ("name", "pvcSpec") if key in item} for item in given]


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
        """Where the field is set: on the datacenter itself, or for all of them."""
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
