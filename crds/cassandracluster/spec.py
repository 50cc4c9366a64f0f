"""The CassandraCluster: every field that the Go CassKop knows, under its name there."""

from enum import StrEnum
from typing import Annotated, Final, Literal

from multicasskop.crds.base import (
    FREE,
    INT32_MAX,
    Count,
    Flag,
    FreeForm,
    FrozenMap,
    Json,
    Model,
    ObjectMeta,
    Text,
    Word,
)
from multicasskop.crds.cassandracluster.status import CassandraClusterStatus
from multicasskop.crds.cassandracluster.topology import Capacity, Resources, Topology
from multicasskop.crds.names import CASSANDRACLUSTER_KIND, api_version
from pydantic import AfterValidator, ConfigDict, Field, Strict, WithJsonSchema
from pydantic_core import PydanticCustomError

ANNOTATION_MAX: Final = 65536


def _check_named(value: Json) -> Json:
    if not isinstance(value.get("name"), str):
        raise PydanticCustomError("named", "an object with a name")
    return value


def _check_pull_policy(value: str) -> str:
    # the zero value is as good as none; the server takes any text here, as the Go CassKop's CRD does
    if value not in ("", "Always", "IfNotPresent", "Never"):
        raise PydanticCustomError("pull_policy", "Always, IfNotPresent or Never")
    return value


_NAME: Final[Json] = {"type": "string", "description": "Its name.", "maxLength": 253}
_NAMED: Final[Json] = FREE | {"properties": {"name": _NAME}, "required": ["name"]}
Named = Annotated[Json, AfterValidator(_check_named), WithJsonSchema(_NAMED)]
PullPolicy = Annotated[Word, AfterValidator(_check_pull_policy)]
# CassKop #342: an edit from two nodes to none, whose step over one nobody saw, brought the two back; a rule on changes
# leaves objects alone that are stored with 0, and new ones, for which CassKop's default is 1
_NONE_LATER: Final[Json] = {
    "format": "int32",
    "x-kubernetes-validations": [
        {
            "rule": "self > 0 || oldSelf == 0",
            "message": "a cluster without nodes cannot be; empty a datacenter by its own nodesPerRacks: 0",
        }
    ],
}
NodesEverywhere = Annotated[int, Strict(), Field(ge=0, le=INT32_MAX, json_schema_extra=_NONE_LATER)]
AccountId = Annotated[int, Strict(), Field(ge=1, json_schema_extra={"format": "int64"})]
Annotations = Annotated[FrozenMap[Annotated[str, Field(max_length=ANNOTATION_MAX)]], Field(max_length=256)]


class ServerType(StrEnum):
    """The product that runs."""

    CASSANDRA = "cassandra"
    DSE = "dse"


class EnvVar(Model):
    """An environment variable of a container."""

    name: Annotated[str, Field(min_length=1, max_length=1024)]
    """Its name."""
    value: Annotated[str, Field(max_length=262144)] | None = None
    """Its value."""
    value_from: FreeForm | None = None
    """Where its value is taken from."""


class SecretName(Model):
    """A Secret of the same namespace."""

    name: Word | None = None
    """Its name."""


class Pod(Model):
    """What the pods carry."""

    annotations: Annotations | None = None
    """Annotations of the pods."""
    tolerations: Annotated[tuple[FreeForm, ...], Field(max_length=256)] | None = None
    """Taints that the pods tolerate."""


class Service(Model):
    """What the services carry."""

    annotations: Annotations | None = None
    """Annotations of the service, such as the DNS zone for external-dns. Read when the service is made."""


class StorageConfig(Model):
    """One more volume of each pod."""

    mount_path: Annotated[str, Field(max_length=4096)] | None = None
    """Where it is mounted."""
    name: Word | None = None
    """Name of the volume."""
    pvc_spec: FreeForm | None = None
    """Spec of its claim."""


class BackRestSidecar(Model):
    """The container for backups."""

    enabled: Flag | None = None
    """Whether it runs; true when missing."""
    image: Text | None = None
    """Its image."""
    image_pull_policy: PullPolicy | None = None
    """When that image is pulled."""
    env_vars: Annotated[tuple[EnvVar, ...], Field(max_length=512)] | None = None
    """Its environment, which also reaches the bootstrap container and the sidecars."""
    resources: Resources | None = None
    """Its compute resources."""
    volume_mount: Annotated[tuple[Named, ...], Field(max_length=64)] | None = None
    """More volumes that it mounts."""


class JmxConfiguration(Model):
    """Options of the JVM for JMX."""

    jmx_remote_enable: Flag | None = None
    """Whether JMX is served."""
    jmx_remote_port: Count | None = None
    """Port of the registry."""
    jmx_remote_rmi_port: Count | None = None
    """Port of RMI."""
    jmx_remote_ssl: Flag | None = Field(default=None, alias="jmxRemoteSSL")
    """Whether TLS is used."""
    jmx_remote_authenticate: Flag | None = None
    """Whether clients must log in."""


class CassandraClusterSpec(Model):
    """What is wanted. Defaults that CassKop has are CassKop's, and not repeated here.

    The three defaults in the schema (runAsUser, fsGroup, serverType) are those that the Go CassKop leaves to its CRD.
    """

    # manifests of older CassKops carry fields that are gone, and must still apply
    model_config = ConfigDict(json_schema_extra={"x-kubernetes-preserve-unknown-fields": True})

    nodes_per_racks: NodesEverywhere | None = None
    """Pods in each rack; a datacenter's own number wins."""
    cassandra_image: Text | None = None
    """Image of Cassandra."""
    image_pull_policy: PullPolicy | None = Field(default=None, alias="imagepullpolicy")
    """When images are pulled. The name is written in lower case."""
    env_vars: Annotated[tuple[EnvVar, ...], Field(max_length=512)] | None = None
    """Environment of the Cassandra container."""
    bootstrap_image: Text | None = None
    """Image of the container that prepares configuration and libraries."""
    config_builder_image: Text | None = None
    """Image of the container that renders Cassandra's configuration."""
    run_as_user: AccountId | None = Field(default=None, json_schema_extra={"x-default": 999})
    """User that the containers run as."""
    fs_group: AccountId | None = Field(default=None, json_schema_extra={"x-default": 1})
    """Group that owns the volumes."""
    read_only_root_filesystem: Flag | None = None
    """Whether the Cassandra container cannot write outside its volumes."""
    resources: Resources | None = None
    """Compute resources of the Cassandra containers."""
    hard_anti_affinity: Flag | None = None
    """Whether two nodes may never share a machine."""
    pod: Pod | None = None
    """What the pods carry."""
    service: Service | None = None
    """What the services carry."""
    delete_pvc: Flag | None = Field(default=None, alias="deletePVC")
    """Whether deleting the cluster deletes its data volumes."""
    debug: Flag | None = None
    """Whether pods idle instead of running Cassandra."""
    auto_pilot: Flag | None = None
    """Whether the clean-up after a scale-up starts by itself."""
    no_check_sts_are_equal: Flag | None = None
    """Whether StatefulSets are rewritten on every pass."""
    auto_update_seed_list: Flag | None = None
    """Whether CassKop computes the seed list anew when the topology changes. Never set by a MultiCasskop."""
    max_pod_unavailable: Count | None = None
    """How many pods a disruption may take at once."""
    restart_count_before_pod_deletion: Count | None = None
    """Restarts after which a pod with a crossed address is deleted; 0 is never."""
    unlock_next_operation: Flag | None = None
    """Trigger: lets one operation pass the safety gates. CassKop sets it back."""
    data_capacity: Capacity | None = None
    """Size of each data volume; without it, data is not kept."""
    data_storage_class: Word | None = None
    """Storage class of the data volumes; empty is the Kubernetes cluster's default."""
    storage_configs: Annotated[tuple[StorageConfig, ...], Field(max_length=64)] | None = None
    """More volumes of each pod."""
    sidecar_configs: Annotated[tuple[Named, ...], Field(max_length=64)] | None = None
    """More containers of each pod."""
    config_map_name: Word | None = None
    """ConfigMap with scripts that run before and after the configuration is made."""
    server_version: Word | None = None
    """Version for the configuration; by default that of the image's tag."""
    server_type: ServerType | None = Field(default=None, json_schema_extra={"x-default": "cassandra"})
    """The product that runs."""
    config: FreeForm | None = None
    """Cassandra's configuration, merged with that of datacenters and racks."""
    image_pull_secret: SecretName | None = None
    """Secret for pulling images."""
    image_jolokia_secret: SecretName | None = None
    """Secret with username and password for Jolokia."""
    keyspace_cleanup_threads: Count | None = None
    """Threads of a clean-up; 0 is without limit."""
    topology: Topology | None = None
    """Datacenters and racks."""
    liveness_initial_delay_seconds: Count | None = None
    """Liveness probe: seconds before the first one."""
    liveness_health_check_timeout: Count | None = None
    """Liveness probe: seconds until it has failed."""
    liveness_health_check_period: Count | None = None
    """Liveness probe: seconds between two."""
    liveness_failure_threshold: Count | None = None
    """Liveness probe: failures in a row that restart the container."""
    liveness_success_threshold: Count | None = None
    """Liveness probe: successes in a row that make it good again."""
    readiness_initial_delay_seconds: Count | None = None
    """Readiness probe: seconds before the first one."""
    readiness_health_check_timeout: Count | None = None
    """Readiness probe: seconds until it has failed."""
    readiness_health_check_period: Count | None = None
    """Readiness probe: seconds between two."""
    readiness_failure_threshold: Count | None = None
    """Readiness probe: failures in a row that make the pod unready."""
    readiness_success_threshold: Count | None = None
    """Readiness probe: successes in a row that make it ready."""
    share_process_namespace: Flag | None = None
    """Whether the containers of a pod see each other's processes."""
    back_rest_sidecar: BackRestSidecar | None = None
    """The container for backups."""
    service_account_name: Word | None = None
    """Service account of the pods."""
    jmx_configuration: JmxConfiguration | None = None
    """Options of the JVM for JMX."""


class CassandraCluster(Model):
    """A Cassandra cluster, or the part of one, in one Kubernetes cluster."""

    api_version: str = api_version()
    kind: Literal["CassandraCluster"] = CASSANDRACLUSTER_KIND
    metadata: ObjectMeta
    spec: CassandraClusterSpec = Field(default_factory=CassandraClusterSpec)
    """What is wanted."""
    status: CassandraClusterStatus = Field(default_factory=CassandraClusterStatus)
    """What was observed."""
