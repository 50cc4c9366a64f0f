"""`multicasskop plan`: what would change where, in which order, and what restarts."""

import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from multicasskop.operator.commands.flags import (
    Color,
    Context,
    Kubeconfig,
    Namespace,
    NoUnicode,
    Timeout,
    duration,
    write,
)

if TYPE_CHECKING:
    from multicasskop.operator.planning.report import PlanReport

Output = Literal["text", "json", "yaml"]
PlanOutput = Literal["text", "wide", "json", "yaml"]
Name = Annotated[str | None, typer.Argument(help="A MultiCasskop as it is stored.", show_default=False)]
File = Annotated[str, typer.Option("-f", "--filename", metavar="FILE", help="One as it is to be; - reads stdin.")]
Members = Annotated[str, typer.Option(metavar="NAMES", help="The members that the operator knows, home first.")]
Live = Annotated[bool, typer.Option("--live", help="Ask all members, by your contexts of their names.")]
Map = Annotated[list[str] | None, typer.Option("--map", metavar="MEMBER=CONTEXT", help="Ask a member by a context.")]
AllowPartial = Annotated[bool, typer.Option("--allow-partial", help="Let a member that did not answer be no failure.")]
ExitZero = Annotated[bool, typer.Option("--exit-zero", help="Exit code 0 also when there are changes.")]
CrossNamespace = Annotated[bool, typer.Option("--allow-cross-namespace", help="As the operator was told.")]
ServerDryRun = Annotated[
    bool, typer.Option("--server-dry-run", help="Ask the API servers what they would say; implies --live.")
]
ShowSecrets = Annotated[bool, typer.Option("--show-secrets", help="In JSON and YAML, hide nothing.")]


def plan(
    name: Name = None,
    filename: File = "",
    namespace: Namespace = "",
    members: Members = "",
    live: Live = False,
    mapped: Map = None,
    server_dry_run: ServerDryRun = False,
    output: Annotated[PlanOutput, typer.Option("-o", "--output", help="wide: every change in full.")] = "text",
    allow_partial: AllowPartial = False,
    exit_zero: ExitZero = False,
    allow_cross_namespace: CrossNamespace = False,
    show_secrets: ShowSecrets = False,
    context: Context = "",
    kubeconfig: Kubeconfig = "",
    timeout: Timeout = "30s",
    color: Color = "auto",
    no_unicode: NoUnicode = False,
) -> int:
    r"""What would change where, in which order, and what restarts.

    \b
      multicasskop plan -f demo.yaml --live          a change, against the living children
      multicasskop plan demo -n cassandra            what the operator would do now
      multicasskop plan -f demo.yaml -o json         with the requests, to the letter
      multicasskop plan -f demo.yaml --server-dry-run    and what each API server says of them

    Exit code 0: nothing would change; 1: something would; 5: a member could not be asked; 6: it would be refused.
    Never writes: a server dry run sends the requests with dryRun=All, which stores nothing, but needs your right to
    write. What looks like a password is hidden.
    """
    from multicasskop.operator.planning.command import Wanted, report_for

    wanted = Wanted(
        name, filename, namespace, members, live, tuple(mapped or ()), allow_cross_namespace, server_dry_run
    )
    report = report_for(wanted, kubeconfig, context, duration(timeout))
    show(report, output, color, ascii_only=no_unicode, secrets=show_secrets)
    return exit_code(report, allow_partial=allow_partial, exit_zero=exit_zero)


def show(report: "PlanReport", output: PlanOutput, color: str, *, ascii_only: bool, secrets: bool) -> None:
    """Write a plan in the form that was asked for."""
    from multicasskop.operator.output.document import as_compact_json, as_yaml
    from multicasskop.operator.output.plan_document import plan_document
    from multicasskop.operator.output.plan_text import plan_lines

    match output:
        case "json":
            sys.stdout.write(as_compact_json(plan_document(report, secrets=secrets)) + "\n")
        case "yaml":
            sys.stdout.write(as_yaml(plan_document(report, secrets=secrets)))
        case _:
            write(plan_lines(report, wide=output == "wide"), color, ascii_only=ascii_only)


def exit_code(report: "PlanReport", *, allow_partial: bool, exit_zero: bool) -> int:
    """What a plan comes to, as a number."""
    from multicasskop.operator.output.exit_codes import ExitCode

    if report.problems or report.refused_by_servers:
        return ExitCode.REFUSED
    if report.partly and not allow_partial:
        return ExitCode.PARTLY
    changes = bool(report.steps) or report.refused
    return ExitCode.NO if changes and not exit_zero else ExitCode.OK
