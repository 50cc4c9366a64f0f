"""What was said on the command line of the verbs that register members; loads nothing that costs time."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterFlags:
    """Of `register`. Empty is what the contexts say."""

    member: str
    context: str = ""
    namespaces: tuple[str, ...] = ()
    server: str = ""
    ca_file: str = ""
    account: str = "multicasskop"
    token_life: str = "24h"  # noqa: S105 - a time
    new_token: bool = False
    create_namespace: bool = False
    cluster_wide: bool = False
    rbac_only: bool = False
    home_context: str = ""
    home_namespace: str = ""
    operator_account: str = ""
    allow_local_servers: bool = False
    kubeconfig: str = ""
    timeout: str = "30s"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnregisterFlags:
    """Of `unregister`. Without a context the member's part is left as it is."""

    member: str
    context: str = ""
    namespaces: tuple[str, ...] = ()
    account: str = "multicasskop"
    cluster_wide: bool = False
    home_context: str = ""
    home_namespace: str = ""
    kubeconfig: str = ""
    timeout: str = "30s"
