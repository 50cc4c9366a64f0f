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
# datacenters that keyspaces replicate to, with commas between: these do not go to 0 nodes
REPLICATES = PREFIX + "replicates"


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

    def __str__(self) -> str:
        return f"{self.mode} {self.refuse}".strip()


@dataclass(frozen=True, slots=True)
class SimulatorOptions:
    """How a simulated CassKop behaves: all its times are multiplied by `scale`. The Go CassKop has one worker.

    With a namespace it looks at the objects in there only; with an address under `otlp` it goes on with their traces.
    """

    mode: Mode = Mode.NORMAL
    contract: Contract = Contract.GO
    scale: float = 1.0
    pod: float = 0.0
    workers: int = 1
    refuse: str = ""
    namespace: str = ""
    otlp: str = ""

    def arguments(self) -> list[str]:
        """The options as a command line."""
        found = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return [f"--{name}={value}" for name, value in found.items() if value != ""]


def behaviour_of(cluster: Json, default: Behaviour) -> Behaviour:
    """What the object's own annotations ask for, else the default. An unknown mode raises ValueError."""
    annotations = cluster["metadata"].get("annotations") or {}
    mode = Mode(annotations.get(MODE, default.mode))
    return Behaviour(mode, annotations.get(REFUSE, default.refuse))


def is_replicated(cluster: Json, mode: Mode, datacenter: str) -> bool:
    """Whether a keyspace replicates to a datacenter, as the object's annotation says, or it cannot be told.

    CassKop looks for the name in a text, so that dc1 is found where dc10 stands.
    """
    annotations = cluster["metadata"].get("annotations") or {}
    return mode is Mode.NO_JOLOKIA or datacenter in annotations.get(REPLICATES, "")


class ModeFile:
    """A file with `MODE [PATH]` that changes the behaviour of a simulator while it runs.

    The simulator writes beside it what it follows, so that whoever asks for a change knows when it counts.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._followed = path.with_suffix(".followed")

    def read(self, default: Behaviour) -> Behaviour:
        """What is asked for; the default while nothing is."""
        text = self._path.read_text().strip() if self._path.exists() else ""
        mode, _, refuse = text.partition(" ")
        return Behaviour(Mode(mode), refuse) if mode else default

    def ask(self, behaviour: Behaviour) -> None:
        """Ask for another behaviour."""
        replace(self._path, str(behaviour))

    def follow(self, behaviour: Behaviour) -> None:
        """Say that this is the behaviour from now on."""
        replace(self._followed, str(behaviour))

    def is_followed(self, behaviour: Behaviour) -> bool:
        """Whether the simulator said so."""
        return self._followed.exists() and self._followed.read_text() == str(behaviour)

    def forget(self) -> None:
        """Ask for nothing any more."""
        for path in (self._path, self._followed):
            path.unlink(missing_ok=True)


def replace(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old or the new text."""
    fresh = path.with_suffix(f"{path.suffix}.new")
    fresh.write_text(text)
    fresh.replace(path)
