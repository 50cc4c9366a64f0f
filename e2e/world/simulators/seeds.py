"""The seeds of a cluster: given to it, or computed by CassKop."""

from typing import Any

import msgspec
from multicasskop.crds.names import SEEDLIST
from multicasskop.world.simulators.modes import Contract
from multicasskop.world.simulators.topology import Rack, datacenters, racks_of

Json = dict[str, Any]

PER_DATACENTER = 3


def wanted_seeds(cluster: Json, contract: Contract) -> list[str]:
    """The seeds that pods get: from our annotation (contract own), else from the status, else CassKop's own."""
    metadata = cluster["metadata"]
    given = (metadata.get("annotations") or {}).get(SEEDLIST)
    if contract is Contract.OWN and given:
        return read_annotation(given)
    stored: list[str] = (cluster.get("status") or {}).get("seedlist") or []
    if stored and not cluster["spec"].get("autoUpdateSeedList"):
        return stored
    own = own_seeds(metadata["name"], metadata["namespace"], cluster["spec"])
    return [seed for seed in stored if seed in own] + [seed for seed in own if seed not in stored]


def read_annotation(text: str) -> list[str]:
    """The list in the annotation, as JSON or separated by commas."""
    if text.startswith("["):
        return msgspec.json.decode(text, type=list[str])
    return [seed.strip() for seed in text.split(",") if seed.strip()]


def own_seeds(name: str, namespace: str, spec: Json) -> list[str]:
    """Return the seeds that CassKop computes when it was given none: at most three pods per datacenter."""
    found = []
    for dc in datacenters(spec):
        pods = seed_pods(list(racks_of(dc, spec)))
        found += [f"{name}-{rack.id}-{number}.{name}.{namespace}" for rack, number in pods]
    return found


def seed_pods(described: list[Rack]) -> list[tuple[Rack, int]]:
    """Return the pods of a datacenter that are seeds: the first of three racks, more of fewer racks."""
    if len(described) >= PER_DATACENTER:
        return [(rack, 0) for rack in described[:PER_DATACENTER]]
    per_rack = 2 if len(described) == 2 else PER_DATACENTER
    pods = [(rack, number) for rack in described for number in range(min(rack.nodes, per_rack))]
    return pods[:PER_DATACENTER]
