"""One event to be told, and the words that several of them need."""

from dataclasses import dataclass
from datetime import datetime

from multicasskop.reconcilers.multicasskop.event_reasons import TYPES
from multicasskop.reconcilers.multicasskop.picture import Picture


@dataclass(frozen=True, slots=True)
class News:
    """One event about the MultiCasskop."""

    reason: str
    note: str
    member: str = ""

    @property
    def type(self) -> str:
        """`Normal` or `Warning`."""
        return TYPES[self.reason]


def seconds_since(picture: Picture, since: str) -> float | None:
    """How long it is since an instant that a status holds; None when it holds none."""
    try:
        begun = datetime.fromisoformat(since)
    except ValueError:
        return None
    return (picture.facts.now - begun).total_seconds() if picture.facts.now else None


def ago(picture: Picture, since: str) -> str:
    """How long it is since, as the end of a sentence; nothing when that is not known."""
    seconds = seconds_since(picture, since)
    return "" if seconds is None else f" after {round(seconds)}s"
