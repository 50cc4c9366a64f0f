"""One row of a catalogue of events, and the two types that the API knows."""

from dataclasses import dataclass
from typing import Final

NORMAL: Final = "Normal"
WARNING: Final = "Warning"


@dataclass(frozen=True, slots=True)
class EventReason:
    """One reason: its type (`Normal` or `Warning`), and when an event of it comes."""

    reason: str
    type: str
    when: str
