"""`multicasskop unregister`: take a member out, and back what `register` made for it."""

import sys
from typing import TYPE_CHECKING, Annotated

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
    talk,
    with_flags,
    write,
)
from multicasskop.operator.registering.flags import UnregisterFlags

if TYPE_CHECKING:
    from multicasskop.operator.registering.leaving import Leave

IN_USE = (
    "Children are left alone when a member is unregistered: its nodes go on running there, and nobody rolls out to it."
)


OPTIONS = {
    "member": Annotated[str, typer.Argument(help="The member's name.")],
    "context": Context,
    "namespaces": Annotated[
        list[str] | None,
        typer.Option("-n", "--namespace", metavar="NAME", help="Where its rights are; else as home's Secret says."),
    ],
    "account": Annotated[str, typer.Option(metavar="NAME", help="Its ServiceAccount; else as home's Secret says.")],
    "cluster_wide": Annotated[
        bool, typer.Option("--cluster-wide", help="It has rights in all namespaces; else as home's Secret says.")
    ],
    "home_context": HomeContext,
    "home_namespace": HomeNamespace,
    "kubeconfig": Kubeconfig,
    "timeout": Timeout,
}


@with_flags(UnregisterFlags, OPTIONS)
def unregister(flags: UnregisterFlags, dry_run: DryRun = False, yes: Yes = False, no_unicode: NoUnicode = False) -> int:
    r"""Take a member out: its Secret in home and, with a context, the account and its rights there.

    \b
      multicasskop unregister us-east --context prod-us-east
      multicasskop unregister us-east                          home's part alone: the member is gone, or dark

    Says what it will do and who still names the member, and asks. Children stay. What `register` did not make is left.
    """
    from multicasskop.operator.registering.leaving import Leaving

    leaving = Leaving(flags, duration(flags.timeout))
    try:
        leave = leaving.look()
        talk(announced(flags.member, leave), ascii_only=no_unicode)
        if dry_run:
            return 0
        if not consent(flags.member, leave, yes=yes):
            talk(["Nothing was changed."])
            return 1
        leaving.carry_out(leave, lambda line: write([line], ascii_only=no_unicode))
    finally:
        leaving.close()
    write([f"Unregistered {flags.member}. Its children were left alone."], ascii_only=no_unicode)
    return 0


def announced(member: str, leave: "Leave") -> list[str]:
    """Who uses the member, what will be done, and what is left."""
    from multicasskop.operator.registering.withdraw import announcement

    in_use = [f"{member} is in use:", *(f"  {use}" for use in leave.uses), IN_USE] if leave.uses else []
    stays = f"  in {member}  leave ServiceAccount {leave.stays}: name a --context to take it back, too"
    hidden = [f"  in {member}  leave {place}, if it is there: you may not look" for place in leave.hidden]
    return [*in_use, *announcement(leave.found), *([stays] if leave.stays else []), *hidden]


def consent(member: str, leave: "Leave", *, yes: bool) -> bool:
    """Ask; raises CommandError for a member in use where there is nobody to ask and nobody said that this is known."""
    from multicasskop.crds.codes import Code
    from multicasskop.operator.confirm import confirmed
    from multicasskop.operator.output.exit_codes import CommandError, ExitCode

    if leave.uses and not yes and not sys.stdin.isatty():
        count = len(leave.uses)
        text = f"{member}: {count} MultiCasskop{'s name' if count > 1 else ' names'} it. Nothing was changed"
        hint = "take its override out first, or say --yes"
        raise CommandError(ExitCode.REFUSED, text, hint=hint, code=Code.MEMBER_IN_USE)
    return confirmed("Unregister anyway?" if leave.uses else "Go on?", yes=yes)
