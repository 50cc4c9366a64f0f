"""Numbers and volumes that cannot be changed as it is asked for: the rules."""

from collections.abc import Callable, Iterator

from multicasskop.crds.quantity import parse_quantity
from multicasskop.reconcilers.cassandracluster.facts import Facts
from multicasskop.reconcilers.cassandracluster.refusals import Change, Finding, Refusal, Undo, plans, racks_of
from multicasskop.reconcilers.cassandracluster.replication import in_the_way

Why = Callable[[str, str], str]


def sizes(change: Change) -> Iterator[Finding]:
    """What is refused of numbers of nodes, capacities and storage classes; datacenters that are new may have any."""
    yield from _nodes_everywhere(change)
    for name in filter(change.was.__contains__, change.wanted):
        yield from _no_nodes(change, name)
        if not _nothing_made(change.facts, name):
            yield from _volumes(change, name, "data_capacity", _why_not_capacity)
            yield from _volumes(change, name, "data_storage_class", _why_not_class)


def _nodes_everywhere(change: Change) -> Iterator[Finding]:
    old, new = change.accepted.spec.nodes_per_racks, change.facts.cluster.spec.nodes_per_racks
    if old and not new:
        why = "a cluster without nodes in any rack cannot be"
        what = "set another number, or 0 in single datacenters"
        refusal = Refusal("spec.nodesPerRacks", str(old), "none" if new is None else "0", why, what)
        yield Finding(refusal, (Undo(("nodesPerRacks",), old),))


def _no_nodes(change: Change, name: str) -> Iterator[Finding]:
    old = plans(change.before)[name].nodes
    if not old or change.wanted[name].nodes_per_racks != 0:
        return
    why = in_the_way(change.facts, change.ring, name)
    if why:
        what = f"take {name} out of the replication of all keyspaces first, system_distributed and system_traces among"
        refusal = Refusal(change.place(name, "nodesPerRacks"), str(old), "0", why, f"{what} them")
        own = change.accepted_datacenter(name).get("nodesPerRacks")
        yield Finding(refusal, (Undo(("topology", "dc", name, "nodesPerRacks"), own),))


def _nothing_made(facts: Facts, name: str) -> bool:
    """Whether a datacenter is but a wish: no set fixes its volumes yet."""
    return not any(rack.statefulset or rack.pods or rack.claims for rack in racks_of(facts, name))


def _volumes(change: Change, name: str, field: str, why: Why) -> Iterator[Finding]:
    """A field that a datacenter has of its own, or else from the cluster; what has changed of the two is put back."""
    old_own, new_own = (getattr(each, field) or "" for each in (change.was[name], change.wanted[name]))
    old_all, new_all = (getattr(each.spec, field) or "" for each in (change.before, change.facts.wanted))
    old, new = old_own or old_all, new_own or new_all
    refused = why(old, new)
    if not refused:
        return
    alias = {"data_capacity": "dataCapacity", "data_storage_class": "dataStorageClass"}[field]
    undo = []
    if old_own != new_own:
        undo.append(Undo(("topology", "dc", name, alias), old_own or None))
    if old_own == new_own or why(old, old_own or new_all):
        undo.append(Undo((alias,), old_all or None))
    path = change.place(name, alias) if old_own != new_own else f"spec.{alias}"
    what = "move the data to another datacenter to have it otherwise"
    yield Finding(Refusal(path, old or "none", new or "none", refused, what), tuple(undo))


def _why_not_capacity(old: str, new: str) -> str:
    if new and not old:
        return "a StatefulSet that was made without volumes cannot get any"
    if old and (not new or parse_quantity(new) < parse_quantity(old)):
        return "volumes cannot be made smaller"
    return ""


def _why_not_class(old: str, new: str) -> str:
    return "volumes that are there stay of their class" if old != new else ""
