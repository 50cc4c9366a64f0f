"""kube-controller-manager of one member, with the few controllers that the world needs."""

from pathlib import Path

from multicasskop.world.kubeconfig import Entry, write
from multicasskop.world.planes.apiserver import signing_key, tokens
from multicasskop.world.planes.plane import Plane
from multicasskop.world.planes.tokens import read_tokens

CONTROLLERS = (
    "statefulset-controller",
    "garbage-collector-controller",
    "namespace-controller",
    "serviceaccount-controller",
    "serviceaccount-token-controller",
    "resourcequota-controller",
    "persistentvolumeclaim-protection-controller",
)


def prepare(plane: Plane) -> None:
    """Write its kubeconfig; the API server must have made its certificate before."""
    token = read_tokens(tokens(plane)).controller_manager
    write(kubeconfig(plane), [Entry(plane.member, plane.server, plane.authority_pem(), token)])


def command(program: str, plane: Plane) -> list[str]:
    """The command line: it serves nothing, and there is no second one to elect a leader with."""
    return [
        program,
        f"--kubeconfig={kubeconfig(plane)}",
        f"--controllers={','.join(CONTROLLERS)}",
        f"--service-account-private-key-file={signing_key(plane)}",
        f"--root-ca-file={plane.authority}",
        "--leader-elect=false",
        "--secure-port=0",
        "--use-service-account-credentials=false",
        "--kube-api-qps=500",
        "--kube-api-burst=1000",
        "--profiling=false",
    ]


def kubeconfig(plane: Plane) -> Path:
    """Where its kubeconfig is."""
    return plane.root / "controller-manager.kubeconfig"
