"""Credentials of the members that were named by flag: where they are looked for, and in which order.

Home: the kubeconfig that was given, else the pod's own service account, else the user's kubeconfig; in a kubeconfig the
context of `--context`, else the one of home's name, else the only one that there is. Another member: an imported
service account mounted in a folder of its name, else a Secret of its name in the operator's namespace, else a
kubeconfig's context of its name. What is there but cannot be used is an error and not passed over: nobody wants to
land in another cluster.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from multicasskop.informers import kubeconfig
from multicasskop.informers.credentials import Credentials, from_kubeconfig, in_cluster
from multicasskop.informers.errors import CredentialsError
from multicasskop.informers.imported import from_directory, from_secret
from multicasskop.operator.settings import Settings

USERS_KUBECONFIG = "~/.kube/config"
PAGE = "docs/how-to/register-a-member.md"


@dataclass(frozen=True, slots=True)
class SecretContent:
    """A Secret's name and data. Prints without the latter."""

    name: str
    data: Mapping[str, str] = field(repr=False)


SecretReader = Callable[[str], SecretContent | None]
"""The Secret that speaks for a member in the operator's namespace, or nothing when there is none."""


@dataclass(frozen=True, slots=True)
class Found:
    """Credentials, and the way by which they were found."""

    credentials: Credentials
    via: str


def home_credentials(settings: Settings, environment: Mapping[str, str]) -> Found:
    """How home is reached; raises CredentialsError that says where it was looked for."""
    if not settings.kubeconfig and "KUBERNETES_SERVICE_HOST" in environment:
        return Found(in_cluster(environment), "in-cluster")
    path = kubeconfig_path(settings, environment)
    names = kubeconfig.contexts(kubeconfig.read(path))
    only = names[0] if len(names) == 1 else settings.local
    context = settings.context or (settings.local if settings.local in names else only)
    return Found(from_kubeconfig(path, context), "kubeconfig")


def member_credentials(name: str, settings: Settings, environment: Mapping[str, str], secret: SecretReader) -> Found:
    """How another member is reached.

    Raises CredentialsError that says where it was looked for, and whatever `secret` raises when home does not tell.
    """
    imported = import_of(name, settings)
    if os.path.isdir(imported):  # what cannot be looked at is not there; Path would raise
        return Found(from_directory(imported, local=settings.allow_local_servers), "import")
    found = secret(name)
    if found is not None:
        return Found(from_secret(found.name, found.data, local=settings.allow_local_servers), "secret")
    path = kubeconfig_path(settings, environment)
    if path and name in _contexts(path):
        return Found(from_kubeconfig(path, name), "kubeconfig")
    raise CredentialsError(
        name,
        f"no credentials: looked for the folder {imported}, a Secret {name} in the operator's namespace, and a context"
        f" {name} in {path or 'a kubeconfig (none given)'}",
        f"Make one of them ({PAGE}); it is found by itself.",
    )


def import_of(name: str, settings: Settings) -> Path:
    """The folder in which a member's import is mounted."""
    return Path(settings.imports) / name


def kubeconfig_path(settings: Settings, environment: Mapping[str, str]) -> str:
    """The kubeconfig in use; empty in a pod that was given none."""
    if settings.kubeconfig:
        return settings.kubeconfig
    return "" if "KUBERNETES_SERVICE_HOST" in environment else str(Path(USERS_KUBECONFIG).expanduser())


def kubeconfig_paths(path: str) -> tuple[Path, ...]:
    """The files that a path in the form of KUBECONFIG names, be they there or not."""
    return tuple(Path(name).expanduser() for name in path.split(os.pathsep) if name)


def _contexts(path: str) -> tuple[str, ...]:
    """The contexts of the kubeconfig; none when no such file exists, CredentialsError when it cannot be read."""
    if not any(file.exists() for file in kubeconfig_paths(path)):
        return ()
    return kubeconfig.contexts(kubeconfig.read(path))
