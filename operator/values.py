"""Texts of flags and variables, read as values; every error says what was found and what is allowed."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from multicasskop.crds.quantity import is_dns_label, is_dns_subdomain, parse_duration

WORKERS = 256
MULTICASSKOP = "multicasskop"
CASSANDRACLUSTER = "cassandracluster"
CONTROLLERS = (MULTICASSKOP, CASSANDRACLUSTER)
LEVELS = ("debug", "info", "warn", "error")
SEED_PROBES = ("warn", "require", "off")
FORMATS = ("auto", "text", "json")
TRUE = frozenset({"true", "1", "yes", "on"})
FALSE = frozenset({"false", "0", "no", "off"})


def text(given: str) -> str:
    """The text itself, without surrounding blanks."""
    return given.strip()


def member(given: str) -> str:
    """A member's name: a DNS subdomain of at most 63 characters, since it may name a Secret."""
    name = given.strip()
    if not is_dns_subdomain(name) or len(name) > 63:
        raise ValueError(f'"{name}" is not a name (allowed: lower case letters, digits, "-" and ".", at most 63)')
    return name


def members(given: str) -> tuple[str, ...]:
    """Names separated by commas."""
    return tuple(member(name) for name in parts(given))


def controllers(given: str) -> tuple[str, ...]:
    """Names of controllers separated by commas, each once; at least one."""
    names = tuple(dict.fromkeys(parts(given)))
    wrong = [name for name in names if name not in CONTROLLERS]
    if wrong or not names:
        raise ValueError(f'"{", ".join(wrong)}" is no controller (there are: {", ".join(CONTROLLERS)})')
    return names


def namespaces(given: str) -> tuple[str, ...]:
    """Namespaces separated by commas, each once and in their order; nothing means all of them."""
    names = tuple(dict.fromkeys(parts(given)))
    wrong = [name for name in names if not is_dns_label(name)]
    if wrong:
        raise ValueError(f'"{wrong[0]}" is not the name of a namespace (separate several with commas)')
    return names


def count(given: str) -> int:
    """A whole number from 1 to 256."""
    if not (given.strip().isdecimal() and 1 <= int(given) <= WORKERS):
        raise ValueError(f'"{given}" is not a whole number from 1 to {WORKERS}')
    return int(given)


def boolean(given: str) -> bool:
    """Yes or no, in the usual spellings."""
    word = given.strip().lower()
    if word not in TRUE | FALSE:
        raise ValueError(f'"{given}" is neither true nor false')
    return word in TRUE


def seconds(given: str) -> float:
    """A duration above zero, as Go and Kubernetes write it."""
    try:
        duration = parse_duration(given.strip())
    except ValueError:
        duration = 0.0
    if duration <= 0:
        raise ValueError(f'"{given}" is not a duration above zero (examples: 500ms, 10s, 1m30s)')
    return duration


def address(given: str) -> tuple[str, int] | None:
    """`HOST:PORT` or `:PORT`; port 0 takes a free one, the word `0` alone (or nothing) switches the server off."""
    if given.strip() in {"", "0"}:
        return None
    host, colon, port = given.strip().rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65535:
        raise ValueError(f'"{given}" is not an address (examples: :8080, 127.0.0.1:0, 0 for none)')
    return host.strip("[]"), int(port)


def url(given: str) -> str:
    """An http or https address. Credentials in it are refused: it is shown in logs."""
    found = given.strip()
    try:
        split = urlsplit(found)
        usable = split.scheme in {"http", "https"} and bool(split.hostname) and split.port != 0
    except ValueError:
        raise ValueError("it is not an address (example: http://jaeger-collector:4318)") from None
    if split.username is not None or split.password is not None:
        raise ValueError("an address with credentials in it is not taken; send them by OTEL_EXPORTER_OTLP_HEADERS")
    if not usable or split.query or split.fragment:
        raise ValueError(f'"{found}" is not an address (example: http://jaeger-collector:4318)')
    return found


def share(given: str) -> float:
    """A number from 0 to 1."""
    try:
        found = float(given)
    except ValueError:
        found = -1.0
    if not 0.0 <= found <= 1.0:
        raise ValueError(f'"{given}" is not a number from 0 to 1')
    return found


def seed_probe(given: str) -> str:
    """One of warn, require, off."""
    return _word(given, SEED_PROBES)


def part(given: str) -> float:
    """A share that is neither nothing nor all."""
    found = share(given)
    if found in (0.0, 1.0):
        raise ValueError(f'"{given}" is not between 0 and 1')
    return found


def log_level(given: str) -> str:
    """One of debug, info, warn, error, in any case."""
    return _word(given, LEVELS)


def log_format(given: str) -> str:
    """One of auto, text, json: auto is text on a terminal and JSON otherwise."""
    return _word(given, FORMATS)


def parts(given: str) -> list[str]:
    """What stands between the commas, without blanks and empty pieces."""
    return [piece for piece in (part.strip() for part in given.split(",")) if piece]


def listed(names: Iterable[str]) -> str:
    """Names for a sentence."""
    return ", ".join(names)


def _word(given: str, allowed: tuple[str, ...]) -> str:
    word = given.strip().lower()
    if word not in allowed:
        raise ValueError(f'"{given}" is not known (allowed: {listed(allowed)})')
    return word
