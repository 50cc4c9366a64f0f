"""Takes out of what a server answers what we said ourselves and nobody shall read."""

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from multicasskop.informers.secret_text import without_secret_text

MARK: Final = "(redacted)"
_AUTHORIZATION: Final = re.compile(r"(?i)\b(bearer|basic)\s+\S+|authorization\s*:\s*\S+(\s+\S+)?")
# enough of a body to know it again in a text that quotes it
_QUOTE: Final = 24
# below these, any text may be a password; the name of a variable is none
_PLACES: Final = frozenset({"env", "envVars", "config", "data", "stringData"})
_NAMES: Final = frozenset({"name", "key"})
# a shorter text would be found in half of all words
_SECRET_MIN: Final = 6


class Redactor:
    """Knows what was sent: the token, the body, and in it the values that may be secret."""

    def __init__(self, token: str | None, body: bytes | None) -> None:
        """Read the body, if there is one; one that is no JSON has no values."""
        self._token = token
        start = (body or b"")[:_QUOTE].decode(errors="ignore")
        self._quotes = _forms(start) if len(start) == _QUOTE else ()
        # the longest first: one may stand in another
        secrets = sorted(_secrets_of(body), key=len, reverse=True) if body else ()
        self._secrets = tuple(form for secret in secrets for form in _forms(secret))

    def apply(self, value: object) -> dict[str, object]:
        """Return the object with every text in it redacted."""
        redacted = self._walk(value, 0)
        return redacted if isinstance(redacted, dict) else {}

    def _walk(self, value: object, depth: int) -> object:
        match value:
            case str():
                return self._text(value)
            case dict() if depth < 4:
                return {key: self._walk(inner, depth + 1) for key, inner in value.items()}
            case list() if depth < 4:
                return [self._walk(inner, depth + 1) for inner in value[:32]]
            case int() | float():
                return value
            case _:
                return None

    def _text(self, text: str) -> str:
        if self._token:
            text = text.replace(self._token, MARK)
        for quote in self._quotes:
            if quote in text:
                text = text[: text.index(quote)] + "(what was sent)"
        for secret in self._secrets:
            text = text.replace(secret, MARK)
        return without_secret_text(_AUTHORIZATION.sub(MARK, text), MARK)


def _forms(text: str) -> tuple[str, ...]:
    """A text as it is, and as a server quotes it."""
    return tuple({text: None, text.replace("\\", "\\\\").replace('"', '\\"'): None})


def _secrets_of(body: bytes) -> set[str]:
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return set()
    found, ahead = set[str](), [("", content, False)]
    while ahead:
        name, value, secret = ahead.pop()
        if isinstance(value, str) and secret and name not in _NAMES and len(value) >= _SECRET_MIN:
            found.add(value)
        ahead += [(key, inner, secret or key in _PLACES) for key, inner in _inside(name, value)]
    return found


def _inside(name: str, value: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401  plain data
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from ((name, inner) for inner in value)
