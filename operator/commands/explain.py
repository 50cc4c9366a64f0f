"""`multicasskop explain`: what a code means, how it comes about, and what to do."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from multicasskop.operator.commands.flags import Output, write

if TYPE_CHECKING:
    from multicasskop.crds.codes import Code


def explain(
    code: Annotated[str, typer.Argument(metavar="CODE", help="A code such as MCK401; all by default.")] = "",
    output: Output = "text",
) -> int:
    r"""What a code such as MCK401 means, how it comes about, and what to do.

    \b
      multicasskop explain             all codes, a line each
      multicasskop explain MCK401
      multicasskop explain 401 -o json

    No cluster is asked. The same stands in docs/reference/codes.md.
    """
    from multicasskop.crds.codes import Code
    from multicasskop.operator.output.document import document, in_form

    found = [named(code)] if code else [*Code]
    if output == "text":
        write(lines(found[0]) if code else listed(found), "never")
        return 0
    bodies = [body(each) for each in found]
    whole = document("Explanation", bodies[0]) if code else document("ExplanationList", {"items": bodies})
    sys.stdout.write(in_form(whole, output))
    return 0


def named(text: str) -> "Code":
    """The code of that name, with or without its letters; raises CommandError with those that are near."""
    from multicasskop.crds.codes import Code
    from multicasskop.operator.lint.finding import did_you_mean
    from multicasskop.operator.output.exit_codes import CommandError, ExitCode

    name = f"MCK{text.upper().removeprefix('MCK')}"
    known = {each.value: each for each in Code}
    if name in known:
        return known[name]
    what = f"there is no code {text}.{did_you_mean(name, tuple(known))}"
    raise CommandError(ExitCode.NOT_FOUND, what, hint="multicasskop explain")


def lines(code: "Code") -> list[str]:
    """A code for people."""
    from multicasskop.crds.advice import ADVICE

    advice = ADVICE[code]
    return [f"{code.value}  {code.meaning}", "", f"  cause   {advice.cause}", f"  to do   {advice.remedy}"]


def listed(codes: "Sequence[Code]") -> list[str]:
    """All of them, a line each."""
    from multicasskop.operator.output.table import table

    return table(("CODE", "MEANING"), [(code.value, code.meaning) for code in codes])


def body(code: "Code") -> dict[str, Any]:
    """A code for programs; fields are only ever added."""
    from multicasskop.crds.advice import ADVICE

    advice = ADVICE[code]
    return {
        "code": code.value,
        "name": code.name,
        "meaning": code.meaning,
        "cause": advice.cause,
        "remedy": advice.remedy,
    }
