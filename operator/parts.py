"""What the process is made of: every object that lives as long as it does, put together in one place."""

import os
import platform
import threading
from collections.abc import Callable, Mapping
from random import Random
from typing import Final

import structlog
from multicasskop.informers.client import Client
from multicasskop.informers.clock import Clock
from multicasskop.informers.cluster import Cluster, ClusterOptions
from multicasskop.informers.clusters import Clusters
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.guard import WriteGuard
from multicasskop.informers.informer import Informer
from multicasskop.informers.metrics import Metrics
from multicasskop.informers.observed import Observed
from multicasskop.informers.probe import ProbeOptions
from multicasskop.informers.queue import WorkQueue
from multicasskop.informers.supervisor import Supervisor
from multicasskop.informers.transport import TransportOptions
from multicasskop.operator.health import HealthServer
from multicasskop.operator.lease.election import LeaseOptions
from multicasskop.operator.lease.loop import LeaseLoop
from multicasskop.operator.members.roster import Roster
from multicasskop.operator.output.exit_codes import CommandError, ExitCode
from multicasskop.operator.pages import Condition, Pages
from multicasskop.operator.process import End, Inbox, Leading
from multicasskop.operator.settings import Settings
from multicasskop.operator.version import version
from multicasskop.reconcilers.controller import Controller
from multicasskop.reconcilers.events import EventRecorder
from multicasskop.reconcilers.multicasskop.reconciler import MultiCasskopReconciler, ReconcilerOptions
from multicasskop.reconcilers.multicasskop.watches import wire
from multicasskop.reconcilers.request import Request
from prometheus_client import CollectorRegistry

log = structlog.get_logger("process")
COMPONENT: Final = "multicasskop"
SYNC_SECONDS: Final = 120.0
SYNC_NEWS_SECONDS: Final = 10.0
LOOK_SECONDS: Final = 0.1
WORKERS_SECONDS: Final = 25.0
EVENTS_SECONDS: Final = 5.0
THREADS_SECONDS: Final = 5.0
LOST_THREADS_SECONDS: Final = 0.5
# of the time between a lost lease and the moment at which another may lead
HARD_EXIT_PART: Final = 0.8


class OperatorParts:
    """The parts of a running operator; how each is started and stopped, in the order of the process's two lists."""

    def __init__(
        self,
        settings: Settings,
        environment: Mapping[str, str],
        inbox: Inbox,
        *,
        metrics: Metrics,
        registry: CollectorRegistry,
        clock: Clock,
        random: Random,
        exit_now: Callable[[int], object] = os._exit,
    ) -> None:
        self._settings, self._inbox, self._metrics = settings, inbox, metrics
        self._clock, self._random, self._exit_now = clock, random, exit_now
        self._born = clock.monotonic()
        self._identity = f"{settings.pod_name or platform.node() or COMPONENT}_{random.getrandbits(40):010x}"
        self.supervisor = Supervisor()
        self._guard = WriteGuard(clock)
        self._clusters = Clusters()
        self._queue: WorkQueue[Request] = WorkQueue(clock, metrics=metrics, name=COMPONENT)
        self._roster = Roster(
            settings,
            environment,
            self._clusters,
            self._cluster,
            clock=clock,
            metrics=metrics,
            supervisor=self.supervisor,
        )
        self._condition = Condition()
        self._pages = Pages(self._condition, self._clusters, self.supervisor, registry, clock, self._refresh)
        self._servers: list[HealthServer] = []
        self._recorder: EventRecorder | None = None
        self._controller: Controller | None = None
        self._reconciler: MultiCasskopReconciler | None = None
        self._idle, self._lost = True, False
        self._over = threading.Event()
        self.supervisor.on_failure(self._thread_died)
        metrics.set("build_info", 1, version=version(), revision="", python=platform.python_version())

    # start

    def serve_health(self) -> None:
        """Serve the pages; CommandError when an address is taken."""
        addresses = (("health", self._settings.health_address), ("metrics", self._settings.metrics_address))
        pages = {"health": self._pages.health(), "metrics": self._pages.metrics()}
        for name, address in addresses:
            if address is None:
                continue
            server = HealthServer(name, pages[name], address, self.supervisor)
            try:
                server.start()
            except OSError as error:
                what = f"--{name}-addr {address[0]}:{address[1]}: {os.strerror(error.errno or 0)}. Nothing was started."
                raise CommandError(ExitCode.USAGE, what, hint=f"--{name}-addr :0 takes a free port") from error
            self._servers.append(server)
            log.info("serving", pages=name, address="{}:{}".format(*server.address))

    def engage_home(self) -> None:
        """Bring home in, wire what depends on it, and begin to watch."""
        home = self._roster.add_home()
        self._recorder = EventRecorder(
            home.client,
            COMPONENT,
            self._clock,
            random=self._random,
            supervisor=self.supervisor,
            instance=self._identity,
            metrics=self._metrics,
        )
        reconciler = self._reconciler = MultiCasskopReconciler(
            self._clusters,
            clock=self._clock,
            settings=ReconcilerOptions(
                namespaces=self._settings.watch_namespaces,
                allow_cross_namespace=self._settings.allow_cross_namespace,
            ),
            recorder=self._recorder,
            metrics=self._metrics,
            observed=Observed(self._clock),
        )
        self._controller = Controller(
            COMPONENT,
            self._queue,
            reconciler,
            clock=self._clock,
            random=self._random,
            supervisor=self.supervisor,
            metrics=self._metrics,
            workers=self._settings.workers,
        )
        wire(self._clusters, self._queue, reconciler)
        home.engage()

    def sync_home(self, ended: Callable[[float], bool]) -> None:
        """Wait for home's stores; CommandError that names those which are late."""
        began = said = self._clock.monotonic()
        while late := [informer for informer in self._clusters.home.informers() if not informer.has_synced]:
            now = self._clock.monotonic()
            if now - began > SYNC_SECONDS:
                what = "; ".join(map(_late, late))
                raise CommandError(
                    ExitCode.HOME, f"{self._settings.local} (home): not synced: {what}", hint="check rights"
                )
            if now - said > SYNC_NEWS_SECONDS:
                said = now
                log.warning("home not synced yet", late=[_late(informer) for informer in late])
            late[0].wait_synced(LOOK_SECONDS)
            if ended(0.0):
                return
        self._condition.synced = True

    def engage_remotes(self) -> None:
        """Bring the other members in."""
        remotes = self._roster.add_remotes()
        if self._reconciler is not None:
            wire(self._clusters, self._queue, self._reconciler)
        for cluster in remotes:
            cluster.engage()

    def elect(self) -> None:
        """Become a candidate, or lead at once where nobody else is expected."""
        if not self._settings.leader_elect:
            log.info("leading", lease="none")
            self._guard.open_forever()
            self._inbox.put(Leading())
            return
        settings, home = self._settings, self._clusters.home
        options = LeaseOptions(
            self._roster.namespace,
            settings.operator_name,
            duration=settings.lease_duration,
            renew_deadline=settings.renew_deadline,
            retry=settings.retry_period,
        )
        self._condition.lease = LeaseLoop(
            Client(home.transport.for_lease()),
            self._clock,
            self._random,
            self._guard,
            self.supervisor,
            options,
            self._identity,
            lambda: self._inbox.put(Leading()),
            self._lease_lost,
            metrics=self._metrics,
        )
        self._condition.lease.start()

    def start_workers(self) -> None:
        """Begin to work and to write events."""
        if self._recorder is None or self._controller is None:
            return
        self._recorder.start()
        self._idle = False
        self._controller.start()
        members = list(self._clusters)
        answering = sum(cluster.reachability.ok for cluster in members)
        log.info(
            "ready",
            members=f"{answering}/{len(members)}",
            resources=sum(len(cluster.informers()) for cluster in members),
            workers=self._settings.workers,
            start=round(self._clock.monotonic() - self._born, 3),
        )

    # stop

    def turn_unready(self) -> None:
        """Let `/readyz` fail."""
        self._condition.stopping = True

    def shut_queue(self) -> None:
        """Hand out no more work."""
        self._queue.shut_down()

    def await_workers(self) -> None:
        """Wait for runs under way; after a lost lease there is less time."""
        if self._controller is not None and not self._idle:
            seconds = self._grace() / 2 if self._lost else WORKERS_SECONDS
            self._idle = self._controller.stop(seconds)

    def stop_informers(self) -> None:
        """End all watches; home's transport stays for the events."""
        for cluster in list(self._clusters)[1:]:
            cluster.disengage()
        home = [informer for cluster in list(self._clusters)[:1] for informer in cluster.informers()]
        for informer in home:
            informer.ask_stop()
        for informer in home:
            informer.stop()

    def flush_events(self) -> None:
        """Write the events that wait, then let go of home."""
        if self._recorder is not None:
            if not self._recorder.flush(0.0 if self._lost else EVENTS_SECONDS):
                log.warning("events not written in time")
            self._recorder.stop()
        for cluster in self._clusters:
            cluster.disengage()

    def release_lease(self) -> None:
        """Give the lease back if no work is under way any more; else it runs out by itself."""
        if self._condition.lease is not None:
            self._condition.lease.stop(release=self._idle and not self._lost)
        self._guard.close()

    def stop_health(self) -> None:
        """Serve no more pages, and see that no thread is left."""
        for server in self._servers:
            server.stop()
        self._over.set()
        left = self.supervisor.join_all(LOST_THREADS_SECONDS if self._lost else THREADS_SECONDS)
        if left:
            log.error("threads did not end", threads=list(left))

    # what happens meanwhile

    def _cluster(self, name: str, credentials: Credentials) -> Cluster:
        settings = self._settings
        watches = max(8, 2 * max(1, len(settings.watch_namespaces)))
        return Cluster(
            name,
            credentials,
            clock=self._clock,
            random=Random(self._random.random()),  # noqa: S311 - spreads load, keeps no secret
            guard=self._guard,
            supervisor=self.supervisor,
            metrics=self._metrics,
            options=ClusterOptions(
                TransportOptions(connections=settings.workers + 2, watches=watches),
                ProbeOptions(interval=settings.probe_interval, dark_after=settings.dark_after),
            ),
        )

    def _refresh(self) -> None:
        if self._controller is not None:
            self._controller.report()

    def _thread_died(self, name: str, error: BaseException) -> None:
        self._inbox.put(End(f"thread {name} died: {type(error).__name__}: {error}", ExitCode.BUG, error))

    def _lease_lost(self, reason: str) -> None:
        """Runs in the lease's thread, with the guard closed: nothing is written any more, and the rest ends in time."""
        self._lost = True
        self._queue.shut_down()
        if self._controller is not None:
            self._controller.cancel()
        self.supervisor.spawn("hard-exit", self._exit_hard)
        self._inbox.put(End(f"lease lost: {reason}", ExitCode.HOME))

    def _exit_hard(self) -> None:
        """End the process before another may lead, whatever still runs and whoever hangs."""
        if not self._clock.sleep(self._over, self._grace()):
            log.error("ended at once", reason="lease lost, and not everything ended in time")
            self._exit_now(ExitCode.HOME)

    def _grace(self) -> float:
        return HARD_EXIT_PART * (self._settings.lease_duration - self._settings.renew_deadline)


def _late(informer: Informer) -> str:
    """An informer that is late, and why."""
    where = f" in {informer.namespace}" if informer.namespace else ""
    fault = informer.last_fault
    return f"{informer.resource.plural}{where}" + (f" ({fault.cause.value}: {fault.detail})" if fault else "")
