"""`multicasskop unregister`: take a member out, and back what `register` made for it."""

from typing import Annotated

import typer
from multicasskop.operator.commands.flags import (
    Context,
    DryRun,
    HomeContext,
    HomeNamespace,
    Kubeconfig,
    NoUnicode,
    Timeout,
    Yes,
    duration,
    write,
)

IN_USE = (
    "Children are left alone when a member is unregistered: its nodes go on running there, and nobody rolls out to it."
)


def unregister(
    member: Annotated[str, typer.Argument(help="The member's name.")],
    context: Context = "",
    namespaces: Annotated[
        list[str] | None,
        typer.Option("-n", "--namespace", metavar="NAME", help="Where its rights are; else as home's Secret says."),
    ] = None,
    account: Annotated[str, typer.Option(metavar="NAME", help="Its ServiceAccount; else as home's Secret says.")] = (
        "multicasskop"
    ),
    home_context: HomeContext = "",
    home_namespace: HomeNamespace = "",
    kubeconfig: Kubeconfig = "",
    timeout: Timeout = "30s",
    dry_run: DryRun = False,
    yes: Yes = False,
    no_unicode: NoUnicode = False,
) -> int:
    r"""Take a member out: its Secret in home and, with a context, the account and its rights there.

    \b
      multicasskop unregister us-east --context prod-us-east
      multicasskop unregister us-east                          home's part alone: the member is gone, or dark

    Says what it will do and who still names the member, and asks. Children stay. What `register` did not make is left.
    """
    from multicasskop.operator.asking import confirm, talk
    from multicasskop.operator.output.exit_codes import CommandError, ExitCode
    from multicasskop.operator.registering.leaving import Flags, Leaving
    from multicasskop.operator.registering.withdraw import announcement

    flags = Flags(
        member=member,
        context=context,
        namespaces=tuple(name for each in namespaces or () for name in each.split(",") if name),
        account=account,
        home_context=home_context,
        home_namespace=home_namespace,
        kubeconfig=kubeconfig,
    )
    leaving = Leaving(flags, duration(timeout))
    try:
        leave = leaving.look()
        in_use = [f"{member} is in use:", *(f"  {use}" for use in leave.uses), IN_USE] if leave.uses else []
        stays = f"  in {member}  leave ServiceAccount {leave.stays}: name a --context to take it back, too"
        talk([*in_use, *announcement(leave.found), *([stays] if leave.stays else [])])
        if dry_run:
            return 0
        try:
            confirm("Unregister anyway?" if in_use else "Go on?", yes=yes)
        except CommandError as error:
            if in_use and error.exit_code is ExitCode.REFUSED:
                raise used(member, len(leave.uses)) from error
            raise
        leaving.carry_out(leave, lambda line: write([line], ascii_only=no_unicode))
    finally:
        leaving.close()
    write([f"Unregistered {member}. Its children were left alone."], ascii_only=no_unicode)
    return 0


def used(member: str, count: int) -> Exception:
    """Refused: somebody still names the member, and nobody said that this is known."""
    from multicasskop.crds.codes import Code
    from multicasskop.operator.output.exit_codes import CommandError, ExitCode

    text = f"{member}: {count} MultiCasskop{'s name' if count > 1 else ' names'} it. Nothing was changed"
    hint = "take its override out first, or say --yes"
    return CommandError(ExitCode.REFUSED, text, hint=hint, code=Code.MEMBER_IN_USE)
