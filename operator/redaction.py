"""What may stand in a log line: plain values, cut to size, without anything that could be a secret."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from multicasskop.informers.secret_text import without_secret_text

HIDDEN = "[redacted]"
LONGEST = 1024
MOST_ITEMS = 20
DEEPEST = 4

_SECRET_NAME = re.compile(
    r"token|authorization|passw|secret|cookie|bearer|(private|client)[-_.]?key|^(string)?[-_]?data$|^env([-_]?vars?)?$|kubeconfig[-_]?data",
    re.IGNORECASE,
)


def scrub(text: str) -> str:
    """The text without bearer tokens, keys and passwords in it, at most 1 KiB long."""
    # cut first, generously, so that hostile lengths cost nothing; a secret that the cut halves is still matched
    clean = without_secret_text(text[: 4 * LONGEST], HIDDEN)
    return clean if len(clean) <= LONGEST else clean[: LONGEST - 1] + "…"


def plain(value: Any, name: str = "", depth: int = 0) -> Any:  # noqa: ANN401 - any value may be logged
    """A value as plain data, by the name of the field that it stands in; whole objects become their kind and name."""
    if name != "stack" and _SECRET_NAME.search(name) and not isinstance(value, bool | int | float | None):
        return HIDDEN
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return scrub(value) if name != "stack" else without_secret_text(value, HIDDEN)
        case bytes() | bytearray() | memoryview():
            return f"<{len(value)} bytes>"
        case Mapping():
            return _mapping(value, depth)
        case tuple() if hasattr(value, "_fields"):
            return scrub(str(value))
        case list() | tuple() | set() | frozenset():
            return _items(value, name, depth)
        case _:
            return scrub(str(value))


def _mapping(value: Mapping[Any, Any], depth: int) -> Any:  # noqa: ANN401 - plain data
    metadata = value.get("metadata")
    if isinstance(metadata, Mapping) and ("kind" in value or "name" in metadata):
        where = "/".join(str(part) for part in (metadata.get("namespace"), metadata.get("name")) if part)
        return f"<{value.get('kind', 'object')} {where}>"
    if depth >= DEEPEST:
        return f"<{len(value)} fields>"
    return {str(key): plain(item, str(key), depth + 1) for key, item in list(value.items())[:MOST_ITEMS]}


def _items(value: Iterable[Any], name: str, depth: int) -> Any:  # noqa: ANN401 - plain data
    items = list(value)
    if depth >= DEEPEST:
        return f"<{len(items)} items>"
    shown = [plain(item, name, depth + 1) for item in items[:MOST_ITEMS]]
    return [*shown, f"… {len(items) - MOST_ITEMS} more"] if len(items) > MOST_ITEMS else shown
