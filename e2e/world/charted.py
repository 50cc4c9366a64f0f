"""An operator as a chart's pod would be it, but as a process: the pod's variables, and a token of its account.

So the rights that a chart gives can be proven, and doubted, on control planes alone, where no pod runs.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from multicasskop.world import accounts, kubeconfig
from multicasskop.world.accounts import ACCOUNT, Rules
from multicasskop.world.api import Json
from multicasskop.world.audit import account_of, entries
from multicasskop.world.charts import Release
from multicasskop.world.kinds import NAMESPACES, ROLE_BINDINGS, ROLES, SERVICE_ACCOUNTS
from multicasskop.world.kubeconfig import Entry
from multicasskop.world.namespaces import take_away
from multicasskop.world.operators import CHILD_RULES, Launch, Operator
from multicasskop.world.simulators.casskop import CassKop
from multicasskop.world.simulators.modes import Mode, SimulatorOptions
from multicasskop.world.world import World

KINDS = {"ServiceAccount": SERVICE_ACCOUNTS, "Role": ROLES, "RoleBinding": ROLE_BINDINGS}


class Right(NamedTuple):
    """One verb on one resource, as in `cassandraclusters/status`."""

    resource: str
    verb: str

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}"


class Charted:
    """A namespace of its own in all members, with an operator that has what the chart gives it, less one right.

    Home is the first member; of the second one the operator has an imported account with all rights that it needs
    there. CassKops are simulated, without delay. A context manager: everything ends and goes with it.
    """

    def __init__(self, world: World, helm: str, folder: Path, removed: Right | None = None) -> None:
        home, other = world.members
        self.namespace = f"rights-{os.urandom(4).hex()}"
        self.members = (home, other)
        self.home, self.other = world.admin(home), world.admin(other)
        # the members of this world are processes of one machine
        values = {"k8s": {"local": home, "remote": [other]}, "members": {"allowLocalServers": True}}
        self._manifests = Release(helm, world.kubeconfig, home, self.namespace).manifests(values)
        self._world, self._removed, self._imports = world, removed, folder / "imports"
        self._audit = world.audit_log(home)
        self._before = self._audit.stat().st_size
        flags = [f"--imports={self._imports}"]
        self.operator = Operator(folder, Launch(self.namespace, home, [other], flags, variables(self._manifests)))
        simulated = SimulatorOptions(Mode.INSTANT, namespace=self.namespace)
        self._casskops = [CassKop(api, simulated) for api in (self.home, self.other)]

    def __enter__(self) -> Self:
        for api in (self.home, self.other):
            api.create(NAMESPACES, "", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}})
        for manifest in self._manifests:
            if kind := KINDS.get(manifest["kind"]):
                self.home.create(kind, manifest["metadata"]["namespace"], without(manifest, self._removed))
        kubeconfig.write(self.operator.kubeconfig, [self._account()])
        self._import()
        for casskop in self._casskops:
            casskop.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.operator.kill()
        for casskop in self._casskops:
            casskop.stop()
        for manifest in self._manifests:
            place = manifest["metadata"].get("namespace")
            if manifest["kind"] in KINDS and place != self.namespace:  # all else goes with the namespace
                self.home.delete(KINDS[manifest["kind"]], place, manifest["metadata"]["name"])
        for api in (self.home, self.other):
            take_away(api, self.namespace)

    def requests(self) -> list[tuple[Right, int]]:
        """What the operator has asked of home's API server so far, and with which code it was answered."""
        told = entries(self._audit, account_of(self.namespace, account(self._manifests)), since=self._before)
        return [(right(entry), entry["responseStatus"]["code"]) for entry in told if "objectRef" in entry]

    def denied(self) -> set[Right]:
        """What the operator was not allowed to do so far."""
        return {asked for asked, code in self.requests() if code == 403}

    def _account(self) -> Entry:
        member = self.members[0]
        where = kubeconfig.read(self._world.kubeconfig, member)
        token = accounts.token(self.home, self.namespace, account(self._manifests))
        return Entry(member, where.server, where.authority, token, self.namespace)

    def _import(self) -> None:
        """The other member's account as the pod has it mounted."""
        member = self.members[1]
        entry = self._world.service_account(member, self.namespace, ACCOUNT, CHILD_RULES)
        folder = self._imports / member
        folder.mkdir(parents=True)
        for name, text in {"ca.crt": entry.authority, "token": entry.token, "server": entry.server}.items():
            (folder / name).write_text(text)


def variables(manifests: Sequence[Json]) -> dict[str, str]:
    """The variables of the chart's pod that have a value of their own; the log is for us to read."""
    spec = only(manifests, "Deployment")["spec"]["template"]["spec"]
    given = {each["name"]: each["value"] for each in spec["containers"][0]["env"] if "value" in each}
    return {**given, "LOG_TYPE": "json"}


def account(manifests: Sequence[Json]) -> str:
    """The name of the chart's ServiceAccount."""
    return str(only(manifests, "ServiceAccount")["metadata"]["name"])


def only(manifests: Sequence[Json], kind: str) -> Json:
    """The one object of a kind."""
    (found,) = (manifest for manifest in manifests if manifest["kind"] == kind)
    return found


def rules_of(manifests: Sequence[Json]) -> Rules:
    """All rules of the Roles that the operator's account is bound to."""
    return [rule for manifest in manifests if manifest["kind"] == "Role" for rule in manifest["rules"]]


def rights_of(rules: Rules) -> Iterator[Right]:
    """What rules allow, one by one."""
    for rule in rules:
        for resource in rule["resources"]:
            yield from (Right(resource, verb) for verb in rule["verbs"])


def without(manifest: Json, removed: Right | None) -> Json:
    """The manifest, and where it is a Role without that right."""
    if removed is None or manifest["kind"] != "Role":
        return manifest
    return {**manifest, "rules": [rule for each in manifest["rules"] if (rule := lessened(each, removed))["verbs"]]}


def lessened(rule: Json, removed: Right) -> Json:
    """A rule without that right."""
    if removed.resource not in rule["resources"]:
        return rule
    return {**rule, "verbs": [verb for verb in rule["verbs"] if verb != removed.verb]}


def right(entry: Json) -> Right:
    """What an entry of the audit log asks for."""
    asked = entry["objectRef"]
    below = f"/{asked['subresource']}" if asked.get("subresource") else ""
    return Right(f"{asked.get('resource', '')}{below}", entry["verb"])
