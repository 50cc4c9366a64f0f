"""The volumes of the pods: those that live with the pod, the claims that outlive it, and where each is mounted."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from multicasskop.crds.base import Json
from multicasskop.crds.cassandracluster import CassandraCluster
from multicasskop.crds.cassandracluster.spec import StorageConfig
from multicasskop.reconcilers.cassandracluster.naming import rack_labels
from multicasskop.reconcilers.cassandracluster.racks import RackPlan
from multicasskop.reconcilers.cassandracluster.statefulset.shapes import UnusableSpec

DATA: Final = "data"
DATA_PATH: Final = "/var/lib/cassandra"
CONFIG_MAP: Final = "cassandra-config"
CASSANDRA: Final = "cassandra"
_BUILDING: Final = ("bootstrap", "/bootstrap")
_CONFIG: Final = ("bootstrap", "/etc/cassandra")
_LIBRARIES: Final = ("extra-lib", "/extra-lib")
_TOOLS: Final = ("tools", "/opt/bin")
_TEMPORARY: Final = ("tmp", "/tmp")  # noqa: S108  the container's own
_LOG: Final = ("log", "/var/log/cassandra")
_EMPTY: Final = ("bootstrap", "extra-lib", "tools", "log", "tmp")
_USUAL: Final = {path: name for name, path in (_BUILDING, _CONFIG, _LIBRARIES, _TOOLS, _TEMPORARY, _LOG)}
# pre_run.sh and post_run.sh are run from it
_EXECUTABLE: Final = 0o755


def volumes(cluster: CassandraCluster) -> list[Json]:
    """The volumes that come and go with a pod."""
    name = cluster.spec.config_map_name
    scripts = {"name": CONFIG_MAP, "configMap": {"name": name, "defaultMode": _EXECUTABLE}}
    return [_empty(each) for each in _EMPTY] + ([scripts] if name else [])


def claims(cluster: CassandraCluster, plan: RackPlan) -> list[Json]:
    """The claim templates: one for data where data is kept, and one for each further storage.

    Raises UnusableSpec.
    """
    labels = rack_labels(cluster.metadata, plan.rack)
    specs = {DATA: _data(plan)} if plan.capacity else {}
    specs |= {name: claim for name, _, claim in map(_further, cluster.spec.storage_configs or ())}
    return [{"metadata": {"name": name, "labels": labels}, "spec": spec} for name, spec in specs.items()]


def for_builder() -> list[Json]:
    """What the containers that make the configuration mount."""
    return _mounts(_BUILDING)


def for_bootstrap(cluster: CassandraCluster) -> list[Json]:
    """What the bootstrap container mounts."""
    scripts = [(CONFIG_MAP, "/configmap")] if cluster.spec.config_map_name else []
    return _mounts(_CONFIG, _LIBRARIES, _TOOLS, *scripts)


def for_cassandra(cluster: CassandraCluster, plan: RackPlan) -> list[Json]:
    """What Cassandra mounts. Raises UnusableSpec."""
    further = [(name, path) for name, path, _ in map(_further, cluster.spec.storage_configs or ())]
    return _mounts(_CONFIG, _LIBRARIES, _TOOLS, *_kept(plan), _TEMPORARY, _LOG, *further)


def for_backrest(plan: RackPlan) -> list[Json]:
    """What the container for backups mounts."""
    return _mounts(_CONFIG, _LIBRARIES, *_kept(plan), _TEMPORARY)


def preferring_claims(pod: Json, claimed: Iterable[str]) -> Json:
    """The pod with a claim in the place of every volume that Cassandra would mount at the claim's path.

    In Cassandra's container the volume's mount goes, in all others the claim takes it over, and the volume is gone.
    """
    mounts = next(each for each in pod["containers"] if each["name"] == CASSANDRA)["volumeMounts"]
    by_path = {each["mountPath"]: each["name"] for each in mounts if each["name"] in frozenset(claimed)}
    replaced = {each["name"]: by_path[each["mountPath"]] for each in mounts if each["mountPath"] in by_path}
    replaced = {name: claim for name, claim in replaced.items() if name != claim}
    kept = [each for each in pod["volumes"] if each["name"] not in replaced]
    return _remounted(pod, lambda mount: _moved(mount, replaced)) | {"volumes": kept}


def without_claims(pod: Json, missing: frozenset[str]) -> Json:
    """The pod as it can run without these claims: what they had replaced is back, their other mounts are left out."""
    if not missing:
        return pod
    changed = _remounted(pod, lambda mount: _unclaimed(mount) if mount["name"] in missing else mount)
    there = {each["name"] for each in pod["volumes"]}
    used = {mount["name"] for each in _containers(changed) for mount in each.get("volumeMounts") or ()}
    return changed | {"volumes": [*pod["volumes"], *(_empty(each) for each in _EMPTY if each in used - there)]}


def _data(plan: RackPlan) -> Json:
    spec: Json = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": plan.capacity}}}
    return spec | ({"storageClassName": plan.storage_class} if plan.storage_class else {})


def _further(storage: StorageConfig) -> tuple[str, str, Json]:
    parts = {"name": storage.name, "mountPath": storage.mount_path, "pvcSpec": storage.pvc_spec}
    lacking = [field for field, value in parts.items() if not value]
    if not storage.name or not storage.mount_path or not storage.pvc_spec:
        raise UnusableSpec(f"storageConfigs: {storage.name or 'an entry'} has no {' and no '.join(lacking)}")
    return storage.name, storage.mount_path, storage.pvc_spec


def _kept(plan: RackPlan) -> list[tuple[str, str]]:
    return [(DATA, DATA_PATH)] if plan.capacity else []


def _mounts(*pairs: tuple[str, str]) -> list[Json]:
    return [{"name": name, "mountPath": path} for name, path in pairs]


def _empty(name: str) -> Json:
    return {"name": name, "emptyDir": {}}


def _containers(pod: Json) -> list[Json]:
    return [*pod["initContainers"], *pod["containers"]]


def _remounted(pod: Json, change: Callable[[Json], Json | None]) -> Json:
    """The pod with every mount as `change` makes it, without those it makes nothing of, and no path mounted twice."""
    return pod | {key: [_remount(each, change) for each in pod[key]] for key in ("initContainers", "containers")}


def _remount(container: Json, change: Callable[[Json], Json | None]) -> Json:
    if not container.get("volumeMounts"):
        return container
    found = [each for each in map(change, container["volumeMounts"]) if each is not None]
    return container | {"volumeMounts": list({each["mountPath"]: each for each in found}.values())}


def _moved(mount: Json, replaced: Mapping[str, str]) -> Json:
    return mount | {"name": replaced[mount["name"]]} if mount["name"] in replaced else mount


def _unclaimed(mount: Json) -> Json | None:
    usual = _USUAL.get(mount["mountPath"])
    return mount | {"name": usual} if usual else None
