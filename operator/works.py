"""All that a process does: one work per controller, begun and ended together."""

from collections.abc import Sequence
from typing import Protocol

from multicasskop.informers.clock import Clock
from multicasskop.informers.cluster import Cluster
from multicasskop.reconcilers.events import EventRecorder


class Working(Protocol):
    """One controller with all that feeds it and tells of it."""

    @property
    def idle(self) -> bool:
        """Whether no run is under way."""
        ...

    @property
    def recorder(self) -> EventRecorder:
        """What writes its events."""
        ...

    def wire(self) -> None:
        """Let changes reach its queue."""
        ...

    def wire_member(self, cluster: Cluster) -> None:
        """Let changes in one more cluster reach it."""
        ...

    def wake(self, member: str) -> None:
        """A member came or went."""
        ...

    def start(self) -> None:
        """Begin."""
        ...

    def shut(self) -> None:
        """Hand out no more work."""
        ...

    def cancel(self) -> None:
        """Hand out no more work, and let no call out any more."""
        ...

    def finish(self, seconds: float) -> None:
        """Wait for the runs under way."""
        ...

    def flush(self, seconds: float) -> None:
        """Write the events that wait."""
        ...

    def report(self) -> None:
        """Bring the gauges up to date."""
        ...


class Works:
    """Several works as one; the first one's events are those of the process."""

    def __init__(self, works: Sequence[Working], clock: Clock) -> None:
        """At least one."""
        self._works, self._clock = tuple(works), clock

    @property
    def idle(self) -> bool:
        """Whether no run is under way in any."""
        return all(work.idle for work in self._works)

    @property
    def recorder(self) -> EventRecorder:
        """What writes the events of the process."""
        return self._works[0].recorder

    def wire(self) -> None:
        """Let changes reach all queues."""
        for work in self._works:
            work.wire()

    def wire_member(self, cluster: Cluster) -> None:
        """Let changes in one more cluster reach them."""
        for work in self._works:
            work.wire_member(cluster)

    def wake(self, member: str) -> None:
        """A member came or went."""
        for work in self._works:
            work.wake(member)

    def start(self) -> None:
        """Begin."""
        for work in self._works:
            work.start()

    def shut(self) -> None:
        """Hand out no more work."""
        for work in self._works:
            work.shut()

    def cancel(self) -> None:
        """Hand out no more work, and let no call out any more."""
        for work in self._works:
            work.cancel()

    def finish(self, seconds: float) -> None:
        """Wait for the runs under way, so many seconds for all together: their queues were shut at the same time."""
        end = self._clock.monotonic() + seconds
        for work in self._works:
            work.finish(max(0.0, end - self._clock.monotonic()))

    def flush(self, seconds: float) -> None:
        """Write the events that wait."""
        for work in self._works:
            work.flush(seconds)

    def report(self) -> None:
        """Bring the gauges up to date."""
        for work in self._works:
            work.report()
