"""Completion of verbs and flags: what a shell asks the program for while a line is typed."""

import os
import shlex
import sys
from typing import Final

VARIABLE: Final = "_MULTICASSKOP_COMPLETE"
"""In whose presence the program completes a line instead of doing anything."""
NO_FILES: Final = ":4"
"""What kubectl wants to hear at the end: these are all, do not offer files."""


def get_ready() -> None:
    """Teach the library the shells, if one of them asks."""
    if VARIABLE in os.environ:
        # typer marks it as public in no way, and has no other one without flags on every command
        from typer.completion import completion_init  # type: ignore[attr-defined]

        completion_init()


def script(shell: str) -> str:
    """What a shell has to read once to complete lines of this program."""
    from typer.completion import get_completion_script  # type: ignore[attr-defined]

    return str(get_completion_script(prog_name="multicasskop", complete_var=VARIABLE, shell=shell))


def for_kubectl() -> None:
    """Entry point that kubectl calls to complete `kubectl mck`: the words so far, the last of them unfinished."""
    from multicasskop.operator.main import run

    words = ["multicasskop", *sys.argv[1:]]
    os.environ |= {VARIABLE: "complete_bash", "COMP_WORDS": shlex.join(words), "COMP_CWORD": str(len(words) - 1)}
    try:
        run(words[1:])
    except SystemExit:
        # the library's own end of a completion
        sys.stdout.write(f"\n{NO_FILES}\n")
