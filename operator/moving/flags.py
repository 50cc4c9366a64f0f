"""What was said on the command line of `move-home`; loads nothing that costs time."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveFlags:
    """Of `move-home`. `members` are texts `NAME=CONTEXT`."""

    name: str = ""
    lost: str = ""
    local: str = ""
    members: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    old_context: str = ""
    accept_changes: bool = False
    namespace: str = ""
    all_namespaces: bool = False
    home_namespace: str = ""
    context: str = ""
    kubeconfig: str = ""
    timeout: str = "60s"
