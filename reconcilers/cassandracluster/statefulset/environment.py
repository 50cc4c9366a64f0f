"""The environment of the containers.

Where lists are merged, the last entry of a name wins, and names are sorted: another order would restart the pods.
"""

from collections.abc import Iterable
from typing import Final

from multicasskop.crds.base import Json
from multicasskop.crds.cassandracluster import CassandraCluster
from multicasskop.crds.cassandracluster.spec import EnvVar, JmxConfiguration
from multicasskop.reconcilers.cassandracluster.naming import DATACENTER_NAME_LABEL, RACK_NAME_LABEL
from multicasskop.reconcilers.cassandracluster.server_version import ServerVersion

SEEDS: Final = "CASSANDRA_SEEDS"
CONFIG: Final = "CONFIG_FILE_DATA"
_POD_IP: Final = "status.podIP"
# nodetool of older versions needs it on newer JVMs
_NODETOOL: Final = "-Dcom.sun.jndi.rmiURLParsing=legacy"
_JMX: Final = "-Dcom.sun.management.jmxremote"


def for_config_builder(cluster: CassandraCluster, version: ServerVersion, config: str) -> list[Json]:
    """What the container that renders Cassandra's configuration reads."""
    return [
        variable(CONFIG, config),
        variable("CONFIG_OUTPUT_DIRECTORY", "/bootstrap"),
        _label("RACK_NAME", RACK_NAME_LABEL),
        variable("PRODUCT_NAME", str(cluster.spec.server_type or "")),
        variable("PRODUCT_VERSION", version.text),
        _field("POD_IP", _POD_IP),
        _field("HOST_IP", "status.hostIP"),
    ]


def for_bootstrap(cluster: CassandraCluster, seeds: tuple[str, ...]) -> list[Json]:
    """What the bootstrap container reads, and with it every container but Cassandra's own."""
    sidecar = cluster.spec.back_rest_sidecar
    return _by_name(
        [variable("CASSANDRA_CLUSTER_NAME", cluster.metadata.name), variable(SEEDS, ",".join(seeds))],
        [_label("CASSANDRA_DC", DATACENTER_NAME_LABEL), _label("CASSANDRA_RACK", RACK_NAME_LABEL)],
        _common(cluster),
        _given(sidecar.env_vars if sidecar else None),
    )


def gives_seeds(cluster: CassandraCluster) -> bool:
    """Whether the spec has a variable for seeds of its own, which then stands where ours would."""
    sidecar = cluster.spec.back_rest_sidecar
    return any(variable.name == SEEDS for variable in (sidecar and sidecar.env_vars) or ())


def for_cassandra(cluster: CassandraCluster) -> list[Json]:
    """What Cassandra's container reads."""
    options = jvm_options(cluster.spec.jmx_configuration or JmxConfiguration())
    return _by_name(
        _common(cluster),
        [variable("JAVA_TOOL_OPTIONS", _NODETOOL)],
        [variable("JVM_OPTS", options)] if options else [],
        _given(cluster.spec.env_vars),
    )


def jvm_options(jmx: JmxConfiguration) -> str:
    """The JVM's options for JMX, each followed by a space; switches that are not set and ports of 0 are left out."""
    flags = {"": jmx.jmx_remote_enable, ".ssl": jmx.jmx_remote_ssl, ".authenticate": jmx.jmx_remote_authenticate}
    ports = {".port": jmx.jmx_remote_port, ".rmi.port": jmx.jmx_remote_rmi_port}
    switches = {key: str(value).lower() for key, value in flags.items() if value is not None}
    numbers = {key: str(value) for key, value in ports.items() if value}
    return "".join(f"{_JMX}{key}={value} " for key, value in {**switches, **numbers}.items())


def variable(name: str, value: str) -> Json:
    """A variable with a value."""
    return {"name": name, "value": value}


def value_of(container: Json, name: str) -> str:
    """The value of a variable of a container, empty when it has none."""
    found = (entry.get("value") for entry in container.get("env") or () if entry["name"] == name)
    return next(found, None) or ""


def _common(cluster: CassandraCluster) -> list[Json]:
    found = [_field("POD_IP", _POD_IP), variable("CASSANDRA_LOG_DIR", "/var/log/cassandra")]
    secret = cluster.spec.image_jolokia_secret
    return found + _jolokia(secret.name) if secret and secret.name else found


def _jolokia(secret: str) -> list[Json]:
    return [
        _secret("JOLOKIA_USER", secret, "username"),
        _secret("JOLOKIA_PASSWORD", secret, "password"),
        variable("CASSANDRA_AUTH_JOLOKIA", "true"),
    ]


def _label(name: str, label: str) -> Json:
    return _field(name, f"metadata.labels['{label}']")


def _field(name: str, path: str) -> Json:
    return {"name": name, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}}


def _secret(name: str, secret: str, key: str) -> Json:
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}


def _given(variables: Iterable[EnvVar] | None) -> list[Json]:
    return [each.to_json() for each in variables or ()]


def _by_name(*lists: list[Json]) -> list[Json]:
    named = {entry["name"]: entry for entries in lists for entry in entries}
    return [named[name] for name in sorted(named)]
