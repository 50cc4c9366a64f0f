"""Objects that the Go CassKop made are taken over, and no pod restarts for it."""

from typing import Any

import pytest
from fakes.go_casskop import go_budget, go_cluster, go_services, go_statefulset
from fakes.patches import apply_merge_patch
from multicasskop.crds.cassandracluster import CassandraCluster
from multicasskop.reconcilers.cassandracluster.corrections import correction
from multicasskop.reconcilers.cassandracluster.defaults import completed, to_persist
from multicasskop.reconcilers.cassandracluster.disruption import budget
from multicasskop.reconcilers.cassandracluster.racks import racks
from multicasskop.reconcilers.cassandracluster.services import services
from multicasskop.reconcilers.cassandracluster.statefulset import live_restart, live_seeds, statefulset
from multicasskop.reconcilers.cassandracluster.statefulset.comparison import difference, forbidden
from multicasskop.reconcilers.cassandracluster.statefulset.last_applied import original

Json = dict[str, Any]
SEEDS = ("demo-dc1-rack1-0.demo.cassandra", "demo-dc2-rack1-0.demo.cassandra")
AHEAD = (*SEEDS, "demo-dc2-rack1-1.demo.cassandra")
EVERYTHING: Json = {
    "cassandraImage": "registry.example:5000/cassandra:4.0.7-jre11",
    "imagepullpolicy": "IfNotPresent",
    "envVars": [{"name": "ZONE", "value": "a"}, {"name": "CASSANDRA_LOG_DIR", "value": "/logs"}],
    "runAsUser": 1001,
    "fsGroup": 1002,
    "readOnlyRootFilesystem": False,
    "resources": {"limits": {"cpu": "2", "memory": "2Gi"}, "requests": {"cpu": "0.5", "memory": "2Gi"}},
    "hardAntiAffinity": True,
    "debug": True,
    "pod": {"annotations": {"a/b": "c"}, "tolerations": [{"key": "x", "operator": "Exists"}]},
    "service": {"annotations": {"external-dns.alpha.kubernetes.io/hostname": "ring.example."}},
    "dataCapacity": "1024Mi",
    "dataStorageClass": "fast",
    "storageConfigs": [
        {
            "name": "gc-logs",
            "mountPath": "/gc",
            "pvcSpec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "200Mi"}}},
        }
    ],
    "sidecarConfigs": [
        {
            "name": "logs",
            "image": "busybox:1.36",
            "args": ["tail"],
            "imagePullPolicy": "",
            "env": [{"name": "A", "value": "b"}],
            "ports": [{"containerPort": 80}],
            "volumeMounts": [{"name": "log", "mountPath": "/var/log/cassandra"}],
            "livenessProbe": {"httpGet": {"path": "/", "port": 80}, "timeoutSeconds": 0},
        }
    ],
    "configMapName": "scripts",
    "serverVersion": "4.0.7",
    "imagePullSecret": {"name": "pull"},
    "imageJolokiaSecret": {"name": "jolokia"},
    "config": {"cassandra-yaml": {"num_tokens": 16, "x": "<&>"}, "jvm-options": {"max_heap_size": "1G"}},
    "livenessFailureThreshold": 7,
    "livenessSuccessThreshold": 1,
    "readinessFailureThreshold": 17,
    "shareProcessNamespace": True,
    "backRestSidecar": {
        "enabled": True,
        "image": "icarus:2",
        "imagePullPolicy": "Always",
        "envVars": [{"name": "AWS_REGION", "value": "eu"}],
        "resources": {"limits": {"cpu": 2}, "requests": {"cpu": 2}},
        "volumeMount": [{"name": "tools", "mountPath": "/t"}],
    },
    "serviceAccountName": "other",
    "jmxConfiguration": {"jmxRemoteEnable": True, "jmxRemoteSSL": False, "jmxRemotePort": 7199},
    "topology": {
        "dc": [
            {
                "name": "dc1",
                "labels": {"site": "a", "disk": "ssd"},
                "config": {"cassandra-yaml": {"num_tokens": 32}},
                "resources": {"limits": {"cpu": 3, "memory": "3Gi"}, "requests": {"cpu": 3}},
                "rack": [
                    {"name": "rack1", "labels": {"disk": "nvme"}, "config": {"cassandra-yaml": {"num_tokens": 64}}},
                ],
            }
        ]
    },
}
LAST_TAG_ONLY: Json = {
    "cassandraImage": "cassandra:4.1.3",
    "config": {"jvm-options": {"initial_heap_size": "1G", "additional-jvm-opts": ["-Dx=y"]}},
}
ONE_RACK: Json = {"name": "rack1"}


def of_datacenter(**fields: Any) -> Json:  # noqa: ANN401
    """A spec whose only datacenter has these fields."""
    return {"topology": {"dc": [{"name": "dc1", "rack": [ONE_RACK], **fields}]}}


SPECS = [
    pytest.param({}, {}, id="defaults"),
    pytest.param({"dataCapacity": "10Gi"}, {}, id="persistent"),
    pytest.param(EVERYTHING, {}, id="everything"),
    pytest.param({}, {"team": "a"}, id="labels"),
    pytest.param({"backRestSidecar": {"enabled": False, "image": "x"}}, {}, id="no backups"),
    pytest.param(of_datacenter(dataCapacity="10Gi", dataStorageClass="fast"), {}, id="capacity of the datacenter"),
    pytest.param(
        {**of_datacenter(dataCapacity="10Gi"), "dataCapacity": "1Gi", "dataStorageClass": "slow"},
        {},
        id="capacity of both",
    ),
    pytest.param(LAST_TAG_ONLY, {}, id="version of the tag"),
    pytest.param({"resources": {"requests": {"cpu": "1"}}}, {}, id="limits taken away"),
    pytest.param({"config": {"cassandra-yaml": {"ratio": 16.0, "part": 0.1}}}, {}, id="numbers"),
    pytest.param(of_datacenter(rack=[{"name": "rack1", "rollingPartition": 2}]), {}, id="partition"),
]


def ours(stored: Json, live: Json) -> Json:
    """What we would generate beside the living StatefulSet."""
    cluster = completed(CassandraCluster.model_validate(stored))
    (plan,) = racks(cluster)
    replicas = live["spec"]["replicas"]
    return statefulset(cluster, plan, replicas=replicas, seeds=live_seeds(live), restarted=live_restart(live))


@pytest.mark.parametrize(("spec", "labels"), SPECS)
def test_statefulsets_of_the_go_casskop_are_left_alone(spec: Json, labels: Json) -> None:
    """A StatefulSet that the Go CassKop made from the same spec needs no change, and shows none that is forbidden."""
    stored = go_cluster(spec, labels, SEEDS)
    live = go_statefulset(stored, replicas=3)
    desired = ours(stored, live)
    assert difference(live, desired) is None
    assert forbidden(live, desired) == ()


@pytest.mark.parametrize(("spec", "labels"), SPECS)
def test_clusters_of_the_go_casskop_need_no_more_defaults(spec: Json, labels: Json) -> None:
    """Everything that is persisted was persisted by the Go CassKop, and is read back as it stands."""
    stored = go_cluster(spec, labels, SEEDS)
    cluster = CassandraCluster.model_validate(stored)
    assert to_persist(cluster) == {}
    assert cluster.to_json()["status"] == stored["status"]


@pytest.mark.parametrize(("spec", "labels"), SPECS)
def test_a_change_is_found_in_them(spec: Json, labels: Json) -> None:
    """One more variable is a difference in every one of them; written, nothing more is to be done."""
    stored = go_cluster(spec, labels, SEEDS)
    live = go_statefulset(stored)
    claims = original(live)["spec"].get("volumeClaimTemplates")
    variables = [*stored["spec"].get("envVars", []), {"name": "NEW", "value": "x"}]
    changed = {**stored, "spec": {**stored["spec"], "envVars": variables}}
    patch = difference(live, ours(changed, live))
    assert patch is not None
    assert patch["spec"].keys() == {"template"}
    after = apply_merge_patch(live, patch)
    assert difference(after, ours(changed, after)) is None
    assert [kept["spec"].get("volumeClaimTemplates") for kept in (original(after), original(live))] == [claims, claims]


@pytest.mark.parametrize(("spec", "labels"), SPECS)
def test_scaling_one_touches_no_pod(spec: Json, labels: Json) -> None:
    """A StatefulSet that is scaled after it was taken over keeps its template, flaws included."""
    stored = go_cluster(spec, labels, SEEDS)
    live = go_statefulset(stored, replicas=2)
    desired = ours(stored, live)
    desired["spec"]["replicas"] = 3
    patch = difference(live, desired)
    assert patch is not None
    assert patch["spec"] == {"replicas": 3}
    after = apply_merge_patch(live, patch)
    assert difference(after, ours(stored, after)) is None
    assert original(after)["spec"]["template"] == original(live)["spec"]["template"]


def test_d17_seeds_that_ran_ahead_restart_nothing() -> None:
    """Seeds that the Go CassKop gave to sidecars and configuration before their time are no reason to restart."""
    stored = go_cluster({}, {}, SEEDS)
    live = go_statefulset(stored, ahead=AHEAD)
    assert live_seeds(live) == SEEDS
    assert difference(live, ours(stored, live)) is None


def test_d17_seeds_that_ran_ahead_are_made_even_by_the_seed_action() -> None:
    """The seed action brings the same list to all places."""
    stored = go_cluster({}, {}, SEEDS)
    live = go_statefulset(stored, ahead=AHEAD)
    cluster = completed(CassandraCluster.model_validate(stored))
    patch = difference(live, statefulset(cluster, racks(cluster)[0], replicas=1, seeds=AHEAD))
    assert patch is not None
    after = apply_merge_patch(live, patch)
    assert live_seeds(after) == AHEAD
    assert str(after["spec"]["template"]).count(",".join(AHEAD)) == 3


@pytest.mark.parametrize(
    ("spec", "mended"),
    [
        pytest.param(of_datacenter(dataCapacity="10Gi"), "'mountPath': '/var/lib/cassandra'", id="D6"),
        pytest.param({}, "'periodSeconds': 20", id="D14"),
        pytest.param(LAST_TAG_ONLY, '"jvm-server-options":{"additional-jvm-opts":["-Dx=y"],"cassandra_', id="section"),
    ],
)
def test_flaws_are_mended_with_the_next_restart(spec: Json, mended: str) -> None:
    """What was wrong with the pods and did not break them is right after a change that restarts them anyway."""
    stored = go_cluster(spec, {}, SEEDS)
    live = go_statefulset(stored)
    assert mended not in str(live["spec"]["template"])
    changed = {**stored, "spec": {**stored["spec"], "debug": True}}
    patch = difference(live, ours(changed, live))
    assert mended in str(patch)


def test_mounts_without_a_volume_are_taken_away() -> None:
    """A further storage without data has mounts and no claim with the Go CassKop, and no pod starts: that is mended."""
    stored = go_cluster({"storageConfigs": EVERYTHING["storageConfigs"]}, {}, SEEDS)
    live = go_statefulset(stored)
    desired = ours(stored, live)
    assert forbidden(live, desired) == ("spec.volumeClaimTemplates[gc-logs]",)
    patch = difference(live, desired)
    assert patch is not None
    assert "gc-logs" in str(live["spec"]["template"])
    assert "gc-logs" not in str(apply_merge_patch(live, patch)["spec"]["template"])


def test_services_and_budget_of_the_go_casskop_are_left_alone() -> None:
    """Where the cluster has no labels of its own, services and budget are what we would make."""
    stored = go_cluster(EVERYTHING, {}, SEEDS)
    cluster = completed(CassandraCluster.model_validate(stored))
    pairs = zip(go_services(stored), services(cluster), strict=True)
    assert [correction(live, wanted) for live, wanted in pairs] == [None, None]
    assert correction(go_budget(stored), budget(cluster)) is None


def test_d20_what_selects_by_labels_of_the_cluster_is_widened() -> None:
    """Services and budget of the Go CassKop are made to select all pods of the cluster, whatever its labels become."""
    stored = go_cluster({}, {"team": "a"}, SEEDS)
    cluster = completed(CassandraCluster.model_validate(stored))
    (nodes, _), (wanted, _) = go_services(stored), services(cluster)
    assert correction(nodes, wanted) == {"spec": {"selector": {"team": None}}}
    widened = {"spec": {"selector": {"matchLabels": {"team": None}}}}
    assert correction(go_budget(stored), budget(cluster)) == widened
