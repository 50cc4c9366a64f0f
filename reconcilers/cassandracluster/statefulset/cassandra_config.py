"""Cassandra's configuration as the configuration builder takes it: one JSON object, a section for each file."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from multicasskop.crds.base import Json
from multicasskop.crds.cassandracluster import CassandraCluster
from multicasskop.crds.cassandracluster.spec import ServerType
from multicasskop.crds.cassandracluster.topology import Resources
from multicasskop.crds.quantity import parse_quantity
from multicasskop.reconcilers.cassandracluster.racks import RackPlan
from multicasskop.reconcilers.cassandracluster.server_version import ServerVersion

OLD_JVM: Final = "jvm-options"
JVM: Final = "jvm-server-options"
_MIB: Final = 1024 * 1024
_TIMEOUT_MS: Final = 5000
_DEFAULTS: Final[Json] = {
    "cassandra-yaml": {
        "read_request_timeout_in_ms": _TIMEOUT_MS,
        "write_request_timeout_in_ms": _TIMEOUT_MS,
        "counter_write_request_timeout_in_ms": _TIMEOUT_MS,
    },
    "logback-xml": {"debuglog-enabled": False},
}
# as Go prints them in JSON
_ESCAPED: Final = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def config_file_data(cluster: CassandraCluster, plan: RackPlan, seeds: tuple[str, ...], version: ServerVersion) -> str:
    """The configuration of one rack's nodes: the cluster's, over it the datacenter's, and over both the rack's.

    Only what none of them says is filled in. The heap follows the memory limit of the cluster, not that of the
    datacenter, as with the Go CassKop: a datacenter with other resources says in its own config what heap it wants.
    """
    section = jvm_section(cluster, version)
    given = (cluster.spec.config, plan.datacenter.config, plan.spec.config)
    layers = (_renamed(layer, section) for layer in given if layer)
    defaults = {**_DEFAULTS, section: _jvm(cluster.spec.resources or Resources())}
    return write(_filled(laid_over(_identity(cluster, plan, seeds), layers), defaults))


def jvm_section(cluster: CassandraCluster, version: ServerVersion) -> str:
    """The section of the JVM's options; Cassandra has another file for them since 4.0."""
    return JVM if cluster.spec.server_type is not ServerType.DSE and version.at_least(4) else OLD_JVM


def heap(resources: Resources) -> tuple[str, str]:
    """Initial and largest heap: a quarter of the memory limit, and a quarter of that to begin with."""
    limit = parse_quantity((resources.limits or {}).get("memory", 0))
    if not limit:
        return "512M", "2048M"
    largest = int(limit / 4 / _MIB)
    return f"{largest // 4}M", f"{largest}M"


def laid_over(base: Mapping[str, Any], layers: Iterable[Mapping[str, Any]]) -> Json:
    """The base with every layer merged over it: maps by key, everything else as a whole."""
    result = dict(base)
    for layer in layers:
        for key, value in layer.items():
            below = result.get(key)
            both = isinstance(below, dict) and isinstance(value, dict)
            result[key] = laid_over(below, (value,)) if both and below is not None else value
    return result


def write(config: Json) -> str:
    """The configuration as text, with sorted keys: equal configurations give equal text, as in Go."""
    return msgspec.json.encode(config, order="sorted").decode().translate(_ESCAPED)


def _identity(cluster: CassandraCluster, plan: RackPlan, seeds: tuple[str, ...]) -> Json:
    return {
        "cluster-info": {"name": cluster.metadata.name, "seeds": ",".join(seeds)},
        "datacenter-info": {"name": plan.rack.datacenter},
    }


def _jvm(resources: Resources) -> Json:
    initial, largest = heap(resources)
    return {
        "initial_heap_size": initial,
        "max_heap_size": largest,
        "cassandra_ring_delay_ms": 30000,
        "jmx-connection-type": "remote-no-auth",
    }


def _renamed(layer: Mapping[str, Any], section: str) -> Json:
    """The layer with the JVM's options in the section that the version reads."""
    if section == OLD_JVM or not isinstance(layer.get(OLD_JVM), dict):
        return dict(layer)
    rest = {key: value for key, value in layer.items() if key != OLD_JVM}
    return laid_over({JVM: layer[OLD_JVM]}, (rest,))


def _filled(config: Json, defaults: Json) -> Json:
    """The config with those defaults that it does not name. A section that is no map is the user's own business."""
    result = dict(config)
    for section, values in defaults.items():
        found = result.get(section)
        if found is None or isinstance(found, dict):
            known = {key: value for key, value in (found or {}).items() if value is not None}
            result[section] = {**(found or {}), **values, **known}
    return result
