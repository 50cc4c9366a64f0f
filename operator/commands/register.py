"""`multicasskop register`: bring a member in. What `kubemcsa export --as` did, and the steps by hand after it."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from multicasskop.operator.commands.flags import (
    Context,
    DryRun,
    HomeContext,
    HomeNamespace,
    Kubeconfig,
    NoUnicode,
    Output,
    Quiet,
    Timeout,
    Yes,
    duration,
    talk,
    with_flags,
    write,
)
from multicasskop.operator.registering.flags import RegisterFlags

if TYPE_CHECKING:
    from multicasskop.operator.registering.outcome import Outcome
    from multicasskop.operator.registering.plan import Plan
    from multicasskop.operator.registering.session import Session


def said(text: str, *names: str, metavar: str = "NAME") -> Any:  # noqa: ANN401 - an annotation
    """A flag with a text for its value."""
    return Annotated[str, typer.Option(*names, metavar=metavar, help=text, show_default=False)]


NAMESPACES = typer.Option("-n", "--namespace", metavar="NAME", help="Where children are, in the member; repeatable.")
OPTIONS = {
    "member": said("The member's name everywhere else.", "--as"),
    "context": Context,
    "namespaces": Annotated[list[str] | None, NAMESPACES],
    "server": said("Its address for the operator; else the context's.", metavar="URL"),
    "ca_file": said("The CA of that address; else the context's.", metavar="FILE"),
    "account": said("The ServiceAccount there; else multicasskop."),
    "token_life": said("Of the token; else 24h. 10m at least.", metavar="TIME"),
    "new_token": Annotated[bool, typer.Option("--new-token", help="Issue one though home has a good one.")],
    "create_namespace": Annotated[bool, typer.Option("--create-namespace", help="Make the namespaces, too.")],
    "cluster_wide": Annotated[
        bool, typer.Option("--cluster-wide", help="Rights in all namespaces; -n is where the account is.")
    ],
    "rbac_only": Annotated[bool, typer.Option("--rbac-only", help="The account and its rights; no token.")],
    "home_context": HomeContext,
    "home_namespace": HomeNamespace,
    "operator_account": said("The operator's ServiceAccount in home; else the Deployment's, or multi-casskop."),
    "allow_local_servers": Annotated[
        bool, typer.Option("--allow-local-servers", help="The server may be this machine; for tests.")
    ],
    "kubeconfig": Kubeconfig,
    "timeout": Timeout,
}


@with_flags(RegisterFlags, OPTIONS)
def register(
    flags: RegisterFlags,
    dry_run: DryRun = False,
    yes: Yes = False,
    output: Output = "text",
    quiet: Quiet = False,
    no_unicode: NoUnicode = False,
) -> int:
    r"""Bring a member in: an account with its rights there, its credentials as a Secret in home.

    \b
      multicasskop register --context prod-us-east --as us-east -n cassandra
      multicasskop register --context us-east --as us-east -n cassandra --server https://api.us.example:6443
      multicasskop register --context us-east --as us-east -n cassandra --dry-run > us-east.yaml
      multicasskop register --context us-east --as us-east -n cassandra --yes -o json

    Says what it will do, and asks. Said again it changes only what is not as it should be. At the end it logs in with
    the new credentials, and says what is missing. Never prints a token.
    """
    from multicasskop.operator.registering.session import Session

    session = Session(flags, duration(flags.timeout))
    try:
        plan = session.plan(lambda lines: talk(lines, quiet=quiet, ascii_only=no_unicode))
        if dry_run:
            return shown(plan, flags.context, output, no_unicode)
        return carried_out(session, plan, output, yes=yes, ascii_only=no_unicode)
    finally:
        session.close()


def shown(plan: "Plan", context: str, output: str, ascii_only: bool) -> int:
    """Write the objects as YAML, without a token, and nothing else; or, when asked for, what would be done."""
    from multicasskop.operator.registering.rendering import documents

    if output == "text":
        write(documents(plan, context), "never", ascii_only=ascii_only)
    else:
        told(plan, None, output)
    return 0


def carried_out(session: "Session", plan: "Plan", output: str, *, yes: bool, ascii_only: bool) -> int:
    """Ask, do it, and try the new credentials; of a document, what is done meanwhile goes to stderr."""
    from multicasskop.operator.confirm import confirmed
    from multicasskop.operator.registering.outcome import lines

    if not plan.is_done and not confirmed("Go on?", yes=yes):
        talk(["Nothing was changed."])
        return 1
    say = write if output == "text" else talk
    outcome = session.perform(plan, lambda line: say([line], ascii_only=ascii_only))
    if output == "text":
        write([*lines(outcome)], ascii_only=ascii_only)
    else:
        told(plan, outcome, output)
    return outcome.exit_code


def told(plan: "Plan", outcome: "Outcome | None", output: str) -> None:
    """Write a registration as one document."""
    from multicasskop.operator.output.document import document, in_form
    from multicasskop.operator.registering.outcome import document_of

    sys.stdout.write(in_form(document("Registration", document_of(plan, outcome)), output))
