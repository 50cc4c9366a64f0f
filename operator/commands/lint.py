"""`multicasskop lint`: what is wrong in manifests, offline, with file, line and column."""

import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from multicasskop.operator.commands.flags import Color, write

if TYPE_CHECKING:
    from multicasskop.operator.lint.files import Linted

Output = Literal["text", "json", "yaml", "github", "sarif"]


def lint(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Manifests; - reads stdin.")],
    members: Annotated[str, typer.Option(metavar="NAMES", help="The registered members; else names go unjudged.")] = "",
    ignore: Annotated[str, typer.Option(metavar="CODES", help="Warnings to leave out: MCK231,MCK104.")] = "",
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 1 for warnings too.")] = False,
    output: Annotated[Output, typer.Option("-o", "--output", help="How the result is written.")] = "text",
    color: Color = "auto",
) -> int:
    r"""What is wrong in manifests: the operator's own rules, offline, with file, line and column.

    \b
      multicasskop lint deploy/*.yaml --members eu-west,eu-north,us-east
      multicasskop lint demo.yaml -o github

    No cluster and no credentials are needed. Exit code 0: no errors; 1: errors; 2: a file that is no YAML.
    A warning is silenced by --ignore, or by the annotation multicasskop.db.orange.com/lint-ignore: MCK231.
    """
    from multicasskop.crds.codes import Code
    from multicasskop.operator.lint.files import lint_file
    from multicasskop.operator.output.exit_codes import CommandError, ExitCode
    from multicasskop.operator.values import members as names_of
    from multicasskop.operator.values import parts

    try:
        known = names_of(members)
    except ValueError as error:
        raise CommandError(ExitCode.USAGE, f"--members: {error}", code=Code.BAD_FLAG) from None
    linted = [lint_file(file, known, parts(ignore)) for file in files]
    show(linted, output, color)
    return exit_code(linted, strict=strict)


def show(linted: "list[Linted]", output: Output, color: str) -> None:
    """Write what was found in the form that was asked for."""
    from multicasskop.operator.output.document import as_json, as_yaml
    from multicasskop.operator.output.lint_text import github_lines, lint_document, lint_lines, sarif_document

    match output:
        case "json":
            sys.stdout.write(as_json(lint_document(linted)) + "\n")
        case "yaml":
            sys.stdout.write(as_yaml(lint_document(linted)))
        case "sarif":
            sys.stdout.write(as_json(sarif_document(linted)) + "\n")
        case "github":
            write(list(github_lines(linted)), "never")
        case _:
            write(lint_lines(linted), color)


def exit_code(linted: "list[Linted]", *, strict: bool) -> int:
    """What it comes to, as a number."""
    from multicasskop.operator.lint.finding import Severity
    from multicasskop.operator.output.exit_codes import ExitCode

    if any(each.malformed for each in linted):
        return ExitCode.USAGE
    found = [finding for each in linted for finding in each.findings]
    bad = [finding for finding in found if strict or finding.severity is Severity.ERROR]
    return ExitCode.NO if bad else ExitCode.OK
