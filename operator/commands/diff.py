"""`multicasskop diff`: a plan as unified YAML, member by member."""

from typing import Annotated, Literal

import typer
from multicasskop.operator.commands.flags import Color, Context, Kubeconfig, Namespace, Timeout, duration, write
from multicasskop.operator.commands.plan import (
    AllowPartial,
    CrossNamespace,
    ExitZero,
    File,
    Live,
    Map,
    Members,
    Name,
    exit_code,
    show,
)

Output = Literal["text", "json", "yaml"]


def diff(
    name: Name = None,
    filename: File = "",
    namespace: Namespace = "",
    members: Members = "",
    live: Live = False,
    mapped: Map = None,
    output: Annotated[Output, typer.Option("-o", "--output", help="json and yaml are those of plan.")] = "text",
    allow_partial: AllowPartial = False,
    exit_zero: ExitZero = False,
    allow_cross_namespace: CrossNamespace = False,
    context: Context = "",
    kubeconfig: Kubeconfig = "",
    timeout: Timeout = "30s",
    color: Color = "auto",
) -> int:
    r"""What `plan` says, as unified YAML per member.

    \b
      multicasskop diff -f demo.yaml --live
      multicasskop diff demo -n cassandra | less

    Exit codes are those of plan and of kubectl diff: 0 the same, 1 different, more: not answered. Never writes.
    """
    from multicasskop.operator.output.diff_text import diff_lines
    from multicasskop.operator.planning.command import Wanted, report_for

    wanted = Wanted(name, filename, namespace, members, live, tuple(mapped or ()), allow_cross_namespace)
    report = report_for(wanted, kubeconfig, context, duration(timeout))
    if output == "text" and not report.problems:
        write(list(diff_lines(report)), color)
    else:
        show(report, output, color, ascii_only=False, secrets=False)
    return exit_code(report, allow_partial=allow_partial, exit_zero=exit_zero)
