"""What a pod of a CassandraCluster says about the node in it: cluster, place, seeds, credentials, claims."""

import base64
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec
from multicasskop.crds.names import GROUP
from multicasskop.world.cassandra.listener import Credentials
from multicasskop.world.simulators.statefulsets import SCHEDULER

Json = dict[str, Any]
Secret = Callable[[str], Json]

APP = ("app", "cassandracluster")
DATACENTER, RACK = f"cassandraclusters.{GROUP}.dc", f"cassandraclusters.{GROUP}.rack"


class Place(NamedTuple):
    """Where a node belongs."""

    cluster: str
    datacenter: str
    rack: str
    seeds: tuple[str, ...]


def is_ours(pod: Json) -> bool:
    """Whether a pod is CassKop's and nobody else plays its kubelet: the simulated CassKop does so for its own."""
    name, value = APP
    labels = pod["metadata"].get("labels") or {}
    return labels.get(name) == value and pod["spec"].get("schedulerName") != SCHEDULER


def place(pod: Json) -> Place:
    """Where the node belongs, by its labels and by what its init containers are given."""
    labels, given = pod["metadata"]["labels"], dict(environment(pod))
    name = cluster_name(given.get("CONFIG_FILE_DATA", "")) or given.get("CASSANDRA_CLUSTER_NAME", "")
    seeds = tuple(seed for seed in given.get("CASSANDRA_SEEDS", "").split(",") if seed)
    return Place(name or labels["cassandracluster"], labels[DATACENTER], labels[RACK], seeds)


def cluster_name(data: str) -> str:
    """The name of the ring in the data for the builder of the configuration; empty where it says none."""
    content = msgspec.json.decode(data) if data else {}
    return str((content.get("cluster-info") or {}).get("name") or "")


def environment(pod: Json) -> Iterator[tuple[str, str]]:
    """The variables of the init containers that have a value of their own."""
    for container in pod["spec"].get("initContainers") or []:
        for entry in container.get("env") or []:
            if "value" in entry:
                yield entry["name"], entry["value"]


def credentials(pod: Json, secret: Secret) -> Credentials | None:
    """Who may ask Jolokia; everybody unless the Cassandra container has credentials. `secret` finds one by name."""
    entries = {entry["name"]: entry for entry in cassandra(pod).get("env") or []}
    if entries.get("CASSANDRA_AUTH_JOLOKIA", {}).get("value") != "true":
        return None
    username, password = (resolved(entries.get(f"JOLOKIA_{name}", {}), secret) for name in ("USER", "PASSWORD"))
    return Credentials(username, password)


def secrets(pod: Json) -> set[str]:
    """The names of the Secrets in which credentials stand."""
    references = [(entry.get("valueFrom") or {}).get("secretKeyRef") for entry in cassandra(pod).get("env") or []]
    return {reference["name"] for reference in references if reference}


def cassandra(pod: Json) -> Json:
    """The Cassandra container."""
    found: Json = next(each for each in pod["spec"]["containers"] if each["name"] == "cassandra")
    return found


def resolved(entry: Json, secret: Secret) -> str:
    """The value of a variable, also one that stands in a Secret."""
    reference = (entry.get("valueFrom") or {}).get("secretKeyRef")
    if reference is None:
        return str(entry.get("value", ""))
    data = secret(reference["name"]).get("data") or {}
    return base64.b64decode(data[reference["key"]]).decode()


def claims(pod: Json) -> dict[str, str]:
    """The names of the claims that the pod mounts, by volume."""
    volumes = pod["spec"].get("volumes") or []
    return {
        volume["name"]: volume["persistentVolumeClaim"]["claimName"]
        for volume in volumes
        if "persistentVolumeClaim" in volume
    }
