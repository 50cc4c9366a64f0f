"""Values as a plan may show them: a user's own file is shown, but nothing in it that looks like a secret.

Kept apart from the redaction of logs, which shows no values at all; what looks like a secret inside of a text is the
same for both.
"""

import json
import re
from itertools import pairwise
from typing import Any, Final

from multicasskop.informers.secret_text import without_secret_text

HIDDEN: Final = "(hidden)"
LONGEST: Final = 60
# a field, whole: Cassandra has num_tokens, and credentials_validity_in_ms
_FIELD: Final = re.compile(
    r"passw(or)?d$|passphrase$|(^|[-_.])pass$|^secret$|(client|shared)[-_.]?secret$"
    r"|^(auth|access|bearer|api|refresh|session)?[-_.]?token$|(private|api|access|secret)[-_.]?key$",
    re.IGNORECASE,
)
# a variable, in any part of its name
_VARIABLE: Final = re.compile(r"passw|passphrase|pwd|secret|token|credential|key|auth", re.IGNORECASE)


def without_secrets(value: Any, name: str = "") -> Any:  # noqa: ANN401  plain data
    """The value with everything hidden that looks like a secret: by its field, its variable, or the text around it."""
    match value:
        case dict() if _is_variable(value) and _VARIABLE.search(str(value["name"])):
            return {**without_secrets({**value, "value": None}), "value": HIDDEN}
        case dict():
            return {key: without_secrets(item, key) for key, item in value.items()}
        case list():
            return [_argument(item, before, name) for before, item in pairwise((None, *value))]
        case str() | int() | float() if not isinstance(value, bool) and _FIELD.search(name):
            return HIDDEN
        case str():
            return without_secret_text(value, HIDDEN)
        case _:
            return value


def shown(value: Any, name: str = "") -> str:  # noqa: ANN401  plain data
    """A value in one short line."""
    plain = without_secrets(value, name)
    text = plain if isinstance(plain, str) and plain else json.dumps(plain, ensure_ascii=False)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _is_variable(value: dict[str, Any]) -> bool:
    return "name" in value and isinstance(value.get("value"), str | int | float)


def _argument(item: Any, before: Any, name: str) -> Any:  # noqa: ANN401  plain data
    """An item of a list, which may be what an argument before it asks for."""
    if isinstance(item, str) and isinstance(before, str) and before.startswith("-"):
        return without_secret_text(f"{before} {item}", HIDDEN).removeprefix(f"{before} ")
    return without_secrets(item, name)
