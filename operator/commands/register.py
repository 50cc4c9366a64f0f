"""`multicasskop register`: bring a member in. What `kubemcsa export --as` did, and the steps by hand after it."""

from typing import TYPE_CHECKING, Annotated

import typer
from multicasskop.operator.commands.flags import (
    Context,
    DryRun,
    HomeContext,
    HomeNamespace,
    Kubeconfig,
    NoUnicode,
    Quiet,
    Timeout,
    Yes,
    duration,
    write,
)

if TYPE_CHECKING:
    from multicasskop.operator.registering.plan import Plan
    from multicasskop.operator.registering.session import Flags, Session

Namespaces = Annotated[
    list[str] | None,
    typer.Option("-n", "--namespace", metavar="NAME", help="Where children are, in the member; may be repeated."),
]


def register(
    member: Annotated[str, typer.Option("--as", metavar="NAME", help="The member's name everywhere else.")],
    context: Context = "",
    namespaces: Namespaces = None,
    server: Annotated[str, typer.Option(metavar="URL", help="Its address for the operator; else the context's.")] = "",
    ca_file: Annotated[str, typer.Option(metavar="FILE", help="The CA of that address; else the context's.")] = "",
    account: Annotated[str, typer.Option(metavar="NAME", help="The ServiceAccount there.")] = "multicasskop",
    token_life: Annotated[str, typer.Option(metavar="TIME", help="Of the token, 10m at least.")] = "24h",  # noqa: S107
    new_token: Annotated[bool, typer.Option("--new-token", help="Issue one though home has a good one.")] = False,
    create_namespace: Annotated[bool, typer.Option("--create-namespace", help="Make the namespaces, too.")] = False,
    rbac_only: Annotated[bool, typer.Option("--rbac-only", help="The account and its rights; no token.")] = False,
    home_context: HomeContext = "",
    home_namespace: HomeNamespace = "",
    operator_account: Annotated[
        str, typer.Option(metavar="NAME", help="The operator's ServiceAccount in home.", show_default=False)
    ] = "",
    allow_local_servers: Annotated[
        bool, typer.Option("--allow-local-servers", help="The server may be this machine; for tests.")
    ] = False,
    kubeconfig: Kubeconfig = "",
    timeout: Timeout = "30s",
    dry_run: DryRun = False,
    yes: Yes = False,
    quiet: Quiet = False,
    no_unicode: NoUnicode = False,
) -> int:
    r"""Bring a member in: an account with its rights there, its credentials as a Secret in home.

    \b
      multicasskop register --context prod-us-east --as us-east -n cassandra
      multicasskop register --context us-east --as us-east -n cassandra --server https://api.us.example:6443
      multicasskop register --context us-east --as us-east -n cassandra --dry-run > us-east.yaml

    Says what it will do, and asks. Said again it changes only what is not as it should be. At the end it logs in with
    the new credentials, and says what is missing. Never prints a token.
    """
    from multicasskop.operator.registering.session import Flags, Session

    flags = Flags(
        member=member,
        context=context,
        namespaces=tuple(name for each in namespaces or () for name in each.split(",") if name),
        server=server,
        ca_file=ca_file,
        account=account,
        token_life=duration(token_life, "--token-life"),
        make_namespaces=create_namespace,
        home_context=home_context,
        home_namespace=home_namespace,
        operator_account=operator_account,
        allow_local=allow_local_servers,
        kubeconfig=kubeconfig,
    )
    session = Session(flags, duration(timeout))
    try:
        plan = session.plan(rbac_only=rbac_only, new_token=new_token, say=lambda lines: told(lines, quiet, no_unicode))
        if dry_run:
            return shown(plan, flags, no_unicode)
        return carried_out(session, plan, yes=yes, ascii_only=no_unicode)
    finally:
        session.close()


def told(lines: list[str], quiet: bool, ascii_only: bool) -> None:
    """Write what is no result."""
    from multicasskop.operator.asking import talk
    from multicasskop.operator.output.marks import in_ascii

    talk([in_ascii(line) if ascii_only else line for line in lines], quiet=quiet)


def shown(plan: "Plan", flags: "Flags", ascii_only: bool) -> int:
    """Write the objects as YAML, without a token, and nothing else."""
    from multicasskop.operator.registering.rendering import documents

    write(documents(plan, flags.context), "never", ascii_only=ascii_only)
    return 0


def carried_out(session: "Session", plan: "Plan", *, yes: bool, ascii_only: bool) -> int:
    """Ask, do it, and try the new credentials."""
    from multicasskop.operator.asking import confirm

    if not plan.is_done:
        confirm("Go on?", yes=yes)
    return session.perform(plan, lambda line: write([line], ascii_only=ascii_only))
