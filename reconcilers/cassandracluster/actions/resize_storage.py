"""Larger volumes: the StatefulSet is made again with the larger claim, and the claims that are there grow.

Kubernetes lets nobody change a claim template, so the StatefulSet is taken away without its pods and made again; what
it was is kept in the status meanwhile. No pod restarts.
"""

from typing import Any, Final

import msgspec
from multicasskop.crds.quantity import parse_quantity
from multicasskop.reconcilers.cassandracluster.facts import Rack, Scene
from multicasskop.reconcilers.cassandracluster.gates import pods_ready, unready
from multicasskop.reconcilers.cassandracluster.kinds import CLAIMS, STATEFULSETS
from multicasskop.reconcilers.cassandracluster.rack_status import done
from multicasskop.reconcilers.cassandracluster.sets import Claim, StatefulSet
from multicasskop.reconcilers.cassandracluster.statefulset import live_capacity, with_capacity
from multicasskop.reconcilers.cassandracluster.step import Step
from multicasskop.reconcilers.cassandracluster.writes import Create, Delete, Patch

Json = dict[str, Any]
_KEPT: Final = ("name", "namespace", "labels", "annotations", "ownerReferences")
SNAPSHOT: Final = "stateful_set_snapshot_before_storage_resize"


def advance(scene: Scene) -> Step:
    """The first of the steps that is not done yet."""
    rack, found = scene.rack, scene.rack.statefulset
    snapshot, wanted = rack.status.stateful_set_snapshot_before_storage_resize, rack.plan.capacity
    if found is None:
        return _again(scene, snapshot)
    if parse_quantity(live_capacity(found.raw) or "0") < parse_quantity(wanted):
        return _take_away(scene, found, snapshot)
    return _grow_claims(rack) or _finish(scene)


def _take_away(scene: Scene, found: StatefulSet, snapshot: str | None) -> Step:
    rack = scene.rack
    if snapshot is None:
        waiting = pods_ready(scene)
        if waiting:
            return Step(rack.status, waiting=waiting)
        kept = msgspec.json.encode(_bare(found.raw)).decode()
        return Step(rack.status.model_copy(update={SNAPSHOT: kept}), waiting="its StatefulSet to be made again")
    gone = Delete(STATEFULSETS, found.name, found.uid, found.version, orphan=True, why="its claims are to grow")
    return Step(rack.status, (gone,), "its StatefulSet to be made again")


def _again(scene: Scene, snapshot: str | None) -> Step:
    rack = scene.rack
    if snapshot is None:
        return Step(done(rack.status, scene.now))
    body = with_capacity(msgspec.json.decode(snapshot), rack.plan.capacity)
    return Step(rack.status, (Create(STATEFULSETS, body, "its claims are to grow"),), "its StatefulSet")


def _grow_claims(rack: Rack) -> Step | None:
    wanted = rack.plan.capacity
    data = [claim for claim in rack.claims if claim.name.startswith("data-")]
    small = tuple(claim for claim in data if parse_quantity(claim.request or "0") < parse_quantity(wanted))
    if small:
        return Step(rack.status, tuple(_larger(claim, wanted) for claim in small), "its claims to grow")
    late = [claim.name for claim in data if parse_quantity(claim.capacity or "0") < parse_quantity(wanted)]
    return Step(rack.status, waiting=f"claim {late[0]} to grow to {wanted}") if late else None


def _larger(claim: Claim, wanted: str) -> Patch:
    patch: Json = {"spec": {"resources": {"requests": {"storage": wanted}}}}
    return Patch(CLAIMS, claim.name, claim.uid, patch, why=f"from {claim.request} to {wanted}")


def _finish(scene: Scene) -> Step:
    rack = scene.rack
    if not rack.settled:
        return Step(rack.status, waiting=unready(rack))
    return Step(done(rack.status.model_copy(update={SNAPSHOT: None}), scene.now))


def _bare(statefulset: Json) -> Json:
    """The StatefulSet without what the server and its controller have written into it."""
    metadata = statefulset["metadata"]
    kept = {name: metadata[name] for name in _KEPT if name in metadata}
    return {"metadata": kept, "spec": statefulset["spec"]}
