"""`multicasskop run`: the operator. Its flags are made from the table of settings."""

import os
import sys
from collections.abc import Callable
from inspect import Parameter, Signature
from typing import Annotated, Any

import typer
from multicasskop.operator.lean import import_structlog
from multicasskop.operator.settings import OPTIONS, Option, Settings, read_settings
from multicasskop.operator.values import boolean, members

HELP = r"""The operator: one Cassandra ring over several Kubernetes clusters.

    \b
      multicasskop run -l k8s-cluster1 -r k8s-cluster2
      multicasskop run -l eu-west -r eu-north -r us-east --watch-namespace cassandra
      multicasskop run -l eu-west -r eu-north --check-config

    Every flag is also a variable: WATCH_NAMESPACE, LOG_LEVEL, LOG_TYPE, POD_NAME, OPERATOR_NAME and KUBECONFIG as with
    the Go operator, else MCK_ and the flag's name, as MCK_WORKERS.
    """


def execute(*, verbose: int = 0, check_config: bool = False, **given: Any) -> int:  # noqa: ANN401 - flags of the table
    """Read the settings, then run the operator until it is stopped; returns the exit code."""
    flags = {name: as_text(value) for name, value in given.items()}
    if verbose and flags.get("log_level") is None:
        flags["log_level"] = "debug"
    settings, warnings = read_settings(flags, os.environ)
    if check_config:
        return describe(settings, warnings)
    import_structlog()
    from multicasskop.operator.launch import run_operator

    return run_operator(settings, warnings, os.environ)


def describe(settings: Settings, warnings: tuple[str, ...]) -> int:
    """Write what was read, one setting a line, and the warnings to stderr."""
    for option in OPTIONS:
        sys.stdout.write(f"{option.field}: {getattr(settings, option.field)!r}\n")
    sys.stderr.writelines(f"warning: {warning}\n" for warning in warnings)
    return 0


def as_text(value: object) -> str | None:
    """A flag's value as the text that a variable would have."""
    match value:
        case None | []:
            return None
        case bool():
            return str(value).lower()
        case list():
            return ",".join(map(str, value))
        case _:
            return str(value)


def with_flags_of_the_table(function: Callable[..., int]) -> Callable[..., int]:
    """The function with one flag for each row of the table, besides its own."""
    own = [
        Parameter("verbose", Parameter.KEYWORD_ONLY, default=0, annotation=Annotated[int, VERBOSE]),
        Parameter("check_config", Parameter.KEYWORD_ONLY, default=False, annotation=Annotated[bool, CHECK]),
    ]
    parameters = [*map(parameter, OPTIONS), *own]
    function.__signature__ = Signature(parameters, return_annotation=int)  # type: ignore[attr-defined]
    function.__annotations__ = {each.name: each.annotation for each in parameters}
    function.__doc__ = HELP
    return function


def parameter(option: Option) -> Parameter:
    """One row of the table as a parameter that typer understands."""
    shape = option.shape if option.read is not boolean else None
    flag = typer.Option(*option.flags, help=f"{option.help} [{option.variable}]", metavar=shape, show_default=False)
    kind: Any = bool | None if option.read is boolean else list[str] | None if option.read is members else str | None
    return Parameter(option.field, Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind, flag])


VERBOSE = typer.Option("-v", "--verbose", count=True, help="The same as --log-level debug.", show_default=False)
CHECK = typer.Option("--check-config", help="Read all settings, write them down, and leave.", show_default=False)

run = with_flags_of_the_table(execute)
