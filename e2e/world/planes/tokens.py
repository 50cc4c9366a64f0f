"""The two static tokens of a plane: for its administrator and for its controller manager.

Everything else, operators under test first of all, gets a ServiceAccount token with the rights it was given.
"""

import secrets
from pathlib import Path

import msgspec
from multicasskop.world.planes.certificates import write_private

ADMINISTRATOR = "administrator"
CONTROLLER_MANAGER = "controller-manager"


class Tokens(msgspec.Struct, frozen=True):
    """Bearer tokens; they never show in a text made from this value."""

    administrator: str
    controller_manager: str

    def __repr__(self) -> str:
        return "Tokens(…)"


def write_tokens(path: Path) -> None:
    """Write the token file of kube-apiserver (`token,user,uid,"groups"`) with new tokens; one that is there stays."""
    if not path.exists():
        users = (ADMINISTRATOR, CONTROLLER_MANAGER)
        write_private(path, "".join(f"{secrets.token_urlsafe(32)},{user},{user},system:masters\n" for user in users))


def read_tokens(path: Path) -> Tokens:
    """Read the tokens back."""
    by_user = {line.split(",")[1]: line.split(",")[0] for line in path.read_text().splitlines()}
    return Tokens(by_user[ADMINISTRATOR], by_user[CONTROLLER_MANAGER])
