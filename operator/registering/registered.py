"""The members that home's Secrets register, and the MultiCasskops that name them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from multicasskop.crds.codes import Code
from multicasskop.crds.names import ACCOUNT, CLUSTER, MEMBER, NAMESPACES
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.errors import InformerError, is_forbidden
from multicasskop.operator.access import Access, Json
from multicasskop.operator.kinds import MULTICASSKOPS
from multicasskop.operator.lint.finding import did_you_mean
from multicasskop.operator.output.exit_codes import CommandError, ExitCode
from multicasskop.operator.output.report import report_of
from multicasskop.operator.registering.compare import registration_of
from multicasskop.operator.registering.form import credentials_of
from multicasskop.operator.registering.manifests import EVERYWHERE, SECRETS

LABEL: Final = f"{CLUSTER}=true"


@dataclass(frozen=True, slots=True)
class Registered:
    """One member as its Secret registers it; `registration` is empty for a Secret that `register` did not write."""

    name: str
    secret: Json = field(repr=False)

    @classmethod
    def of(cls, secret: Json) -> "Registered":
        """Read a Secret: its annotation names the member, else its own name does."""
        metadata = secret["metadata"]
        return cls(str((metadata.get("annotations") or {}).get(MEMBER) or metadata["name"]), secret)

    @property
    def place(self) -> str:
        """Namespace and name of the Secret."""
        metadata = self.secret["metadata"]
        return f"{metadata['namespace']}/{metadata['name']}"

    @property
    def registration(self) -> str:
        """The mark of the registration that made the Secret."""
        return registration_of(self.secret)

    @property
    def account(self) -> tuple[str, str]:
        """Namespace and name of the account in the member; empty where the Secret does not tell."""
        namespace, _, name = self._said(ACCOUNT).partition("/")
        return namespace, name

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Where the account has rights; where it stands, if it has them everywhere."""
        if self.everywhere:
            return tuple(filter(None, self.account[:1]))
        return tuple(name for name in self._said(NAMESPACES).split(",") if name)

    @property
    def everywhere(self) -> bool:
        """Whether the account has its rights in all namespaces."""
        return self._said(NAMESPACES) == EVERYWHERE

    @property
    def since(self) -> str:
        """When the Secret was made, RFC 3339."""
        return str(self.secret["metadata"].get("creationTimestamp") or "")

    def credentials(self) -> Credentials:
        """What the operator makes of the Secret; raises CredentialsError where it would refuse it.

        Whether it takes servers of its own machine is its setting, which is not known here.
        """
        return credentials_of(self.secret["metadata"]["name"], self.secret.get("data") or {}, local=True)

    def _said(self, annotation: str) -> str:
        return str((self.secret["metadata"].get("annotations") or {}).get(annotation) or "")


def registered(home: Access, namespace: str) -> tuple[Registered, ...]:
    """All members that Secrets of the operator's namespace register, by name; raises InformerError."""
    return tuple(sorted(map(Registered.of, home.list(SECRETS, namespace, labels=LABEL)), key=lambda each: each.name))


def not_registered(name: str, known: Iterable[str], where: str) -> CommandError:
    """No member of that name: what there is, and what may have been meant."""
    names = sorted(known)
    there = f" (registered: {', '.join(names)})" if names else ""
    text = f"{name}: no member of this name is registered in {where}{there}.{did_you_mean(name, names)}"
    return CommandError(ExitCode.NOT_FOUND, text, hint="multicasskop members", code=Code.NOT_REGISTERED)


@dataclass(frozen=True, slots=True)
class Use:
    """A MultiCasskop that names a member, and what it has there as far as its status tells."""

    parent: str
    datacenters: str
    nodes: str

    def __str__(self) -> str:
        nodes = f"{self.nodes} nodes" if self.nodes else ""
        there = ", ".join(filter(None, (self.datacenters, nodes)))
        return f"{self.parent}   {there}".rstrip()


def multicasskops(home: Access, namespace: str) -> list[Json]:
    """All MultiCasskops, or where these may not be listed those of one namespace; raises InformerError."""
    try:
        return home.list(MULTICASSKOPS)
    except InformerError as error:
        if not is_forbidden(error):
            raise
        return home.list(MULTICASSKOPS, namespace)


def uses(objects: Iterable[Json]) -> Mapping[str, tuple[Use, ...]]:
    """By member: the MultiCasskops that name it in their override."""
    found: dict[str, list[Use]] = {}
    for obj in objects:
        report = report_of(obj)
        status = {member.name: member for member in report.members}
        for name in overrides(obj):
            there = status.get(name)
            use = Use(f"{report.namespace}/{report.name}", there.datacenters if there else "", nodes_of(there))
            found.setdefault(name, []).append(use)
    return {name: tuple(several) for name, several in found.items()}


def overrides(obj: Json) -> Iterable[str]:
    """The members that a MultiCasskop names."""
    given = (obj.get("spec") or {}).get("override")
    return given if isinstance(given, dict) else ()


def nodes_of(member: Any) -> str:  # noqa: ANN401 - a member of a report, or nothing
    """How many nodes a member has, in words of its status: ready and wanted."""
    return member.nodes.partition("/")[0] if member is not None else ""
