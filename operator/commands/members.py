"""`multicasskop members`: the registered members, whether they answer, and who uses them."""

import os
import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from multicasskop.operator.commands.flags import (
    Color,
    Context,
    Kubeconfig,
    NoUnicode,
    Timeout,
    duration,
    write,
)

if TYPE_CHECKING:
    from datetime import datetime

    from multicasskop.operator.access import Access
    from multicasskop.operator.registering.roll import Row

Output = Literal["text", "wide", "json", "yaml", "name"]


def members(
    namespace: Annotated[
        str, typer.Option("-n", "--namespace", metavar="NAME", help="The operator's namespace.", show_default=False)
    ] = "",
    output: Annotated[Output, typer.Option("-o", "--output", help="How the result is written.")] = "text",
    local: Annotated[
        str, typer.Option("-l", "--local", metavar="NAME", help="Home's name; else as a Deployment says.")
    ] = "",
    allow_partial: Annotated[bool, typer.Option("--allow-partial", help="Exit code 0 though one is dark.")] = False,
    context: Context = "",
    kubeconfig: Kubeconfig = "",
    timeout: Timeout = "30s",
    color: Color = "auto",
    no_unicode: NoUnicode = False,
) -> int:
    r"""The registered members: whether they answer, until when their credentials are good, who uses them.

    \b
      multicasskop members -n casskop-system
      multicasskop members -n casskop-system -o wide    with addresses, sources, and the MultiCasskops that name them

    Asks each member once, from this machine, with the credentials of its Secret. Exit code 5 when one does not answer
    as it should. Never writes.
    """
    from multicasskop.informers.clock import SystemClock
    from multicasskop.informers.deadline import Deadline
    from multicasskop.operator.access import Contexts
    from multicasskop.operator.logs import configure_logs

    clock = SystemClock()
    configure_logs("error", "text", clock)
    home = Contexts(kubeconfig, clock, Deadline(clock, duration(timeout)), os.environ).open("home", context, "home")
    rows = rows_of(home, namespace or home.credentials.namespace or "default", local)
    show(rows, output, clock.now(), color, ascii_only=no_unicode)
    return 0 if allow_partial or all(row.asked for row in rows) else 5


def rows_of(home: "Access", namespace: str, local: str) -> "tuple[Row, ...]":
    """Ask home and all members; raises CommandError when home does not tell."""
    from multicasskop.informers.errors import InformerError
    from multicasskop.operator.registering.roll import roll

    try:
        return roll(home, namespace, local)
    except InformerError as error:
        raise home.explain(error, "Nobody was asked") from error
    finally:
        home.close()


def show(rows: "tuple[Row, ...]", output: Output, now: "datetime", color: str, *, ascii_only: bool) -> None:
    """Write the members in the form that was asked for."""
    from multicasskop.operator.output.document import document, in_form
    from multicasskop.operator.registering.overview import document_of, lines

    match output:
        case "json" | "yaml":
            sys.stdout.write(in_form(document("MemberList", {"items": [document_of(row) for row in rows]}), output))
        case "name":
            write([row.name for row in rows], "never")
        case _:
            write(lines(rows, now, wide=output == "wide"), color, ascii_only=ascii_only)
