"""How each member is reached from a new home: by a context that was named, its Secret, or a context of its name."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from multicasskop.informers import kubeconfig
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import TransportError
from multicasskop.informers.key import Key
from multicasskop.informers.resource import Resource
from multicasskop.operator.access import Access, Contexts, Json
from multicasskop.operator.members.static import kubeconfig_paths
from multicasskop.operator.registering.registered import Registered


@dataclass(slots=True)
class Reach:
    """The members that were reached so far, each asked for its id once; one that was dark is not asked again."""

    home: Access
    local: str
    contexts: Contexts
    named: Mapping[str, str]
    """Contexts by member, as they were named on the command line."""
    secrets: Mapping[str, Registered]
    path: str
    """The kubeconfig, in the form of KUBECONFIG."""
    _found: dict[str, Access | None] = field(default_factory=dict)
    _ids: dict[str, str] = field(default_factory=dict)
    _dark: dict[str, TransportError] = field(default_factory=dict)

    def of(self, member: str) -> Access | None:
        """The member, or None when nobody here knows the way to it. Raises InformerError for a bad Secret."""
        if member not in self._found:
            self._found[member] = self._find(member)
        return self._found[member]

    def find(self, member: str, resource: Resource, key: Key) -> Json | None:
        """An object of a member that is reached. Raises InformerError: once dark, always dark, and at once."""
        access = self.of(member)
        if member in self._dark:
            raise self._dark[member]
        try:
            return access.find(resource, key.namespace, key.name) if access is not None else None
        except TransportError as error:
            self._dark[member] = error
            raise

    def renew(self, deadline: Deadline) -> None:
        """Give all calls from now on another time limit."""
        self.contexts = replace(self.contexts, deadline=deadline)
        for access in (self.home, *filter(None, self._found.values())):
            access.deadline = deadline

    def identity(self, member: str) -> str:
        """The id of a member that is reached, by which the lost home would be known. Raises InformerError."""
        access = self.of(member)
        if access is None or member in self._dark:
            return ""
        if member not in self._ids:
            self._ids[member] = access.identity()
        return self._ids[member]

    def close(self) -> None:
        """Let go of all members but home, which is the caller's."""
        for access in self._found.values():
            if access is not None and access is not self.home:
                access.close()

    def _find(self, member: str) -> Access | None:
        if member == self.local:
            return self.home
        if member in self.named:
            return self.contexts.open(member, self.named[member], "member")
        if member in self.secrets:
            limit = self.contexts
            return Access(member, self.secrets[member].credentials(), limit.clock, limit.deadline, "member")
        return self.contexts.open(member, member, "member") if member in self._contexts() else None

    def _contexts(self) -> tuple[str, ...]:
        if not any(file.exists() for file in kubeconfig_paths(self.path)):
            return ()
        return kubeconfig.contexts(kubeconfig.read(self.path))
