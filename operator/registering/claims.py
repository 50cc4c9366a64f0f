"""What a ServiceAccount's token says of itself. Nothing is verified: the server that is asked with it does that."""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec


class _Named(msgspec.Struct):
    name: str = ""
    uid: str = ""


class _Kubernetes(msgspec.Struct):
    namespace: str = ""
    serviceaccount: _Named = msgspec.field(default_factory=_Named)


class _Body(msgspec.Struct):
    iat: float = 0.0
    exp: float | None = None
    kubernetes: _Kubernetes = msgspec.field(default_factory=_Kubernetes, name="kubernetes.io")


_body = msgspec.json.Decoder(_Body)


@dataclass(frozen=True, slots=True)
class Claims:
    """Whose token it is, and from when until when it is good; `ends` is None for one that does not say so."""

    namespace: str
    account: str
    uid: str
    issued: datetime
    ends: datetime | None


def read_claims(token: str) -> Claims | None:
    """The claims of a token; None for what is no ServiceAccount's token."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        body = _body.decode(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        issued = datetime.fromtimestamp(body.iat, UTC)
        ends = None if body.exp is None else datetime.fromtimestamp(body.exp, UTC)
    except (binascii.Error, ValueError, OverflowError, OSError, msgspec.DecodeError):
        return None
    owner = body.kubernetes
    if not owner.serviceaccount.uid:
        return None
    return Claims(owner.namespace, owner.serviceaccount.name, owner.serviceaccount.uid, issued, ends)


def is_good(token: str, account_uid: str, now: datetime, renewed_at: float) -> bool:
    """Whether a token is of the account that is there now, and not due for renewal: that comes at a part of its life.

    A token of an account that was deleted and made again has another UID in it, and no server takes it.
    """
    claims = read_claims(token)
    if claims is None or not account_uid or claims.uid != account_uid:
        return False
    if claims.ends is None:
        return True
    return now < claims.issued + renewed_at * (claims.ends - claims.issued)
