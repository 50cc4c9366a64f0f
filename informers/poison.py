"""Objects that are nested deeper than decoders can follow: read all the same, without what lies too deep.

A free-form field may be nested nearly 10,000 deep, and every fast decoder gives up long before, on the whole page or
line that holds such an object. Without it the store would not be what the server has: a child that is left out looks
absent, and a parent that is left out looks gone. So it is kept, and what is nested too deep is cut off: from what is
left an owner, a finalizer, and that the object is nobody's idea of a right one can still be told.
"""

import re
from collections.abc import Callable
from typing import Final, TypeVar

NESTING_MAX: Final = 200
"""Levels of maps and lists that are kept of a text that cannot be read whole."""

T = TypeVar("T")

# strings are matched to be passed over; possessive, so that it costs linear time and no memory whatever is in them
_TOKEN: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\]]', re.DOTALL)
_OPEN, _CLOSE = b"{[", b"}]"


def tolerant(decode: Callable[[bytes], T], raw: bytes) -> T:
    """Decode JSON; of one that is nested too deep for the decoder, what is left of it when that is cut off.

    Raises what `decode` raises for anything else that is wrong.
    """
    try:
        return decode(raw)
    except RecursionError:
        return decode(cut(raw))


def cut(raw: bytes, limit: int = NESTING_MAX) -> bytes:
    """Return the JSON with null in place of every map and list that lies inside `limit` others; no recursion."""
    depth, kept, start = 0, list[bytes](), 0
    for token in _TOKEN.finditer(raw):
        sign = token.group()
        if sign in _OPEN:
            depth += 1
            if depth == limit + 1:
                kept += (raw[start : token.start()], b"null")
        elif sign in _CLOSE:
            if depth == limit + 1:
                start = token.end()
            depth -= 1
    return b"".join((*kept, raw[start:] if depth <= limit else b""))


def is_deep(raw: bytes, limit: int = NESTING_MAX) -> bool:
    """Return whether maps and lists stand inside each other more than `limit` deep."""
    depth = 0
    for token in _TOKEN.finditer(raw):
        sign = token.group()
        depth += 1 if sign in _OPEN else -1 if sign in _CLOSE else 0
        if depth > limit:
            return True
    return False
