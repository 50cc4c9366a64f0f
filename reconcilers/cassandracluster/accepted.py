"""The spec that was last accepted, as it stands in an annotation of the CassandraCluster.

It is that of the Go CassKop, in its format: the whole object, without annotations, version and status. Either operator
goes on from what the other one has accepted. What cannot be read there counts as nothing accepted yet.
"""

from functools import lru_cache
from typing import Any, Final

import msgspec
from multicasskop.crds.base import Json, ObjectMeta
from multicasskop.crds.cassandracluster import CassandraCluster, CassandraClusterSpec
from multicasskop.crds.names import LAST_APPLIED
from multicasskop.reconcilers.same import same
from pydantic import ValidationError

# a text that nobody means, for the work that it would make
_LONGEST: Final = 512 * 1024
# it is looked at in every run, and seldom changes
_READ_KEPT: Final = 1024
_UNREADABLE: Final = (msgspec.DecodeError, ValidationError, UnicodeDecodeError, RecursionError)


def accepted(cluster: CassandraCluster) -> CassandraCluster | None:
    """The cluster with the spec that was last accepted; None before the first, and where that cannot be read."""
    spec = _read(cluster.metadata.annotations.get(LAST_APPLIED, ""))
    return cluster.model_copy(update={"spec": spec}) if spec is not None else None


def annotation(cluster: CassandraCluster) -> str:
    """The annotation's value when the spec of this cluster is accepted: as the Go CassKop writes it."""
    head = {"kind": cluster.kind, "apiVersion": cluster.api_version, "metadata": _metadata(cluster.metadata)}
    return msgspec.json.encode({**head, "spec": cluster.spec.to_json(), "status": {}}).decode()


def is_kept(cluster: CassandraCluster, accepted: CassandraCluster | None) -> bool:
    """Whether the annotation says already what is to be accepted.

    Another spelling is the same, and so are triggers: the Go CassKop leaves zero values out, and respells quantities.
    """
    if accepted is None or cluster.spec == accepted.spec:
        return accepted is not None
    new, old = {"spec": cluster.spec.to_json()}, {"spec": accepted.spec.to_json()}
    return same(new, old) and same(old, new) and _nodes(cluster.spec) == _nodes(accepted.spec)


@lru_cache(maxsize=_READ_KEPT)
def _read(text: str) -> CassandraClusterSpec | None:
    if not text or len(text) > _LONGEST:
        return None
    try:
        return CassandraClusterSpec.model_validate(msgspec.json.decode(text, type=dict[str, Any])["spec"])
    except (*_UNREADABLE, KeyError):
        return None


def _nodes(spec: CassandraClusterSpec) -> list[int | None]:
    """The numbers that say something else when they are left out than when they are zero."""
    return [datacenter.nodes_per_racks for datacenter in (spec.topology and spec.topology.dc) or ()]


def _metadata(meta: ObjectMeta) -> Json:
    stamps = {"uid": meta.uid, "generation": meta.generation, "labels": dict(meta.labels)}
    told = {"name": meta.name, "namespace": meta.namespace, **stamps, "finalizers": list(meta.finalizers)}
    created = meta.model_dump(mode="json", by_alias=True)["creationTimestamp"]
    return {**{key: value for key, value in told.items() if value}, "creationTimestamp": created}
