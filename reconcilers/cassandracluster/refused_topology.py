"""Datacenters and racks that cannot come, go or be renamed as it is asked for: the rules.

A datacenter comes at any time. It goes alone, when its last node has left and no keyspace has data in it. The racks of
a datacenter stay as they are: replicas are spread over them.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from multicasskop.crds.cassandracluster import Datacenter
from multicasskop.reconcilers.cassandracluster.refusals import (
    Change,
    Finding,
    Refusal,
    Undo,
    is_empty,
    plans,
    racks_of,
)
from multicasskop.reconcilers.cassandracluster.replication import replicated
from multicasskop.reconcilers.cassandracluster.words import Action, Status

Json = dict[str, Any]


def topology(change: Change) -> Iterator[Finding]:
    """What is refused of the topology."""
    gone = [name for name in change.was if name not in change.wanted]
    if gone:
        yield from _gone(change, gone)
    for name in change.wanted:
        if name in change.was:
            yield from _racks(change, name)


def _gone(change: Change, gone: list[str]) -> Iterator[Finding]:
    new = [name for name in change.wanted if name not in change.was]
    why, what = _why_not(change, gone, new)
    if why:
        current, accepted = _given(change.facts.cluster.spec.to_json()), _given(change.accepted.spec.to_json())
        put_back = Undo(("topology", "dc"), _put_back(current, accepted, without=new))
        named = ", ".join(change.wanted) or "none"
        yield Finding(Refusal("spec.topology.dc", ", ".join(change.was), named, why, what), (put_back,))


def _why_not(change: Change, gone: list[str], new: list[str]) -> tuple[str, str]:
    full = [name for name in gone if plans(change.before)[name].nodes or not _is_empty(change, name)]
    if full:
        why = f"datacenter {', '.join(full)} has nodes"
        return why, "set its nodesPerRacks to 0 first, and take it out when its nodes have left"
    if len(gone) + len(new) > 1:
        return "these are several changes of the topology at a time", "take out or add one datacenter, then the next"
    if _scales_down(change):
        return "nodes are leaving the ring", "take it out when they have left"
    why = replicated(change.facts, change.ring, gone[0]) if any(change.facts.pods) else ""
    return why, f"take {gone[0]} out of the replication of all keyspaces, and see that no node of it is in the ring"


def _is_empty(change: Change, name: str) -> bool:
    return all(map(is_empty, racks_of(change.facts, name)))


def _scales_down(change: Change) -> bool:
    status = change.facts.cluster.status
    return status.last_cluster_action == Action.SCALE_DOWN and status.last_cluster_action_status != Status.DONE


def _racks(change: Change, name: str) -> Iterator[Finding]:
    old, new = _names(change.was[name]), _names(change.wanted[name])
    if set(old) == set(new):
        return
    current, accepted = _datacenter(change, name), change.accepted_datacenter(name)
    lists = [each.get("rack") or [] for each in (current, accepted)]
    put_back = _put_back(*lists, without=[each for each in new if each not in old]) if lists[1] else None
    why = f"replicas are spread over the racks of {name}"
    what = "leave its racks as they are, or move the data to another datacenter"
    refusal = Refusal(change.place(name, "rack"), ", ".join(old), ", ".join(new), why, what)
    yield Finding(refusal, (Undo(("topology", "dc", name, "rack"), put_back),))


def _datacenter(change: Change, name: str) -> Json:
    given = _given(change.facts.cluster.spec.to_json())
    return next((each for each in given if each["name"] == name), {})


def _names(datacenter: Datacenter) -> list[str]:
    return [rack.name for rack in datacenter.rack or ()]


def _given(spec: Json) -> list[Json]:
    """The datacenters as they stand in a spec."""
    found: list[Json] = (spec.get("topology") or {}).get("dc") or []
    return found


def _put_back(current: Sequence[Json], accepted: Sequence[Json], *, without: Sequence[str]) -> list[Json]:
    """What is there, less what is not accepted, and what is missing again at its old place."""
    kept = [each for each in current if each["name"] not in without]
    there = {each["name"] for each in kept}
    for index, each in enumerate(accepted):
        if each["name"] not in there:
            kept.insert(index, each)
    return kept
