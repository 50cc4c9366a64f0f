"""`multicasskop wait`: until a MultiCasskop is ready or gone; for scripts."""

import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer
from multicasskop.operator.commands.flags import Context, Kubeconfig, Namespace, Timeout, duration

if TYPE_CHECKING:
    from multicasskop.operator.output.report import Report

Condition = Callable[["Report", bool], bool]


def wait(
    name: Annotated[str, typer.Argument(help="The MultiCasskop.")],
    goal: Annotated[str, typer.Option("--for", help="ready, deleted, or member=NAME.")] = "ready",
    namespace: Namespace = "",
    context: Context = "",
    kubeconfig: Kubeconfig = "",
    timeout: Timeout = "30m",
) -> int:
    r"""Wait until a MultiCasskop is ready or gone; for scripts.

    \b
      multicasskop wait demo -n cassandra --for ready --timeout 20m
      multicasskop wait demo -n cassandra --for member=eu-north
      multicasskop wait demo -n cassandra --for deleted

    Each change is a line on stderr. Exit code 7 when the time was over.
    """
    from multicasskop.operator.home import Home, Where
    from multicasskop.operator.output.exit_codes import CommandError, ExitCode
    from multicasskop.operator.watching import Following, change_line

    holds = condition(goal)
    limit = duration(timeout)
    home = Home(Where(kubeconfig, context, namespace), limit)
    reached = threading.Event()

    def look(report: "Report", gone: bool) -> None:
        """Tell each report in one line, and end the waiting when it is the one."""
        sys.stderr.write(change_line(report, gone, "text", home) + "\n")
        if holds(report, gone):
            reached.set()

    following = Following(home, name, look)
    try:
        following.start()
        if not following.reports():
            if goal == "deleted":
                return 0
            home.get(name)
        if not home.clock.sleep(reached, limit):
            raise CommandError(
                ExitCode.TIMEOUT, f"{name}: not {goal} within {timeout}", hint=f"multicasskop status {name}"
            )
    finally:
        home.close()
    return 0


def condition(goal: str) -> Condition:
    """What `--for` asks for; raises CommandError for anything else."""
    from multicasskop.crds.codes import Code
    from multicasskop.operator.output.exit_codes import CommandError, ExitCode

    word, _, member = goal.partition("=")
    match word:
        case "ready" if not member:
            return lambda report, gone: not gone and report.phase == "Ready" and report.seen
        case "deleted" if not member:
            return lambda report, gone: gone
        case "member" if member:
            return lambda report, gone: (
                not gone and any(each.name == member and each.state == "Ready" for each in report.members)
            )
    what = f'--for: "{goal}" is not known (allowed: ready, deleted, member=NAME)'
    raise CommandError(ExitCode.USAGE, what, code=Code.BAD_FLAG)
