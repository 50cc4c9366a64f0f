"""Datacenters and racks of a CassandraCluster."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rack:
    """One rack: its datacenter's and its own description, and how many nodes it shall have."""

    datacenter: str
    name: str
    nodes: int
    dc_spec: Json
    rack_spec: Json

    @property
    def id(self) -> str:
        """The key of its status, and the end of its StatefulSet's name."""
        return f"{self.datacenter}-{self.name}"


def racks(spec: Json) -> list[Rack]:
    """Return the racks in the order of the topology; without one there is dc1 with rack1."""
    return [rack for dc in datacenters(spec) for rack in racks_of(dc, spec)]


def datacenters(spec: Json) -> list[Json]:
    """Return the datacenters as described, or the default one."""
    return (spec.get("topology") or {}).get("dc") or [{"name": "dc1"}]


def racks_of(dc: Json, spec: Json) -> Iterator[Rack]:
    """Yield the racks of a datacenter, rack1 when none is described."""
    own = dc.get("nodesPerRacks")
    nodes = (spec.get("nodesPerRacks") or 1) if own is None else own
    for rack in dc.get("rack") or [{"name": "rack1"}]:
        yield Rack(dc["name"], rack["name"], nodes, dc, rack)
