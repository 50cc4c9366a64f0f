"""What came of a write."""

from dataclasses import dataclass

from multicasskop.crds.base import Json
from multicasskop.reconcilers.multicasskop.failures import Trouble
from multicasskop.reconcilers.multicasskop.ownership import Origin
from multicasskop.reconcilers.multicasskop.writes import Write


@dataclass(frozen=True, slots=True)
class Done:
    """It was written, or needed not to be.

    `obj` is what the server answered; `late` says that CassKop had begun with other seeds; `origin` how a child that
    was taken over came to us.
    """

    write: Write
    obj: Json | None = None
    late: bool = False
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Overtaken:
    """The object is no longer as it was seen: nothing was written, look again soon."""

    write: Write
    why: str


@dataclass(frozen=True, slots=True)
class NotDone:
    """The member refused, or did not answer."""

    write: Write
    trouble: Trouble


Outcome = Done | Overtaken | NotDone
