"""Members' Secrets as people write them, and the rights that live registration needs."""

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from multicasskop.crds.names import CLUSTER, CLUSTER_VALUE, OWN_PREFIX
from multicasskop.world.accounts import RBAC, Rules, put, rule
from multicasskop.world.api import Api, Json
from multicasskop.world.kinds import ROLE_BINDINGS, ROLES
from multicasskop.world.kubeconfig import Entry
from multicasskop.world.operators import ACCOUNT

WATCH_RULES: Rules = (rule("list watch", "secrets"),)
"""What the chart gives with `members.secrets`, besides the events that every operator writes."""
KUBE_SYSTEM = "kube-system"


def member_secret(name: str, values: Mapping[str, bytes], **marks: str) -> Json:
    """A labelled Secret; `marks` are annotations, as in `member="k8s-cluster2"`."""
    metadata = {
        "name": name,
        "labels": {CLUSTER: CLUSTER_VALUE},
        "annotations": {OWN_PREFIX + key: value for key, value in marks.items()},
    }
    data = {key: b64encode(value).decode() for key, value in values.items()}
    return {"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": metadata, "data": data}


def kubeconfig_of(
    entry: Entry, cluster: Mapping[str, Any] | None = None, user: Mapping[str, Any] | None = None
) -> bytes:
    """A kubeconfig that has all by value, with other or more fields of its cluster and its user if wanted."""
    own = {"server": entry.server, "certificate-authority-data": b64encode(entry.authority.encode()).decode()}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "member",
        "contexts": [{"name": "member", "context": {"cluster": "c", "user": "u", "namespace": entry.namespace}}],
        "clusters": [{"name": "c", "cluster": own | dict(cluster or {})}],
        "users": [{"name": "u", "user": {"token": entry.token} | dict(user or {})}],
    }
    return json.dumps(content).encode()


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


def allow_identity(api: Api, namespace: str) -> None:
    """Let the account in a namespace read by which UID the cluster is known; to be taken back by `forbid_identity`."""
    rules = (rule("get", "namespaces", names=[KUBE_SYSTEM]),)
    allow(api, KUBE_SYSTEM, f"{namespace}-identity", rules, of=namespace)


def forbid_identity(api: Api, namespace: str) -> None:
    """Take that right back."""
    for kind in (ROLE_BINDINGS, ROLES):
        api.delete(kind, KUBE_SYSTEM, f"{namespace}-identity")
