"""`multicasskop demo`: the main job on real API servers on this machine, and what it proves."""

import signal
import sys
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from multicasskop.operator.demo.proof import Claim
    from multicasskop.operator.demo.scene import Scene
    from multicasskop.operator.demo.stage import Stage

DIRECTORY = Path(".demo")


def demo(
    pods: Annotated[
        Literal["auto", "real", "simulated"],
        typer.Option("--pods", help="Real Cassandra, or none; auto: real where it can be."),
    ] = "auto",
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything running at the end.")] = False,
    trace: Annotated[bool, typer.Option("--trace", help="Trace the rollout in a Jaeger, and ask that for it.")] = False,
    clean: Annotated[bool, typer.Option("--clean", help="End and remove what an earlier demo left.")] = False,
    no_tui: Annotated[bool, typer.Option("--no-tui", help="Lines instead of a live picture.")] = False,
    output: Annotated[Literal["text", "json"], typer.Option("-o", "--output", help="text or json.")] = "text",
    directory: Annotated[Path, typer.Option("--dir", help="The folder that holds everything.")] = DIRECTORY,
) -> int:
    r"""The main job on real API servers on this machine, with progress; ends with what it proved.

    \b
      multicasskop demo                     two clusters, one MultiCasskop, both children Running, in order
      multicasskop demo --pods=real         the same in kind clusters: one ring of real Cassandra, with data
      multicasskop demo --pods=simulated    the same on control planes alone, in half a minute
      multicasskop demo --keep              leaves the ring up for kubectl
      multicasskop demo --trace             reads the rollout back from a real Jaeger as one trace; simulated pods
      multicasskop demo --no-tui            as lines, for logs

    A real ring needs a container engine with kind and kubectl, mvn where images cannot be pulled, and root for a route
    to the pods; without a word the demo has one where all of that is there, and says which it is. The first run makes
    what is nowhere: programs of the control planes or images, and Jaeger with --trace.
    """
    check_world()
    from multicasskop.operator.demo.choice import choose

    stage, reason = choose(directory, pods, trace=trace)
    signal.signal(signal.SIGTERM, interrupt)
    if clean:
        stage.strike()
        return 0
    scene = scene_for(picture=not no_tui and output == "text", to_stderr=output != "text")
    scene.say(stage.introduction, *([f"      No real ring: {reason}."] if reason else ()))
    claims = played(stage, scene, keep=keep, trace=trace)
    scene.close()
    if output == "json":
        write_document(claims)
    else:
        scene.say("", *closing(stage, claims, keep=keep))
    return 0 if all(claim.holds for claim in claims) else 1


def check_world() -> None:
    """Raise CommandError where the test world was left out of the installation, as it is in the operator's image."""
    if find_spec("multicasskop.world") is None:
        from multicasskop.crds.codes import Code
        from multicasskop.operator.output.exit_codes import CommandError, ExitCode

        what = "demo: the control planes that it plays on are not part of this installation"
        raise CommandError(ExitCode.USAGE, what, hint="make demo, in a checkout", code=Code.BAD_FLAG)


def played(stage: "Stage", scene: "Scene", *, keep: bool, trace: bool) -> "tuple[Claim, ...]":
    """Play on the stage, and strike it whatever happens; with `keep` only when it was interrupted."""
    from multicasskop.informers.clock import SystemClock
    from multicasskop.operator.demo.play import Play
    from multicasskop.operator.demo.stage import explain
    from multicasskop.operator.output.exit_codes import CommandError, ExitCode
    from multicasskop.world.errors import ApiError, WorldError

    play = Play(stage, scene, SystemClock(), trace=trace, keep=keep)
    strike = not keep
    # not below: a stage that another demonstration plays on is not ours to strike
    stage.clear()
    try:
        claims = play.perform()
        if keep:
            play.make_ring()
    except (WorldError, ApiError) as error:
        raise explain(error) from error
    except KeyboardInterrupt as error:
        strike = True
        raise CommandError(ExitCode.INTERRUPTED, "interrupted; everything that was started is ended") from error
    finally:
        scene.close()
        (stage.strike if strike else stage.keep)()
    return claims


def scene_for(*, picture: bool, to_stderr: bool) -> "Scene":
    """The scene that fits where the output goes."""
    from multicasskop.informers.clock import SystemClock
    from multicasskop.operator.demo.scene import Picture, Scene

    stream = sys.stderr if to_stderr else sys.stdout
    return (Picture if picture and stream.isatty() else Scene)(stream, SystemClock())


def closing(stage: "Stage", claims: "tuple[Claim, ...]", *, keep: bool) -> list[str]:
    """The last block: what was proved, or what did not hold, and what to do next."""
    proved = [claim.text for claim in claims if claim.holds]
    lines = [f"{'Proved' if number == 0 else '':<8} {text}" for number, text in enumerate(proved)]
    for claim in claims:
        if not claim.holds:
            lines += [f"{'Not':<8} {claim.text}:", *(f"{'':<10} {reason}" for reason in claim.against)]
    return [*lines, *(kept_lines(stage) if keep else next_lines())]


def kept_lines(stage: "Stage") -> list[str]:
    """What can be tried on a stage that was kept."""
    from multicasskop.operator.demo.stage import shown

    return [
        f"Try      export KUBECONFIG={shown(stage.directory)}/kubeconfig; kubectl get mck,cassc -A",
        "Next     multicasskop demo --clean      ends and removes it all",
    ]


def next_lines() -> list[str]:
    """What can be tried next."""
    return [
        "Try      multicasskop demo --keep       leaves the ring up: kubectl get mck,cassc -A",
        "         multicasskop demo --trace      the rollout as one trace, in a real Jaeger; with --keep to look at",
        "         multicasskop demo --pods=real  one ring of real Cassandra in two kind clusters, with data",
        "Next     multicasskop run --help        the operator for clusters of your own",
    ]


def write_document(claims: "tuple[Claim, ...]") -> None:
    """Write the result as one JSON document to stdout."""
    from multicasskop.operator.output.document import as_json, document

    body: list[dict[str, Any]] = [
        {"claim": claim.text, "holds": claim.holds, "against": list(claim.against)} for claim in claims
    ]
    whole = document("DemoReport", {"holds": all(claim.holds for claim in claims), "claims": body})
    sys.stdout.write(as_json(whole) + "\n")


def interrupt(number: int, frame: FrameType | None) -> None:
    """Let SIGTERM clean up as Ctrl-C does."""
    raise KeyboardInterrupt
