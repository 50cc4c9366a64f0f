"""`multicasskop wait`: until a MultiCasskop is ready or gone; for scripts."""

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer
from multicasskop.operator.commands.flags import Context, Kubeconfig, Namespace, Output, Timeout, duration

if TYPE_CHECKING:
    from multicasskop.operator.home import Home
    from multicasskop.operator.output.report import Report

Condition = Callable[["Report", bool], bool]


@dataclass(frozen=True, slots=True)
class Goal:
    """What is waited for: the words of `--for`, and when they are true."""

    name: str
    words: str
    holds: Condition


def wait(
    name: Annotated[str, typer.Argument(help="The MultiCasskop.")],
    goal: Annotated[str, typer.Option("--for", help="ready, deleted, or member=NAME.")] = "ready",
    namespace: Namespace = "",
    output: Output = "text",
    context: Context = "",
    kubeconfig: Kubeconfig = "",
    timeout: Timeout = "30m",
) -> int:
    r"""Wait until a MultiCasskop is ready or gone; for scripts.

    \b
      multicasskop wait demo -n cassandra --for ready --timeout 20m
      multicasskop wait demo -n cassandra --for member=eu-north
      multicasskop wait demo -n cassandra --for deleted -o json

    Each change is a line on stderr. Exit code 7 when the time was over.
    """
    from multicasskop.operator.home import Home, Where
    from multicasskop.operator.output.exit_codes import CommandError, ExitCode

    wanted = Goal(name, goal, condition(goal))
    limit = duration(timeout)
    home = Home(Where(kubeconfig, context, namespace), limit)
    try:
        reached, found = waited(home, wanted, limit, output)
        tell(home, wanted, reached, found, output)
    finally:
        home.close()
    if not reached:
        raise CommandError(ExitCode.TIMEOUT, f"{name}: not {goal} within {timeout}", hint=next_step(home, name))
    return 0


def waited(home: "Home", goal: Goal, limit: float, output: str) -> "tuple[bool, list[Report]]":
    """Whether it came about in time, and what there is then; raises CommandError."""
    from multicasskop.operator.watching import Following, change_line

    reached = threading.Event()

    def look(report: "Report", gone: bool) -> None:
        """Tell each report in one line, and end the waiting when it is the one."""
        # where a document is asked for, errors on stderr are documents, and so is all else there
        sys.stderr.write(change_line(report, gone, "json" if output == "json" else "text", home) + "\n")
        if goal.holds(report, gone):
            reached.set()

    following = Following(home, goal.name, look)
    following.start()
    if not following.reports():
        if goal.words == "deleted":
            return True, []
        home.get(goal.name)
    return home.clock.sleep(reached, limit), following.reports()


def tell(home: "Home", goal: Goal, reached: bool, found: "list[Report]", output: str) -> None:
    """Write how the waiting ended, where a document was asked for."""
    from multicasskop.operator.output.document import document, in_form
    from multicasskop.operator.output.report import document_of

    if output == "text":
        return
    body = {
        "namespace": home.namespace,
        "name": goal.name,
        "context": home.context,
        "for": goal.words,
        "reached": reached,
        "status": document_of(found[0], home.clock.now()) if found else None,
        "next": "" if reached else next_step(home, goal.name),
    }
    sys.stdout.write(in_form(document("WaitReport", body), output))


def next_step(home: "Home", name: str) -> str:
    """Where to look when the time was over."""
    return f"multicasskop status {name} -n {home.namespace}"


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
