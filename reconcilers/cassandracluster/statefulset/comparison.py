"""What must be changed on a living StatefulSet, whoever made it, and what cannot be.

Only what the operator sets is looked at: what Kubernetes fills in, and what others add, is no difference. What it set
before and does not want any more is known from the annotation that keeps the generated object (see `last_applied`).
"""

from collections.abc import Iterator
from typing import Any, Final

from multicasskop.crds.base import Json
from multicasskop.reconcilers.cassandracluster.naming import RESTART_LABEL
from multicasskop.reconcilers.cassandracluster.statefulset.equivalence import RULES, same_template
from multicasskop.reconcilers.cassandracluster.statefulset.last_applied import ANNOTATION, original, packed
from multicasskop.reconcilers.cassandracluster.statefulset.volumes import without_claims
from multicasskop.reconcilers.patch import merge_patch, owned_paths
from multicasskop.reconcilers.same import differences, dotted

# what Kubernetes lets nobody change; the selector is not here since that of the living object is always kept
_FIXED: Final = ("serviceName", "podManagementPolicy")
_CLAIMS: Final = "volumeClaimTemplates"
_SCALE: Final = ("replicas", "updateStrategy")


def difference(live: Json, desired: Json) -> Json | None:
    """The merge patch that brings a living StatefulSet to what is wanted, as far as it can be; None when it is there.

    Left out are fields that Kubernetes lets nobody change (see `forbidden`) and what depends on them: a claim that
    cannot be added is not mounted either. Labels of pods stay as they live, so that they are still selected; only that
    of a rolling restart is set. The template is left out where it would only mend such flaws of the Go CassKop that
    pods can live with (see `equivalence`): an operator that takes over restarts nothing.
    """
    kept, wanted = original(live), _attainable(live, desired)
    parts = _SCALE if same_template(wanted, live, kept) else (*_SCALE, "template")
    patch = merge_patch(_part(wanted, parts), live, owned_paths(_part(kept, parts), RULES), RULES)
    if patch is None:
        return None
    annotations = {ANNOTATION: packed(_generated(wanted, kept, parts))}
    return {**patch, "metadata": {**patch.get("metadata", {}), "annotations": annotations}}


def forbidden(live: Json, desired: Json) -> tuple[str, ...]:
    """The fields that would have to change and cannot, claims by their names: `spec.volumeClaimTemplates[data]...`.

    A claim that names no storage class where one is wanted is none of them: the Go CassKop left it out for a datacenter
    with a capacity of its own, and it was the default class that made the volumes.
    """
    wanted, found = desired["spec"], live["spec"]
    changed = (f"spec.{field}" for field in _FIXED if field in wanted and wanted[field] != found.get(field))
    return (*changed, *_forbidden_claims(_by_name(wanted), _by_name(found)))


def _forbidden_claims(wanted: dict[str, Json], found: dict[str, Json]) -> Iterator[str]:
    for name in dict.fromkeys((*wanted, *found)):
        place = f"spec.{_CLAIMS}[{name}]"
        if name not in wanted or name not in found:
            yield place
            continue
        spec = {k: v for k, v in wanted[name].items() if k != "storageClassName" or k in found[name]}
        yield from (f"{place}.spec.{dotted(path)}" for path in differences(spec, found[name], RULES))


def _by_name(spec: Json) -> dict[str, Json]:
    """The specs of the claims."""
    return {claim["metadata"]["name"]: claim["spec"] for claim in spec.get(_CLAIMS) or ()}


def _attainable(live: Json, desired: Json) -> Json:
    """What is wanted, with everything of the living object in it that cannot be changed."""
    spec, found = desired["spec"], live["spec"]
    fixed = {field: found[field] for field in (*_FIXED, "selector", _CLAIMS) if field in found}
    missing = frozenset(_by_name(spec).keys() - _by_name(found).keys())
    template = spec["template"]
    metadata = {**template["metadata"], "labels": _labels(template, found["template"])}
    pod = without_claims(template["spec"], missing)
    rest = {key: value for key, value in spec.items() if key != _CLAIMS}
    return {**desired, "spec": {**rest, **fixed, "template": {"metadata": metadata, "spec": pod}}}


def _labels(desired: Json, live: Json) -> dict[str, Any]:
    restarted = desired["metadata"]["labels"].get(RESTART_LABEL)
    labels = live["metadata"].get("labels") or desired["metadata"]["labels"]
    return {**labels, **({RESTART_LABEL: restarted} if restarted else {})}


def _part(obj: Json, parts: tuple[str, ...]) -> Json:
    """Labels, and these parts of the spec."""
    labels = (obj.get("metadata") or {}).get("labels") or {}
    spec = obj.get("spec") or {}
    return {"metadata": {"labels": labels}, "spec": {key: spec[key] for key in parts if key in spec}}


def _generated(wanted: Json, kept: Json, parts: tuple[str, ...]) -> Json:
    """What is to be kept of the object: of parts that are not written, what they were generated as."""
    metadata = {key: value for key, value in wanted["metadata"].items() if key != "annotations"}
    before = kept.get("spec") or {}
    untouched = {key: before[key] for key in {"template", _CLAIMS} - {*parts} if key in before}
    return {**wanted, "metadata": metadata, "spec": {**wanted["spec"], **untouched}}
