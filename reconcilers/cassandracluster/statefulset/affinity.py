"""Which Kubernetes nodes take the pods of a rack."""

from collections.abc import Mapping
from typing import Final

from multicasskop.crds.base import Json

_MACHINE: Final = "kubernetes.io/hostname"
_WEIGHT: Final = 100


def node_affinity(labels: Mapping[str, str]) -> Json:
    """Only nodes that carry all of these labels; any node when there are none."""
    if not labels:
        return {}
    wanted = [{"key": key, "operator": "In", "values": [labels[key]]} for key in sorted(labels)]
    return {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": wanted}]}}


def pod_anti_affinity(labels: Mapping[str, str], *, hard: bool) -> Json:
    """Not beside another pod with these labels: never if hard, else where it can be helped."""
    term = {"topologyKey": _MACHINE, "labelSelector": {"matchLabels": dict(labels)}}
    if hard:
        return {"requiredDuringSchedulingIgnoredDuringExecution": [term]}
    return {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": _WEIGHT, "podAffinityTerm": term}]}
