"""Which stage a demonstration has: one with a real ring where that can be, else one with simulated pods."""

from importlib.util import find_spec
from pathlib import Path
from typing import Literal, NamedTuple

from multicasskop.operator.demo.stage import Stage, sample
from multicasskop.operator.output.exit_codes import CommandError, ExitCode

Pods = Literal["auto", "real", "simulated"]
DRIVERS = {"cassandra": "cassandra-driver", "dns": "dnspython"}


class Choice(NamedTuple):
    """The stage, and why it has no real ring when nobody has asked for simulated pods."""

    stage: Stage
    reason: str = ""


def choose(directory: Path, pods: Pods, *, trace: bool) -> Choice:
    """The stage for the pods that were asked for. Raises CommandError for real ones that cannot be had."""
    if pods == "simulated":
        return Choice(Stage(directory, sample()))
    reason = "--trace goes with simulated pods" if trace else missing()
    if reason and pods == "real":
        raise CommandError(ExitCode.USAGE, f"demo --pods=real: {reason}", hint="multicasskop demo --pods=simulated")
    if reason:
        return Choice(Stage(directory, sample()), reason)
    from multicasskop.operator.demo.real import RealStage

    return Choice(RealStage(directory, sample()))


def missing() -> str:
    """Say why there can be no real ring here; empty when there can."""
    if lacking := [package for module, package in DRIVERS.items() if find_spec(module) is None]:
        return f"{lacking[0]} is not installed; it comes with multicasskop[dev]"
    from multicasskop.world.kind import cassandra, cql, engine

    return engine.missing() or cassandra.missing() or cql.missing()
