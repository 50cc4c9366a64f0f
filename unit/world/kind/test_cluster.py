"""A kind cluster's facts and the configuration that kind gets."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from multicasskop.world.kind.cluster import AUDIT_LOG, AUDIT_POLICY, POLICY_IN_NODE, Cluster, configuration


def cluster(directory: str = "/world/eu", *, number: int = 0, workers: int = 1) -> Cluster:
    """A cluster with a worker."""
    return Cluster("eu", directory, number, workers, relay_port=7000)


@dataclass(frozen=True)
class Made:
    """The parts of a configuration."""

    document: dict[str, Any]

    @property
    def kubeadm(self) -> dict[str, Any]:
        """What is laid over kubeadm's."""
        found: dict[str, Any] = yaml.safe_load(self.document["nodes"][0]["kubeadmConfigPatches"][0])
        return found


@pytest.fixture
def made() -> Made:
    """The configuration of a cluster with a worker."""
    return Made(yaml.safe_load(configuration(cluster())))


def test_worlds_in_other_folders_have_other_clusters() -> None:
    """The name that kind knows tells member and folder, and is the same each time."""
    assert cluster().name == cluster().name
    assert cluster().name.startswith("eu-")
    assert cluster().name != cluster("/elsewhere/eu").name
    assert cluster().context == f"kind-{cluster().name}"


def test_pods_reach_the_server_by_the_containers_name() -> None:
    """Other clusters' pods use the control plane's name in the engine's network."""
    assert cluster().server == f"https://{cluster().name}-control-plane:6443"


@pytest.mark.parametrize("workers", [0, 2])
def test_workers_stand_beside_the_control_plane(workers: int) -> None:
    """The first node is the control plane, as many workers as wanted follow."""
    nodes = yaml.safe_load(configuration(cluster(workers=workers)))["nodes"]
    assert [node["role"] for node in nodes] == ["control-plane", *["worker"] * workers]


def test_members_have_pods_at_different_addresses() -> None:
    """No two members of a world give the same address to a pod, so that their pods can be routed."""
    subnets = [yaml.safe_load(configuration(cluster(number=number)))["networking"]["podSubnet"] for number in (0, 1)]
    assert subnets == ["10.240.0.0/16", "10.241.0.0/16"]


def test_server_listens_on_this_machine_only(made: Made) -> None:
    """The API server's port is bound to loopback."""
    assert made.document["networking"]["apiServerAddress"] == "127.0.0.1"


def test_server_keeps_an_audit_log(made: Made) -> None:
    """The policy is mounted from the world's folder and read-only; the log stays in the node."""
    (mount,) = made.document["nodes"][0]["extraMounts"]
    assert mount == {"hostPath": "/world/eu/audit-policy.yaml", "containerPath": POLICY_IN_NODE, "readOnly": True}
    server = made.kubeadm["apiServer"]
    assert server["extraArgs"]["audit-log-path"] == AUDIT_LOG
    assert server["extraArgs"]["audit-policy-file"] == POLICY_IN_NODE
    policy, log = server["extraVolumes"]
    assert (policy["mountPath"], policy["readOnly"]) == (POLICY_IN_NODE, True)
    assert AUDIT_LOG.startswith(log["mountPath"])
    assert yaml.safe_load(AUDIT_POLICY)["rules"][-1] == {"level": "Metadata"}


@pytest.mark.parametrize("part", ["controllerManager", "scheduler"])
def test_parts_that_are_alone_lead_at_once(made: Made, part: str) -> None:
    """Started again they do not wait for their former selves' lease to run out."""
    assert made.kubeadm[part]["extraArgs"] == {"leader-elect": "false"}


def test_facts_survive_being_written_down() -> None:
    """What the ledger reads is what was written."""
    assert msgspec.json.decode(msgspec.json.encode(cluster()), type=Cluster) == cluster()
    assert cluster().kubeconfig == Path("/world/eu/kubeconfig")
    assert cluster().log("relay") == Path("/world/eu/logs/relay.log")


@pytest.mark.parametrize(
    ("workers", "hosts"),
    [(0, ["control-plane"]), (1, ["worker"]), (3, ["worker", "worker2", "worker3"])],
    ids=["the only node", "one worker", "as kind numbers them"],
)
def test_pods_run_on_workers_where_there_are_any(workers: int, hosts: list[str]) -> None:
    """The control plane of a cluster with workers takes no pods, and needs none of their images."""
    cluster = Cluster("m", "/w/m", 0, workers, 7000)
    assert cluster.hosts == tuple(f"{cluster.name}-{host}" for host in hosts)
