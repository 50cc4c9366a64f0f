"""The program: its verbs, loaded when they are called, and the one place where failures become exit codes.

Nothing on the way to `--help` imports pydantic, the Kubernetes package or the test world; a verb's module is imported
when the verb runs or when its own help is asked for.
"""

import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from inspect import getdoc
from pathlib import Path
from typing import Any

import typer
import typer.core
import typer.main
from multicasskop.crds.codes import Code
from multicasskop.operator.completion import VARIABLE, get_ready
from multicasskop.operator.output.document import as_json, error_document, wants_json
from multicasskop.operator.output.exit_codes import CommandError, ExitCode

EXAMPLES = """One Cassandra ring over several Kubernetes clusters, from one object.

\b
  multicasskop demo                                  see it work on this machine
  multicasskop run -l k8s-cluster1 -r k8s-cluster2   the operator
  multicasskop status -A                             is it all right? if not, where?
"""


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb: the line in the list, and the function in `multicasskop.operator.commands` that does it."""

    name: str
    summary: str

    def load(self) -> typer.core.TyperCommand:
        """The verb's command, made from its function; imports what the verb needs."""
        word = self.name.replace("-", "_")
        module = importlib.import_module(f"multicasskop.operator.commands.{word}")
        single = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings=CONTEXT)
        function = getattr(module, word)
        # the mark of a paragraph that is not to be filled, which a raw docstring writes as two signs
        text = (getdoc(function) or "").replace("\\b", "\b")
        single.command(name=self.name, help=text)(function)
        command = typer.main.get_command(single)
        assert isinstance(command, typer.core.TyperCommand)  # noqa: S101 - a Typer with one function gives a command
        return command


CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
VERBS = {
    verb.name: verb
    for verb in (
        Verb("run", "The operator."),
        Verb("demo", "The main job on real API servers on this machine, with progress."),
        Verb("status", "Is it all right? If not, where, and what happens next? List, tree, live."),
        Verb("plan", "What would change where, in which order, and what restarts."),
        Verb("diff", "The same as unified YAML, member by member."),
        Verb("lint", "What is wrong in manifests: offline, with file, line and column."),
        Verb("migrate", "From the Go MultiCassKop: what would differ, then the taking over."),
        Verb("wait", "Wait until a MultiCasskop is ready or gone; for scripts."),
        Verb("register", "Bring a member in: an account with its rights there, its credentials in home."),
        Verb("unregister", "Take a member out, and back what `register` made for it."),
        Verb("members", "The registered members: reachable, until when, used by whom."),
        Verb("doctor", "What is wrong: home, members, rights, rings, and what only all of them show."),
        Verb("move-home", "A new home takes over the children of a home that is lost."),
        Verb("approve", "Let the next member have the present generation."),
        Verb("pause", "Write nothing any more for a MultiCasskop."),
        Verb("resume", "Go on after a pause or a halt."),
        Verb("restart", "Restart all racks, one member after the other."),
        Verb("adopt", "Take over a child that differs from what is wanted."),
        Verb("release", "Let a member's child go that a deletion waits for."),
        Verb("explain", "What a code such as MCK401 means, how it comes about, and what to do."),
        Verb("completion", "The script with which a shell completes verbs and flags."),
        Verb("version", "The version of this program."),
    )
}


ALIASES = {"check": "doctor"}
"""Other words for verbs, which no list shows."""
PROGRAM = "multicasskop"
PLUGINS = {"kubectl-mck": "kubectl mck"}
"""What the program is called in its own texts, where it was started by another name than its own."""


class LazyVerb(typer.core.TyperCommand):
    """Stands in the list of verbs with its summary, and becomes the verb itself when it is called."""

    def __init__(self, verb: Verb) -> None:
        super().__init__(name=verb.name, help=verb.summary, rich_markup_mode=None)
        self._verb = verb

    def make_context(self, *arguments: Any, **extra: Any) -> Any:  # noqa: ANN401 - typer's own signature
        """The context of the loaded verb, which then is invoked in place of this one."""
        return self._verb.load().make_context(*arguments, **extra)


class Verbs(typer.core.TyperGroup):
    """The group of verbs, which imports none of them for a list, for a suggestion or for completion."""

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401 - typer's own signature
        super().__init__(**attributes)
        self.commands = {name: LazyVerb(verb) for name, verb in VERBS.items()}

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401 - typer's own signature
        """The verb of this name, or for which it is another word; None when there is none."""
        return super().get_command(ctx, ALIASES.get(cmd_name, cmd_name))


app = typer.Typer(cls=Verbs, add_completion=False, rich_markup_mode=None, context_settings=CONTEXT)


@app.callback(help=EXAMPLES, invoke_without_command=True)
def top(version: bool = typer.Option(False, "--version", help="Print the version and leave.")) -> None:
    """Flags before the verb."""
    if version:
        from multicasskop.operator.version import version as number

        sys.stdout.write(f"multicasskop {number()}\n")
        raise typer.Exit


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the program: runs a verb and leaves with its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(run(given, PLUGINS.get(Path(sys.argv[0]).stem, PROGRAM)))


def run(arguments: Sequence[str], program: str = PROGRAM) -> int:
    """Run a verb; every expected failure is one line on stderr, every other one a crash file. Returns the exit code."""
    get_ready()
    words = list(arguments) or ["--help"]
    try:
        outcome = app(words, prog_name=program, complete_var=VARIABLE, standalone_mode=False)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the top of the program
        return report(as_failure(error, arguments), in_json=wants_json(arguments))
    return int(outcome or ExitCode.OK)


def as_failure(error: BaseException, arguments: Sequence[str]) -> CommandError:
    """The failure to report for whatever came up to the top."""
    match error:
        case CommandError():
            return error
        case KeyboardInterrupt() | typer.Abort():
            return CommandError(ExitCode.INTERRUPTED, "interrupted")
        case typer.Exit(exit_code=ExitCode.INTERRUPTED):
            return CommandError(ExitCode.INTERRUPTED, "interrupted")
        case typer.Exit():
            return CommandError(ExitCode(error.exit_code), "")
        case BrokenPipeError():
            return CommandError(ExitCode.OK, "")
        case typer.TyperException():
            where = getattr(getattr(error, "ctx", None), "command_path", "multicasskop")
            return CommandError(ExitCode.USAGE, usage(error), hint=f"{where} --help", code=Code.BAD_FLAG)
        case _:
            from multicasskop.operator.output.crash import crashed

            return crashed(error, arguments)


def usage(error: typer.TyperException) -> str:
    """Wrong use in one line."""
    text = " ".join(error.format_message().split())
    return text[:1].lower() + text[1:]


def report(failure: CommandError, *, in_json: bool) -> int:
    """Write the failure to stderr, as a line or as a document, and give its exit code."""
    if failure.message:
        text = as_json(error_document(failure)) if in_json else failure.line()
        sys.stderr.write(text + "\n")
    return int(failure.exit_code)
