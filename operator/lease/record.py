"""The record of a Lease: who leads, and since when, as all candidates can read it."""

from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil
from typing import Any, Final, Self

from multicasskop.informers.resource import Resource

Json = dict[str, Any]

DURATION_MAX: Final = 3600.0
"""Seconds: no candidate states more, so that a record which does was not written by one and need not be waited for."""
# the server's type
_TRANSITIONS_MAX: Final = 2**31 - 1

LEASES: Final = Resource("coordination.k8s.io", "v1", "leases", "Lease")


@dataclass(frozen=True, slots=True)
class LeaseRecord:
    """What a Lease says. Its times are text: they are for humans and other clients, never compared with a clock."""

    holder: str = ""
    """Who leads; empty when it was given back."""
    duration: float = 0.0
    """Seconds after which the others may take it when it does not change; 0 when it does not say."""
    acquired: str = ""
    renewed: str = ""
    transitions: int = 0
    version: str = ""
    """The version of the object that this was read from; empty when it was never read."""

    @classmethod
    def of(cls, lease: Json) -> Self:
        """The record of an object as the server sends it."""
        spec = lease.get("spec") or {}
        return cls(
            holder=spec.get("holderIdentity") or "",
            duration=min(DURATION_MAX, float(spec.get("leaseDurationSeconds") or 0)),
            acquired=spec.get("acquireTime") or "",
            renewed=spec.get("renewTime") or "",
            transitions=int(spec.get("leaseTransitions") or 0),
            version=lease["metadata"].get("resourceVersion") or "",
        )

    def same_spec(self, other: "LeaseRecord") -> bool:
        """Whether both say the same; a new version alone (somebody edited a label) is no sign of life."""
        return replace(self, version="") == replace(other, version="")

    def to_patch(self) -> Json:
        """A merge patch that is refused unless the object still has the version that was read."""
        return {"metadata": {"resourceVersion": self.version}, "spec": self._spec()}

    def to_object(self, namespace: str, name: str) -> Json:
        """A new Lease."""
        return {
            "apiVersion": LEASES.api_version,
            "kind": LEASES.kind,
            "metadata": {"namespace": namespace, "name": name},
            "spec": self._spec(),
        }

    def _spec(self) -> Json:
        return {
            "holderIdentity": self.holder,
            # the server takes whole, positive seconds; rounding up is the safe side
            "leaseDurationSeconds": max(1, ceil(self.duration)),
            "acquireTime": self.acquired,
            "renewTime": self.renewed,
            "leaseTransitions": self.transitions,
        }


def taken(record: LeaseRecord | None, identity: str, duration: float, now: datetime) -> LeaseRecord:
    """The record with which a candidate makes itself the leader; `record` is the one it takes over, if there is one."""
    known = record or LeaseRecord()
    # beginning again where counting ends, so that no number keeps a candidate out
    transitions = (known.transitions + (record is not None and known.holder != identity)) % (_TRANSITIONS_MAX + 1)
    time = micro_time(now)
    return LeaseRecord(identity, duration, time, time, transitions, known.version)


def renewed(record: LeaseRecord, duration: float, now: datetime) -> LeaseRecord:
    """The record with which a leader shows that it lives."""
    return replace(record, duration=duration, renewed=micro_time(now))


def released(record: LeaseRecord, now: datetime) -> LeaseRecord:
    """The record with which a leader gives up its place: nobody holds it, and nobody has to wait."""
    time = micro_time(now)
    return replace(record, holder="", duration=1.0, acquired=time, renewed=time)


def micro_time(instant: datetime) -> str:
    """An aware instant in UTC as Kubernetes' MicroTime: RFC 3339 with microseconds."""
    return instant.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
