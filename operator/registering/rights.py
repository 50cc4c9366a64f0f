"""What the operator may do in a member, and what it may do in home with that member's Secret: nothing else.

The chart and docs/how-to/rights say the same in YAML; tests hold the three together.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from multicasskop.crds.names import CASSANDRACLUSTER_PLURAL, GROUP

Rule = dict[str, Any]

CHILD_RULES: Final[tuple[Rule, ...]] = (
    {
        "apiGroups": [GROUP],
        "resources": [CASSANDRACLUSTER_PLURAL],
        "verbs": ["get", "list", "watch", "create", "patch", "delete"],
    },
    {"apiGroups": [GROUP], "resources": [f"{CASSANDRACLUSTER_PLURAL}/status"], "verbs": ["patch"]},
)

IDENTITY_NAMESPACE: Final = "kube-system"
"""The namespace by whose UID a cluster is known."""
IDENTITY_RULE: Final[Rule] = {
    "apiGroups": [""],
    "resources": ["namespaces"],
    "resourceNames": [IDENTITY_NAMESPACE],
    "verbs": ["get"],
}
"""Lets its holder tell this cluster from another one; it takes a Role in that very namespace."""


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """One verb on one resource; on one object alone, if `name` says so."""

    group: str
    resource: str
    verb: str
    name: str = ""

    def __str__(self) -> str:
        named = f" {self.name}" if self.name else ""
        return f"{self.verb} {self.resource}{named}"


def renewal_rule(account: str) -> Rule:
    """Lets an account ask for new tokens of its own, which is how the operator renews the one it has."""
    return {
        "apiGroups": [""],
        "resources": ["serviceaccounts/token"],
        "resourceNames": [account],
        "verbs": ["create"],
    }


def secret_rule(name: str) -> Rule:
    """Lets the operator read one Secret, and write a renewed token back to it."""
    return {"apiGroups": [""], "resources": ["secrets"], "resourceNames": [name], "verbs": ["get", "patch"]}


def placed(namespace: str) -> str:
    """Where a right is, in words; no namespace stands for all of them."""
    return f"in {namespace}" if namespace else "in all namespaces"


def rights_of(rules: Sequence[Rule]) -> Iterator[Right]:
    """What rules allow, one by one, however they were put together."""
    for rule in rules:
        for group in rule.get("apiGroups") or ():
            for resource in rule.get("resources") or ():
                for verb in rule.get("verbs") or ():
                    yield from (Right(group, resource, verb, name) for name in rule.get("resourceNames") or [""])
