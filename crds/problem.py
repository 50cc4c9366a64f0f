"""One thing that is wrong in an object, and how it is told: path, what was found, what is allowed."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from multicasskop.crds.codes import Code

_SHOWN_MAX: Final = 60
_PLAIN_KEY: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in an object: where, what was found and what is allowed.

    With `warning`, the object may be sent all the same.
    """

    path: str
    found: str
    allowed: str
    warning: bool = False
    code: Code = Code.BAD_VALUE

    def __str__(self) -> str:
        """`path: found; allowed`, as conditions and events show it."""
        return f"{self.path}: {self.found}; {self.allowed}"


def path_of(parts: Iterable[str | int]) -> str:
    """A path as Kubernetes writes it: `spec.topology.dc[0].name`, odd keys in brackets and quotes."""
    path = ""
    for part in parts:
        if isinstance(part, int):
            path += f"[{part}]"
        elif _PLAIN_KEY.fullmatch(part):
            path += f".{part}" if path else part
        else:
            path += f"[{shown(part)}]"
    return path


def shown(value: object) -> str:
    """A value in one short line, escaped; of lists and objects only what they are."""
    if isinstance(value, str):
        return json.dumps(value if len(value) <= _SHOWN_MAX else value[:_SHOWN_MAX] + "...")
    return json.dumps(value) if value is None or isinstance(value, bool | int | float) else kind_of(value)


def kind_of(value: object) -> str:
    """What a value is, without showing it: it may be secret."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list() | tuple():
            return f"a list of {len(value)}"
        case _:
            return "an object"


def repeated(names: Iterable[str]) -> Iterable[tuple[int, str]]:
    """Index and name of each name that stood before."""
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield index, name
        seen.add(name)
