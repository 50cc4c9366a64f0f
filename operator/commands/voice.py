"""How a verb with several steps tells of them: as text, or with all of it as talk and one document at the end."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from multicasskop.operator.commands.flags import talk, write


@dataclass(frozen=True, slots=True)
class Voice:
    """Where lines go: results to stdout, talk to stderr; with a document as result, all lines are talk."""

    output: str
    quiet: bool = False
    ascii_only: bool = False

    def say(self, lines: Iterable[str]) -> None:
        """Tell a part of the result."""
        if self.output == "text":
            write([*lines], ascii_only=self.ascii_only)
        else:
            self.talk(lines)

    def talk(self, lines: Iterable[str]) -> None:
        """Tell what is no result."""
        talk(lines, quiet=self.quiet, ascii_only=self.ascii_only)

    def document(self, kind: str, body: Mapping[str, Any]) -> None:
        """Write the result, where it is wanted as a document."""
        from multicasskop.operator.output.document import document, in_form

        if self.output != "text":
            sys.stdout.write(in_form(document(kind, body), self.output))
