"""kube-apiserver of one member: RBAC on, its own certificate, an audit log of every request."""

from pathlib import Path

from multicasskop.world.api import Api
from multicasskop.world.errors import ApiError
from multicasskop.world.kubeconfig import Entry
from multicasskop.world.planes.certificates import write_signing_key
from multicasskop.world.planes.plane import Plane
from multicasskop.world.planes.tokens import read_tokens, write_tokens

# what was asked, by whom, and the answer's code; without bodies, so that it stays small, but for the few writes that
# the operator is judged by
AUDIT_POLICY = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Request
  verbs: [create, patch]
  resources:
  - group: db.orange.com
    resources: [cassandraclusters, cassandraclusters/status]
- level: Metadata
"""
AUDIT_MEGABYTES = 4096
# several API servers share a few cores here: with larger heaps they spend less of them on collecting garbage
ENVIRONMENT = {"GOGC": "800"}
END_OF_CERTIFICATE = "-----END CERTIFICATE-----"


def prepare(plane: Plane) -> None:
    """Write what the API server reads at its start; what is there from an earlier start stays."""
    plane.certificates.mkdir(parents=True, exist_ok=True)
    write_signing_key(signing_key(plane))
    write_tokens(tokens(plane))
    policy(plane).write_text(AUDIT_POLICY)


def command(program: str, plane: Plane) -> list[str]:
    """The command line. Pods need no ServiceAccount here: nothing runs in them."""
    return [
        program,
        f"--etcd-servers=http://127.0.0.1:{plane.etcd_port}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--secure-port={plane.api_port}",
        f"--cert-dir={plane.certificates}",
        f"--token-auth-file={tokens(plane)}",
        "--authorization-mode=RBAC",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-signing-key-file={signing_key(plane)}",
        f"--service-account-key-file={signing_key(plane)}",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--endpoint-reconciler-type=none",
        "--disable-admission-plugins=ServiceAccount",
        f"--audit-policy-file={policy(plane)}",
        f"--audit-log-path={plane.audit_log}",
        f"--audit-log-maxsize={AUDIT_MEGABYTES}",
        "--profiling=false",
    ]


def administrator(plane: Plane) -> Api:
    """A client with all rights that goes to the API server itself, not through the relay."""
    return Api(plane.member, plane.server, plane.authority_pem(), read_tokens(tokens(plane)).administrator)


def relayed(plane: Plane) -> Entry:
    """An administrator's context, through the relay."""
    token = read_tokens(tokens(plane)).administrator
    return Entry(plane.member, plane.relayed_server, plane.authority_pem(), token)


def is_ready(plane: Plane) -> bool:
    """Whether it has made its certificate and says that it is ready."""
    # the server makes the file first and fills it then
    if not plane.authority.exists() or not plane.authority.read_text().rstrip().endswith(END_OF_CERTIFICATE):
        return False
    try:
        return administrator(plane).request("GET", "/readyz", timeout=5).status == 200
    except ApiError:
        return False


def signing_key(plane: Plane) -> Path:
    """Where the key for ServiceAccount tokens is."""
    return plane.root / "service-account.key"


def tokens(plane: Plane) -> Path:
    """Where the static tokens are."""
    return plane.root / "tokens.csv"


def policy(plane: Plane) -> Path:
    """Where the audit policy is."""
    return plane.root / "audit-policy.yaml"
