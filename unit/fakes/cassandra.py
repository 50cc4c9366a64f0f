"""CassandraClusters and what is generated from them, looked at from outside."""

from typing import Any

from multicasskop.crds.cassandracluster import CassandraCluster
from multicasskop.reconcilers.cassandracluster.defaults import completed
from multicasskop.reconcilers.cassandracluster.racks import RackPlan, racks
from multicasskop.reconcilers.cassandracluster.statefulset import statefulset

Json = dict[str, Any]
SEEDS = ("a.example", "b.example")


def bare(spec: Json | None = None, *, status: Json | None = None, **metadata: Any) -> CassandraCluster:  # noqa: ANN401
    """A cluster as people write it."""
    meta = {"name": "demo", "namespace": "cassandra", "uid": "u1", **metadata}
    return CassandraCluster.model_validate({"metadata": meta, "spec": spec or {}, "status": status or {}})


def cluster(spec: Json | None = None, *, status: Json | None = None, **metadata: Any) -> CassandraCluster:  # noqa: ANN401
    """A cluster with all defaults."""
    return completed(bare(spec, status=status, **metadata))


def dc(name: str = "dc1", racks: int = 1, **fields: Any) -> Json:  # noqa: ANN401
    """A datacenter with so many racks."""
    return {"name": name, "rack": [{"name": f"rack{number}"} for number in range(1, racks + 1)], **fields}


def topology(*datacenters: Json) -> Json:
    """A spec with these datacenters."""
    return {"topology": {"dc": list(datacenters)}}


def plan(found: CassandraCluster, rack: str = "dc1-rack1") -> RackPlan:
    """The plan of one rack."""
    return next(each for each in racks(found) if each.rack.id == rack)


def generated(
    spec: Json | None = None, rack: str = "dc1-rack1", *, seeds: tuple[str, ...] = SEEDS, restarted: str = ""
) -> Json:
    """The StatefulSet of a rack."""
    found = cluster(spec)
    return statefulset(found, plan(found, rack), replicas=1, seeds=seeds, restarted=restarted)


def pod(found: Json) -> Json:
    """The spec of the pods of a StatefulSet."""
    spec: Json = found["spec"]["template"]["spec"]
    return spec


def container(found: Json, name: str) -> Json:
    """One of the containers of the pods, of those that run before, too."""
    spec = pod(found)
    return next(each for each in [*spec["initContainers"], *spec["containers"]] if each["name"] == name)


def names(entries: list[Json]) -> list[str]:
    """The names of containers, volumes or variables, in their order."""
    return [str(each["name"]) for each in entries]


def mounts(found: Json) -> dict[str, str]:
    """What a container mounts, by path."""
    return {each["mountPath"]: each["name"] for each in found["volumeMounts"]}


def variables(found: Json) -> Json:
    """The environment of a container: values, and sources of those that have none."""
    return {each["name"]: each.get("value", each.get("valueFrom")) for each in found["env"]}
