"""Where the credentials of one member come from, to be asked again whenever that may have changed."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from multicasskop.informers.errors import CredentialsError
from multicasskop.operator.members.static import (
    PAGE,
    Found,
    SecretReader,
    import_of,
    kubeconfig_path,
    kubeconfig_paths,
    member_credentials,
)
from multicasskop.operator.settings import Settings

FILES = ("config", "ca.crt", "token", "server", "namespace")


class CredentialSource(Protocol):
    """Where one member's credentials come from."""

    def mark(self) -> Hashable:
        """Return something that becomes another as soon as `read` might find something else; makes no call."""
        ...

    def read(self) -> Found:
        """Return what is there now; CredentialsError says where, what is wrong, and what to do."""
        ...


@dataclass(frozen=True, slots=True)
class NamedSource:
    """A member that was named by flag: a mounted import, else a Secret, else a context of a kubeconfig.

    Its mark sees files alone: a Secret is read when it is asked for, which costs a call.
    """

    name: str
    settings: Settings
    environment: Mapping[str, str]
    secret: SecretReader

    def mark(self) -> Hashable:
        """Return size and times of the files; kubelet's way to change a mount, a new folder behind a link, shows."""
        folder = import_of(self.name, self.settings)
        path = kubeconfig_path(self.settings, self.environment)
        files = [folder, *(folder / file for file in FILES), *kubeconfig_paths(path)]
        return tuple(map(_stamp, files))

    def read(self) -> Found:
        """Look in all places, in their order."""
        remedy = f"Export the Secret {self.name} again ({PAGE})"
        try:
            found = member_credentials(self.name, self.settings, self.environment, self.secret)
        except CredentialsError as error:
            if self._is_of_the_secret(error.where):
                raise CredentialsError(error.where, error.problem, remedy) from error
            raise
        if found.via == "kubeconfig":
            remedy = "Log in again, or write another token into the kubeconfig"
        return replace(found, credentials=replace(found.credentials, remedy=remedy))

    def _is_of_the_secret(self, where: str) -> bool:
        """Whether a problem is one of the Secret's content, be it mounted or read."""
        mounted, read = str(import_of(self.name, self.settings)), f"secret {self.name}"
        return where.startswith((mounted, f"{read} ")) or where == read


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """Return what tells one content of a file from another; None when there is no such file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
