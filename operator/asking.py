"""Whether a command that writes may go on: a person says so at the terminal, or said so by `--yes`."""

import sys
from collections.abc import Iterable

from multicasskop.operator.output.exit_codes import CommandError, ExitCode

YES = frozenset({"y", "yes"})
NOTHING = "Nothing was changed."


def confirm(question: str, *, yes: bool) -> None:
    """Return when the answer is yes; raises CommandError otherwise, and where there is nobody to ask."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise CommandError(ExitCode.REFUSED, f"this is no terminal to ask at. {NOTHING}", hint="say --yes")
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in YES:
        raise CommandError(ExitCode.NO, NOTHING)


def talk(lines: Iterable[str], *, quiet: bool = False) -> None:
    """Write what is no result to stderr."""
    if not quiet:
        sys.stderr.writelines(f"{line}\n" for line in lines)
        sys.stderr.flush()
