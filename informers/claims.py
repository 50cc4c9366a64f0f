"""What a JSON web token says of itself. Nothing is verified: the server that is asked with it does that."""

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
    """The part of a token that is read here."""

    exp: float | None = None
    iat: float | None = None
    kubernetes: _Kubernetes = msgspec.field(default_factory=_Kubernetes, name="kubernetes.io")


_body = msgspec.json.Decoder(_Body)


@dataclass(frozen=True, slots=True)
class Claims:
    """Whose token it is, and from when until when it is good; what it does not say is empty, or None."""

    namespace: str = ""
    account: str = ""
    uid: str = ""
    issued: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Life:
    """From when until when a ServiceAccount's token is good, and whose it is."""

    namespace: str
    account: str
    issued: datetime
    ends: datetime

    def at(self, share: float) -> datetime:
        """Return when that share of its life, from 0 to 1, is over."""
        return self.issued + share * (self.ends - self.issued)


def read_claims(token: str) -> Claims | None:
    """Return what a token says; None for what is none, or says nonsense. Raises nothing, whatever the text is."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        body = _body.decode(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        issued, ends = _time(body.iat), _time(body.exp)
    except (binascii.Error, ValueError, OverflowError, OSError, msgspec.DecodeError):
        return None
    owner = body.kubernetes
    return Claims(owner.namespace, owner.serviceaccount.name, owner.serviceaccount.uid, issued, ends)


def expiry(token: str) -> datetime | None:
    """Return when a token says that it ends; None for one that does not say so.

    This is for words and for a metric; nothing is decided by it but when a user's own provider is asked for the next.
    """
    claims = read_claims(token)
    return claims.ends if claims is not None else None


def life(token: str) -> Life | None:
    """Return what the token of a ServiceAccount says of its life; None for any other, and for one without an end.

    Whoever asks for the next one is told by the server whether this one is any good.
    """
    claims = read_claims(token) or Claims()
    if claims.issued is None or claims.ends is None or claims.ends <= claims.issued:
        return None
    if not (claims.namespace and claims.account):
        return None
    return Life(claims.namespace, claims.account, claims.issued, claims.ends)


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
