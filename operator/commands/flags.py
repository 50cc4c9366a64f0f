"""Flags that several verbs have, as in kubectl."""

import sys
from typing import Annotated, Literal

import typer

Context = Annotated[str, typer.Option(metavar="NAME", help="Context of the kubeconfig.", show_default=False)]
Kubeconfig = Annotated[str, typer.Option(metavar="FILE", help="The kubeconfig.", show_default=False)]
Namespace = Annotated[str, typer.Option("-n", "--namespace", metavar="NAME", help="Namespace.", show_default=False)]
AllNamespaces = Annotated[bool, typer.Option("-A", "--all-namespaces", help="In all namespaces.")]
Timeout = Annotated[str, typer.Option(metavar="TIME", help="Limit for the whole command.")]
Color = Annotated[Literal["auto", "always", "never"], typer.Option(help="Colour on a terminal only, or not.")]
Yes = Annotated[bool, typer.Option("-y", "--yes", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")]
NoUnicode = Annotated[bool, typer.Option("--no-unicode", help="Marks and lines in ASCII.")]


def duration(text: str, flag: str = "--timeout") -> float:
    """Seconds of a flag; raises CommandError."""
    from multicasskop.crds.codes import Code
    from multicasskop.operator.output.exit_codes import CommandError, ExitCode
    from multicasskop.operator.values import seconds

    try:
        return seconds(text)
    except ValueError as error:
        raise CommandError(ExitCode.USAGE, f"{flag}: {error}", code=Code.BAD_FLAG) from None


def write(lines: list[str], color: str = "auto", *, ascii_only: bool = False) -> None:
    """Write lines to stdout, never folded; marks in colour where that is wanted and possible."""
    from multicasskop.operator.output.marks import in_ascii

    encoding = sys.stdout.encoding or "utf-8"
    plain = ascii_only or not _carries("✔├", encoding)
    shown = [in_ascii(line) if plain else line for line in lines]
    if color == "never" or (color == "auto" and not sys.stdout.isatty()):
        sys.stdout.write("".join(f"{line}\n" for line in shown))
        return
    from multicasskop.operator.output.live import coloured, console

    screen = console(sys.stdout, color)
    for line in shown:
        screen.print(coloured(line), soft_wrap=True)


def _carries(signs: str, encoding: str) -> bool:
    try:
        signs.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
