"""When a member's token is due for renewal, and whether its Secret is ours to write: pure."""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from multicasskop.crds.names import FIELD_MANAGER, REGISTER_FIELD_MANAGER
from multicasskop.informers import claims
from multicasskop.informers.imported import KUBECONFIG_KEYS
from multicasskop.operator.members.secrets import MemberSecret

Json = dict[str, Any]
OURS: Final = frozenset({FIELD_MANAGER, REGISTER_FIELD_MANAGER})
SHORTEST: Final = 600
"""Seconds: no API server gives a token for less."""
WARN_BEFORE: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Due:
    """A token that is to be renewed: whose it is, and for how many seconds the next one is asked for."""

    namespace: str
    account: str
    seconds: int
    ends: datetime


def due(secret: MemberSecret, now: datetime, share: float) -> Due | None:
    """What is to be asked for now; None while there is time, and for what is no ServiceAccount's token in a key."""
    life = None if any(key in secret.data for key in KUBECONFIG_KEYS) else claims.life(token_of(secret))
    if life is None or now < life.at(share):
        return None
    seconds = max(SHORTEST, round((life.ends - life.issued).total_seconds()))
    return Due(life.namespace, life.account, seconds, life.ends)


def ends_soon(ends: datetime | None, token: str, now: datetime, part: float = 0.2) -> bool:
    """Whether people are to be warned: a day before, or for tokens of shorter lives when that part is left."""
    if ends is None:
        return False
    life = claims.life(token)
    notice = WARN_BEFORE if life is None else min(WARN_BEFORE, part * (life.ends - life.issued))
    return now >= ends - notice


def token_of(secret: MemberSecret) -> str:
    """The token under the key `token`; empty when there is none, or it cannot be read."""
    try:
        return b64decode(secret.data.get("token", "")).decode().strip()
    except ValueError:
        return ""


def why_not_ours(live: Mapping[str, Any]) -> str:
    """Say whose a Secret is when it is not ours to write; empty when only we, or `register`, wrote its token."""
    metadata = live.get("metadata") or {}
    for owner in metadata.get("ownerReferences") or ():
        return f"it belongs to {owner.get('kind')} {owner.get('name')}"
    writers = {
        str(entry.get("manager"))
        for entry in metadata.get("managedFields") or ()
        if "f:token" in ((entry.get("fieldsV1") or {}).get("f:data") or {})
    }
    others = sorted(writers - OURS)
    if others:
        return f"its token was written by {', '.join(others)}"
    return "" if writers else "nobody knows who wrote its token"
