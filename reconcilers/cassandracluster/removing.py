"""What is left of a datacenter that was taken out of the topology: it goes once no node of it is there.

That a datacenter may go was decided before (see `refused`). Here nothing is believed of that: a rack that still has a
pod, or whose StatefulSet asks for one, is left alone. The status of a rack is what remembers it, and goes last.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from multicasskop.crds.cassandracluster import CassandraCluster, Datacenter
from multicasskop.crds.cassandracluster import Rack as RackSpec
from multicasskop.crds.cassandracluster.status import RackStatus
from multicasskop.crds.cassandracluster.topology import Resources
from multicasskop.reconcilers.cassandracluster.facts import Facts, Rack
from multicasskop.reconcilers.cassandracluster.kinds import CASSANDRACLUSTERS, CLAIMS, SERVICES, STATEFULSETS
from multicasskop.reconcilers.cassandracluster.naming import Rack as RackName
from multicasskop.reconcilers.cassandracluster.own_claims import own_claims
from multicasskop.reconcilers.cassandracluster.rack_status import action_of, due
from multicasskop.reconcilers.cassandracluster.racks import RackPlan, racks
from multicasskop.reconcilers.cassandracluster.refusals import is_empty
from multicasskop.reconcilers.cassandracluster.services import services
from multicasskop.reconcilers.cassandracluster.words import Action
from multicasskop.reconcilers.cassandracluster.writes import Delete, Guard, Write

WHY: Final = "its datacenter was taken out"


@dataclass(frozen=True, slots=True)
class Removing:
    """The statuses of racks that still go, which belong into the whole status; the writes; and what is waited for."""

    statuses: Mapping[str, RackStatus]
    writes: tuple[Write, ...] = ()
    waiting: str = ""


def former_plans(cluster: CassandraCluster, wanted: CassandraCluster) -> tuple[RackPlan, ...]:
    """Plans, of no nodes, for the racks that the status knows and the completed topology does not."""
    there = {plan.rack.id for plan in racks(wanted)}
    gone = [name for name in cluster.status.cassandra_rack_status or {} if name not in there]
    return tuple(_plan(*name.partition("-")[::2]) for name in gone)


def removing(facts: Facts) -> Removing:
    """Take away what is left of former racks: StatefulSets, services of theirs, and, with `deletePVC`, claims.

    Assumes that the spec was accepted, and that the view is fresh.
    """
    going = [rack for rack in facts.former if _is_there(facts, rack)]
    statuses = {rack.id: _said(facts, rack) for rack in going}
    told = [rack for rack in going if statuses[rack.id] is rack.status]
    full = next((rack for rack in going if not is_empty(rack)), None)
    waiting = f"the nodes of rack {full.id}, which is in the topology no more" if full is not None else ""
    return Removing(statuses, tuple(write for rack in told for write in _writes(facts, rack)), waiting)


def _plan(datacenter: str, rack: str) -> RackPlan:
    spec = RackSpec(name=rack)
    owner = Datacenter(name=datacenter, rack=(spec,))
    return RackPlan(RackName(datacenter, rack), owner, spec, 0, "", "", Resources(), {}, 0, restart=False)


def _is_there(facts: Facts, rack: Rack) -> bool:
    claims = own_claims(facts, rack) if facts.wanted.spec.delete_pvc else ()
    return bool(rack.statefulset or rack.pods or claims or _services(facts, rack))


def _said(facts: Facts, rack: Rack) -> RackStatus:
    name, _ = action_of(rack.status)
    return rack.status if name == Action.DELETE_DATACENTER else due(rack.status, Action.DELETE_DATACENTER, facts.now)


def _writes(facts: Facts, rack: Rack) -> Iterator[Write]:
    found, meta = rack.statefulset, facts.cluster.metadata
    if not is_empty(rack):
        return
    for name, uid in _services(facts, rack).items():
        yield Delete(SERVICES, name, uid, why=WHY)
    if found is not None:
        if meta.uid in found.owners and not found.deleting:
            yield Delete(STATEFULSETS, found.name, found.uid, version=found.version, why=WHY)
        return
    guard = Guard(CASSANDRACLUSTERS, meta.name, meta.uid, meta.resource_version)
    for claim in own_claims(facts, rack) if facts.wanted.spec.delete_pvc else ():
        if not claim.deleting:
            yield Delete(CLAIMS, claim.name, claim.uid, guards=(guard,), why=WHY)


def _services(facts: Facts, rack: Rack) -> Mapping[str, str]:
    """Services that older versions of the Go CassKop made for a datacenter and a rack: their UIDs by name."""
    cluster, (datacenter, _) = facts.cluster.metadata, rack.plan.rack
    kept = {service["metadata"]["name"] for service in services(facts.wanted)}
    of_datacenter = {f"{cluster.name}-{datacenter}", f"{cluster.name}-{datacenter}-exporter-jmx"}
    alive = any(other.plan.rack.datacenter == datacenter for other in facts.racks)
    names = {f"{cluster.name}-{rack.id}"} | (set() if alive else of_datacenter)
    found = (facts.services[name]["metadata"] for name in sorted(names - kept) if name in facts.services)
    return {each["name"]: each["uid"] for each in found if _is_owned(each.get("ownerReferences") or (), cluster.uid)}


def _is_owned(references: tuple[dict[str, str], ...], uid: str) -> bool:
    return any(owner.get("uid") == uid for owner in references)
