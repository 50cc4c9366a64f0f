"""`multicasskop version`: the version of the program, and with `-o json` of what it runs on."""

import platform
import sys
from typing import Annotated, Literal

import typer
from multicasskop.operator.output.document import as_json, document
from multicasskop.operator.version import version as number


def version(
    output: Annotated[Literal["text", "json"], typer.Option("-o", "--output", help="text or json.")] = "text",
) -> None:
    """The version of this program."""
    if output == "json":
        line = as_json(document("Version", {"version": number(), "python": platform.python_version()}))
    else:
        line = f"multicasskop {number()} (python {platform.python_version()})"
    sys.stdout.write(line + "\n")
