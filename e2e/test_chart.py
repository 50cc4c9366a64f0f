"""The chart multi-casskop, by the real helm against a real API server. Pods run in tier kind only: here none does."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from multicasskop.crds.generate import load_manifest
from multicasskop.crds.names import CASSANDRACLUSTER_PLURAL, GROUP, MULTICASSKOP_PLURAL
from multicasskop.world.api import Api
from multicasskop.world.charts import CHART, HelmError, Release
from multicasskop.world.errors import ApiError, ProgramsError
from multicasskop.world.installing import is_served
from multicasskop.world.kinds import BUDGETS, DEFINITIONS, MULTICASSKOPS, NAMESPACES, PODS, ROLES, SERVICES, Kind
from multicasskop.world.namespaces import take_away
from multicasskop.world.processes import wait_until
from multicasskop.world.scenario import ring
from multicasskop.world.world import World

pytestmark = pytest.mark.planes

MEMBER = "k8s-cluster1"
DEFINITION = f"{MULTICASSKOP_PLURAL}.{GROUP}"
DEPLOYMENTS = Kind("apps", "v1", "deployments")
POLICIES = Kind("networking.k8s.io", "v1", "networkpolicies")
REVIEWS = Kind("authorization.k8s.io", "v1", "subjectaccessreviews", namespaced=False)
RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
GO_VALUES = yaml.safe_load((Path(__file__).parent / "samples" / "go-chart-values.yaml").read_text())
IMPORTS = "/var/run/secrets/admiralty.io/serviceaccountimports"

Json = dict[str, Any]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One cluster that has none of our kinds: the chart brings them."""
    folder = Path(__file__).resolve().parent.parent / ".world" / f"chart-{os.getpid()}"
    try:
        found = World.up(folder, [MEMBER], owned=True)
    except ProgramsError as error:
        pytest.skip(f"tier planes: {error}")
    yield found
    found.down()


@pytest.fixture(scope="module")
def cluster(world: World) -> Api:
    """An administrator of that cluster."""
    return world.admin(MEMBER)


@pytest.fixture
def release(world: World, cluster: Api, namespace: str, helm: str) -> Iterator[Release]:
    """A release to be, in a namespace that enforces Pod Security; it and all definitions are gone afterwards."""
    cluster.patch(NAMESPACES, "", namespace, {"metadata": {"labels": RESTRICTED}})
    found = Release(helm, world.kubeconfig, MEMBER, namespace)
    yield found
    found.uninstall("--ignore-not-found", "--wait=false")
    for plural in (MULTICASSKOP_PLURAL, CASSANDRACLUSTER_PLURAL):
        cluster.delete(DEFINITIONS, "", f"{plural}.{GROUP}")


def deployment(cluster: Api, release: Release) -> Json:
    """The Deployment as the server has it."""
    return cluster.get(DEPLOYMENTS, release.namespace, release.name)


def container(cluster: Api, release: Release) -> Json:
    """The one container of the Deployment."""
    (found,) = deployment(cluster, release)["spec"]["template"]["spec"]["containers"]
    return dict(found)


def variables(cluster: Api, release: Release) -> dict[str, str]:
    """The container's variables that have a value of their own."""
    return {each["name"]: each["value"] for each in container(cluster, release)["env"] if "value" in each}


def may(cluster: Api, release: Release, verb: str, resource: str, namespace: str) -> bool:
    """Whether the server lets the operator's account do this."""
    user = f"system:serviceaccount:{release.namespace}:{release.name}"
    asked = {"namespace": namespace, "verb": verb, "group": GROUP, "resource": resource}
    body = {
        "apiVersion": REVIEWS.api_version,
        "kind": "SubjectAccessReview",
        "spec": {"user": user, "resourceAttributes": asked},
    }
    return bool(cluster.create(REVIEWS, "", body)["status"]["allowed"])


def test_install_brings_everything_and_says_what_is_next(cluster: Api, release: Release) -> None:
    """As the article installs it: nothing is warned of, our definition is served, and the notes tell the next steps."""
    said = release.install({}, "--set", "k8s.local=k8s-cluster1", "--set", "k8s.remote={k8s-cluster2}")
    assert "Warning" not in said
    assert "would violate" not in said
    assert release.revisions() == ["deployed"]
    assert wait_until(partial(is_served, cluster, DEFINITION), 10)
    assert container(cluster, release)["args"] == ["run", "--local=k8s-cluster1", "--remote=k8s-cluster2"]
    assert variables(cluster, release)["WATCH_NAMESPACE"] == release.namespace
    for words in ("other members are k8s-cluster2", "get secret k8s-cluster2", "finalizer", "definitions stay"):
        assert words in said


def test_pods_meet_the_restricted_standard(cluster: Api, release: Release) -> None:
    """A pod as the Deployment makes it is admitted where `restricted` is enforced; without its contexts it is not."""
    without = {"podSecurityContext": None, "securityContext": None}
    assert "would violate PodSecurity" in release.install(without)
    assert "would violate" not in release.upgrade({"replicaCount": 2})
    template = deployment(cluster, release)["spec"]["template"]
    pod = {"apiVersion": "v1", "kind": "Pod", **template, "metadata": {"name": "trial", **template["metadata"]}}
    path = f"{PODS.path(release.namespace)}?dryRun=All"
    assert cluster.request("POST", path, pod).json()["spec"]["enableServiceLinks"] is False
    pod["spec"]["containers"][0].pop("securityContext")
    with pytest.raises(ApiError, match="violates PodSecurity"):
        cluster.request("POST", path, pod)


def test_secrets_of_members_are_mounted_and_may_be_missing(cluster: Api, release: Release) -> None:
    """Each remote's Secret is a folder of its name where the Go operator had it, and the pod starts without it."""
    release.install({"k8s": {"remote": ["eu-north", "us.east"]}})
    mounts = container(cluster, release)["volumeMounts"]
    assert [mount["mountPath"] for mount in mounts] == [f"{IMPORTS}/eu-north", f"{IMPORTS}/us.east"]
    assert not any("subPath" in mount for mount in mounts)
    volumes = deployment(cluster, release)["spec"]["template"]["spec"]["volumes"]
    assert [(volume["secret"]["secretName"], volume["secret"]["optional"]) for volume in volumes] == [
        ("eu-north", True),
        ("us.east", True),
    ]


def old_chart(folder: Path) -> Path:
    """The chart of a former release: its definition lacks what ours has since."""
    chart = folder / CHART.name
    shutil.copytree(CHART, chart)
    manifest = load_manifest(MULTICASSKOP_PLURAL)
    for version in manifest["spec"]["versions"]:
        version["additionalPrinterColumns"] = []
    (chart / "files" / f"{MULTICASSKOP_PLURAL}.yaml").write_text(yaml.safe_dump(manifest))
    return chart


def columns(cluster: Api) -> list[Json]:
    """The printer columns of the stored version."""
    found = cluster.get(DEFINITIONS, "", DEFINITION)["spec"]["versions"]
    return next(version.get("additionalPrinterColumns", []) for version in found if version["storage"])


def test_upgrade_reaches_definition_and_values_and_rollback_goes_back(
    cluster: Api, release: Release, tmp_path: Path
) -> None:
    """An upgrade changes what values say and brings the new definition; a rollback undoes both."""
    replace(release, chart=old_chart(tmp_path)).install()
    assert columns(cluster) == []
    release.upgrade({"replicaCount": 2, "log": {"level": "debug"}})
    assert deployment(cluster, release)["spec"]["replicas"] == 2
    assert variables(cluster, release)["LOG_LEVEL"] == "debug"
    assert cluster.get(BUDGETS, release.namespace, release.name)["spec"]["maxUnavailable"] == 1
    assert "Waiting For" in [column["name"] for column in columns(cluster)]
    release.rollback(1)
    assert deployment(cluster, release)["spec"]["replicas"] == 1
    assert variables(cluster, release)["LOG_LEVEL"] == "info"
    assert cluster.find(BUDGETS, release.namespace, release.name) is None
    assert columns(cluster) == []
    assert release.revisions() == ["superseded", "superseded", "deployed"]


def test_two_releases_of_one_name_do_not_meet(cluster: Api, release: Release) -> None:
    """In two namespaces of one cluster, both over all namespaces, two releases have roles of their own."""
    second = replace(release, namespace=f"{release.namespace}-b")
    cluster.create(NAMESPACES, "", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": second.namespace}})
    release.install({"watchNamespaces": ["*"]})
    second.install({"watchNamespaces": ["*"], "crds": {"install": False}})
    second.uninstall("--wait=false")
    take_away(cluster, second.namespace)
    assert may(cluster, release, "watch", "multicasskops", "default")
    assert not may(cluster, second, "watch", "multicasskops", "default")


def test_objects_outlive_the_release(cluster: Api, release: Release) -> None:
    """After an uninstall definition and objects are still there, and a new installation takes the definition over."""
    release.install()
    assert wait_until(partial(is_served, cluster, DEFINITION), 10)
    made = cluster.create(MULTICASSKOPS, release.namespace, ring("demo", [MEMBER]))
    assert DEFINITION in release.uninstall()  # named as kept
    assert cluster.find(DEPLOYMENTS, release.namespace, release.name) is None
    assert cluster.find(ROLES, release.namespace, release.name) is None
    release.install()
    assert cluster.get(MULTICASSKOPS, release.namespace, "demo")["metadata"]["uid"] == made["metadata"]["uid"]


def test_definition_goes_when_it_is_not_kept(cluster: Api, release: Release) -> None:
    """With crds.keep false the notes warn, and an uninstall takes the definition away."""
    assert "ALL MultiCasskops" in release.install({"crds": {"keep": False}})
    release.uninstall()
    assert wait_until(lambda: cluster.find(DEFINITIONS, "", DEFINITION) is None, 10)


def go_definition() -> Json:
    """A definition like that of the Go operator's chart: one version, and no status of its own."""
    manifest = load_manifest(MULTICASSKOP_PLURAL)
    (stored,) = (version for version in manifest["spec"]["versions"] if version["storage"])
    return {**manifest, "spec": {**manifest["spec"], "versions": [{**stored, "subresources": {}}]}}


def taking_over(release: Release) -> list[str]:
    """The flags by which helm takes over what somebody else made; from version 4 on also what others have written."""
    said = subprocess.run([release.helm, "version", "--short"], capture_output=True, text=True, check=True).stdout
    return ["--take-ownership", *([] if said.startswith("v3.") else ["--force-conflicts"])]


def test_definition_of_somebody_else_is_not_touched_without_being_told(cluster: Api, release: Release) -> None:
    """The Go operator's definition stops the installation, until helm is told to take it over; then it is ours."""
    cluster.create(DEFINITIONS, "", go_definition())
    with pytest.raises(HelmError, match="invalid ownership metadata"):
        release.install()
    assert cluster.find(DEPLOYMENTS, release.namespace, release.name) is None
    release.install({}, *taking_over(release))
    found = cluster.get(DEFINITIONS, "", DEFINITION)
    assert found["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "Helm"
    assert all("status" in version["subresources"] for version in found["spec"]["versions"])


def test_go_values_mean_the_same_and_are_told_of(cluster: Api, release: Release) -> None:
    """The values of the Go operator's chart do what they did, and the notes say what each is called now."""
    said = release.install(GO_VALUES)
    found = container(cluster, release)
    assert found["args"] == ["run", "--local=eu-west", "--remote=eu-north", "--remote=us.east"]
    assert "command" not in found
    assert (found["imagePullPolicy"], found["resources"]["limits"]["memory"]) == ("Always", "512Mi")
    for probe in ("readinessProbe", "livenessProbe"):
        assert (found[probe]["initialDelaySeconds"], found[probe]["failureThreshold"]) == (4, 1)
    assert variables(cluster, release)["LOG_LEVEL"] == "debug"
    template = deployment(cluster, release)["spec"]["template"]
    assert template["spec"]["imagePullSecrets"] == [{"name": "registry"}]
    assert template["metadata"]["annotations"]["team"] == "cassandra"
    assert cluster.get(SERVICES, release.namespace, f"{release.name}-metrics")["spec"]["ports"][0]["port"] == 8080
    for name in ("rbacEnable", "createCustomResource", "metricService", "logLevel", "debug", "readinessProbe"):
        assert f"{name}: use" in said
    assert "image.imagePullSecrets: use" in said
    assert "command: not needed" in said
    assert "this chart runs another program" in said


SCOPES: dict[str, tuple[list[str], list[str], list[str]]] = {
    "its own namespace": ([], ["{own}"], ["default", "kube-system"]),
    "two namespaces": (["{own}", "default"], ["{own}", "default"], ["kube-system"]),
    "another namespace": (["default"], ["default"], ["{own}"]),
    "all namespaces": (["*"], ["{own}", "default", "kube-system"], []),
}


@pytest.mark.parametrize(("watched", "allowed", "denied"), SCOPES.values(), ids=SCOPES)
def test_rights_reach_the_watched_namespaces_only(
    cluster: Api, release: Release, watched: list[str], allowed: list[str], denied: list[str]
) -> None:
    """The operator may look after MultiCasskops where it is told to, and nowhere else; it never reads Secrets."""

    def places(names: list[str]) -> list[str]:
        return [name.format(own=release.namespace) for name in names]

    release.install({"watchNamespaces": places(watched)})
    for verb, resource in (("watch", "multicasskops"), ("delete", "cassandraclusters")):
        assert all(may(cluster, release, verb, resource, place) for place in places(allowed))
        assert not any(may(cluster, release, verb, resource, place) for place in places(denied))
    if watched != ["*"]:
        assert variables(cluster, release)["WATCH_NAMESPACE"] == ",".join(places(watched or ["{own}"]))
    else:
        assert "WATCH_NAMESPACE" not in variables(cluster, release)


def test_what_is_asked_for_beside_it_is_accepted(cluster: Api, release: Release) -> None:
    """Service, network policy and budget are objects that the server takes, and both definitions can come along."""
    release.install(
        {
            "crds": {"cassandraclusters": True},
            "metrics": {"service": {"enabled": True}},
            "podDisruptionBudget": {"enabled": True},
            "networkPolicy": {
                "enabled": True,
                "apiServers": [{"cidr": "10.0.0.1/32", "port": 6443}],
                "otlp": [{"cidr": "10.0.0.2/32", "port": 4318}],
                "seeds": [{"cidr": "10.1.0.0/16", "port": 8778}],
            },
        }
    )
    policy = cluster.get(POLICIES, release.namespace, release.name)["spec"]
    assert [rule["ports"][0]["port"] for rule in policy["egress"]] == [53, 8778, 6443, 4318, 8778]
    assert cluster.get(BUDGETS, release.namespace, release.name)
    assert wait_until(partial(is_served, cluster, f"{CASSANDRACLUSTER_PLURAL}.{GROUP}"), 10)
