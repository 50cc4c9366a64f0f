"""`multicasskop migrate`: from the Go MultiCassKop to this operator, seen first, then done."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from multicasskop.operator.commands.flags import (
    AllNamespaces,
    Color,
    Context,
    DryRun,
    Kubeconfig,
    Namespace,
    NoUnicode,
    Timeout,
    Yes,
    duration,
    write,
)
from multicasskop.operator.commands.plan import Map, Members

if TYPE_CHECKING:
    from multicasskop.informers.client import Client
    from multicasskop.operator.home import Home
    from multicasskop.operator.migration.survey import Candidate, Survey
    from multicasskop.operator.migration.take_over import Taken
    from multicasskop.operator.planning.members import Asked

Output = Literal["text", "json", "yaml"]
Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME...]", help="MultiCasskops; by default all.")]
# it looks at everything every 30 s, and writes whatever differs
Idle = Annotated[str, typer.Option(metavar="TIME", help="How long the Go operator must not have written.")]
AcceptChanges = Annotated[bool, typer.Option("--accept-changes", help="Take over children that would change.")]


def migrate(
    names: Names = None,
    namespace: Namespace = "",
    all_namespaces: AllNamespaces = False,
    members: Members = "",
    mapped: Map = None,
    accept_changes: AcceptChanges = False,
    idle: Idle = "90s",
    dry_run: DryRun = False,
    yes: Yes = False,
    output: Annotated[Output, typer.Option("-o", "--output", help="How the result is written.")] = "text",
    context: Context = "",
    kubeconfig: Kubeconfig = "",
    timeout: Timeout = "2m",
    color: Color = "auto",
    no_unicode: NoUnicode = False,
) -> int:
    r"""From the Go MultiCassKop to this operator: what would differ, then the taking over of its children.

    \b
      multicasskop migrate -A --dry-run              what is there, and what would differ
      multicasskop migrate demo -n cassandra --yes   take its children over

    Members are read from the Go operator's arguments, or named with --members, home first; each is asked by your
    context of its name, or that of --map. Nothing but an annotation is written to a child: no spec, no restart.
    Refused while the Go operator runs. May be interrupted, and be run again.
    Exit code 0: all come over; 1: some would change; 5: a member could not be asked; 6: refused.
    """
    from multicasskop.operator.confirm import confirmed
    from multicasskop.operator.home import Home, Where
    from multicasskop.operator.output.exit_codes import ExitCode

    home = Home(Where(kubeconfig, context, namespace, all_namespaces), duration(timeout))
    try:
        found = look(home, names or [], members, mapped or [], duration(idle, "--idle"))
        show(found, output, color, ascii_only=no_unicode)
        if dry_run:
            document(found, [], output)
            return exit_code(found)
        refuse_while_go_runs(found)
        chosen = [each for each in found.candidates if comes_over(each, accept_changes) and not each.done]
        if chosen and not confirmed(f"Mark the children of {len(chosen)} MultiCasskops as ours?", yes=yes):
            return ExitCode.NO
        home.begin_again()
        taken = [told(each, output, color, ascii_only=no_unicode) for each in carry_out(home, found, chosen)]
        return conclude(found, taken, output, accept_changes=accept_changes)
    finally:
        home.close()


def look(home: "Home", names: list[str], members: str, mapped: list[str], idle: float) -> "Survey":
    """Find out all that there is to know before anything is written."""
    from multicasskop.operator.migration.survey import check_definition, find_go, survey
    from multicasskop.operator.planning.members import Asked

    check_definition(home)
    search = find_go(home)
    told = next((",".join(go.members) for go in search.found if go.members), "")
    asked = Asked.of(members or told, True, mapped)
    require_members(asked)
    objects = [home.get(name) for name in names] if names else home.list()
    return survey(home, search, asked, objects, idle)


def require_members(asked: "Asked") -> None:
    """Raise CommandError where nobody said which members there are."""
    from multicasskop.crds.codes import Code
    from multicasskop.operator.output.exit_codes import CommandError, ExitCode

    if not asked.members:
        what = "no Go operator was found whose arguments name the members"
        raise CommandError(ExitCode.USAGE, what, hint="--members HOME,OTHER,...", code=Code.BAD_FLAG)


def show(found: "Survey", output: Output, color: str, *, ascii_only: bool) -> None:
    """Write what was found; documents come at the end, with what was done."""
    from multicasskop.operator.output.migration_text import survey_lines

    if output == "text":
        write(survey_lines(found), color, ascii_only=ascii_only)


def refuse_while_go_runs(found: "Survey") -> None:
    """Raise CommandError where two operators would write to the same children."""
    from multicasskop.crds.codes import Code
    from multicasskop.operator.output.exit_codes import CommandError, ExitCode

    if found.running or found.active is not None:
        what = "the Go operator still runs, and would write to the same children. Nothing was changed"
        first = next(iter(found.running), None)
        hint = (
            f"kubectl -n {first.namespace} scale deployment {first.name} --replicas=0"
            if first
            else "wait, or see where it runs"
        )
        raise CommandError(ExitCode.REFUSED, what, hint=hint, code=Code.GO_STILL_RUNS)


def carry_out(home: "Home", found: "Survey", chosen: "list[Candidate]") -> "Iterator[Taken]":
    """Mark the children of those that come over, and tell of each as it is done."""
    from multicasskop.operator.migration.take_over import take_over

    with clients(home, found) as client:
        for candidate in chosen:
            yield from take_over(candidate, client, home.deadline)


def told(taken: "Taken", output: Output, color: str, *, ascii_only: bool) -> "Taken":
    """Say at once what became of a child, and give it back; a document has it at its end."""
    from multicasskop.operator.output.migration_text import taken_line

    if output == "text":
        write([taken_line(taken)], color, ascii_only=ascii_only)
    return taken


def conclude(found: "Survey", taken: "list[Taken]", output: Output, *, accept_changes: bool) -> int:
    """Say how to go on, and give the exit code."""
    from multicasskop.operator.output.exit_codes import ExitCode
    from multicasskop.operator.output.migration_text import next_lines

    document(found, taken, output)
    if output == "text":
        write(next_lines([str(each.parent.meta.key) for each in found.candidates if comes_over(each, accept_changes)]))
    return exit_code(found, accept_changes=accept_changes) if all(each.done for each in taken) else ExitCode.REFUSED


def comes_over(candidate: "Candidate", accept_changes: bool) -> bool:
    """Whether its children are to be marked: none would change, or that was accepted; conflicts never are."""
    in_the_way = candidate.problems or candidate.unread or any(member.conflict for member in candidate.members)
    return candidate.clean or (accept_changes and not in_the_way)


@contextmanager
def clients(home: "Home", found: "Survey") -> "Iterator[Callable[[str], Client]]":
    """The clients of all members, by name; home's is its own."""
    from multicasskop.operator.planning.reading import Reached

    first, *others = found.asked.members
    known = Reached(home, {first: home.cluster})
    for name in others:
        known.use(name, found.asked.context_of(name) or name)

    def client(name: str) -> "Client":
        """The client of a member; KeyError for one that is not known."""
        return known.clusters[name].client

    try:
        yield client
    finally:
        known.close()


def document(found: "Survey", taken: "list[Taken]", output: Output) -> None:
    """Write the whole as a document, where one was asked for."""
    from multicasskop.operator.output.document import in_form
    from multicasskop.operator.output.migration_text import survey_document

    if output != "text":
        sys.stdout.write(in_form(survey_document(found, taken), output))


def exit_code(found: "Survey", *, accept_changes: bool = False) -> int:
    """What it comes to, as a number."""
    from multicasskop.operator.output.exit_codes import ExitCode

    if any(each.unread for each in found.candidates):
        return ExitCode.PARTLY
    return ExitCode.OK if all(comes_over(each, accept_changes) for each in found.candidates) else ExitCode.NO
