"""The chart's values: what helm makes of odd ones, what it refuses, and what is made where no API server is needed."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from multicasskop.world.charts import CHART, HelmError, Release

GO_VALUES = yaml.safe_load((Path(__file__).parent / "samples" / "go-chart-values.yaml").read_text())

Json = dict[str, Any]


@pytest.fixture
def release(helm: str, tmp_path: Path) -> Release:
    """A release that is never installed: helm only renders it."""
    return Release(helm, tmp_path / "none", "none", "cassandra")


def by_kind(manifests: list[Json], kind: str) -> list[Json]:
    """Those of one kind."""
    return [found for found in manifests if found["kind"] == kind]


ODD: dict[str, Json] = {
    "defaults": {},
    "Go operator's values": GO_VALUES,
    "no other member": {"k8s": {"remote": []}},
    "all namespaces": {"watchNamespaces": ["*"]},
    "everything on": {
        "replicaCount": 3,
        "watchNamespaces": ["a", "b"],
        "image": {"digest": "sha256:" + "0" * 64},
        "imagePullSecrets": [{"name": "registry"}],
        "crds": {"cassandraclusters": True, "keep": False},
        "tracing": {"endpoint": "http://otel:4318", "headersSecret": "h", "ratio": 0.1, "jaegerUi": "http://j"},
        "metrics": {
            "service": {"enabled": True},
            "podMonitor": {"enabled": True},
            "serviceMonitor": {"enabled": True},
            "labels": {"release": "prometheus"},
            "relabelings": [{"action": "labeldrop", "regex": "pod"}],
        },
        "networkPolicy": {
            "enabled": True,
            "apiServers": [{"cidr": "10.0.0.1/32", "port": 6443}],
            "otlp": [{"cidr": "10.0.0.2/32", "port": 4318}],
        },
        "commonLabels": {"team": "a"},
        "commonAnnotations": {"note": "b"},
        "podLabels": {"c": "d"},
        "podAnnotations": {"e": "f"},
        "nodeSelector": {"g": "h"},
        "tolerations": [{"operator": "Exists"}],
        "affinity": {"nodeAffinity": {}},
        "priorityClassName": "high",
        "dnsPolicy": "Default",
        "hostNetwork": True,
        "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}],
        "extraEnvFrom": [{"secretRef": {"name": "more"}}],
        "extraArgs": ["--workers=2"],
        "extraVolumes": [{"name": "ca", "configMap": {"name": "ca"}}],
        "extraVolumeMounts": [{"name": "ca", "mountPath": "/ca"}],
        "serviceAccount": {"annotations": {"i": "j"}},
    },
    "everything off": {
        "metrics": {"enabled": False, "podMonitor": {"enabled": True}},
        "serviceAccount": {"create": False, "name": "mine"},
        "rbac": {"create": False},
        "crds": {"install": False},
        "leaderElection": {"enabled": False},
        "podSecurityContext": None,
        "securityContext": None,
        "resources": None,
        "k8s": {"remote": []},
    },
    "shortest lease": {"leaderElection": {"leaseSeconds": 3, "renewSeconds": 2, "retrySeconds": 1}},
    "names": {"nameOverride": "mck", "fullnameOverride": "m" * 63, "namespaceOverride": "elsewhere"},
    "part of another chart": {"global": {"anything": 1}, "enabled": True},
}


@pytest.mark.parametrize("values", ODD.values(), ids=ODD)
def test_lint_finds_nothing(release: Release, values: Json) -> None:
    """Helm lint --strict is content with the defaults and with odd values, and all of it is valid YAML."""
    assert "1 chart(s) linted, 0 chart(s) failed" in release.lint(values)
    assert by_kind(release.manifests(values), "Deployment")


WRONG: dict[str, tuple[Json, str]] = {
    "unknown value": ({"k8z": {}}, "additional properties 'k8z' not allowed"),
    "unknown value inside": ({"image": {"tga": "1"}}, "additional properties 'tga' not allowed"),
    "remote as a text": ({"k8s": {"remote": "k8s-cluster2"}}, "got string, want array"),
    "home as remote": ({"k8s": {"remote": ["k8s-cluster1"]}}, "k8s-cluster1 is k8s.local too"),
    "member that is no name": ({"k8s": {"local": "EU_West"}}, "does not match pattern"),
    "all namespaces and one": ({"watchNamespaces": ["*", "a"]}, "stands alone"),
    "several without an election": (
        {"replicaCount": 2, "leaderElection": {"enabled": False}},
        "'/replicaCount': maximum: got 2, want 1",
    ),
    "lease shorter than its renewal": (
        {"leaderElection": {"leaseSeconds": 10}},
        "leaseSeconds must be above renewSeconds",
    ),
    "renewal without room": ({"leaderElection": {"retrySeconds": 9}}, "above 1.2 times retrySeconds"),
    "too short a grace": ({"terminationGracePeriodSeconds": 30}, "minimum: got 30, want 36"),
    "policy without API servers": ({"networkPolicy": {"enabled": True}}, "'/networkPolicy/apiServers': minItems"),
}


@pytest.mark.parametrize(("values", "words"), WRONG.values(), ids=WRONG)
def test_wrong_value_is_refused(release: Release, values: Json, words: str) -> None:
    """A value that cannot be meant is refused with its path, before anything is sent."""
    with pytest.raises(HelmError) as failure:
        release.manifests(values)
    assert words in failure.value.output


def test_is_a_part_of_another_chart(helm: str, tmp_path: Path) -> None:
    """As a sub-chart it takes its values from its parent's, and is left out by the parent's condition."""
    parent = tmp_path / "parent"
    shutil.copytree(CHART, parent / "charts" / CHART.name)
    wanted = {"name": CHART.name, "version": "*", "condition": f"{CHART.name}.enabled"}
    about = {"apiVersion": "v2", "name": "parent", "version": "1.0.0", "dependencies": [wanted]}
    (parent / "Chart.yaml").write_text(yaml.safe_dump(about))
    release = Release(helm, tmp_path / "none", "none", "cassandra", name="all", chart=parent)
    (found,) = by_kind(release.manifests({CHART.name: {"enabled": True, "k8s": {"local": "eu"}}}), "Deployment")
    assert "--local=eu" in found["spec"]["template"]["spec"]["containers"][0]["args"]
    assert release.manifests({CHART.name: {"enabled": False}}) == []


def test_monitors_are_made_for_the_prometheus_operator(release: Release) -> None:
    """Both monitors carry the labels by which a Prometheus finds them, and name a port that there is."""
    manifests = release.manifests(ODD["everything on"])
    (pods,), (services,) = by_kind(manifests, "PodMonitor"), by_kind(manifests, "ServiceMonitor")
    assert pods["metadata"]["labels"]["release"] == services["metadata"]["labels"]["release"] == "prometheus"
    (endpoint,) = pods["spec"]["podMetricsEndpoints"]
    assert (endpoint["port"], endpoint["interval"]) == ("metrics", "30s")
    (service,) = by_kind(manifests, "Service")
    assert [port["name"] for port in service["spec"]["ports"]] == [services["spec"]["endpoints"][0]["port"]]
    assert service["spec"]["selector"].items() <= services["metadata"]["labels"].items()


def test_traces_are_off_until_an_endpoint_is_given(release: Release) -> None:
    """Without an endpoint no variable speaks of traces; with one, headers come from a Secret and never as text."""

    def environment(values: Json) -> dict[str, Json]:
        (found,) = by_kind(release.manifests(values), "Deployment")
        return {each["name"]: each for each in found["spec"]["template"]["spec"]["containers"][0]["env"]}

    assert not [name for name in environment({}) if "OTEL" in name or "TRACE" in name or "OTLP" in name]
    traced = environment(ODD["everything on"])
    assert traced["MCK_OTLP_ENDPOINT"]["value"] == "http://otel:4318"
    assert traced["MCK_TRACE_RATIO"]["value"] == "0.1"
    assert traced["OTEL_EXPORTER_OTLP_HEADERS"]["valueFrom"]["secretKeyRef"] == {"name": "h", "key": "headers"}


def test_numbers_from_the_command_line_are_numbers(release: Release) -> None:
    """Values behind --set count like those of a file, beside defaults that come from one."""
    flags = "leaderElection.leaseSeconds=20,replicaCount=2,metrics.port=9090,workers=16"
    (found,) = by_kind(release.manifests({}, "--set", flags), "Deployment")
    environment = {
        each["name"]: each.get("value") for each in found["spec"]["template"]["spec"]["containers"][0]["env"]
    }
    assert (
        environment.items()
        >= {
            "MCK_LEASE_DURATION": "20s",
            "MCK_METRICS_ADDR": ":9090",
            "MCK_WORKERS": "16",
        }.items()
    )
    assert found["spec"]["replicas"] == 2
