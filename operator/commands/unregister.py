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
    Output,
    Quiet,
    Timeout,
    Yes,
    duration,
    with_flags,
)
from multicasskop.operator.commands.voice import Voice
from multicasskop.operator.registering.flags import UnregisterFlags

if TYPE_CHECKING:
    from multicasskop.operator.registering.departure import Departure
    from multicasskop.operator.registering.leaving import Leave, Leaving

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
def unregister(
    flags: UnregisterFlags,
    dry_run: DryRun = False,
    yes: Yes = False,
    output: Output = "text",
    quiet: Quiet = False,
    no_unicode: NoUnicode = False,
) -> int:
    r"""Take a member out: its Secret in home and, with a context, the account and its rights there.

    \b
      multicasskop unregister us-east --context prod-us-east
      multicasskop unregister us-east                          home's part alone: the member is gone, or dark
      multicasskop unregister us-east --yes -o json            what was deleted, object by object

    Says what it will do and who still names the member, and asks. Children stay. What `register` did not make is left.
    """
    from multicasskop.operator.registering.departure import Departure, End
    from multicasskop.operator.registering.leaving import Leaving

    leaving, voice = Leaving(flags, duration(flags.timeout)), Voice(output, quiet, no_unicode)
    try:
        leave = leaving.look()
        voice.talk(announced(flags.member, leave))
        if dry_run:
            return ended(voice, Departure(flags.member, leave, End.PLANNED))
        if not consent(flags.member, leave, yes=yes):
            voice.talk(["Nothing was changed."])
            return ended(voice, Departure(flags.member, leave, End.DECLINED))
        return ended(voice, carried_out(leaving, Departure(flags.member, leave), voice))
    finally:
        leaving.close()


def carried_out(leaving: "Leaving", departure: "Departure", voice: Voice) -> "Departure":
    """Delete one object after the other; a failure is raised once it is told what is done and what is not."""
    from multicasskop.operator.output.exit_codes import CommandError
    from multicasskop.operator.registering.withdraw import done_line

    leave = departure.leave
    try:
        for removal in leaving.carry_out(leave):
            departure = departure.with_gone(removal)
            voice.say([done_line(removal, leave.found)])
    except CommandError as failure:
        ended(voice, departure.stopped(failure))
        raise
    voice.say([f"Unregistered {departure.member}. Its children were left alone."])
    return departure


def ended(voice: Voice, departure: "Departure") -> int:
    """Write how it ended, where a document is wanted; returns the exit code."""
    voice.document("Unregistration", departure.body())
    return departure.exit_code


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
