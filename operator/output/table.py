"""Tables of plain text: a header, columns at least two spaces apart, lines never folded."""

from collections.abc import Sequence
from unicodedata import combining, east_asian_width

GAP = "  "


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table; the last column is not padded. An empty cell becomes a dash, so that columns can be cut."""
    cells = [list(header), *([cell or "-" for cell in row] for row in rows)]
    widths = [max(width(row[column]) for row in cells) for column in range(len(header))]
    return [GAP.join(pad(cell, wide) for cell, wide in zip(row, widths, strict=True)).rstrip() for row in cells]


def pad(text: str, wide: int) -> str:
    """The text with spaces behind it, up to this many columns of a terminal."""
    return text + " " * max(0, wide - width(text))


def width(text: str) -> int:
    """How many columns of a terminal the text takes."""
    return sum(0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text)
