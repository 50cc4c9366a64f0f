"""The environment of the containers."""

from typing import Any

import pytest
from fakes.cassandra import container, generated, names, variables

Json = dict[str, Any]
POD_IP = {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}}
DC = {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.labels['cassandraclusters.db.orange.com.dc']"}}
RACK = {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.labels['cassandraclusters.db.orange.com.rack']"}}
BOOTSTRAP = {
    "CASSANDRA_CLUSTER_NAME": "demo",
    "CASSANDRA_DC": DC,
    "CASSANDRA_LOG_DIR": "/var/log/cassandra",
    "CASSANDRA_RACK": RACK,
    "CASSANDRA_SEEDS": "a.example,b.example",
    "POD_IP": POD_IP,
}
JOLOKIA = {
    "CASSANDRA_AUTH_JOLOKIA": "true",
    "JOLOKIA_PASSWORD": {"secretKeyRef": {"name": "s", "key": "password"}},
    "JOLOKIA_USER": {"secretKeyRef": {"name": "s", "key": "username"}},
}
NODETOOL = "-Dcom.sun.jndi.rmiURLParsing=legacy"
CASSANDRA = {"CASSANDRA_LOG_DIR": "/var/log/cassandra", "JAVA_TOOL_OPTIONS": NODETOOL, "POD_IP": POD_IP}
OWN = [{"name": "B", "value": "1"}, {"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "x"}}}]


def test_the_builder() -> None:
    """The builder is told where it writes, for which rack, and for which product and version."""
    found = variables(
        container(generated({"cassandraImage": "cassandra:4.0.7", "serverType": "dse"}), "config-builder")
    )
    found.pop("CONFIG_FILE_DATA")
    assert found == {
        "CONFIG_OUTPUT_DIRECTORY": "/bootstrap",
        "RACK_NAME": RACK,
        "PRODUCT_NAME": "dse",
        "PRODUCT_VERSION": "4.0.7",
        "POD_IP": POD_IP,
        "HOST_IP": {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.hostIP"}},
    }


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param({}, BOOTSTRAP, id="by default"),
        pytest.param({"imageJolokiaSecret": {"name": "s"}}, {**BOOTSTRAP, **JOLOKIA}, id="with credentials"),
        pytest.param({"imageJolokiaSecret": {}}, BOOTSTRAP, id="an empty Secret"),
        pytest.param(
            {"backRestSidecar": {"envVars": [{"name": "POD_IP", "value": "x"}, *OWN]}},
            {**BOOTSTRAP, "POD_IP": "x", "B": "1", "A": {"fieldRef": {"fieldPath": "x"}}},
            id="scenario 22: with variables of the container for backups",
        ),
    ],
)
def test_bootstrap(spec: Json, expected: Json) -> None:
    """The bootstrap container knows its cluster, place and seeds; every name stands once, and they are sorted."""
    found = container(generated(spec), "bootstrap")
    assert variables(found) == expected
    assert names(found["env"]) == sorted(expected)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param({}, CASSANDRA, id="by default"),
        pytest.param({"imageJolokiaSecret": {"name": "s"}}, {**CASSANDRA, **JOLOKIA}, id="with credentials"),
        pytest.param({"jmxConfiguration": {}}, CASSANDRA, id="nothing said about JMX"),
        pytest.param(
            {"jmxConfiguration": {"jmxRemotePort": 7199}},
            {**CASSANDRA, "JVM_OPTS": "-Dcom.sun.management.jmxremote.port=7199 "},
            id="a port of JMX",
        ),
        pytest.param(
            {"envVars": [{"name": "JAVA_TOOL_OPTIONS", "value": "x"}, OWN[0]]},
            {**CASSANDRA, "JAVA_TOOL_OPTIONS": "x", "B": "1"},
            id="scenario 22: variables of the spec",
        ),
    ],
)
def test_cassandra(spec: Json, expected: Json) -> None:
    """Cassandra's variables stand once each, sorted, and those of the spec win."""
    found = container(generated(spec), "cassandra")
    assert variables(found) == expected
    assert names(found["env"]) == sorted(expected)


def test_jmx_options() -> None:
    """Switches and ports have one order, whatever the spec's is, and each is followed by a space."""
    jmx = {
        "jmxRemoteRmiPort": 7200,
        "jmxRemotePort": 7199,
        "jmxRemoteAuthenticate": False,
        "jmxRemoteSSL": True,
        "jmxRemoteEnable": True,
    }
    found = variables(container(generated({"jmxConfiguration": jmx}), "cassandra"))
    option = "-Dcom.sun.management.jmxremote"
    assert found["JVM_OPTS"] == (
        f"{option}=true {option}.ssl=true {option}.authenticate=false {option}.port=7199 {option}.rmi.port=7200 "
    )


@pytest.mark.parametrize("name", ["tail", "backrest-sidecar"])
def test_scenario_22_other_containers_know_what_bootstrap_knows(name: str) -> None:
    """Their own variables come first, then all of bootstrap's."""
    found = generated({"sidecarConfigs": [{"name": "tail", "image": "x", "env": OWN}]})
    own = ["B", "A"] if name == "tail" else []
    assert names(container(found, name)["env"]) == [*own, *BOOTSTRAP]
    assert variables(container(found, name)).items() >= BOOTSTRAP.items()
