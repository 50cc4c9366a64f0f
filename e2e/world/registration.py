"""Members' Secrets as people write them, the rights that live registration needs, and an operator that follows them."""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from multicasskop.crds.names import CLUSTER, CLUSTER_VALUE, OWN_PREFIX
from multicasskop.world import processes
from multicasskop.world.accounts import ACCOUNT, Rules, rule
from multicasskop.world.api import Json
from multicasskop.world.audit import account_of, entries
from multicasskop.world.kinds import CASSANDRACLUSTERS, EVENTS, MULTICASSKOPS, SECRETS
from multicasskop.world.kubeconfig import Entry
from multicasskop.world.operators import CHILD_RULES, Operator
from multicasskop.world.recorder import Recorder
from multicasskop.world.scenario import Predicate, parent, ring
from multicasskop.world.world import World

WATCH_RULES: Rules = (rule("list watch", "secrets"),)
"""What the chart gives with `members.secrets`, besides the events that every operator writes."""
FLAGS = ("--member-secrets", "--imports=/nowhere")
"""Those of an operator that knows nobody but home, and follows Secrets."""
QUICK = ("--renew-tokens-at=0.002", "--lease-duration=12s", "--renew-deadline=9s", "--retry-period=1s")
GUARD_SECONDS = 90.0
Values = dict[str, bytes]


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


@dataclass(frozen=True)
class Registry:
    """An operator of home alone, which watches Secrets; two other clusters that it does not know yet."""

    world: World
    namespace: str
    operator: Operator
    recorder: Recorder

    @property
    def home(self) -> str:
        """The first member."""
        return self.world.members[0]

    def opens(self, member: str) -> Entry:
        """What lets the operator in."""
        return self.world.service_account(member, self.namespace, ACCOUNT, CHILD_RULES)

    def register(self, name: str, values: Values, **marks: str) -> None:
        """Make a member's Secret."""
        self.world.admin(self.home).create(SECRETS, self.namespace, member_secret(name, values, **marks))

    def change(self, name: str, values: Values, **marks: str) -> None:
        """Give it another content."""
        self.world.admin(self.home).replace(SECRETS, self.namespace, member_secret(name, values, **marks))

    def unregister(self, name: str) -> None:
        """Delete it."""
        self.world.admin(self.home).delete(SECRETS, self.namespace, name)

    def want(self, name: str, *members: str) -> None:
        """Ask for a ring over home and these."""
        body = ring(name, (self.home, *members), deleteCassandraCluster=False)
        self.world.admin(self.home).create(MULTICASSKOPS, self.namespace, body)

    def grow(self, name: str, nodes: int) -> None:
        """Ask for more nodes everywhere."""
        patch = {"spec": {"base": {"spec": {"nodesPerRacks": nodes}}}}
        self.world.admin(self.home).patch(MULTICASSKOPS, self.namespace, name, patch)

    def nodes(self, name: str, member: str) -> int:
        """How many nodes a rack of the child is to have."""
        found = self.world.admin(member).get(CASSANDRACLUSTERS, self.namespace, name)
        return int(found["spec"]["nodesPerRacks"])

    def state_is(self, name: str, member: str, state: str) -> Predicate:
        """The status says this of a member."""
        is_parent = parent(self.namespace, name)

        def fits(entry: Any) -> bool:  # noqa: ANN401
            clusters = (entry.object.get("status") or {}).get("clusters") or []
            return is_parent(entry) and {"name": member, "state": state}.items() <= next(
                (each.items() for each in clusters if each["name"] == member), {}.items()
            )

        return fits

    def asked(self, member: str) -> list[Json]:
        """What the operator asked a member, by the member's audit log."""
        return entries(self.world.audit_log(member), account_of(self.namespace, ACCOUNT))


def wait_for_note(api: Any, namespace: str, name: str, reason: str) -> str:  # noqa: ANN401
    """The note of an event about a Secret."""
    found: list[str] = []

    def look() -> bool:
        found[:] = [
            each["note"]
            for each in api.items(EVENTS, namespace)
            if (each["reason"], each["regarding"]["kind"], each["regarding"]["name"]) == (reason, "Secret", name)
        ]
        return bool(found)

    assert processes.wait_until(look, GUARD_SECONDS), f"no {reason} about {name}"
    return found[0]


def logged(registry: Registry, text: str) -> list[str]:
    """The lines of the operator's log with a text."""
    return [line for line in registry.operator.lines() if text in line]
