"""What the process is made of: every object that lives as long as it does, put together in one place."""

import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import TYPE_CHECKING, Final

import structlog
from multicasskop.crds.codes import Code
from multicasskop.informers.clock import Clock
from multicasskop.informers.cluster import Cluster, ClusterOptions
from multicasskop.informers.clusters import Clusters
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.informer import Informer
from multicasskop.informers.metrics import Metrics
from multicasskop.informers.probe import ProbeOptions
from multicasskop.informers.supervisor import Supervisor
from multicasskop.informers.transport import TransportOptions
from multicasskop.operator.health import HealthServer
from multicasskop.operator.leadership import Leadership
from multicasskop.operator.means import Means
from multicasskop.operator.members.membership import Membership
from multicasskop.operator.output.exit_codes import CommandError, ExitCode
from multicasskop.operator.pages import Condition, Pages
from multicasskop.operator.process import End, Inbox
from multicasskop.operator.settings import Settings
from multicasskop.operator.values import CASSANDRACLUSTER, MULTICASSKOP
from multicasskop.operator.version import version
from multicasskop.operator.work import Work
from multicasskop.operator.works import Working, Works
from multicasskop.reconcilers.traces import Traces
from prometheus_client import CollectorRegistry

if TYPE_CHECKING:
    from multicasskop.operator.telemetry import Telemetry

log = structlog.get_logger("process")
COMPONENT: Final = "multicasskop"
SYNC_SECONDS: Final = 120.0
SYNC_NEWS_SECONDS: Final = 10.0
LOOK_SECONDS: Final = 0.1
IDENTITY_LOOK_SECONDS: Final = 5.0
WORKERS_SECONDS: Final = 25.0
EVENTS_SECONDS: Final = 5.0
SPANS_SECONDS: Final = 5.0
THREADS_SECONDS: Final = 5.0
WATCHED: Final = 8
"""Kinds that both controllers watch together."""
LOST_THREADS_SECONDS: Final = 0.5


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
        self._clock, self._random = clock, random
        self._born = clock.monotonic()
        self._identity = f"{settings.pod_name or platform.node() or COMPONENT}_{random.getrandbits(40):010x}"
        self.supervisor = Supervisor()
        self._clusters = Clusters()
        self._traces = Traces(random, settings.trace_ratio, settings.jaeger_ui, wanted=settings.traced)
        self._telemetry: Telemetry | None = None
        self._work: Works | None = None
        self.leadership = Leadership(
            settings,
            self._identity,
            inbox,
            clock=clock,
            random=random,
            supervisor=self.supervisor,
            metrics=metrics,
            on_lost=self._cancel_work,
            exit_now=exit_now,
        )
        self._members = Membership(
            settings,
            environment,
            self._clusters,
            self._cluster,
            prepare=self._prepare_member,
            came=self._member_came,
            went=self._member_went,
            clock=clock,
            metrics=metrics,
            supervisor=self.supervisor,
            traces=self._traces,
        )
        self._condition = Condition()
        self._pages = Pages(self._condition, self._clusters, self.supervisor, registry, clock, self._refresh)
        self._servers: list[HealthServer] = []
        self.supervisor.on_failure(self._thread_died)
        metrics.set("build_info", 1, version=version(), revision="", python=platform.python_version())

    # start

    def serve_health(self) -> None:
        """Serve the pages; CommandError when an address is taken."""
        addresses = {"health": self._settings.health_address, "metrics": self._settings.metrics_address}
        pages = {"health": self._pages.health(), "metrics": self._pages.metrics()}
        for name, address in addresses.items():
            if address is not None:
                self._serve(name, HealthServer(name, pages[name], address, self.supervisor))

    def engage_home(self) -> None:
        """Bring home in, wire what depends on it, and begin to watch."""
        home = self._members.add_home()
        self._work = Works(tuple(self._works(home)), self._clock)
        self._work.wire()
        self._members.watch(home)
        home.engage()

    def sync_home(self, ended: Callable[[float], bool]) -> None:
        """Wait for home's stores; CommandError that names those which are late."""
        began = said = self._clock.monotonic()
        while late := [informer for informer in self._clusters.home.informers() if not informer.has_synced]:
            now = self._clock.monotonic()
            if now - began > SYNC_SECONDS:
                raise self._too_late(late)
            if now - said > SYNC_NEWS_SECONDS:
                said = now
                log.warning("home not synced yet", late=[describe(informer) for informer in late])
            late[0].wait_synced(LOOK_SECONDS)
            if ended(0.0):
                return
        if self._knows_home(ended):
            self._condition.synced = True

    def _knows_home(self, ended: Callable[[float], bool]) -> bool:
        """Wait until home's id is known, or known not to be readable: owner marks carry it; False when told to end.

        CommandError when home does not say.
        """
        began, home = self._clock.monotonic(), self._clusters.home
        while not home.wait_identity(IDENTITY_LOOK_SECONDS):
            if ended(0.0):
                return False
            if self._clock.monotonic() - began > SYNC_SECONDS:
                what = f"{home.name} (home): does not say which cluster it is, within {SYNC_SECONDS:g}s"
                hint = "see why it does not answer GET /api/v1/namespaces/kube-system; a refusal (403) would do"
                raise CommandError(ExitCode.HOME, what, hint=hint, code=Code.UNREACHABLE)
            log.warning("home not recognized yet", member=home.name)
        return True

    def start_tracing(self) -> None:
        """Begin to send spans, if there is somewhere to send them; home is known by now."""
        if not self._settings.traced:
            return
        from multicasskop.operator.telemetry import Telemetry, resource_of

        about = resource_of(self._settings, self._identity, self._clusters.home.identity, self._members.namespace)
        self._telemetry = Telemetry(
            self._settings,
            about,
            clock=self._clock,
            random=self._random,
            supervisor=self.supervisor,
            metrics=self._metrics,
        )
        self._telemetry.start()
        self._traces.use(self._telemetry.take)

    def engage_remotes(self, ended: Callable[[float], bool]) -> None:
        """Bring the other members in, those first that have a Secret by now."""
        for cluster in self._members.add_remotes(ended):
            cluster.engage()
        self._members.follow()

    def elect(self) -> None:
        """Become a candidate for the lease."""
        self.leadership.seek(self._clusters.home, self._members.namespace)
        self._condition.lease = self.leadership.loop

    def start_workers(self) -> None:
        """Begin to work."""
        if self._work is not None:
            self._work.start()
            self._members.lead(self._work.recorder)
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
        self._members.ask_stop()
        if self._work is not None:
            self._work.shut()

    def await_workers(self) -> None:
        """Wait for runs under way; after a lost lease there is less time."""
        if self._work is not None:
            self._work.finish(self.leadership.grace / 2 if self.leadership.lost else WORKERS_SECONDS)

    def stop_informers(self) -> None:
        """End all watches, and all other calls to any cluster but those of events and lease."""
        self._members.stop()
        for cluster in self._clusters:
            cluster.disengage()
        self._members.join()

    def flush_events(self) -> None:
        """Write the events that wait."""
        if self._work is not None:
            self._work.flush(0.0 if self.leadership.lost else EVENTS_SECONDS)

    def flush_spans(self) -> None:
        """Send the spans that wait."""
        if self._telemetry is not None:
            self._telemetry.stop(0.0 if self.leadership.lost else SPANS_SECONDS)

    def release_lease(self) -> None:
        """Give the lease back if no work is under way any more."""
        self.leadership.release(idle=self._work is None or self._work.idle)

    def stop_health(self) -> None:
        """Serve no more pages, and see that no thread is left."""
        for server in self._servers:
            server.stop()
        self.leadership.over()
        left = self.supervisor.join_all(LOST_THREADS_SECONDS if self.leadership.lost else THREADS_SECONDS)
        if left:
            log.error("threads did not end", threads=list(left))

    # parts of the above

    def _works(self, home: Cluster) -> Iterator[Working]:
        """The work of each controller that is wanted."""
        settings, identity = self._settings, self._identity
        means = Means(self._clock, self._random, self.supervisor, self._metrics, self._traces)
        if MULTICASSKOP in settings.controllers:
            yield Work(home, self._clusters, settings, identity, means, namespace=self._members.namespace)
        if CASSANDRACLUSTER in settings.controllers:
            # its code costs memory and time at start, which others need not pay
            from multicasskop.operator.casskop_work import CasskopWork

            yield CasskopWork(home, settings, identity, means)

    def _serve(self, name: str, server: HealthServer) -> None:
        try:
            server.start()
        except OSError as error:
            where = "--{}-addr {}:{}".format(name, *server.address)
            what = f"{where}: {os.strerror(error.errno or 0)}. Nothing was started."
            hint = f"--{name}-addr :0 takes a free port"
            raise CommandError(ExitCode.USAGE, what, hint=hint, code=Code.BAD_FLAG) from error
        self._servers.append(server)
        log.info("serving", pages=name, address="{}:{}".format(*server.address))

    def _cluster(self, name: str, credentials: Credentials, expected: str) -> Cluster:
        settings, namespaces = self._settings, self._settings.watch_namespaces
        kinds = WATCHED if CASSANDRACLUSTER in settings.controllers else 2
        cluster = Cluster(
            name,
            credentials,
            clock=self._clock,
            random=Random(self._random.random()),  # noqa: S311 - spreads load, keeps no secret
            guard=self.leadership.guard,
            supervisor=self.supervisor,
            metrics=self._metrics,
            expected=expected,
            options=ClusterOptions(
                # a watch of each kind per namespace, and calls of all workers side by side
                TransportOptions(connections=settings.workers + 2, watches=max(8, kinds * len(namespaces))),
                ProbeOptions(interval=settings.probe_interval, dark_after=settings.dark_after),
                streamed_lists=settings.streamed_lists,
            ),
        )
        cluster.on_reachability(self._members.news.look)
        return cluster

    def _prepare_member(self, cluster: Cluster) -> None:
        if self._work is not None:
            self._work.wire_member(cluster)

    def _member_came(self, cluster: Cluster) -> None:
        if self._work is not None:
            cluster.engage()
            self._work.wake(cluster.name)

    def _member_went(self, name: str) -> None:
        if self._work is not None:
            self._work.wake(name)

    def _too_late(self, late: Sequence[Informer]) -> CommandError:
        names = "; ".join(map(describe, late))
        what = f"{self._settings.local} (home): not synced within {SYNC_SECONDS:g}s: {names}"
        return CommandError(ExitCode.HOME, what, hint="grant the operator's role in home", code=Code.UNREACHABLE)

    def _refresh(self) -> None:
        for cluster in self._clusters:
            cluster.report()
        if self._work is not None:
            self._work.report()

    def _cancel_work(self) -> None:
        if self._work is not None:
            self._work.cancel()

    def _thread_died(self, name: str, error: BaseException) -> None:
        self._inbox.put(End(f"thread {name} died: {type(error).__name__}: {error}", ExitCode.BUG, error))


def describe(informer: Informer) -> str:
    """An informer that is late, and why."""
    where = f" in {informer.namespace}" if informer.namespace else ""
    fault = informer.last_fault
    return f"{informer.resource.plural}{where}" + (f" ({fault.cause.value}: {fault.detail})" if fault else "")
