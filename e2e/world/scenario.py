"""MultiCasskops as tests and benchmarks use them, and what to wait for in a recorded history."""

from collections.abc import Callable, Sequence
from typing import Any

from multicasskop.crds.names import GROUP
from multicasskop.world.kinds import CASSANDRACLUSTERS, EVENTS, MULTICASSKOPS
from multicasskop.world.oracles import is_settled
from multicasskop.world.recorder import Entry

Json = dict[str, Any]
Predicate = Callable[[Entry], bool]

DOMAIN = "ring.example"


def ring(name: str, members: Sequence[str], **spec: Any) -> Json:  # noqa: ANN401 - any field of the spec
    """A MultiCasskop with one datacenter of one rack in each member: dc1 in the first, dc2 in the second, and so on.

    `spec` replaces top-level fields, for example `deleteCassandraCluster=False`.
    """
    base = {
        "metadata": {"labels": {"team": "ring"}},
        "spec": {
            "cassandraImage": "cassandra:4.1.4",
            "nodesPerRacks": 1,
            "maxPodUnavailable": 1,
            "service": {"annotations": {"external-dns.alpha.kubernetes.io/hostname": f"{DOMAIN}."}},
            "resources": {"requests": {"cpu": "200m", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "1Gi"}},
        },
    }
    override = {member: {"spec": {"topology": datacenter(number)}} for number, member in enumerate(members, 1)}
    return {
        "apiVersion": f"{GROUP}/v2",
        "kind": "MultiCasskop",
        "metadata": {"name": name},
        "spec": {"deleteCassandraCluster": True, "base": base, "override": override} | spec,
    }


def datacenter(number: int) -> Json:
    """A topology of one datacenter with one rack."""
    return {"dc": [{"name": f"dc{number}", "rack": [{"name": "rack1"}]}]}


def seeds(name: str, members: Sequence[str]) -> list[str]:
    """The seeds that `ring` leads to when they are computed."""
    return [f"{name}-dc{number}-rack1-0.{DOMAIN}" for number, _ in enumerate(members, 1)]


def child(namespace: str, name: str, member: str, type_: str = "") -> Predicate:
    """An entry of the child in a member, of a type if one is given."""
    return lambda entry: (
        entry.plural == CASSANDRACLUSTERS.plural
        and (entry.member, entry.namespace, entry.name) == (member, namespace, name)
        and type_ in ("", entry.type)
    )


def settled(namespace: str, name: str, member: str) -> Predicate:
    """The child in a member is Running and Done."""
    is_child = child(namespace, name, member)
    return lambda entry: is_child(entry) and entry.type != "DELETED" and is_settled(entry.object)


def parent(namespace: str, name: str, type_: str = "") -> Predicate:
    """An entry of the MultiCasskop itself."""
    return lambda entry: (
        entry.plural == MULTICASSKOPS.plural
        and (entry.namespace, entry.name) == (namespace, name)
        and type_ in ("", entry.type)
    )


def condition(obj: Json, name: str) -> Json:
    """A condition of an object by its type; an empty one when it is not there."""
    found: list[Json] = (obj.get("status") or {}).get("conditions") or []
    return next((item for item in found if item["type"] == name), {})


def is_reported(obj: Json) -> bool:
    """Whether the status is about the present generation."""
    return bool((obj.get("status") or {}).get("observedGeneration") == obj["metadata"]["generation"])


def has_condition(namespace: str, name: str, type_: str, status: str, reason: str = "") -> Predicate:
    """The MultiCasskop carries a condition with a status, and with a reason if one is given, for its own generation."""
    is_parent = parent(namespace, name)

    def fits(entry: Entry) -> bool:
        if not is_parent(entry) or not is_reported(entry.object):
            return False
        found = condition(entry.object, type_)
        return found.get("status") == status and reason in ("", found.get("reason"))

    return fits


def ready(namespace: str, name: str, generation: int = 1) -> Predicate:
    """The MultiCasskop is Ready for its present generation, which is this one or a later one."""
    fits = has_condition(namespace, name, "Ready", "True")
    return lambda entry: fits(entry) and entry.object["metadata"]["generation"] >= generation


def event(namespace: str, name: str, reason: str, text: str = "") -> Predicate:
    """An event about the MultiCasskop, with a text in its note if one is given."""
    return lambda entry: (
        entry.plural == EVENTS.plural
        and entry.namespace == namespace
        and (entry.object.get("regarding") or {}).get("name") == name
        and entry.object.get("reason") == reason
        and text in (entry.object.get("note") or "")
    )
