"""The objects of one registration, in the order in which they are made: the member's, then home's."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from multicasskop.crds import names
from multicasskop.informers.resource import Resource
from multicasskop.operator.access import NAMESPACES
from multicasskop.operator.registering.request import Request
from multicasskop.operator.registering.rights import (
    CHILD_RULES,
    IDENTITY_NAMESPACE,
    IDENTITY_RULE,
    Rule,
    renewal_rule,
    secret_rule,
)

Json = dict[str, Any]

EVERYWHERE: Final = "*"
"""What the Secret says in place of namespaces."""
RBAC: Final = "rbac.authorization.k8s.io"
SERVICE_ACCOUNTS: Final = Resource("", "v1", "serviceaccounts", "ServiceAccount")
ROLES: Final = Resource(RBAC, "v1", "roles", "Role")
ROLE_BINDINGS: Final = Resource(RBAC, "v1", "rolebindings", "RoleBinding")
CLUSTER_ROLES: Final = Resource(RBAC, "v1", "clusterroles", "ClusterRole", namespaced=False)
CLUSTER_ROLE_BINDINGS: Final = Resource(RBAC, "v1", "clusterrolebindings", "ClusterRoleBinding", namespaced=False)
SECRETS: Final = Resource("", "v1", "secrets", "Secret")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One object as it is to be."""

    resource: Resource
    namespace: str
    body: Json

    @property
    def name(self) -> str:
        """The object's name."""
        return str(self.body["metadata"]["name"])

    def __str__(self) -> str:
        return f"{self.resource.kind} {self.namespace}/{self.name}" if self.namespace else self.short

    @property
    def short(self) -> str:
        """Kind and name, for where the namespace is said already."""
        return f"{self.resource.kind} {self.name}"


def member_objects(request: Request) -> tuple[Wanted, ...]:
    """What is to be in the member: the account, and its rights per namespace, or in all of them."""
    account = wanted(SERVICE_ACCOUNTS, request.namespace, request.account, request.id)
    spaces = [
        Wanted(NAMESPACES, "", {"metadata": {"name": name}}) for name in request.namespaces if request.make_namespaces
    ]
    rights = [each for name in request.namespaces for each in grant(request, name, rules_in(request, name))]
    return (*spaces, account, *rights, *(everywhere(request) if request.everywhere else ()))


def everywhere(request: Request) -> tuple[Wanted, Wanted]:
    """The account's rights in all namespaces."""
    name = role_everywhere(request.namespace, request.account)
    return role_and_binding("", name, CHILD_RULES, account_of(request), request.id)


def role_everywhere(namespace: str, account: str) -> str:
    """The name of an account's ClusterRole, which stands beside those of all other accounts."""
    return f"{namespace}.{account}"


def identity_objects(request: Request) -> tuple[Wanted, Wanted]:
    """What lets the account tell that the member is still the same cluster: not everybody may make it there."""
    name = identity_role(request.namespace, request.account)
    return role_and_binding(IDENTITY_NAMESPACE, name, [IDENTITY_RULE], account_of(request), request.id)


def identity_role(namespace: str, account: str) -> str:
    """The name of an account's Role in a namespace that all accounts share."""
    return f"{namespace}.{account}.identity"


def account_of(request: Request) -> dict[str, str]:
    """The account in the member, as a binding names it."""
    return {"kind": "ServiceAccount", "name": request.account, "namespace": request.namespace}


def rules_in(request: Request, namespace: str) -> list[Rule]:
    """The account's rights in one namespace; in its own it may also ask for its next token."""
    own = [renewal_rule(request.account)] if namespace == request.namespace else []
    return own if request.everywhere else [*CHILD_RULES, *own]


def grant(request: Request, namespace: str, rules: Sequence[Rule]) -> tuple[Wanted, Wanted]:
    """A Role of the account's name in one namespace, and its binding."""
    return role_and_binding(namespace, request.account, rules, account_of(request), request.id)


def home_objects(request: Request, token: bytes) -> tuple[Wanted, ...]:
    """What is to be in home: the Secret, and the operator's right to that Secret alone."""
    subject = {"kind": "ServiceAccount", "name": request.operator_account, "namespace": request.home_namespace}
    rules = [secret_rule(request.member)]
    rights = role_and_binding(request.home_namespace, role_in_home(request.member), rules, subject, request.id)
    return (secret(request, token), *rights)


def role_in_home(member: str) -> str:
    """The name of the Role for one member's Secret."""
    return f"multicasskop-member-{member}"


def secret(request: Request, token: bytes) -> Wanted:
    """The Secret that registers the member; without a token it lacks that key."""
    found = wanted(SECRETS, request.home_namespace, request.member, request.id)
    metadata = found.body["metadata"]
    metadata["labels"] = {names.CLUSTER: "true"}
    metadata["annotations"] |= {
        names.MEMBER: request.member,
        names.ACCOUNT: f"{request.namespace}/{request.account}",
        names.NAMESPACES: EVERYWHERE if request.everywhere else ",".join(request.namespaces),
    }
    if request.member_id:
        metadata["annotations"][names.IDENTITY] = request.member_id
    values = {key: value for key, value in request.values(token).items() if value}
    data = {key: base64.b64encode(value).decode() for key, value in values.items()}
    return Wanted(found.resource, found.namespace, {**found.body, "type": "Opaque", "data": data})


def role_and_binding(
    namespace: str, name: str, rules: Sequence[Rule], subject: Mapping[str, str], registration: str
) -> tuple[Wanted, Wanted]:
    """A Role and what binds it to one account; without a namespace they are those of the whole cluster."""
    roles, bindings = (ROLES, ROLE_BINDINGS) if namespace else (CLUSTER_ROLES, CLUSTER_ROLE_BINDINGS)
    role, binding = (wanted(kind, namespace, name, registration) for kind in (roles, bindings))
    bound = {"roleRef": {"apiGroup": RBAC, "kind": roles.kind, "name": name}, "subjects": [dict(subject)]}
    return (
        Wanted(roles, namespace, {**role.body, "rules": [dict(rule) for rule in rules]}),
        Wanted(bindings, namespace, {**binding.body, **bound}),
    )


def wanted(resource: Resource, namespace: str, name: str, registration: str) -> Wanted:
    """An object that carries the registration's mark and nothing else yet."""
    metadata: Json = {"name": name, "annotations": {names.REGISTRATION: registration}}
    metadata |= {"namespace": namespace} if namespace else {}
    return Wanted(resource, namespace, {"metadata": metadata})
