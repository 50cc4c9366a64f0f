"""How the simulated CassKop behaves, for all objects or for one, changeable while it runs."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from multicasskop.crds.names import GROUP

Json = dict[str, Any]

PREFIX = f"simulator.multicasskop.{GROUP}/"
# on a CassandraCluster; they win over the simulator's own mode
MODE = PREFIX + "mode"
REFUSE = PREFIX + "refuse"


class Mode(StrEnum):
    """What happens to a change."""

    INSTANT = "instant"
    """Running and Done at once, without StatefulSets."""
    NORMAL = "normal"
    """As the Go CassKop does it, in its time."""
    SLOW = "slow"
    """As normal, but no action ends before it is a minute old."""
    STUCK = "stuck"
    """As normal, but an action that begins never ends."""
    REFUSING = "refusing"
    """As normal, but a change of the given path is put back."""
    NO_JOLOKIA = "no-jolokia"
    """As normal with Jolokia out of reach: no rack that ever ran gets its StatefulSet changed."""


class Contract(StrEnum):
    """Which CassKop is played."""

    GO = "go"
    OWN = "own"
    """Also writes `status.observedGeneration`, and takes the seeds of our annotation first."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A mode, and for `refusing` the dotted path that is put back."""

    mode: Mode
    refuse: str = ""


@dataclass(frozen=True, slots=True)
class SimulatorOptions:
    """How a simulated CassKop behaves: all its times are multiplied by `scale`. The Go CassKop has one worker.

    With a namespace it looks at the objects in there only.
    """

    mode: Mode = Mode.NORMAL
    contract: Contract = Contract.GO
    scale: float = 1.0
    pod: float = 0.0
    workers: int = 1
    refuse: str = ""
    namespace: str = ""

    def arguments(self) -> list[str]:
        """The options as a command line."""
        found = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return [f"--{name}={value}" for name, value in found.items() if value != ""]


def behaviour_of(cluster: Json, default: Behaviour) -> Behaviour:
    """What the object's own annotations ask for, else the default. An unknown mode raises ValueError."""
    annotations = cluster["metadata"].get("annotations") or {}
    mode = Mode(annotations.get(MODE, default.mode))
    return Behaviour(mode, annotations.get(REFUSE, default.refuse))


def read_behaviour(file: Path | None, default: Behaviour) -> Behaviour:
    """Read `MODE [PATH]` from a file; the default while there is none."""
    if file is None or not file.exists():
        return default
    mode, _, refuse = file.read_text().strip().partition(" ")
    return Behaviour(Mode(mode), refuse) if mode else default
