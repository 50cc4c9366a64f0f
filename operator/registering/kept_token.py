"""Whether the token that home has may stay."""

from datetime import datetime

from multicasskop.informers.claims import read_claims


def is_good(token: str, account_uid: str, now: datetime, renewed_at: float) -> bool:
    """Whether a token is of the account that is there now, and not due for renewal: that comes at a part of its life.

    A token of an account that was deleted and made again has another UID in it, and no server takes it.
    """
    claims = read_claims(token)
    if claims is None or not account_uid or claims.uid != account_uid:
        return False
    if claims.ends is None:
        return True
    return claims.issued is not None and now < claims.issued + renewed_at * (claims.ends - claims.issued)
