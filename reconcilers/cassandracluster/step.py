"""What came of looking at one rack."""

from dataclasses import dataclass

from multicasskop.crds.cassandracluster.status import RackStatus
from multicasskop.reconcilers.cassandracluster.writes import Write


@dataclass(frozen=True, slots=True)
class Step:
    """The rack's status from now on, what is to be written after that was said, and whom it waits for.

    An action is first said (`ToDo`), and done when the next look finds that it was said: so whoever goes on after a
    crash knows what was meant. `again` is in how many seconds to look again, where no change will tell.
    """

    status: RackStatus
    writes: tuple[Write, ...] = ()
    waiting: str = ""
    again: float | None = None
