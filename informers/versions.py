"""The one place where two resource versions may be put in order.

A version is a string, and equality is always allowed. Order may be asked of two versions of one resource in one
cluster, if both are plain decimal numbers; everything else is "not comparable", and callers have a path for that. `0`
is not a version of an object: as a parameter it means "any".
"""

import re

_is_ordered = re.compile(r"[1-9][0-9]*", re.ASCII).fullmatch


def compare(a: str, b: str) -> int | None:
    """Return -1, 0 or 1 as `a` is older than, equal to or newer than `b`; None when they cannot be compared.

    Both must come from the same resource in the same cluster.
    """
    if a == b:
        return 0
    if not (_is_ordered(a) and _is_ordered(b)):
        return None
    # without leading zeros a longer number is a larger one; no conversion, whatever its length
    return -1 if (len(a), a) < (len(b), b) else 1


def is_older(a: str, b: str) -> bool:
    """Return whether `a` is certainly older than `b`: False also when they cannot be compared."""
    # in streams it is not, as a rule, which is seen without a look at what the two are made of
    return (len(a), a) < (len(b), b) and compare(a, b) == -1
