"""How simulated pods behave unless rules say otherwise, as a command line carries it."""

from dataclasses import dataclass

from multicasskop.world.cassandra.rules import Treatment


@dataclass(frozen=True, slots=True)
class PodOptions:
    """How long things take, and how the members' nodes are.

    In seconds: `ready` until a pod is ready, `join` as long as its node joins, `command` as long as a command takes,
    `end` until a pod has ended, `resize` until a volume is larger. `release` is that of images whose tag names none.
    Pods are spread over so many `nodes`; with none they are on no node, and go at once when they are deleted.
    """

    ready: float = 0.1
    join: float = 0.05
    command: float = 0.1
    end: float = 0.05
    resize: float = 0.1
    release: str = "4.1"
    nodes: int = 3

    @property
    def treatment(self) -> Treatment:
        """What holds for pods without rules."""
        return Treatment(ready=self.ready, join=self.join, command=self.command)

    def arguments(self) -> list[str]:
        """The options as a command line."""
        return [f"--{name}={getattr(self, name)}" for name in self.__dataclass_fields__]
