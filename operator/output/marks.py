"""The marks of the command line, each always with a word beside it, and which state has which mark."""

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Look:
    """How a mark is drawn: its sign, its sign in ASCII, its colour."""

    sign: str
    ascii: str
    style: str


class Mark(Enum):
    """Good, working, not begun, attention, broken, unknown or stale."""

    GOOD = Look("✔", "+", "green")
    WORKING = Look("◐", "~", "cyan")
    TODO = Look("○", "-", "dim")
    ATTENTION = Look("!", "!", "yellow")
    BROKEN = Look("✖", "x", "red")
    UNKNOWN = Look("?", "?", "magenta")

    @property
    def sign(self) -> str:
        """The sign, for outputs that can carry it."""
        return self.value.sign


_PHASES = {
    "Ready": Mark.GOOD,
    "Progressing": Mark.WORKING,
    "Deleting": Mark.WORKING,
    "Pending": Mark.TODO,
    "Paused": Mark.ATTENTION,
    "Degraded": Mark.ATTENTION,
    "Halted": Mark.BROKEN,
}
_STATES = {
    "Ready": Mark.GOOD,
    "Applying": Mark.WORKING,
    "Progressing": Mark.WORKING,
    "Soaking": Mark.WORKING,
    "Draining": Mark.WORKING,
    "Retained": Mark.ATTENTION,
    "Absent": Mark.TODO,
    "Refused": Mark.BROKEN,
    "Failed": Mark.BROKEN,
    "Conflict": Mark.BROKEN,
}
_TO_ASCII = str.maketrans(
    {mark.value.sign: mark.value.ascii for mark in Mark}
    | {"├": "|", "└": "`", "─": "-", "│": "|", "·": "-", "…": "~", "█": "#", "░": "."}
)


def of_phase(phase: str) -> Mark:
    """The mark of a MultiCasskop's phase."""
    return _PHASES.get(phase, Mark.UNKNOWN)


def of_state(state: str) -> Mark:
    """The mark of a member's state."""
    return _STATES.get(state, Mark.UNKNOWN)


def in_ascii(text: str) -> str:
    """The text with every sign of ours replaced, and what else ASCII cannot carry escaped."""
    return text.translate(_TO_ASCII).encode("ascii", "backslashreplace").decode()
