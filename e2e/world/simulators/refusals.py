"""Changes that CassKop does not accept: it puts the old value back."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from multicasskop.crds.quantity import parse_quantity
from multicasskop.world.simulators.topology import datacenters

Json = dict[str, Any]
Replicated = Callable[[str], bool]


def corrected(before: Json, after: Json, refuse: str = "", replicated: Replicated = lambda name: False) -> Json | None:
    """Return the spec with refused changes put back, or None when all of them are accepted.

    `refuse` is a dotted path, with or without `spec.` in front, whose changes are refused besides CassKop's own rules.
    `replicated` tells whether a keyspace has replicas in a datacenter, or that this cannot be told.
    """
    result = deepcopy(after)
    rules = (no_nodes, less_capacity, another_class, another_topology)
    found = [rule(before, result) for rule in rules]
    found.append(still_replicated(before, result, replicated))
    if refuse:
        found.append(put_back(before, result, tuple(refuse.removeprefix("spec.").split("."))))
    return result if any(found) else None


def no_nodes(before: Json, after: Json) -> bool:
    """The number of nodes became 0, which is what Go makes of one that is missing."""
    if after.get("nodesPerRacks") or not before.get("nodesPerRacks"):
        return False
    after["nodesPerRacks"] = before["nodesPerRacks"]
    return True


def less_capacity(before: Json, after: Json) -> bool:
    """A datacenter's effective capacity decreased."""
    return keep(before, after, "dataCapacity", lambda old, new: parse_quantity(new) < parse_quantity(old))


def another_class(before: Json, after: Json) -> bool:
    """A datacenter's effective storage class changed."""
    return keep(before, after, "dataStorageClass", lambda old, new: old != new)


def keep(before: Json, after: Json, field: str, refuses: Callable[[str, str], bool]) -> bool:
    """Put a field back, of the spec and of each datacenter whose effective value may not change like that."""
    old = {dc["name"]: dc for dc in datacenters(before)}
    found = False
    for dc in datacenters(after):
        had = old.get(dc["name"])
        if had is None:
            continue
        pair = [str(place.get(field) or spec.get(field) or "") for place, spec in ((had, before), (dc, after))]
        if all(pair) and refuses(*pair):
            found = True
            restore(before, after, field)
            restore(had, dc, field)
    return found


def another_topology(before: Json, after: Json) -> bool:
    """A datacenter or rack got another name, a rack came or went, or datacenters went that must not."""
    old, new = datacenters(before), datacenters(after)
    gone = [dc for dc in old if dc["name"] not in {found["name"] for found in new}]
    allowed = len(gone) <= 1 and all(nodes(dc, before) == 0 for dc in gone)
    kept = [dc for dc in old if dc not in gone]
    if allowed and all(racks_of(was) == racks_of(now) for was, now in zip(kept, new, strict=False)):
        return False
    if before.get("topology") == after.get("topology"):
        return False
    restore(before, after, "topology")
    return True


def still_replicated(before: Json, after: Json, replicated: Replicated) -> bool:
    """The first datacenter with 0 nodes still has pods, and a keyspace has replicas there. CassKop asks no further."""
    had = {dc["name"]: nodes(dc, before) for dc in datacenters(before)}
    empty = next((dc["name"] for dc in datacenters(after) if nodes(dc, after) == 0), None)
    if empty is None or not had.get(empty) or not replicated(empty):
        return False
    restore(before, after, "topology")
    return True


def nodes(dc: Json, spec: Json) -> int:
    """A datacenter's effective number of nodes per rack."""
    own = dc.get("nodesPerRacks")
    return int((spec.get("nodesPerRacks") or 1) if own is None else own)


def racks_of(dc: Json) -> tuple[str, ...]:
    """The names that may not change: the datacenter's and its racks'."""
    return (dc["name"], *(rack["name"] for rack in dc.get("rack") or []))


def put_back(before: Json, after: Json, path: tuple[str, ...]) -> bool:
    """Put the value at a path back when it changed."""
    *parents, field = path
    for name in parents:
        before, after = before.get(name) or {}, after.setdefault(name, {})
    if before.get(field) == after.get(field):
        return False
    restore(before, after, field)
    return True


def restore(before: Json, after: Json, field: str) -> None:
    """Give a field the value that it had; one that it had not goes."""
    if field in before:
        after[field] = deepcopy(before[field])
    else:
        after.pop(field, None)
