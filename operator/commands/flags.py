"""Flags that several verbs have, as in kubectl."""

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, Final, Literal

import typer

Context = Annotated[str, typer.Option(metavar="NAME", help="Context of the kubeconfig.", show_default=False)]
Kubeconfig = Annotated[str, typer.Option(metavar="FILE", help="The kubeconfig.", show_default=False)]
Namespace = Annotated[str, typer.Option("-n", "--namespace", metavar="NAME", help="Namespace.", show_default=False)]
AllNamespaces = Annotated[bool, typer.Option("-A", "--all-namespaces", help="In all namespaces.")]
Timeout = Annotated[str, typer.Option(metavar="TIME", help="Limit for the whole command.")]
Color = Annotated[Literal["auto", "always", "never"], typer.Option(help="Colour on a terminal only, or not.")]
HomeContext = Annotated[
    str, typer.Option("--home-context", metavar="NAME", help="Context of home; else the current.", show_default=False)
]
HomeNamespace = Annotated[
    str, typer.Option("--home-namespace", metavar="NAME", help="The operator's, in home.", show_default=False)
]
Yes = Annotated[bool, typer.Option("-y", "--yes", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Write nothing; show what would be.")]
Output = Annotated[Literal["text", "json", "yaml"], typer.Option("-o", "--output", help="How the result is written.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="The result only, no talk.")]
NoUnicode = Annotated[bool, typer.Option("--no-unicode", help="Marks and lines in ASCII.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditFlags:
    """Of the verbs that change one field or one annotation of one MultiCasskop."""

    namespace: str = ""
    dry_run: bool = False
    yes: bool = False
    output: str = "text"
    context: str = ""
    kubeconfig: str = ""
    timeout: str = "30s"


EDIT_OPTIONS: Final[Mapping[str, Any]] = {
    "namespace": Namespace,
    "dry_run": DryRun,
    "yes": Yes,
    "output": Output,
    "context": Context,
    "kubeconfig": Kubeconfig,
    "timeout": Timeout,
}
Name = Annotated[str, typer.Argument(help="The MultiCasskop.")]
Member = Annotated[str, typer.Argument(help="The member.")]


def with_flags(kind: Any, options: Mapping[str, Any]) -> Callable[[Callable[..., int]], Callable[..., int]]:  # noqa: ANN401
    """Make a command whose first argument is all of its flags as one value of a dataclass.

    Each field is a flag, by its default and by what `options` says of it; what may be repeated becomes a tuple. The
    function's other arguments are flags of their own.
    """

    def wrapped(function: Callable[..., int]) -> Callable[..., int]:
        """The verb as the command line calls it, with the flags of the dataclass before its own."""

        def command(**given: Any) -> int:  # noqa: ANN401 - flags
            """Hand the flags on in the dataclass; its help is that of the verb."""
            values = {field.name: plain(given.pop(field.name)) for field in fields(kind)}
            return function(kind(**values), **given)

        own = [each.replace(kind=Parameter.KEYWORD_ONLY) for each in [*signature(function).parameters.values()][1:]]
        parameters = [*(parameter(field, options[field.name]) for field in fields(kind)), *own]
        command.__signature__ = Signature(parameters, return_annotation=int)  # type: ignore[attr-defined]
        command.__annotations__ = {each.name: each.annotation for each in parameters}
        command.__doc__ = function.__doc__
        return command

    return wrapped


def parameter(field: Field[Any], option: Any) -> Parameter:  # noqa: ANN401 - an annotation
    """A field as a parameter that typer understands."""
    default = Parameter.empty if field.default is MISSING else None if field.default == () else field.default
    return Parameter(field.name, Parameter.KEYWORD_ONLY, default=default, annotation=option)


def plain(value: Any) -> Any:  # noqa: ANN401 - whatever typer gives
    """A flag's value as a field holds it: of several texts those between commas, too."""
    if isinstance(value, list):
        return tuple(part for each in value for part in (each.split(",") if isinstance(each, str) else [each]) if part)
    return () if value is None else value


def duration(text: str, flag: str = "--timeout") -> float:
    """Seconds of a flag; raises CommandError."""
    from multicasskop.crds.codes import Code
    from multicasskop.operator.output.exit_codes import CommandError, ExitCode
    from multicasskop.operator.values import seconds

    try:
        return seconds(text)
    except ValueError as error:
        raise CommandError(ExitCode.USAGE, f"{flag}: {error}", code=Code.BAD_FLAG) from None


def talk(lines: Iterable[str], *, quiet: bool = False, ascii_only: bool = False) -> None:
    """Write what is no result to stderr."""
    from multicasskop.operator.output.marks import in_ascii

    if not quiet:
        sys.stderr.writelines(f"{in_ascii(line) if ascii_only else line}\n" for line in lines)
        sys.stderr.flush()


def write(lines: list[str], color: str = "auto", *, ascii_only: bool = False) -> None:
    """Write lines to stdout, never folded; marks in colour where that is wanted and possible."""
    from multicasskop.operator.output.marks import in_ascii

    encoding = sys.stdout.encoding or "utf-8"
    plain = ascii_only or not _carries("✔├", encoding)
    shown = [in_ascii(line) if plain else line for line in lines]
    if color == "never" or (color == "auto" and not sys.stdout.isatty()):
        sys.stdout.write("".join(f"{line}\n" for line in shown))
        return
    from multicasskop.operator.output.live import coloured, console

    screen = console(sys.stdout, color)
    for line in shown:
        screen.print(coloured(line), soft_wrap=True)


def _carries(signs: str, encoding: str) -> bool:
    try:
        signs.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
