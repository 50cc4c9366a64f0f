"""What lint finds, as values."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Final

from multicasskop.crds.codes import Code

# nearer than this a name is a slip of the same name; and nobody reads more than three proposals
_NEAR: Final = 0.75
_PROPOSALS: Final = 3


class Severity(StrEnum):
    """Whether the operator, or a server, would refuse it."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong at a path of an object."""

    severity: Severity
    code: Code
    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A flaw at its place in a file; lines and columns count from 1."""

    file: str
    line: int
    column: int
    severity: Severity
    code: Code
    path: str
    text: str

    @property
    def message(self) -> str:
        """Path and text in one sentence."""
        return f"{self.path}: {self.text}" if self.path else self.text


def error(code: Code, path: str, text: str) -> Flaw:
    """What would be refused."""
    return Flaw(Severity.ERROR, code, path, text)


def warning(code: Code, path: str, text: str) -> Flaw:
    """What would be taken, and is hardly meant."""
    return Flaw(Severity.WARNING, code, path, text)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A proposal to put behind a sentence, with a space before it; nothing where no name is near."""
    near: Sequence[str] = get_close_matches(name, list(known), _PROPOSALS, _NEAR)
    return f" Did you mean {' or '.join(near)}?" if near else ""
