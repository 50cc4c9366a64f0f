"""What one StatefulSet and one claim show: read once from the object."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Self

from multicasskop.reconcilers.cassandracluster.pods import ordinal_of

Json = dict[str, Any]
_NO_LABELS: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class StatefulSet:
    """A StatefulSet at one moment; `raw` is the object itself, to be read only."""

    name: str
    uid: str
    version: str
    replicas: int
    seen: bool
    """Whether its controller has seen the latest spec: before that its status says nothing."""
    exist: int
    ready: int
    updated: bool
    """Whether all its pods are of the latest revision."""
    revision: str
    deleting: bool
    owners: tuple[str, ...]
    raw: Json

    @classmethod
    def of(cls, found: Json) -> Self:
        """Read a StatefulSet as the API server gives it."""
        metadata, spec, status = found["metadata"], found.get("spec") or {}, found.get("status") or {}
        replicas = spec.get("replicas")
        return cls(
            name=metadata["name"],
            uid=metadata.get("uid", ""),
            version=metadata.get("resourceVersion", ""),
            replicas=1 if replicas is None else replicas,
            seen=(status.get("observedGeneration") or 0) >= (metadata.get("generation") or 0),
            exist=status.get("replicas") or 0,
            ready=status.get("readyReplicas") or 0,
            updated=_is_updated(status),
            revision=status.get("updateRevision") or "",
            deleting="deletionTimestamp" in metadata,
            owners=tuple(owner.get("uid", "") for owner in metadata.get("ownerReferences") or ()),
            raw=found,
        )

    @property
    def settled(self) -> bool:
        """Whether all pods that it asks for exist, are ready and of the latest revision, and no more exist."""
        return self.seen and self.updated and self.exist == self.ready == self.replicas


def _is_updated(status: Json) -> bool:
    return status.get("currentRevision") == status.get("updateRevision")


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim of a volume at one moment."""

    name: str
    uid: str
    version: str
    ordinal: int
    request: str = ""
    capacity: str = ""
    bound: bool = False
    deleting: bool = False
    created: str = ""
    labels: Mapping[str, str] = field(default_factory=lambda: _NO_LABELS, hash=False)

    @classmethod
    def of(cls, claim: Json) -> Self:
        """Read a claim as the API server gives it."""
        metadata, spec, status = claim["metadata"], claim.get("spec") or {}, claim.get("status") or {}
        return cls(
            name=metadata["name"],
            uid=metadata.get("uid", ""),
            version=metadata.get("resourceVersion", ""),
            ordinal=ordinal_of(metadata["name"]),
            request=((spec.get("resources") or {}).get("requests") or {}).get("storage", ""),
            capacity=(status.get("capacity") or {}).get("storage", ""),
            bound=status.get("phase") == "Bound",
            deleting="deletionTimestamp" in metadata,
            created=metadata.get("creationTimestamp") or "",
            labels=MappingProxyType(metadata.get("labels") or {}),
        )
