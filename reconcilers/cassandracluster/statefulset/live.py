"""What a living StatefulSet says about what its pods were given."""

from typing import Any

from multicasskop.crds.base import Json
from multicasskop.reconcilers.cassandracluster.naming import RESTART_LABEL
from multicasskop.reconcilers.cassandracluster.statefulset.containers import BOOTSTRAP
from multicasskop.reconcilers.cassandracluster.statefulset.environment import SEEDS, value_of
from multicasskop.reconcilers.cassandracluster.statefulset.last_applied import annotated, original
from multicasskop.reconcilers.cassandracluster.statefulset.volumes import DATA


def live_seeds(statefulset: Json) -> tuple[str, ...]:
    """The seeds that new pods are given, in their order; the bootstrap container is the one that uses them."""
    found = statefulset["spec"]["template"]["spec"].get("initContainers") or ()
    text = next((value_of(each, SEEDS) for each in found if each["name"] == BOOTSTRAP), "")
    return tuple(filter(None, text.split(",")))


def live_restart(statefulset: Json) -> str:
    """The label of the last rolling restart, empty for none."""
    labels = statefulset["spec"]["template"]["metadata"].get("labels") or {}
    return str(labels.get(RESTART_LABEL, ""))


def live_capacity(statefulset: Json, volume: str = DATA) -> str:
    """The size that claims for the volume are made with, empty when there are none."""
    claim = _claim(statefulset, volume)
    return str(_requests(claim).get("storage", "")) if claim else ""


def with_capacity(statefulset: Json, capacity: str) -> Json:
    """The StatefulSet, and what is kept of it in its annotation, with another size of the claims for data.

    Raises LookupError when it makes no claims for data. The argument is not changed.
    """
    if _claim(statefulset, DATA) is None:
        raise LookupError(f"StatefulSet {statefulset['metadata']['name']} makes no claims for {DATA}")
    kept = original(statefulset)
    changed = _resized(statefulset, capacity)
    return annotated(changed, _resized(kept, capacity)) if kept else changed


def _claim(statefulset: Json, volume: str) -> Json | None:
    found = statefulset["spec"].get("volumeClaimTemplates") or ()
    return next((each for each in found if each["metadata"]["name"] == volume), None)


def _requests(claim: Json) -> dict[str, Any]:
    return (claim["spec"].get("resources") or {}).get("requests") or {}


def _resized(statefulset: Json, capacity: str) -> Json:
    spec: Json = statefulset.get("spec") or {}
    changed = [_resized_claim(each, capacity) for each in spec.get("volumeClaimTemplates") or ()]
    return {**statefulset, "spec": {**spec, "volumeClaimTemplates": changed}}


def _resized_claim(claim: Json, capacity: str) -> Json:
    if claim["metadata"]["name"] != DATA:
        return claim
    spec = claim["spec"]
    resources = {**(spec.get("resources") or {}), "requests": {**_requests(claim), "storage": capacity}}
    return {**claim, "spec": {**spec, "resources": resources}}
