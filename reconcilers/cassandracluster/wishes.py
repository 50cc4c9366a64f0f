"""What people, or CassKop itself, ask of single pods by labels: read, and checked, and not decided on yet.

`operation-name` says what, `operation-status` ToDo that it is to be done; `operation-argument` is the datacenter for
`rebuild`, and for `remove` the lost pod, its address, or both: `<pod>`, `<pod>_<ip>` or `_<ip>`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from multicasskop.reconcilers.cassandracluster.facts import Facts, Rack
from multicasskop.reconcilers.cassandracluster.jolokia.operations import (
    CleanupAll,
    Composite,
    RebuildFrom,
    RemoveAddress,
    UpgradeAllSstables,
)
from multicasskop.reconcilers.cassandracluster.naming import statefulset_name
from multicasskop.reconcilers.cassandracluster.pods import Pod
from multicasskop.reconcilers.cassandracluster.words import Status

NAME: Final = "operation-name"
STATUS: Final = "operation-status"
ARGUMENT: Final = "operation-argument"
START: Final = "operation-start"
END: Final = "operation-end"
OPERATIONS: Final = ("cleanup", "rebuild", "upgradesstables", "remove")
DECOMMISSION: Final = "decommission"


@dataclass(frozen=True, slots=True)
class Wish:
    """What one pod is labelled with; either `work` or `problem` says something."""

    pod: Pod
    name: str
    status: str
    work: Composite | None = None
    problem: str = ""
    lost: str = ""
    """The pod that is to go with its node, where one is named."""


class _BadArgument(ValueError):  # noqa: N818  the message says what is wrong with it
    """The argument of an operation is of no use."""


def wishes(facts: Facts, rack: Rack) -> tuple[Wish, ...]:
    """What is to be done, or is being done, on the pods of a rack."""
    found = (_wish(facts, pod) for pod in rack.pods if not pod.deleting)
    return tuple(wish for wish in found if wish is not None)


def _wish(facts: Facts, pod: Pod) -> Wish | None:
    name, status = pod.labels.get(NAME, ""), pod.labels.get(STATUS, "")
    if status not in (Status.TODO, Status.ONGOING) or (name == DECOMMISSION and status == Status.ONGOING):
        return None
    try:
        work, lost = _work(facts, pod, name)
    except _BadArgument as error:
        return Wish(pod, name, status, problem=str(error))
    return Wish(pod, name, status, work, lost=lost)


def _work(facts: Facts, pod: Pod, name: str) -> tuple[Composite, str]:
    argument = pod.labels.get(ARGUMENT, "")
    match name:
        case "cleanup":
            return CleanupAll(facts.wanted.spec.keyspace_cleanup_threads or 0), ""
        case "upgradesstables":
            return UpgradeAllSstables(), ""
        case "rebuild" if argument:
            return RebuildFrom(argument), ""
        case "rebuild":
            raise _BadArgument(f"{ARGUMENT} must name the datacenter to rebuild from")
        case "remove":
            return _removal(facts, pod, argument)
        case "decommission":
            raise _BadArgument("a node leaves the ring when nodesPerRacks is made smaller")
        case _:
            raise _BadArgument(f"there is no operation {name!r}, only {', '.join(OPERATIONS)}")


def _removal(facts: Facts, pod: Pod, argument: str) -> tuple[Composite, str]:
    lost, _, address = argument.partition("_")
    if not lost and not address:
        raise _BadArgument(f"{ARGUMENT} must be the lost pod, its address, or both: <pod>_<ip>")
    if lost and rack_of(facts, lost) is None:
        raise _BadArgument(f"{lost} is no pod of this cluster")
    if lost == pod.name:
        raise _BadArgument("a node does not remove itself: label another one")
    return RemoveAddress(_checked(address) if address else _address_of(facts, lost)), lost


def _checked(address: str) -> str:
    try:
        return str(ip_address(address))
    except ValueError:
        raise _BadArgument(f"{address} is no IP address") from None


def _address_of(facts: Facts, name: str) -> str:
    remembered = (facts.cluster.status.cassandra_node_status or {}).get(name)
    live = next((pod.ip for pod in facts.pods if pod.name == name), "")
    address = live or (remembered.node_ip if remembered is not None else "")
    if not address:
        raise _BadArgument(f"the address of {name} is not known: give it as {name}_<ip>")
    return address


def rack_of(facts: Facts, pod: str) -> Rack | None:
    """The rack to which a pod of this name belongs, whether it is there or not."""
    head, _, ordinal = pod.rpartition("-")
    sets = _sets(facts)
    return sets.get(head) if ordinal.isdecimal() else None


def _sets(facts: Facts) -> Mapping[str, Rack]:
    return {statefulset_name(facts.cluster.metadata.name, rack.plan.rack): rack for rack in facts.racks}
