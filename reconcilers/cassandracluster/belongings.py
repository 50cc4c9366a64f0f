"""The services and the disruption budget of a cluster: made where they are missing, corrected where they differ."""

from collections.abc import Iterator
from typing import Any

from multicasskop.crds.cassandracluster import CassandraCluster
from multicasskop.informers.resource import Resource
from multicasskop.reconcilers.cassandracluster.corrections import correction
from multicasskop.reconcilers.cassandracluster.disruption import budget
from multicasskop.reconcilers.cassandracluster.facts import Facts
from multicasskop.reconcilers.cassandracluster.kinds import BUDGETS, SERVICES, STATEFULSETS
from multicasskop.reconcilers.cassandracluster.naming import owner_reference
from multicasskop.reconcilers.cassandracluster.services import is_headless, services
from multicasskop.reconcilers.cassandracluster.writes import Create, Delete, Patch, Write

Json = dict[str, Any]


def belongings(facts: Facts) -> tuple[Write, ...]:
    """What is to be written so that both services and the budget are as wanted.

    What stands under such a name and belongs to somebody else is left alone. What has no owner any more, as after a
    deletion that left it behind, gets this one, and so do StatefulSets.
    """
    return tuple(_belongings(facts))


def withdrawn(facts: Facts) -> tuple[Patch, ...]:
    """Take off the service what annotations the spec gave it and gives no more; those of others stay.

    To be written before the changed spec is accepted: afterwards nobody knows which of them were the spec's.
    """
    live = facts.services.get(facts.cluster.metadata.name)
    if facts.accepted is None or live is None or not _is_ours(facts, live):
        return ()
    metadata = live["metadata"]
    gone = (_annotations(facts.accepted) - _annotations(facts.cluster)) & (metadata.get("annotations") or {}).keys()
    patch = {"metadata": {"annotations": dict.fromkeys(sorted(gone))}}
    why, version = "the spec gives it no more", metadata["resourceVersion"]
    return (Patch(SERVICES, metadata["name"], metadata["uid"], patch, version, why),) if gone else ()


def _annotations(cluster: CassandraCluster) -> frozenset[str]:
    service = cluster.spec.service
    return frozenset((service and service.annotations) or ())


def taken(facts: Facts) -> Iterator[str]:
    """The services and the budget that are somebody else's, each as a sentence."""
    for resource, _, live in _pairs(facts):
        if live is not None and live["metadata"].get("ownerReferences") and not _is_ours(facts, live):
            yield f"{resource.kind} {live['metadata']['name']} belongs to somebody else, and is left as it is"


def _pairs(facts: Facts) -> Iterator[tuple[Resource, Json, Json | None]]:
    """Everything that is wanted, beside what stands there."""
    for wanted in services(facts.wanted):
        yield SERVICES, wanted, facts.services.get(wanted["metadata"]["name"])
    yield BUDGETS, budget(facts.wanted), facts.budget


def _belongings(facts: Facts) -> Iterator[Write]:
    for resource, wanted, live in _pairs(facts):
        if live is None:
            yield Create(resource, wanted)
        elif not live["metadata"].get("ownerReferences"):
            yield _adopted(facts, resource, live)
        elif _is_ours(facts, live):
            yield from _brought_to(resource, wanted, live)
    for rack in facts.racks:
        if rack.statefulset is not None and not rack.statefulset.owners:
            yield _adopted(facts, STATEFULSETS, rack.statefulset.raw)


def _adopted(facts: Facts, resource: Resource, live: Json) -> Write:
    metadata, patch = live["metadata"], {"metadata": {"ownerReferences": [owner_reference(facts.cluster)]}}
    version = metadata["resourceVersion"]
    return Patch(resource, metadata["name"], metadata["uid"], patch, version=version, why="it has no owner")


def _brought_to(resource: Resource, wanted: Json, live: Json) -> Iterator[Write]:
    metadata = live["metadata"]
    if resource == SERVICES and not is_headless(live):
        # whether a service names its pods cannot be changed: it is made again at the next look
        yield Delete(SERVICES, metadata["name"], metadata["uid"], why="it does not name each pod")
    elif (patch := correction(live, wanted)) is not None:
        yield Patch(resource, metadata["name"], metadata["uid"], patch, version=metadata["resourceVersion"])


def _is_ours(facts: Facts, live: Json) -> bool:
    owners = live["metadata"].get("ownerReferences") or ()
    return any(owner.get("uid") == facts.cluster.metadata.uid for owner in owners)
