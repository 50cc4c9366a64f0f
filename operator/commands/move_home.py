"""`multicasskop move-home`: a new home takes over the children of a home that is lost."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer
from multicasskop.operator.commands.flags import (
    AllNamespaces,
    Context,
    DryRun,
    HomeNamespace,
    Kubeconfig,
    Namespace,
    NoUnicode,
    Output,
    Quiet,
    Timeout,
    Yes,
    duration,
    with_flags,
)
from multicasskop.operator.commands.voice import Voice
from multicasskop.operator.moving.flags import MoveFlags

if TYPE_CHECKING:
    from multicasskop.operator.moving.session import Found, Move
    from multicasskop.operator.moving.story import Fate, Story

UNCHANGED = "Nothing was changed"


OPTIONS = {
    "name": Annotated[str, typer.Argument(help="One MultiCasskop; all of the namespace by default.")],
    "lost": Annotated[str, typer.Option(metavar="HOME_ID", help="The home that is gone; without it, looks only.")],
    "local": Annotated[
        str, typer.Option("-l", "--local", metavar="NAME", help="This home's name as a member; else the Deployment's.")
    ],
    "members": Annotated[
        list[str] | None, typer.Option("--member", metavar="NAME=CONTEXT", help="The way to a member; else its Secret.")
    ],
    "files": Annotated[
        list[str] | None,
        typer.Option("-f", "--file", metavar="FILE", help="MultiCasskops to apply where they are missing."),
    ],
    "old_context": Annotated[str, typer.Option(metavar="NAME", help="A context of the lost home, to ask it.")],
    "accept_changes": Annotated[
        bool, typer.Option("--accept-changes", help="Go on though children differ from what is wanted here.")
    ],
    "namespace": Namespace,
    "all_namespaces": AllNamespaces,
    "home_namespace": HomeNamespace,
    "context": Context,
    "kubeconfig": Kubeconfig,
    "timeout": Timeout,
}


@with_flags(MoveFlags, OPTIONS)
def move_home(
    flags: MoveFlags,
    dry_run: DryRun = False,
    yes: Yes = False,
    output: Output = "text",
    quiet: Quiet = False,
    no_unicode: NoUnicode = False,
) -> int:
    r"""Take over the children of a home that is lost, on your word that it is.

    \b
      multicasskop move-home -n cassandra --context us-east             looks, and says which home ids there are
      multicasskop move-home -n cassandra --context us-east --lost ID   takes over what that home had
      multicasskop move-home -n cassandra --context us-east --lost ID --yes -o json

    Run it against the new home, in which the MultiCasskops were applied again. It rewrites the owner mark of each
    child, and nothing else; the operator here then goes on with them. A child whose owner may live is refused, and
    then nothing is changed. Said again it goes on where it stopped.
    """
    from multicasskop.operator.moving.session import Move

    voice = Voice(output, quiet, no_unicode)
    files = [each for path in flags.files for each in documents(path)]
    move = Move(flags, ways(flags.members), files, duration(flags.timeout))
    try:
        return followed(steps(move, flags, voice, dry_run=dry_run, yes=yes), voice)
    finally:
        move.close()


def followed(story: "Iterator[Story]", voice: Voice) -> int:
    """Let it happen, and write how far it came, where a document is wanted; returns the exit code."""
    from multicasskop.operator.output.exit_codes import CommandError

    last: Story | None = None
    try:
        for reached in story:
            last = reached
    except CommandError as failure:
        if last is not None:
            voice.document("HomeMove", last.stopped(failure).body())
        raise
    assert last is not None  # noqa: S101 - whoever does not raise has looked
    voice.document("HomeMove", last.body())
    return last.exit_code


def steps(move: "Move", flags: MoveFlags, voice: Voice, *, dry_run: bool, yes: bool) -> "Iterator[Story]":
    """Look, ask, write; gives after each step all that is known and done. Raises CommandError."""
    from multicasskop.operator.confirm import confirmed
    from multicasskop.operator.moving.story import End, Story

    story = Story(flags.lost, move.look(), dry_run)
    yield story
    voice.say(seen(story.found, flags.lost))
    check(story.found, flags.lost, accept_changes=flags.accept_changes)
    due = announcement(story.found)
    voice.talk(due or ["There is nothing to take over."])
    if not due:
        yield story.ended(End.NOTHING)
    elif flags.lost and not dry_run:
        if confirmed("Go on?", yes=yes):
            yield from written(move, flags, voice, story)
        else:
            voice.talk([f"{UNCHANGED}."])
            yield story.ended(End.DECLINED)


def seen(found: "Found", lost: str) -> list[str]:
    """What there is."""
    from multicasskop.operator.moving.show import lines

    said = [f"  {text}" for text in (*found.evidence.said, *found.evidence.alive)]
    problems = [f"{ring.key}: {ring.problem}" for ring in found.rings if ring.problem]
    return [*([f"Home {lost}"] if said else []), *said, *lines(found.cases), *problems]


def check(found: "Found", lost: str, *, accept_changes: bool) -> None:
    """Raise CommandError for all that speaks against going on."""
    from multicasskop.crds.codes import Code
    from multicasskop.operator.moving.show import words_to_say
    from multicasskop.operator.moving.survey import refused, to_take
    from multicasskop.operator.output.exit_codes import CommandError, ExitCode

    if found.evidence.alive:
        text = f"home {lost} lives: {'; '.join(found.evidence.alive)}. {UNCHANGED}"
        raise CommandError(ExitCode.REFUSED, text, hint="delete them there, or stop", code=Code.HOME_MAY_LIVE)
    if broken := [str(ring.key) for ring in found.rings if ring.problem]:
        text = f"{', '.join(broken)}: what they want cannot be told. {UNCHANGED}"
        raise CommandError(ExitCode.REFUSED, text, hint="put them right, then say it again")
    if others := refused(found.cases):
        ids = words_to_say(found.cases)
        hint = f"--lost {ids[0]}, if that home is gone for good" if ids and not lost else "name one MultiCasskop"
        text = f"{len(others)} of the children may have an owner that lives. {UNCHANGED}"
        raise CommandError(ExitCode.REFUSED, text, hint=hint, code=Code.HOME_MAY_LIVE)
    changed = [case.member for case in to_take(found.cases) if case.changes]
    if changed and not accept_changes:
        text = f"children differ from what is wanted here, in {', '.join(changed)}. {UNCHANGED}"
        hint = "apply what the lost home had, or say --accept-changes: the operator then rolls it out"
        raise CommandError(ExitCode.REFUSED, text, hint=hint)


def written(move: "Move", flags: MoveFlags, voice: Voice, story: "Story") -> "Iterator[Story]":
    """Apply what is missing and rewrite the marks; gives after each write all that is known and done."""
    from multicasskop.operator.moving.story import End, Fate

    move.restart()
    for name in move.apply_missing(story.found):
        voice.say([f"  applied MultiCasskop {name}"])
        story = replace(story, applied=(*story.applied, name))
        yield story
    if story.applied:
        story = replace(story, found=move.look())  # now they have UIDs, which the marks are to carry
        yield story
        check(story.found, flags.lost, accept_changes=flags.accept_changes)
    for case, outcome in move.take(story.found):
        fate = Fate(case, outcome)
        voice.say([fate_line(fate)])
        story = replace(story, fates=(*story.fates, fate))
        yield story
    voice.talk(["Some are left: say the same again." if story.left else "The operator of this home goes on with them."])
    yield story.ended(End.DONE)


def announcement(found: "Found") -> list[str]:
    """What will be written; empty when that is nothing."""
    from multicasskop.operator.moving.survey import to_take

    names = ", ".join(str(body["metadata"]["name"]) for body in found.missing)
    count = len(to_take(found.cases))
    marks = f"This will rewrite {count} owner mark{'s' if count > 1 else ''}, and nothing else."
    return [*([f"This will apply MultiCasskop {names}."] if names else []), *([marks] if count else [])]


def fate_line(fate: "Fate") -> str:
    """What is said of one mark."""
    from multicasskop.operator.output.marks import Mark

    case = fate.case
    if fate.ours:
        return f"  {Mark.GOOD.sign} {case.member}  {case.desired.key} belongs to {case.ring.key} here now"
    return f"  {Mark.BROKEN.sign} {case.member}  {case.desired.key} was left: {fate.why}"


def ways(given: Sequence[str]) -> dict[str, str]:
    """Contexts by member; raises CommandError."""
    from multicasskop.crds.codes import Code
    from multicasskop.operator.output.exit_codes import CommandError, ExitCode

    pairs = [text.partition("=") for text in given]
    for member, _, context in pairs:
        if not member or not context:
            text = f'--member: "{member}" is no NAME=CONTEXT'
            raise CommandError(ExitCode.USAGE, text, code=Code.BAD_FLAG)
    return {member: context for member, _, context in pairs}


def documents(file: str) -> list[dict[str, Any]]:
    """The MultiCasskops of a YAML file; raises CommandError."""
    from multicasskop.crds.codes import Code
    from multicasskop.operator.manifests import load
    from multicasskop.operator.output.exit_codes import CommandError, ExitCode

    found = [document for document in load(file) if document.is_ours]
    if not found or not all(document.key[1] for document in found):
        raise CommandError(ExitCode.USAGE, f"{file}: holds no MultiCasskop with a name", code=Code.MALFORMED)
    return [document.obj for document in found]
