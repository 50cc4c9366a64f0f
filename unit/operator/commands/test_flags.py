"""Flags of a command as one value of a dataclass."""

from dataclasses import dataclass
from typing import Annotated, Any

import pytest
import typer
from multicasskop.operator.commands.flags import plain, with_flags


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Flags of a command for tests."""

    name: str
    parts: tuple[str, ...] = ()
    on: bool = False


OPTIONS = {
    "name": Annotated[str, typer.Option("--name")],
    "parts": Annotated[list[str] | None, typer.Option("-p", "--part")],
    "on": Annotated[bool, typer.Option("--on")],
}
seen: list[Any] = []


@with_flags(Flags, OPTIONS)
def command(flags: Flags, more: Annotated[bool, typer.Option("--more")] = False) -> int:
    """Remember what was said."""
    seen.append((flags, more))
    return 0


def run(*words: str) -> Any:  # noqa: ANN401 - whatever was seen last
    """Run the command through typer, as the program does."""
    app = typer.Typer(add_completion=False)
    app.command()(command)
    app(list(words), standalone_mode=False)
    return seen.pop()


def test_each_field_is_a_flag() -> None:
    """Fields come as they were said, others by their default; flags of the function's own stay its own."""
    assert run("--name", "a") == (Flags(name="a"), False)
    assert run("--name=a", "-p", "x", "-p", "y,z", "--on", "--more") == (
        Flags(name="a", parts=("x", "y", "z"), on=True),
        True,
    )


def test_field_without_a_default_must_be_said() -> None:
    """What has no default is required."""
    with pytest.raises(typer.TyperException):
        run("--on")


@pytest.mark.parametrize(
    ("given", "found"),
    [(None, ()), ([], ()), (["a", "b,c", ","], ("a", "b", "c")), ([1], (1,)), ("a,b", "a,b"), (False, False)],
)
def test_values(given: Any, found: Any) -> None:  # noqa: ANN401 - any flag
    """Lists become tuples, commas part texts in them, all else is as it was."""
    assert plain(given) == found
