"""The crash file: what is left of a defect of this program, without values that could be secret."""

import platform
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

from multicasskop.operator.output.exit_codes import CommandError, ExitCode
from multicasskop.operator.version import version


def crashed(error: BaseException, arguments: Sequence[str]) -> CommandError:
    """Write the crash file and say where it is."""
    what = f"a defect in multicasskop ({type(error).__name__})"
    try:
        path = write(error, arguments)
    except OSError as full:
        # nowhere to write: then the details have to stand here
        stack = "".join(traceback.format_exception(error))
        return CommandError(ExitCode.BUG, f"{what}; no crash file could be written ({full.strerror}):\n{stack}")
    return CommandError(ExitCode.BUG, f"{what}; the details are in {path}", hint="report it and attach that file")


def write(error: BaseException, arguments: Sequence[str]) -> Path:
    """A new file in the folder for temporary files, readable by its owner only."""
    head = f"multicasskop {version()} python {platform.python_version()} verb {arguments[0] if arguments else '-'}\n"
    with tempfile.NamedTemporaryFile("w", prefix="multicasskop-crash-", suffix=".txt", delete=False) as file:
        file.write(head)
        file.writelines(traceback.format_exception(error))
    return Path(file.name)
