"""What a CassandraCluster leaves out."""

from typing import Any

import pytest
from fakes.cassandra import bare, cluster, dc, topology
from multicasskop.reconcilers.cassandracluster.defaults import completed, to_persist
from multicasskop.reconcilers.cassandracluster.racks import racks
from multicasskop.reconcilers.cassandracluster.seeds import computed

Json = dict[str, Any]
RUNNING = {"phase": "Running"}
REQUESTS = {"requests": {"cpu": "500m", "memory": "1Gi"}}
LIMITED = {**REQUESTS, "limits": REQUESTS["requests"]}
DEFAULT_TOPOLOGY = topology(dc())["topology"]
FULL = {"nodesPerRacks": 2, "maxPodUnavailable": 2, "resources": LIMITED, "topology": DEFAULT_TOPOLOGY}


def test_scenario_9_defaults_of_an_empty_spec() -> None:
    """A spec with nothing but requests gets numbers, limits, images, a pull policy, a topology and one seed."""
    found = cluster({"resources": REQUESTS})
    assert found.spec.to_json() == {
        "nodesPerRacks": 1,
        "maxPodUnavailable": 1,
        "resources": LIMITED,
        "cassandraImage": "cassandra:3.11.10",
        "bootstrapImage": "ghcr.io/cscetbon/casskop-bootstrap:0.1.21",
        "configBuilderImage": "datastax/cass-config-builder:1.0.4",
        "imagepullpolicy": "Always",
        "serviceAccountName": "cassandra-cluster-node",
        "runAsUser": 999,
        "fsGroup": 1,
        "serverType": "cassandra",
        "readOnlyRootFilesystem": True,
        "livenessInitialDelaySeconds": 120,
        "livenessHealthCheckTimeout": 20,
        "livenessHealthCheckPeriod": 10,
        "readinessInitialDelaySeconds": 60,
        "readinessHealthCheckTimeout": 10,
        "readinessHealthCheckPeriod": 10,
        "backRestSidecar": {"enabled": True, "image": "ghcr.io/cscetbon/instaclustr-icarus:1.1.3"},
        "topology": DEFAULT_TOPOLOGY,
    }
    assert computed(found) == ("demo-dc1-rack1-0.demo.cassandra",)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"readOnlyRootFilesystem": False}, id="an explicit false"),
        pytest.param({"livenessInitialDelaySeconds": 0}, id="an explicit zero"),
        pytest.param({"cassandraImage": "x:1", "imagepullpolicy": "Never", "serverType": "dse"}, id="texts"),
        pytest.param({"backRestSidecar": {"enabled": False, "image": "y"}}, id="no backups"),
        pytest.param(FULL, id="everything that is persisted"),
    ],
)
def test_what_is_given_stays(given: Json) -> None:
    """No default takes the place of a value, be it false or zero."""
    assert cluster(given).spec.to_json().items() >= given.items()


def test_empty_texts_count_as_nothing() -> None:
    """An empty image or pull policy is completed like a missing one."""
    assert cluster({"cassandraImage": "", "imagepullpolicy": ""}) == cluster()


def test_a_sidecar_without_an_image_keeps_the_rest() -> None:
    """Only what is missing of the container for backups is filled in."""
    sidecar = cluster({"backRestSidecar": {"enabled": False, "imagePullPolicy": "Never"}}).spec.back_rest_sidecar
    assert sidecar is not None
    assert sidecar.to_json() == {
        "enabled": False,
        "imagePullPolicy": "Never",
        "image": "ghcr.io/cscetbon/instaclustr-icarus:1.1.3",
    }


@pytest.mark.parametrize("spec", [{}, FULL, topology(dc(), {"name": "dc2"})], ids=["nothing", "all", "no racks"])
def test_completing_twice_is_completing_once(spec: Json) -> None:
    """A complete cluster is not changed, and has nothing left to persist."""
    assert completed(cluster(spec)) == cluster(spec)
    assert to_persist(cluster(spec)) == {}


@pytest.mark.parametrize(
    ("spec", "status", "missing"),
    [
        pytest.param(FULL, {}, {}, id="nothing is missing"),
        pytest.param({}, {}, {"nodesPerRacks": 1, "maxPodUnavailable": 1, "topology": DEFAULT_TOPOLOGY}, id="all"),
        pytest.param({**FULL, "nodesPerRacks": 0}, RUNNING, {"nodesPerRacks": 1}, id="no nodes"),
        pytest.param({**FULL, "maxPodUnavailable": 0}, {}, {"maxPodUnavailable": 1}, id="a budget of zero at first"),
        pytest.param({**FULL, "maxPodUnavailable": 0}, RUNNING, {}, id="a budget of zero later"),
        pytest.param({**FULL, "resources": REQUESTS}, {}, {"resources": LIMITED}, id="no limits at first"),
        pytest.param({**FULL, "resources": REQUESTS}, RUNNING, {}, id="no limits later"),
        pytest.param({**FULL, "resources": {**REQUESTS, "limits": {}}}, {}, {}, id="empty limits"),
        pytest.param({**FULL, "resources": {}}, {}, {}, id="no requests"),
    ],
)
def test_what_is_persisted(spec: Json, status: Json, missing: Json) -> None:
    """Only what is missing is written; limits, and the least budget, only before the cluster was initialized."""
    assert to_persist(bare(spec, status=status)) == ({"spec": missing} if missing else {})


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param({}, ["dc1-rack1"], id="no topology"),
        pytest.param({"topology": {}}, ["dc1-rack1"], id="an empty topology"),
        pytest.param(topology(), ["dc1-rack1"], id="no datacenters"),
        pytest.param(topology({"name": "paris"}), ["paris-rack1"], id="a datacenter without racks"),
        pytest.param(topology({"name": "paris", "rack": []}), ["paris-rack1"], id="an empty list of racks"),
    ],
)
def test_scenario_6_topology(spec: Json, expected: list[str]) -> None:
    """Without a topology there is dc1 with rack1, and a datacenter without racks has rack1."""
    assert [plan.rack.id for plan in racks(cluster(spec))] == expected


def test_d10_a_datacenter_without_racks_replaces_nothing() -> None:
    """The other datacenters, and everything else of this one, stay when it gets its rack."""
    spec = topology(dc("dc1", 2), {"name": "dc2", "nodesPerRacks": 3, "labels": {"a": "b"}}, dc("dc3"))
    assert [plan.rack.id for plan in racks(cluster(spec))] == ["dc1-rack1", "dc1-rack2", "dc2-rack1", "dc3-rack1"]
    written = to_persist(bare(spec))["spec"]["topology"]["dc"]
    assert written[1] == {"name": "dc2", "nodesPerRacks": 3, "labels": {"a": "b"}, "rack": [{"name": "rack1"}]}
