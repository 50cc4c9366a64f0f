"""One member's kind cluster: its fixed facts, and how kind is asked to make it."""

import hashlib
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec
import yaml

LOGS = "logs"
AUDIT_LOG = "/var/log/kubernetes/audit.log"
AUDIT_POLICY = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: None
  userGroups: [system:nodes]
- level: None
  users: [system:kube-controller-manager, system:kube-scheduler, system:apiserver, system:kube-proxy]
- level: Metadata
"""
POLICY_IN_NODE = "/etc/kubernetes/audit-policy.yaml"
# asks kubelets to look at mounted Secrets every ten seconds; it is not certain that those of workers do
KUBELET = {"kind": "KubeletConfiguration", "syncFrequency": "10s"}
# without leader election a controller manager that is started again works at once
ALONE = {"extraArgs": {"leader-elect": "false"}}


class Cluster(msgspec.Struct, frozen=True):
    """The fixed facts of one cluster. `number` tells it from the world's others: it makes its pods' addresses."""

    member: str
    directory: str
    number: int
    workers: int
    relay_port: int

    @property
    def name(self) -> str:
        """As kind knows it. Worlds in other folders have other names, whoever made them."""
        return f"{self.member}-{hashlib.sha256(self.directory.encode()).hexdigest()[:6]}"

    @property
    def root(self) -> Path:
        """The folder that holds everything of this cluster."""
        return Path(self.directory)

    @property
    def kubeconfig(self) -> Path:
        """Kind's own file: the administrator, past the relay."""
        return self.root / "kubeconfig"

    @property
    def context(self) -> str:
        """The context in kind's own file."""
        return f"kind-{self.name}"

    @property
    def control_plane(self) -> str:
        """The container, and node, in which the API server runs."""
        return f"{self.name}-control-plane"

    @property
    def hosts(self) -> tuple[str, ...]:
        """The nodes on which pods run: the workers, as kind names them, or else the only node."""
        numbers = ("" if number == 1 else str(number) for number in range(1, self.workers + 1))
        return tuple(f"{self.name}-worker{number}" for number in numbers) or (self.control_plane,)

    @property
    def server(self) -> str:
        """The API server as pods of every cluster of the engine's network reach it."""
        return f"https://{self.control_plane}:6443"

    def log(self, process: str) -> Path:
        """The log of one of the member's processes on this machine."""
        return self.root / LOGS / f"{process}.log"


def configuration(cluster: Cluster) -> str:
    """Kind's configuration: an audit log, addresses that no other member has, and workers beside the control plane."""
    policy = {"hostPath": str(cluster.root / "audit-policy.yaml"), "containerPath": POLICY_IN_NODE, "readOnly": True}
    patches = [yaml.safe_dump(patch) for patch in (kubeadm(), KUBELET)]
    first = {"role": "control-plane", "extraMounts": [policy], "kubeadmConfigPatches": patches}
    document = {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "networking": {"podSubnet": f"10.{240 + cluster.number}.0.0/16", "apiServerAddress": "127.0.0.1"},
        "nodes": [first, *({"role": "worker"} for _ in range(cluster.workers))],
    }
    return yaml.safe_dump(document, sort_keys=False)


def kubeadm() -> dict[str, Any]:
    """What is laid over kubeadm's configuration."""
    audit = {"audit-log-path": AUDIT_LOG, "audit-policy-file": POLICY_IN_NODE, "audit-log-maxsize": "4096"}
    volumes = [
        volume("audit-policy", POLICY_IN_NODE, "File", readOnly=True),
        volume("audit-log", str(PurePosixPath(AUDIT_LOG).parent), "DirectoryOrCreate"),
    ]
    return {
        "kind": "ClusterConfiguration",
        "apiServer": {"extraArgs": audit, "extraVolumes": volumes},
        "controllerManager": ALONE,
        "scheduler": ALONE,
    }


def volume(name: str, path: str, kind: str, **more: bool) -> dict[str, object]:
    """A path of the node that the API server sees under the same name."""
    return {"name": name, "hostPath": path, "mountPath": path, "pathType": kind, **more}
