"""How long things take in the Go CassKop, in seconds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """The waits of the Go CassKop. It learns of StatefulSets and pods only by looking again."""

    requeue: float = 5.0
    """Every pass, successful or not, is followed by another one after this time."""
    refused: float = 30.0
    """After a change that was put back."""
    write: float = 1.0
    """After an update of a StatefulSet it looks once a second whether the update is there."""
    settle: float = 20.0
    """No action ends before it is this old."""
    slow: float = 60.0
    """In mode `slow` no action ends before it is this old."""
    pod: float = 0.0
    """From the creation of a pod until it is ready."""

    def scaled(self, factor: float) -> "Timing":
        """The same, faster or slower."""
        return Timing(*(factor * getattr(self, name) for name in self.__dataclass_fields__))
