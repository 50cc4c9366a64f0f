"""The containers of the pods."""

from typing import Any

import pytest
from fakes.cassandra import container, generated, names, pod

Json = dict[str, Any]
INIT_RESOURCES = {"requests": {"cpu": "0.5", "memory": "0.5Gi"}, "limits": {"cpu": "0.5", "memory": "0.5Gi"}}


def test_init_containers() -> None:
    """The image's configuration is copied, then built over, then completed by the bootstrap image."""
    found = generated({"cassandraImage": "c:1", "configBuilderImage": "b:1", "bootstrapImage": "s:1"})
    copy, build, bootstrap = pod(found)["initContainers"]
    assert [each["image"] for each in (copy, build, bootstrap)] == ["c:1", "b:1", "s:1"]
    assert (copy["command"], copy["args"]) == (["/bin/sh"], ["-c", "cp -r /etc/cassandra/* /bootstrap/"])
    assert "command" not in build
    assert "command" not in bootstrap
    for each in (copy, build, bootstrap):
        assert each["resources"] == INIT_RESOURCES
        assert each["imagePullPolicy"] == "Always"


def test_cassandra() -> None:
    """Cassandra may lock memory, writes only to its volumes, and shows all of its ports."""
    found = container(generated({"imagepullpolicy": "Never"}), "cassandra")
    assert found["command"] == ["cassandra", "-f"]
    assert found["imagePullPolicy"] == "Never"
    assert {each["name"]: each["containerPort"] for each in found["ports"]} == {
        "intra-node": 7000,
        "intra-node-tls": 7001,
        "jmx-port": 7199,
        "cql": 9042,
        "promjmx": 9500,
        "jolokia": 8778,
    }
    assert found["securityContext"] == {
        "capabilities": {"add": ["IPC_LOCK"]},
        "procMount": "Default",
        "readOnlyRootFilesystem": True,
    }
    for kind in ("liveness", "readiness"):
        command = found[f"{kind}Probe"]["exec"]["command"]
        assert command == ["/bin/bash", "-c", f"/etc/cassandra/{kind}-probe.sh"]


@pytest.mark.parametrize(
    ("spec", "path", "expected"),
    [
        pytest.param({"debug": True}, "command", ["sh", "-c", "tail -f /dev/null"], id="it only idles"),
        pytest.param(
            {"resources": {"limits": {"cpu": 2}}}, "resources", {"limits": {"cpu": 2}}, id="resources of the cluster"
        ),
    ],
)
def test_what_changes_cassandra(spec: Json, path: str, expected: object) -> None:
    """Fields of the spec reach the container."""
    assert container(generated(spec), "cassandra")[path] == expected


def test_a_writable_root() -> None:
    """The spec may let Cassandra write everywhere."""
    found = container(generated({"readOnlyRootFilesystem": False}), "cassandra")
    assert found["securityContext"]["readOnlyRootFilesystem"] is False


def test_thresholds_of_zero_are_not_set() -> None:
    """Kubernetes takes zero for its own default, so it is not sent."""
    found = container(generated({"livenessFailureThreshold": 0, "livenessInitialDelaySeconds": 0}), "cassandra")
    assert found["livenessProbe"].keys() == {"exec", "timeoutSeconds", "periodSeconds"}


def test_backups() -> None:
    """The container for backups has its port, its share of the machine and its probe."""
    found = container(generated(), "backrest-sidecar")
    assert found["image"] == "ghcr.io/cscetbon/instaclustr-icarus:1.1.3"
    assert found["ports"] == [{"name": "http", "containerPort": 4567, "protocol": "TCP"}]
    assert found["resources"] == {
        "requests": {"cpu": "0.5", "memory": "1Gi"},
        "limits": {"cpu": "0.5", "memory": "1Gi"},
    }
    assert found["readinessProbe"] == {
        "httpGet": {"path": "/status", "port": 4567},
        "initialDelaySeconds": 10,
        "timeoutSeconds": 5,
        "periodSeconds": 10,
        "failureThreshold": 10,
    }
    assert "imagePullPolicy" not in found


def test_d14_backups_are_restarted_when_they_hang() -> None:
    """The container for backups has a liveness probe, which waits longer than the other."""
    found = container(generated(), "backrest-sidecar")
    assert found["livenessProbe"]["httpGet"] == found["readinessProbe"]["httpGet"]
    assert found["livenessProbe"]["initialDelaySeconds"] > found["readinessProbe"]["initialDelaySeconds"]


@pytest.mark.parametrize(
    ("sidecar", "expected"),
    [
        pytest.param(None, ["cassandra", "backrest-sidecar"], id="by default"),
        pytest.param({"enabled": True}, ["cassandra", "backrest-sidecar"], id="wanted"),
        pytest.param({"enabled": False}, ["cassandra"], id="scenario 20: not wanted"),
    ],
)
def test_scenario_20_backups_can_be_left_out(sidecar: Json | None, expected: list[str]) -> None:
    """Without backups, Cassandra's is the only container."""
    assert names(pod(generated({"backRestSidecar": sidecar}))["containers"]) == expected


def test_the_container_for_backups_as_it_is_given() -> None:
    """Image and pull policy come from the spec."""
    given = {"image": "x:1", "imagePullPolicy": "Never", "resources": {}}
    found = container(generated({"backRestSidecar": given}), "backrest-sidecar")
    assert {key: found[key] for key in given} == given
