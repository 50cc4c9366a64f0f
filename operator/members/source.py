"""Where the credentials of one member come from, to be asked again whenever that may have changed."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from multicasskop.informers.errors import CredentialsError
from multicasskop.informers.imported import from_secret
from multicasskop.operator.members.secrets import MemberSecret
from multicasskop.operator.members.static import (
    PAGE,
    Found,
    SecretContent,
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

    @property
    def name(self) -> str:
        """The member's name."""
        ...

    def mark(self) -> Hashable:
        """Return something that becomes another as soon as `read` might find something else; makes no call."""
        ...

    def read(self) -> Found:
        """Return what is there now; CredentialsError says where, what is wrong, and what to do."""
        ...


@dataclass(frozen=True, slots=True)
class NamedSource:
    """A member that was named by flag: a mounted import, else a Secret, else a context of a kubeconfig.

    Its mark sees files, and the Secrets that are watched: another one is read when it is asked for, which costs a call.
    """

    name: str
    settings: Settings
    environment: Mapping[str, str]
    secret: SecretReader
    watched: Callable[[str], MemberSecret | None] = lambda _: None

    def mark(self) -> Hashable:
        """Return size and times of the files; kubelet's way to change a mount, a new folder behind a link, shows."""
        folder = import_of(self.name, self.settings)
        path = kubeconfig_path(self.settings, self.environment)
        files = [folder, *(folder / file for file in FILES), *kubeconfig_paths(path)]
        return _version(self.watched(self.name)), *map(_stamp, files)

    def read(self) -> Found:
        """Look in all places, in their order."""
        remedy = f"Export the Secret {self.name} again ({PAGE})"
        try:
            found = member_credentials(self.name, self.settings, self.environment, self._secret)
        except CredentialsError as error:
            if self._is_of_the_secret(error.where):
                raise CredentialsError(error.where, error.problem, remedy) from error
            raise
        if found.via == "kubeconfig":
            remedy = "Log in again, or write another token into the kubeconfig"
        return replace(found, credentials=replace(found.credentials, remedy=remedy))

    def _secret(self, name: str) -> SecretContent | None:
        secret = self.watched(name)
        return SecretContent(secret.name, secret.data) if secret is not None else self.secret(name)

    def _is_of_the_secret(self, where: str) -> bool:
        """Whether a problem is one of the Secret's content, be it mounted or read."""
        mounted, read = str(import_of(self.name, self.settings)), f"secret {self.name}"
        return where.startswith((mounted, f"{read} ")) or where == read


@dataclass(frozen=True, slots=True)
class LiveSource:
    """A member that is registered by a Secret, for as long as there is one."""

    name: str
    watched: Callable[[str], MemberSecret | None]
    allow_local: bool = False

    def mark(self) -> Hashable:
        """Return which version of which Secret it is."""
        return _version(self.watched(self.name))

    def read(self) -> Found:
        """Read the Secret as home's cache has it."""
        secret = self.watched(self.name)
        if secret is None:
            raise CredentialsError(self.name, "its Secret is gone", f"Register it again ({PAGE}).")
        remedy = f"Mend the Secret {secret.namespace}/{secret.name}, or register the member again ({PAGE})"
        try:
            found = from_secret(secret.name, secret.data, local=self.allow_local)
        except CredentialsError as error:
            hint = f"{error.hint.rstrip('.')}. {remedy}" if error.hint else remedy
            raise CredentialsError(error.where, error.problem, hint) from error
        return Found(replace(found, remedy=remedy), "secret")


def spoken_for(settings: Settings, secret: MemberSecret) -> str:
    """Why something else than a Secret speaks for the member that it names; empty when nothing does."""
    if secret.member == settings.local:
        return f"{secret.member} is home, which the operator runs with its own credentials"
    mounted = import_of(secret.member, settings)
    # of the Secret that is mounted the watched one is but a fresher view
    if secret.member in settings.remotes and secret.name != secret.member and mounted.is_dir():
        return f"the mounted import {mounted} speaks for {secret.member}"
    return ""


def _version(secret: MemberSecret | None) -> tuple[str, str] | None:
    return (secret.uid, secret.version) if secret is not None else None


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """Return what tells one content of a file from another; None when there is no such file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
