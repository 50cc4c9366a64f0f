"""Objects of ours as small as they may be, to be changed in one place at a time."""

from typing import Any

from multicasskop.crds.names import GROUP

Json = dict[str, Any]


def multicasskop(**spec: object) -> Json:
    """A MultiCasskop of one member, with the given fields of its spec."""
    body = {"base": {}, "override": {"k8s-cluster1": {}}, **spec}
    return {
        "apiVersion": f"{GROUP}/v2",
        "kind": "MultiCasskop",
        "metadata": {"generateName": "demo-"},
        "spec": body,
    }


def override(**part: object) -> Json:
    """A MultiCasskop with one override."""
    return multicasskop(override={"k8s-cluster1": part})


def topology(*datacenters: str, rack: str = "rack1") -> Json:
    """A spec with these datacenters of one rack each."""
    return {"topology": {"dc": [{"name": name, "rack": [{"name": rack}]} for name in datacenters]}}


def many(count: int) -> list[Json]:
    """As many racks, with names that differ."""
    return [{"name": f"r{number}"} for number in range(count)]


def cassandracluster(version: str = "v2", **fields: object) -> Json:
    """A CassandraCluster."""
    return {
        "apiVersion": f"{GROUP}/{version}",
        "kind": "CassandraCluster",
        "metadata": {"generateName": "demo-"},
        "spec": {"nodesPerRacks": 1},
        **fields,
    }
