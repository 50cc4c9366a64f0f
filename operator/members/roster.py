"""The members: found, registered, told about in the log, and let go again."""

from collections.abc import Callable, Mapping
from typing import Final

import structlog
from multicasskop.crds.codes import Code
from multicasskop.informers.clock import Clock
from multicasskop.informers.cluster import Cluster
from multicasskop.informers.clusters import Clusters
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import CredentialsError
from multicasskop.informers.metrics import Metrics
from multicasskop.informers.supervisor import Supervisor
from multicasskop.operator.members.endings import Endings
from multicasskop.operator.members.registration import check_kind, secret_reader, unreadable
from multicasskop.operator.members.renewal import Renewal, Tell, unusable
from multicasskop.operator.members.secrets import MemberSecret
from multicasskop.operator.members.source import CredentialSource, LiveSource, NamedSource
from multicasskop.operator.members.spans import MemberSpans
from multicasskop.operator.members.static import Found, home_credentials
from multicasskop.operator.members.told import Told
from multicasskop.operator.settings import Settings
from multicasskop.reconcilers.traces import Traces

log = structlog.get_logger("members")
CALL_SECONDS: Final = 10.0
NOTHING: Final = "nothing"
MakeCluster = Callable[[str, Credentials, str], Cluster]
"""Makes a cluster by its name, credentials, and the identity that it must have, if that is known."""
Watched = Callable[[str], MemberSecret | None]
"""The watched Secret that speaks for a member."""


class Roster:
    """Brings members in, and says what becomes of them: those of the flags in their order, others as they come.

    Home must be usable; another member is registered whatever its state is, and never delays the rest. `prepare` is
    given each of them but home before anybody can find it. Thread-safe in so far as one thread adds and removes live
    members, and another one those of the flags.
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
        prepare: Callable[[Cluster], None] = lambda _: None,
        watched: Watched = lambda _: None,
        tell: Tell = lambda *_: None,
    ) -> None:
        self._settings, self._environment, self._clusters, self._make = settings, environment, clusters, make
        self._clock, self._metrics, self._supervisor, self._traces = clock, metrics, supervisor, traces
        self._prepare, self._watched, self._tell = prepare, watched, tell
        self.namespace = settings.namespace
        self._renewal = Renewal(clock, metrics, supervisor, tell, Endings(watched, clock))
        self._told: dict[Cluster, Told] = {}

    def add_home(self) -> Cluster:
        """Register home, not engaged yet; raises CommandError when it cannot be used."""
        try:
            found = home_credentials(self._settings, self._environment)
            home = self._make(self._settings.local, found.credentials, "")
        except CredentialsError as error:
            raise unreadable(error) from error
        check_kind(home.client, home.name, Deadline(self._clock, CALL_SECONDS))
        self.namespace = self.namespace or found.credentials.namespace or "default"
        self._clusters.add(home, home=True)
        self._registered(home, "home", found)
        return home

    def add_remotes(self) -> tuple[Cluster, ...]:
        """Register all members of the flags, not engaged yet; without usable credentials: a warning, a condition."""
        read = secret_reader(self._clusters.home.client, self.namespace, lambda: Deadline(self._clock, CALL_SECONDS))
        sources = (
            NamedSource(name, self._settings, self._environment, read, self._watched) for name in self._settings.remotes
        )
        return tuple(self._add(source) for source in sources)

    def add_live(self, name: str) -> Cluster:
        """Register a member that a Secret speaks for, not engaged yet."""
        return self._add(LiveSource(name, self._watched, self._settings.allow_local_servers), live=True)

    def let_go(self, name: str) -> Cluster | None:
        """Forget a member, so that nothing begins there any more; return it, to be ended."""
        self._renewal.drop(name)
        return self._clusters.remove(name)

    def end(self, cluster: Cluster | None) -> None:
        """End a member's watches, threads and connections, and its series; its children stay."""
        if cluster is not None:
            cluster.disengage()
            self._told.pop(cluster).end()
            self._metrics.forget(member=cluster.name)
            log.info("member gone", member=cluster.name)

    def look_at(self, name: str) -> None:
        """See what has become of a member's credentials, and which cluster it is to be."""
        cluster, expected = self._clusters.get(name), self._expected(name)
        if cluster is not None and expected:
            cluster.expect(expected)
        self._renewal.look_at(name)

    def credentials(self, name: str) -> Credentials | None:
        """What a member is reached with; None when that is not usable."""
        return self._renewal.credentials(name)

    def watch_credentials(self) -> None:
        """Begin to follow changes of the credentials of all members but home."""
        self._renewal.start()

    def stop(self) -> None:
        """Follow them no more."""
        self._renewal.stop()

    def _expected(self, name: str) -> str:
        secret = self._watched(name)
        return secret.identity if secret is not None else ""

    def _add(self, source: CredentialSource, *, live: bool = False) -> Cluster:
        name, mark, expected = source.name, source.mark(), self._expected(source.name)
        try:
            found = source.read()
            cluster = self._make(name, found.credentials, expected)
        except CredentialsError as error:
            log.warning("member without credentials", member=name, code=Code.BAD_CREDENTIALS, error=str(error))
            self._tell(name, error)
            found = Found(unusable(name, error), NOTHING)
            cluster = self._make(name, found.credentials, expected)
            self._renewal.keep(cluster, source, mark, None, str(error))
        else:
            self._renewal.keep(cluster, source, mark, found)
        self._prepare(cluster)
        self._clusters.add(cluster, live=live)
        self._registered(cluster, "remote", found)
        return cluster

    def _registered(self, cluster: Cluster, role: str, found: Found) -> None:
        usable = found.via != NOTHING
        if usable:
            log.info("member registered", member=cluster.name, role=role, server=cluster.server, via=found.via)
        for warning in found.credentials.warnings:
            log.warning("member not safe", member=cluster.name, error=warning)
        self._metrics.set("member_info", 1, member=cluster.name, role=role, server_version="")
        told = Told(cluster, role, self._clock, self._metrics, self._supervisor, answering=usable)
        self._told[cluster] = told
        cluster.on_reachability(told)
        cluster.on_reachability(MemberSpans(self._traces, self._clock))
