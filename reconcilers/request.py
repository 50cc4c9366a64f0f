"""What a reconciler is given, and what it answers."""

import math
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import structlog
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.key import Key


class Request(NamedTuple):
    """The name of the object to be looked at; that it exists is not said."""

    namespace: str
    name: str

    @classmethod
    def of(cls, key: Key) -> "Request":
        """The request for the object of this key."""
        return cls(key.namespace, key.name)

    @property
    def key(self) -> Key:
        """The key under which stores hold the object."""
        return Key(self.namespace, self.name)

    def __str__(self) -> str:
        return str(self.key)


@dataclass(frozen=True, slots=True)
class Result:
    """What is to happen after a run that did what it could.

    Without `requeue_after` the object is looked at again when something changes; with it, in so many seconds at the
    latest (give or take a tenth). There is no way to ask for another run at once: a change or an error brings it.
    Raises ValueError when `requeue_after` is not a positive, finite number of seconds.
    """

    requeue_after: float | None = None

    def __post_init__(self) -> None:
        if self.requeue_after is not None and not 0 < self.requeue_after < math.inf:
            raise ValueError(f"requeue_after must be a positive number of seconds, not {self.requeue_after!r}")


@dataclass(frozen=True, slots=True)
class Context:
    """What belongs to one run and to nothing else."""

    deadline: Deadline
    """Handed to every call of a client: when it is over, or was cancelled, further calls are refused."""
    reconcile_id: str
    """Names the run in every log line."""
    cause: str
    """Why it runs: `change` (which a first look, a resync or a requeue is, too) or `retry`."""
    log: structlog.typing.FilteringBoundLogger
    """Bound to controller, object and reconcile id."""


class Reconciler(Protocol):
    """Brings one object closer to what it should be.

    Holds no state of a run: several workers call it at the same time, though never for the same object. Errors are
    raised, not returned; the controller tries again later, except after a TerminalError.
    """

    def reconcile(self, request: Request, context: Context) -> Result:
        """Look at the object and everything that belongs to it, as it is now, and do what is missing."""
        ...
