"""ServiceAccounts with exactly the rights that they are given: what operators under test log in with."""

from collections.abc import Sequence
from typing import Any

from multicasskop.world.api import Api, Json
from multicasskop.world.errors import ApiError
from multicasskop.world.kinds import (
    CLUSTER_ROLE_BINDINGS,
    CLUSTER_ROLES,
    ROLE_BINDINGS,
    ROLES,
    SERVICE_ACCOUNTS,
    Kind,
)

Rules = Sequence[dict[str, Any]]

RBAC = "rbac.authorization.k8s.io"
TOKEN_SECONDS = 24 * 3600
ACCOUNT = "multicasskop"
KUBE_SYSTEM = "kube-system"


def rule(verbs: str, *resources: str, groups: Sequence[str] = ("",), names: Sequence[str] = ()) -> dict[str, Any]:
    """Write one rule of a Role: `rule("get list watch", "pods")`."""
    named = {"resourceNames": list(names)} if names else {}
    return {"apiGroups": list(groups), "resources": list(resources), "verbs": verbs.split(), **named}


def grant(api: Api, namespace: str, name: str, rules: Rules, *, cluster_wide: bool = False) -> None:
    """Make the account with these rights, in its namespace or in the whole cluster; of an older one the rights go."""
    metadata = {"name": name, "namespace": namespace}
    put(api, SERVICE_ACCOUNTS, namespace, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
    roles, bindings = (CLUSTER_ROLES, CLUSTER_ROLE_BINDINGS) if cluster_wide else (ROLES, ROLE_BINDINGS)
    prefix = "Cluster" if cluster_wide else ""
    scoped = {"name": f"{namespace}-{name}"} if cluster_wide else metadata
    kind = {"apiVersion": f"{RBAC}/v1", "metadata": scoped}
    put(api, roles, namespace, {**kind, "kind": f"{prefix}Role", "rules": list(rules)})
    binding = {
        **kind,
        "kind": f"{prefix}RoleBinding",
        "roleRef": {"apiGroup": RBAC, "kind": f"{prefix}Role", "name": scoped["name"]},
        "subjects": [{"kind": "ServiceAccount", **metadata}],
    }
    put(api, bindings, namespace, binding)


def token(api: Api, namespace: str, name: str, seconds: int = TOKEN_SECONDS) -> str:
    """Ask for a token of the account."""
    path = SERVICE_ACCOUNTS.path(namespace, name, "token")
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": seconds}}
    answer: str = api.request("POST", path, request).json()["status"]["token"]
    return answer


def put(api: Api, kind: Kind, namespace: str, body: Json) -> None:
    """Create the object, or replace the one that is there."""
    try:
        api.create(kind, namespace, body)
    except ApiError as failure:
        if not failure.is_already_exists:
            raise
        api.replace(kind, namespace, body)


def allow(api: Api, namespace: str, name: str, rules: Rules, *, account: str = ACCOUNT, of: str = "") -> None:
    """Give the operator's account rights in one namespace, beside those that it has; `of` is where the account is."""
    metadata = {"name": name, "namespace": namespace}
    kind = {"apiVersion": f"{RBAC}/v1", "metadata": metadata}
    put(api, ROLES, namespace, {**kind, "kind": "Role", "rules": list(rules)})
    binding = {
        **kind,
        "kind": "RoleBinding",
        "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": of or namespace}],
    }
    put(api, ROLE_BINDINGS, namespace, binding)


def allow_identity(api: Api, namespace: str, account: str = ACCOUNT) -> None:
    """Let the account in a namespace read by which UID the cluster is known; to be taken back by `forbid_identity`."""
    rules = (rule("get", "namespaces", names=[KUBE_SYSTEM]),)
    allow(api, KUBE_SYSTEM, f"{namespace}-identity", rules, account=account, of=namespace)


def forbid_identity(api: Api, namespace: str) -> None:
    """Take that right back."""
    for kind in (ROLE_BINDINGS, ROLES):
        api.delete(kind, KUBE_SYSTEM, f"{namespace}-identity")
