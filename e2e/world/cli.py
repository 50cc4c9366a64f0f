"""`python -m e2e.world up|status|down`: a world for people, scripts and other test suites."""

import contextlib
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import typer
from multicasskop.world.errors import NotRunningError, NotSupportedError, WorldError
from multicasskop.world.progress import lines_to
from multicasskop.world.world import World, check_tier

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)

Directory = Annotated[Path, typer.Option("--dir", help="the folder that holds everything of the world")]
Output = Annotated[Literal["text", "json"], typer.Option("--output", "-o", help="how the result is written")]

DEFAULT = Path(".world")
DEFAULT_MEMBERS = ("k8s-cluster1", "k8s-cluster2")
MEMBERS = ",".join(DEFAULT_MEMBERS)


@app.command()
def up(
    members: Annotated[
        str, typer.Option(help=f"names, separated by commas; the first one is home [default: {MEMBERS}]")
    ] = "",
    tier: Annotated[str, typer.Option(help="planes, or kind, which needs a container engine")] = "planes",
    given: Annotated[Path | None, typer.Option("--kubeconfig", help="clusters that are there already")] = None,
    directory: Directory = DEFAULT,
    output: Output = "text",
) -> None:
    """Start the control planes, or what is missing of them, and return when all answer.

    With --kubeconfig nothing is started: the members are contexts of that file, all of them if none is named.
    """
    check_tier(tier)
    names = [name.strip() for name in members.split(",") if name.strip()]
    if given is not None:
        show(World.around(directory, given, names), output)
        return
    show(World.up(directory, names or DEFAULT_MEMBERS, tier=tier, progress=lines_to(sys.stderr)), output)


@app.command()
def status(directory: Directory = DEFAULT, output: Output = "text") -> None:
    """Tell what runs."""
    show(World.attach(directory), output)


@app.command()
def down(directory: Directory = DEFAULT) -> None:
    """End everything that `up` started, also after a crash. It is all right when nothing runs."""
    with contextlib.suppress(NotRunningError):
        World.attach(directory).down()


def show(world: World, output: str) -> None:
    """Write the world's report to stdout."""
    content = report(world)
    if output == "json":
        typer.echo(msgspec.json.format(msgspec.json.encode(content), indent=2).decode())
        return
    for member in content["members"]:
        processes = ", ".join(f"{role} {state}" for role, state in member["processes"].items()) or "given"
        typer.echo(f"{member['name']}  {member['server']}  {processes}")
    typer.echo(f"export KUBECONFIG={content['kubeconfig']}")


def report(world: World) -> dict[str, Any]:
    """Return what `--output json` writes."""
    conditions = world.status()
    return {
        "kubeconfig": str(world.kubeconfig),
        "members": [
            {
                "name": member,
                "context": member,
                "server": world.server(member),
                "auditLog": audit_log(world, member),
                "processes": conditions[member],
            }
            for member in world.members
        ],
    }


def audit_log(world: World, member: str) -> str | None:
    """Where the audit log is; given clusters have none that we know of."""
    try:
        return str(world.audit_log(member))
    except NotSupportedError:
        return None


def main() -> None:
    """Run the command line; a WorldError is one line on stderr and exit code 1, wrong use is 2."""
    try:
        app()
    except WorldError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(2 if isinstance(error, NotSupportedError) else 1)
