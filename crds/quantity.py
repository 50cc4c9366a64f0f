"""Quantities, durations and DNS names: parsed, compared and printed as Kubernetes and Go do it.

All patterns are anchored and free of nested repetition, so that hostile text costs linear time.
"""

import re
from decimal import ROUND_UP, Context, Decimal
from typing import Final

_EXACT: Final = Context(prec=400, rounding=ROUND_UP)
_NANO: Final = Decimal("1e-9")
_LARGEST: Final = Decimal(2**63 - 1)
# longer text is no quantity that anybody means; it bounds the work for hostile input
_TEXT_MAX: Final = 64
_DECIMAL: Final = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY: Final = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL_SUFFIX: Final = {exponent: suffix for suffix, exponent in _DECIMAL.items()}
_BINARY_SUFFIX: Final = {exponent: suffix for suffix, exponent in _BINARY.items()} | {0: ""}

_QUANTITY: Final = re.compile(
    r"(?P<sign>[+-]?)(?P<whole>[0-9]*)(?:\.(?P<part>[0-9]*))?(?P<suffix>[KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]{1,3}|)",
    re.ASCII,
)
_SECOND: Final = 10**9
# both signs for micro, as in Go
_UNITS: Final = {
    "ns": 1,
    "us": 10**3,
    "\u00b5s": 10**3,
    "\u03bcs": 10**3,
    "ms": 10**6,
    "s": _SECOND,
    "m": 60 * _SECOND,
    "h": 3600 * _SECOND,
}
_DURATION_PART: Final = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)", re.ASCII)
_LABEL: Final = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?", re.ASCII)


class QuantityError(ValueError):
    """The text is no Kubernetes quantity."""


class DurationError(ValueError):
    """The text is no duration that a field of this API takes."""


def parse_quantity(text: str | int | float) -> Decimal:
    """The exact value of a Kubernetes quantity, rounded away from zero to nano as the API server does.

    Numbers are taken too, since YAML writes `cpu: 1` as one. Raises QuantityError.
    """
    return _split(text)[0]


def canonical_quantity(text: str | int | float) -> str:
    """`text` as Go prints it: `0.1` is `100m`, `131072Ki` is `128Mi`, `1024Mi` is `1Gi`, `1e3` stays `1e3`.

    Two quantities of one family (decimal, binary, exponent) have equal values exactly when this gives equal text.
    Raises QuantityError.
    """
    value, suffix = _split(text)
    if value == 0:
        return "0"
    if suffix in _BINARY and abs(value) >= 1024 and value == value.to_integral_value():
        return _print_binary(int(value))
    return _print_decimal(value, exponents=suffix[-1:].isdigit())


def parse_duration(text: str) -> float:
    """Seconds of a Go duration (`1h30m`, `10s`, `500ms`, `0s`, `0`), never negative.

    Days, signs and ISO 8601 are refused, as is what does not fit Go's 64 bit of nanoseconds. Raises DurationError.
    """
    if text == "0":
        return 0.0
    parts = list(_DURATION_PART.finditer(text)) if len(text) <= _TEXT_MAX else []
    if not parts or "".join(part.group() for part in parts) != text:
        raise DurationError(f"{_shown(text)} is not a duration (allowed: numbers with h, m, s, ms, us, ns: 1h30m, 10s)")
    nanoseconds = sum((Decimal(part[1]) * _UNITS[part[2]] for part in parts), Decimal(0))
    if nanoseconds > _LARGEST:
        raise DurationError(f"{_shown(text)} is longer than a duration can be (292 years)")
    return float(nanoseconds / _SECOND)


def is_dns_label(text: str) -> bool:
    """Whether `text` is a DNS label of RFC 1123: at most 63 of a-z, 0-9 and inner dashes."""
    return len(text) <= 63 and _LABEL.fullmatch(text) is not None


def is_dns_subdomain(text: str) -> bool:
    """Whether `text` is a DNS subdomain as Kubernetes takes for names: at most 253 characters, parts joined by dots.

    As in Kubernetes, the single part may be longer than a DNS label.
    """
    return len(text) <= 253 and all(_LABEL.fullmatch(part) is not None for part in text.split("."))


def _split(text: str | int | float) -> tuple[Decimal, str]:
    shown = str(text)
    found = _QUANTITY.fullmatch(shown) if len(shown) <= _TEXT_MAX and not isinstance(text, bool) else None
    if found is None or not (found["whole"] or found["part"]):
        raise QuantityError(f"{_shown(shown)} is not a quantity (allowed: a number with m, k, M, G, Ki, Mi, Gi, ...)")
    suffix = found["suffix"]
    plain = Decimal(f"{found['sign']}{found['whole'] or '0'}.{found['part'] or '0'}")
    value = _EXACT.multiply(plain, _scale(suffix))
    value = value.quantize(_NANO, context=_EXACT) if value != value.to_integral_value(context=_EXACT) else value
    capped = suffix in _BINARY and abs(value) > _LARGEST
    return (_LARGEST.copy_sign(value) if capped else value), suffix


def _scale(suffix: str) -> Decimal:
    if suffix in _BINARY:
        return Decimal(2 ** _BINARY[suffix])
    return Decimal(1).scaleb(_DECIMAL[suffix] if suffix in _DECIMAL else int(suffix[1:]), context=_EXACT)


def _print_binary(value: int) -> str:
    exponent = 0
    while value % 1024 == 0:
        value, exponent = value // 1024, exponent + 10
    return f"{value}{_BINARY_SUFFIX[exponent]}"


def _print_decimal(value: Decimal, *, exponents: bool) -> str:
    sign, digits, exponent = value.normalize(_EXACT).as_tuple()
    exponent = int(exponent)
    down = exponent % 3
    number = f"{'-' if sign else ''}{''.join(map(str, digits))}{'0' * down}"
    exponent -= down
    if exponents:
        return f"{number}e{exponent}" if exponent else number
    return f"{number}{_DECIMAL_SUFFIX[exponent]}" if exponent in _DECIMAL_SUFFIX else f"{number}e{exponent}"


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "...")
