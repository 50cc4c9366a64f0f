"""Pictures on a terminal: marks in their colours, and a block of lines that is redrawn in place."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from multicasskop.operator.output.marks import Mark

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

STYLES = {sign: mark.value.style for mark in Mark for sign in (mark.value.sign,)}
PER_SECOND = 4


def console(stream: TextIO, color: str = "auto") -> "Console":
    """A console on the stream; `always` and `never` beat what the environment says, `auto` follows it."""
    from rich.console import Console

    forced = {"always": True, "never": False}.get(color)
    return Console(file=stream, highlight=False, soft_wrap=True, force_terminal=forced, no_color=forced is False)


def coloured(line: str) -> Any:  # noqa: ANN401 - rich is imported where there is a terminal only
    """The line with its marks in their colours; cut at the terminal's edge, never folded."""
    from rich.text import Text

    text = Text(line, no_wrap=True, overflow="ellipsis")
    for sign, style in STYLES.items():
        text.highlight_words([f"{sign} "], style)
    return text


class Live:
    """Lines that are drawn again in place, at most four times a second, until it is closed."""

    def __init__(self, screen: "Console", lines: Callable[[], Sequence[str]]) -> None:
        from rich.live import Live as RichLive

        self._lines = lines
        self._live: RichLive | None = RichLive(
            console=screen, get_renderable=self._draw, refresh_per_second=PER_SECOND, redirect_stdout=False
        )
        self._live.start()

    def close(self) -> None:
        """Draw the lines for the last time, and leave them there."""
        live, self._live = self._live, None
        if live is not None:
            live.stop()

    def _draw(self) -> "RenderableType":
        from rich.console import Group

        return Group(*map(coloured, self._lines()))
