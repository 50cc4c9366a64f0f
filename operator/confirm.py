"""Before something is written: the question, or the flag that answers it."""

import sys

from multicasskop.crds.codes import Code
from multicasskop.operator.output.exit_codes import CommandError, ExitCode


def confirmed(question: str, *, yes: bool) -> bool:
    """Whether the user lets it be done; raises CommandError where nobody can be asked and no flag says so."""
    if yes:
        return True
    if not sys.stdin.isatty():
        what = f"{question} Nobody can be asked here. Nothing was changed"
        raise CommandError(ExitCode.USAGE, what, hint="--yes, or --dry-run", code=Code.BAD_FLAG)
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
