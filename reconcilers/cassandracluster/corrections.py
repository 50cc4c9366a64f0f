"""What must be changed on a living service or disruption budget, and only that."""

from collections.abc import Mapping
from typing import Any, Final

from multicasskop.crds.base import Json
from multicasskop.reconcilers.patch import merge_patch

# an address is given once
_FIXED: Final = frozenset({"clusterIP"})
_EXCLUDING: Final = {"maxUnavailable": "minAvailable"}


def correction(live: Json, desired: Json) -> Json | None:
    """The merge patch that makes a living service or budget what is wanted; None when it is.

    Labels, annotations and fields that others added stay. The selector is replaced as a whole: what the Go CassKop made
    selects by all labels that the cluster had then, and would lose pods made under other ones.
    """
    spec = {key: value for key, value in desired["spec"].items() if key not in _FIXED}
    metadata = {key: desired["metadata"][key] for key in ("labels", "annotations") if key in desired["metadata"]}
    patch = merge_patch({"metadata": metadata, "spec": spec}, live, ()) or {}
    surplus = _surplus(spec, live["spec"])
    return _joined(patch, {"spec": surplus}) if surplus else patch or None


def _surplus(wanted: Json, found: Mapping[str, Any]) -> Json:
    """Nulls for what must not stand beside what is wanted."""
    gone: Json = {other: None for field, other in _EXCLUDING.items() if field in wanted and other in found}
    selected, selecting = found.get("selector") or {}, wanted["selector"]
    if "matchLabels" in selecting:
        labels = _nulls(selecting["matchLabels"], selected.get("matchLabels") or {})
        inner = _nulls({"matchLabels": ...}, selected) | ({"matchLabels": labels} if labels else {})
    else:
        inner = _nulls(selecting, selected)
    return gone | ({"selector": inner} if inner else {})


def _nulls(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> Json:
    return dict.fromkeys(sorted(found.keys() - wanted.keys()))


def _joined(one: Json, other: Json) -> Json:
    inner = {key: _joined(one[key], value) for key, value in other.items() if isinstance(one.get(key), dict)}
    return {**one, **other, **inner}
