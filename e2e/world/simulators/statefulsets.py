"""The StatefulSet of one rack, as far as anybody outside CassKop can tell it from the real one."""

from typing import Any

import msgspec
from multicasskop.crds.names import CASSANDRACLUSTER_KIND, GROUP
from multicasskop.world.simulators.actions import template
from multicasskop.world.simulators.modes import PREFIX
from multicasskop.world.simulators.topology import Rack

Json = dict[str, Any]

GENERATED = PREFIX + "generated"
"""The spec as it was generated; the stored one has the server's defaults in it and cannot be compared."""
GRACE_SECONDS = 1800
SCHEDULER = "simulated"
"""A scheduler that does not exist, so that no kubelet takes these pods where there are any."""


def name_of(cluster: Json, rack: Rack) -> str:
    """The name of a rack's StatefulSet."""
    return f"{cluster['metadata']['name']}-{rack.id}"


def cluster_labels(cluster: Json) -> dict[str, str]:
    """The labels of everything that belongs to a cluster."""
    metadata = cluster["metadata"]
    return {**(metadata.get("labels") or {}), "app": "cassandracluster", "cassandracluster": metadata["name"]}


def rack_labels(cluster: Json, rack: Rack) -> dict[str, str]:
    """The labels of everything that belongs to a rack."""
    prefix = f"cassandraclusters.{GROUP}"
    own = {"dc-rack": rack.id, f"{prefix}.dc": rack.datacenter, f"{prefix}.rack": rack.name}
    return {**cluster_labels(cluster), **own}


def owner(cluster: Json) -> Json:
    """The reference from what CassKop makes to the cluster; without blockOwnerDeletion, as in Go."""
    metadata = cluster["metadata"]
    version = f"{GROUP}/v2"
    return {
        "apiVersion": version,
        "kind": CASSANDRACLUSTER_KIND,
        "name": metadata["name"],
        "uid": metadata["uid"],
        "controller": True,
    }


def generate(cluster: Json, rack: Rack, replicas: int, seeds: list[str], restarted: str = "") -> Json:
    """Return the StatefulSet of a rack; `restarted` is the label of a rolling restart."""
    labels = rack_labels(cluster, rack)
    restart = {"rolling-restart": restarted} if restarted else {}
    spec = {
        "replicas": replicas,
        "serviceName": cluster["metadata"]["name"],
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": {**labels, **restart}}, "spec": pod(cluster, rack, seeds)},
        "volumeClaimTemplates": claims(cluster, rack, labels),
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {
            "name": name_of(cluster, rack),
            "namespace": cluster["metadata"]["namespace"],
            "labels": labels,
            "ownerReferences": [owner(cluster)],
            "annotations": {GENERATED: msgspec.json.encode(spec, order="deterministic").decode()},
        },
        "spec": spec,
    }


def pod(cluster: Json, rack: Rack, seeds: list[str]) -> Json:
    """The pod. What of the spec has no place of its own here goes into the builder's data, so that it is not lost."""
    spec = cluster["spec"]
    everything = template(spec)
    data = {"name": cluster["metadata"]["name"], "rack": everything["racks"][rack.id], **everything}
    del data["racks"]
    bootstrap = {
        "CASSANDRA_CLUSTER_NAME": cluster["metadata"]["name"],
        "CASSANDRA_SEEDS": ",".join(seeds),
        "CASSANDRA_DC": rack.datacenter,
        "CASSANDRA_RACK": rack.name,
    }
    config = {"CONFIG_FILE_DATA": msgspec.json.encode(data, order="deterministic").decode()}
    return {
        "schedulerName": SCHEDULER,
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        "initContainers": [
            container("base-config-builder", spec["cassandraImage"], {}),
            container("config-builder", spec["configBuilderImage"], config),
            container("bootstrap", spec["bootstrapImage"], bootstrap),
        ],
        "containers": [container("cassandra", spec["cassandraImage"], {})],
        "volumes": volumes(spec),
    }


def container(name: str, image: str, environment: dict[str, str]) -> Json:
    """One container."""
    return {"name": name, "image": image, "env": [{"name": key, "value": environment[key]} for key in environment]}


def volumes(spec: Json) -> list[Json]:
    """The volume of the user's ConfigMap, by whose name a change of it is seen."""
    name = spec.get("configMapName")
    return [{"name": "cassandra-config", "configMap": {"name": name}}] if name else []


def claims(cluster: Json, rack: Rack, labels: dict[str, str]) -> list[Json]:
    """The claim for data; without a capacity there is none."""
    size = capacity(cluster["spec"], rack)
    if not size:
        return []
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
    return [{"metadata": {"name": "data", "labels": labels}, "spec": spec}]


def capacity(spec: Json, rack: Rack) -> str:
    """The effective capacity of a rack, empty for none."""
    return str(rack.dc_spec.get("dataCapacity") or spec.get("dataCapacity") or "")


def generated(live: Json) -> Json:
    """Return the spec from which a stored StatefulSet was made."""
    content: Json = msgspec.json.decode(live["metadata"]["annotations"][GENERATED])
    return content


def seeds_of(live: Json) -> list[str]:
    """The seeds that the rack's pods were given."""
    bootstrap = next(c for c in generated(live)["template"]["spec"]["initContainers"] if c["name"] == "bootstrap")
    text: str = next(entry["value"] for entry in bootstrap["env"] if entry["name"] == "CASSANDRA_SEEDS")
    return text.split(",") if text else []


def image_of(live: Json) -> str:
    """Cassandra's image."""
    image: str = generated(live)["template"]["spec"]["containers"][0]["image"]
    return image


def config_map_of(live: Json) -> str:
    """The name of the user's ConfigMap, empty for none."""
    found = generated(live)["template"]["spec"]["volumes"]
    return found[0]["configMap"]["name"] if found else ""


def capacity_of(live: Json) -> str:
    """The size of the claim for data, empty for none."""
    found = generated(live).get("volumeClaimTemplates")
    return found[0]["spec"]["resources"]["requests"]["storage"] if found else ""


def restart_of(live: Json) -> str:
    """The label of the last rolling restart, empty for none."""
    label: str = generated(live)["template"]["metadata"]["labels"].get("rolling-restart", "")
    return label


def is_ready(live: Json) -> bool:
    """Whether all its pods are there and ready, and its status is about its newest spec."""
    status = live.get("status") or {}
    there, ready = (int(status.get(field, 0)) for field in ("replicas", "readyReplicas"))
    return is_observed(live) and there == ready == int(live["spec"]["replicas"])


def is_updated(live: Json) -> bool:
    """Whether all its pods have the newest revision."""
    status = live.get("status") or {}
    current, wanted = (str(status.get(field)) for field in ("currentRevision", "updateRevision"))
    return is_observed(live) and current == wanted


def is_observed(live: Json) -> bool:
    """Whether the StatefulSet controller has seen its newest spec."""
    seen: int = (live.get("status") or {}).get("observedGeneration", 0)
    return seen >= int(live["metadata"]["generation"])
