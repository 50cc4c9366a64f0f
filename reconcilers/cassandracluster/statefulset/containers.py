"""The containers of the pods: the user's sidecars, Cassandra, and the one for backups; and those that run before."""

from typing import Final

from multicasskop.crds.base import Json
from multicasskop.crds.cassandracluster import CassandraCluster
from multicasskop.crds.cassandracluster.spec import BackRestSidecar
from multicasskop.reconcilers.cassandracluster.racks import RackPlan
from multicasskop.reconcilers.cassandracluster.server_version import version_of
from multicasskop.reconcilers.cassandracluster.statefulset import environment, probes, volumes
from multicasskop.reconcilers.cassandracluster.statefulset.cassandra_config import config_file_data
from multicasskop.reconcilers.cassandracluster.statefulset.shapes import check_container, check_mount

BOOTSTRAP: Final = "bootstrap"
CONFIG_BUILDER: Final = "config-builder"
BACKREST: Final = "backrest-sidecar"
_PORTS: Final = {
    "intra-node": 7000,
    "intra-node-tls": 7001,
    "jmx-port": 7199,
    "cql": 9042,
    "promjmx": 9500,
    "jolokia": 8778,
}
_RUN: Final = ["cassandra", "-f"]
# the pod stays up without Cassandra, so that somebody can look around in it
_IDLE: Final = ["sh", "-c", "tail -f /dev/null"]
_COPY: Final = ["-c", "cp -r /etc/cassandra/* /bootstrap/"]


def init_containers(cluster: CassandraCluster, plan: RackPlan, seeds: tuple[str, ...]) -> list[Json]:
    """What makes Cassandra's configuration, one after the other.

    The image's own files are copied, the configuration builder renders over them, and the bootstrap image adds its
    files, the agents and the user's scripts.
    """
    spec, version = cluster.spec, version_of(cluster)
    copy = {"command": ["/bin/sh"], "args": _COPY, "volumeMounts": volumes.for_builder()}
    config = config_file_data(cluster, plan, seeds, version)
    build = {
        "env": environment.for_config_builder(cluster, version, config),
        "volumeMounts": volumes.for_builder(),
    }
    bootstrap = {
        "env": environment.for_bootstrap(cluster, seeds),
        "volumeMounts": volumes.for_bootstrap(cluster),
    }
    return [
        _init(cluster, "base-config-builder", spec.cassandra_image, copy),
        _init(cluster, CONFIG_BUILDER, spec.config_builder_image, build),
        _init(cluster, BOOTSTRAP, spec.bootstrap_image, bootstrap),
    ]


def containers(cluster: CassandraCluster, plan: RackPlan, seeds: tuple[str, ...]) -> list[Json]:
    """What runs in a pod. Every container but Cassandra's has the bootstrap container's environment after its own.

    Raises UnusableSpec.
    """
    shared = environment.for_bootstrap(cluster, seeds)
    sidecars = [_with_environment(each, shared) for each in _sidecars(cluster)]
    backrest = cluster.spec.back_rest_sidecar or BackRestSidecar()
    more = [] if backrest.enabled is False else [_with_environment(_backrest(backrest, plan), shared)]
    return [*sidecars, _cassandra(cluster, plan), *more]


def _init(cluster: CassandraCluster, name: str, image: str | None, more: Json) -> Json:
    resources = _fixed("0.5", "0.5Gi")
    return {"name": name, "image": image, "imagePullPolicy": cluster.spec.image_pull_policy, **more} | resources


def _cassandra(cluster: CassandraCluster, plan: RackPlan) -> Json:
    spec = cluster.spec
    return {
        "name": volumes.CASSANDRA,
        "image": spec.cassandra_image,
        "imagePullPolicy": spec.image_pull_policy,
        "command": list(_IDLE if spec.debug else _RUN),
        "ports": [{"name": name, "containerPort": port, "protocol": "TCP"} for name, port in _PORTS.items()],
        "securityContext": {
            "capabilities": {"add": ["IPC_LOCK"]},
            "procMount": "Default",
            "readOnlyRootFilesystem": spec.read_only_root_filesystem,
        },
        "env": environment.for_cassandra(cluster),
        "readinessProbe": probes.readiness(spec),
        "livenessProbe": probes.liveness(spec),
        "resources": plan.resources.to_json(),
        "volumeMounts": volumes.for_cassandra(cluster, plan),
    }


def _backrest(sidecar: BackRestSidecar, plan: RackPlan) -> Json:
    policy = {"imagePullPolicy": sidecar.image_pull_policy} if sidecar.image_pull_policy else {}
    resources = _fixed("0.5", "1Gi") if sidecar.resources is None else {"resources": sidecar.resources.to_json()}
    return {
        "name": BACKREST,
        "image": sidecar.image,
        "ports": [{"name": "http", "containerPort": probes.BACKREST_PORT, "protocol": "TCP"}],
        "readinessProbe": probes.backrest_readiness(),
        "livenessProbe": probes.backrest_liveness(),
        "volumeMounts": [*_mounts(sidecar), *volumes.for_backrest(plan)],
        **policy,
        **resources,
    }


def _sidecars(cluster: CassandraCluster) -> tuple[Json, ...]:
    found = cluster.spec.sidecar_configs or ()
    for index, each in enumerate(found):
        check_container(f"sidecarConfigs[{index}]", each)
    return found


def _mounts(sidecar: BackRestSidecar) -> tuple[Json, ...]:
    found = sidecar.volume_mount or ()
    for index, each in enumerate(found):
        check_mount(f"backRestSidecar.volumeMount[{index}]", each)
    return found


def _with_environment(container: Json, shared: list[Json]) -> Json:
    return container | {"env": [*(container.get("env") or ()), *shared]}


def _fixed(cpu: str, memory: str) -> Json:
    amounts = {"cpu": cpu, "memory": memory}
    return {"resources": {"requests": amounts, "limits": dict(amounts)}}
