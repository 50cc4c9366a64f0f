"""The members that were named by flag: found, registered, and told about in the log."""

import threading
from collections.abc import Callable, Mapping
from typing import Final

import structlog
from multicasskop.crds.codes import Code
from multicasskop.informers.clock import Clock
from multicasskop.informers.cluster import Cluster
from multicasskop.informers.clusters import Clusters
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import CredentialsError, InformerError, one_line
from multicasskop.informers.metrics import Metrics
from multicasskop.informers.supervisor import Supervisor
from multicasskop.operator.members.registration import check_kind, secret_reader, unreadable
from multicasskop.operator.members.renewal import Renewal, unusable
from multicasskop.operator.members.source import NamedSource
from multicasskop.operator.members.spans import MemberSpans
from multicasskop.operator.members.static import Found, SecretReader, home_credentials
from multicasskop.operator.settings import Settings
from multicasskop.reconcilers.multicasskop.telling import code_of
from multicasskop.reconcilers.traces import Traces

log = structlog.get_logger("members")
CALL_SECONDS: Final = 10.0
NOTHING: Final = "nothing"
MakeCluster = Callable[[str, Credentials], Cluster]


class Roster:
    """Brings members in, in the order in which they were named, and says what becomes of them.

    Home must be usable; another member is registered whatever its state is, and never delays the rest.
    """

    def __init__(
        self,
        settings: Settings,
        environment: Mapping[str, str],
        clusters: Clusters,
        make: MakeCluster,
        *,
        clock: Clock,
        metrics: Metrics,
        supervisor: Supervisor,
        traces: Traces,
    ) -> None:
        self._settings, self._environment, self._clusters, self._make = settings, environment, clusters, make
        self._clock, self._metrics, self._supervisor, self._traces = clock, metrics, supervisor, traces
        self.namespace = settings.namespace
        self._renewal = Renewal(clock, metrics, supervisor)

    def add_home(self) -> Cluster:
        """Register home, not engaged yet; raises CommandError when it cannot be used."""
        try:
            found = home_credentials(self._settings, self._environment)
            home = self._make(self._settings.local, found.credentials)
        except CredentialsError as error:
            raise unreadable(error) from error
        check_kind(home.client, home.name, Deadline(self._clock, CALL_SECONDS))
        self.namespace = self.namespace or found.credentials.namespace or "default"
        self._clusters.add(home, home=True)
        self._registered(home, "home", found)
        return home

    def add_remotes(self) -> tuple[Cluster, ...]:
        """Register all other members, not engaged yet; one without usable credentials is a warning and a condition."""
        read = secret_reader(self._clusters.home.client, self.namespace, lambda: Deadline(self._clock, CALL_SECONDS))
        return tuple(self._remote(name, read) for name in self._settings.remotes)

    def watch_credentials(self) -> None:
        """Begin to follow changes of the credentials of all members but home."""
        self._renewal.start()

    def stop(self) -> None:
        """Follow them no more."""
        self._renewal.stop()

    def _remote(self, name: str, read: SecretReader) -> Cluster:
        source = NamedSource(name, self._settings, self._environment, read)
        mark = source.mark()
        try:
            found = source.read()
            cluster = self._make(name, found.credentials)
        except CredentialsError as error:
            log.warning("member without credentials", member=name, code=Code.BAD_CREDENTIALS, error=str(error))
            found = Found(unusable(name, error), NOTHING)
            cluster = self._make(name, found.credentials)
            self._renewal.keep(cluster, source, mark, None, str(error))
        else:
            self._renewal.keep(cluster, source, mark, found)
        self._clusters.add(cluster)
        self._registered(cluster, "remote", found)
        return cluster

    def _registered(self, cluster: Cluster, role: str, found: Found) -> None:
        usable = found.via != NOTHING
        if usable:
            log.info("member registered", member=cluster.name, role=role, server=cluster.server, via=found.via)
        for warning in found.credentials.warnings:
            log.warning("member not safe", member=cluster.name, error=warning)
        self._metrics.set("member_info", 1, member=cluster.name, role=role, server_version="")
        cluster.on_reachability(Told(cluster, role, self._clock, self._metrics, self._supervisor, answering=usable))
        cluster.on_reachability(MemberSpans(self._traces, self._clock))


class Told:
    """What was told of one member: called whenever something about it may have changed, logs what is new."""

    def __init__(
        self, cluster: Cluster, role: str, clock: Clock, metrics: Metrics, supervisor: Supervisor, *, answering: bool
    ) -> None:
        self._cluster, self._role, self._clock = cluster, role, clock
        self._metrics, self._supervisor = metrics, supervisor
        self._began = clock.monotonic()
        self._lock = threading.Lock()
        self._code = None if answering else Code.BAD_CREDENTIALS
        self._synced = False

    def __call__(self, cluster: Cluster) -> None:
        """Look at the member; runs in the thread that noticed, so it makes no call."""
        reachability = cluster.reachability
        code = None if reachability.ok else code_of(reachability.reason)
        with self._lock:
            changed, self._code = code is not self._code, code
            synced = not self._synced and bool(cluster.informers()) and all(i.has_synced for i in cluster.informers())
            self._synced = self._synced or synced
        if changed and reachability.ok:
            log.info("member back", member=cluster.name)
        elif changed:
            log.warning("member dark", member=cluster.name, code=code, error=reachability.message)
        if synced:
            self._log_synced(cluster)

    def _log_synced(self, cluster: Cluster) -> None:
        objects = sum(len(informer.store) for informer in cluster.informers())
        took = round(self._clock.monotonic() - self._began, 3)
        log.info("member synced", member=cluster.name, objects=objects, took=took)
        self._supervisor.spawn(f"version/{cluster.name}", self._note_version)

    def _note_version(self) -> None:
        name = self._cluster.name
        try:
            found = self._cluster.client.raw_get("/version", deadline=Deadline(self._clock, CALL_SECONDS))
        except InformerError as error:
            log.debug("version unknown", member=name, error=str(error))
            return
        self._metrics.forget(member=name, role=self._role, server_version="")
        version = one_line(str(found.get("gitVersion") or ""), 64)
        self._metrics.set("member_info", 1, member=name, role=self._role, server_version=version)
