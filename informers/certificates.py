"""When a client certificate ends: read out of its DER, because Python's own `ssl` shows only those of servers.

Nothing is verified, so this is for words and for a metric, and never for a decision.
"""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

_END: Final = "-----END CERTIFICATE-----"
_CONTEXT_0: Final = 0xA0
_UTC_TIME: Final = 0x17
# SEQUENCE { [0] version, serialNumber, signature, issuer, validity, … }, where the version may be absent
_BEFORE_VALIDITY: Final = 3


def not_after(pem: bytes) -> datetime | None:
    """Return when the first certificate in a PEM text ends; None when that cannot be read."""
    try:
        der = ssl.PEM_cert_to_DER_cert(_first(pem.decode("ascii")))
        (certificate,) = _values(der)
        fields = list(_fields(next(_values(certificate))))
        if fields[0][0] == _CONTEXT_0:
            del fields[0]
        _, end = _fields(fields[_BEFORE_VALIDITY][1])
        return _time(*end)
    except (ValueError, IndexError, StopIteration):
        return None


def _first(text: str) -> str:
    begin = text.index("-----BEGIN CERTIFICATE-----")
    return text[begin : text.index(_END, begin) + len(_END)]


def _values(der: bytes) -> Iterator[bytes]:
    return (value for _, value in _fields(der))


def _fields(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and content of each element, one after the other."""
    at = 0
    while at < len(der):
        tag, size, at = der[at], der[at + 1], at + 2
        if size & 0x80:
            count = size & 0x7F
            size, at = int.from_bytes(der[at : at + count], "big"), at + count
        yield tag, der[at : at + size]
        at += size


def _time(tag: int, value: bytes) -> datetime:
    """UTCTime has two digits for years from 1950 to 2049, GeneralizedTime four."""
    text = value.decode("ascii")
    if tag == _UTC_TIME:
        text = ("19" if text[:2] >= "50" else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
