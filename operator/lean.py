"""What the operator's process leaves out: megabytes that only a terminal has a use for."""

import importlib
import sys


def import_structlog() -> None:
    """Import structlog, and not rich with it, which it draws tracebacks with wherever rich is installed: 4 MB.

    Whoever wants rich afterwards imports it as ever. Where one of the two is loaded already, nothing would be spared.
    """
    if sys.modules.keys() & {"rich", "structlog"}:
        return
    # None stands for a module that cannot be imported: https://docs.python.org/3/reference/import.html#the-module-cache
    sys.modules["rich"] = None  # type: ignore[assignment]
    try:
        importlib.import_module("structlog")
    finally:
        del sys.modules["rich"]
