"""Leading: the lease, the write guard that it moves, and a quick end when it is lost."""

import os
import threading
from collections.abc import Callable
from random import Random
from typing import Final

import structlog
from multicasskop.informers.client import Client
from multicasskop.informers.clock import Clock
from multicasskop.informers.cluster import Cluster
from multicasskop.informers.guard import WriteGuard
from multicasskop.informers.metrics import Metrics
from multicasskop.informers.supervisor import Supervisor
from multicasskop.operator.lease.election import LeaseOptions
from multicasskop.operator.lease.loop import LeaseLoop
from multicasskop.operator.output.exit_codes import ExitCode
from multicasskop.operator.process import End, Inbox, Leading
from multicasskop.operator.settings import Settings

log = structlog.get_logger("process")
# of the time between a lost lease and the moment at which another may lead
HARD_EXIT_PART: Final = 0.8


class Leadership:
    """Whether this process may write.

    Guaranteed: when the lease is lost, the guard is closed, `on_lost` is called, and the process has ended before
    another may lead, whatever hangs in it: `exit_now` is called unless `over` was called before.
    """

    def __init__(
        self,
        settings: Settings,
        identity: str,
        inbox: Inbox,
        *,
        clock: Clock,
        random: Random,
        supervisor: Supervisor,
        metrics: Metrics,
        on_lost: Callable[[], None],
        exit_now: Callable[[int], object] = os._exit,
    ) -> None:
        self._settings, self._identity, self._inbox = settings, identity, inbox
        self._clock, self._random, self._supervisor, self._metrics = clock, random, supervisor, metrics
        self._on_lost, self._exit_now = on_lost, exit_now
        self._over = threading.Event()
        self.guard = WriteGuard(clock)
        self.loop: LeaseLoop | None = None
        self.lost = False

    @property
    def grace(self) -> float:
        """Seconds from the loss of the lease to the end of the process, at most."""
        return HARD_EXIT_PART * (self._settings.lease_duration - self._settings.renew_deadline)

    def seek(self, home: Cluster, namespace: str) -> None:
        """Become a candidate for the lease in home, or lead at once where nobody else is expected."""
        if not self._settings.leader_elect:
            log.info("leading", lease="none")
            self.guard.open_forever()
            self._inbox.put(Leading())
            return
        self.loop = LeaseLoop(
            Client(home.transport.for_lease()),
            self._clock,
            self._random,
            self.guard,
            self._supervisor,
            self._options(namespace),
            self._identity,
            lambda: self._inbox.put(Leading()),
            self.lose,
            metrics=self._metrics,
        )
        self.loop.start()

    def lose(self, reason: str) -> None:
        """The lease is lost; runs in the lease's thread, with the guard closed already."""
        self.lost = True
        self._on_lost()
        self._supervisor.spawn("hard-exit", self._exit_hard)
        self._inbox.put(End(f"lease lost: {reason}", ExitCode.HOME))

    def release(self, *, idle: bool) -> None:
        """Write no more; give the lease back when no work is under way any more, else it runs out by itself."""
        if self.loop is not None:
            self.loop.stop(release=idle and not self.lost)
        self.guard.close()

    def over(self) -> None:
        """The process ends in order: it need not be ended by force."""
        self._over.set()

    def _options(self, namespace: str) -> LeaseOptions:
        settings = self._settings
        return LeaseOptions(
            namespace,
            settings.operator_name,
            duration=settings.lease_duration,
            renew_deadline=settings.renew_deadline,
            retry=settings.retry_period,
        )

    def _exit_hard(self) -> None:
        if not self._clock.sleep(self._over, self.grace):
            log.error("ended at once", reason="lease lost, and not everything ended in time")
            self._exit_now(ExitCode.HOME)
