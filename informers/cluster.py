"""One Kubernetes cluster: how it is reached, what is watched there, and whether it answers."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

import structlog
from multicasskop.informers.backoff import Backoff
from multicasskop.informers.breaker import Breaker, Dark
from multicasskop.informers.client import Client
from multicasskop.informers.clock import Clock
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.errors import (
    BAD_CREDENTIALS,
    CONNECTION_REFUSED,
    FORBIDDEN,
    IDENTITY_CHANGED,
    KIND_NOT_SERVED,
    TLS_FAILED,
    UNAUTHORIZED,
    ApiError,
    InformerError,
    Stopped,
    is_server_error,
    is_throttled,
)
from multicasskop.informers.guard import WriteGuard
from multicasskop.informers.informer import Informer, InformerOptions
from multicasskop.informers.metrics import Metrics
from multicasskop.informers.probe import Probe, ProbeOptions
from multicasskop.informers.resource import Resource
from multicasskop.informers.states import Cause
from multicasskop.informers.supervisor import Supervisor
from multicasskop.informers.transport import Transport, TransportOptions

NAMESPACES = Resource("", "v1", "namespaces", "Namespace", namespaced=False)
IDENTITY_NAMESPACE = "kube-system"

# refusals that say what is missing; they hold as soon as they are heard, other faults once the store is stale
_REFUSALS = {
    Cause.UNAUTHORIZED: UNAUTHORIZED,
    Cause.NO_CREDENTIALS: BAD_CREDENTIALS,
    Cause.FORBIDDEN: FORBIDDEN,
    Cause.KIND_NOT_SERVED: KIND_NOT_SERVED,
}

_OURS_TO_MEND = frozenset({BAD_CREDENTIALS, IDENTITY_CHANGED, TLS_FAILED, UNAUTHORIZED})

_log = structlog.get_logger("multicasskop.informers")


@dataclass(frozen=True, slots=True)
class ClusterOptions:
    """The options of a cluster's parts."""

    transport: TransportOptions = field(default_factory=TransportOptions)
    probe: ProbeOptions = field(default_factory=ProbeOptions)
    informer: InformerOptions = field(default_factory=InformerOptions)


@dataclass(frozen=True, slots=True)
class Reachability:
    """Whether a cluster answers and serves what is watched there; if not, why, in a word and in a sentence.

    `since` is when it began to be so; `last_contact` is None when nothing was ever heard.
    """

    ok: bool
    reason: str
    message: str
    since: datetime
    last_contact: datetime | None


class Cluster:
    """One cluster's transport, informers and reachability. It knows nothing of other clusters, and delays none.

    `engage` starts its threads and returns at once, whether the cluster can be reached or not; `disengage` ends them.
    No deletes come of either: objects that are out of sight are not gone. Thread-safe.
    """

    def __init__(
        self,
        name: str,
        credentials: Credentials,
        *,
        clock: Clock,
        random: Random,
        guard: WriteGuard | None,
        supervisor: Supervisor,
        metrics: Metrics | None = None,
        options: ClusterOptions | None = None,
        client: Client | None = None,
    ) -> None:
        """Prepare, without a call; CredentialsError when certificates cannot be used."""
        self.name = name
        self._clock, self._random, self._supervisor = clock, random, supervisor
        self._metrics, self._options = metrics or Metrics.none(), options or ClusterOptions()
        self._breaker = Breaker(name, clock)
        self.transport = Transport(
            name,
            credentials,
            clock=clock,
            guard=guard,
            metrics=self._metrics,
            options=self._options.transport,
            breaker=self._breaker,
        )
        self.client = client or Client(self.transport)
        self._probe = Probe(
            self.transport,
            self._breaker,
            clock=clock,
            supervisor=supervisor,
            metrics=self._metrics,
            options=self._options.probe,
        )
        self._lock = threading.Lock()
        self._informers: dict[tuple[Resource, str], Informer] = {}
        self._callbacks: tuple[Callable[[Cluster], None], ...] = ()
        self._engaged, self._answering = False, True
        self._ended = threading.Event()
        self._identity, self._identified, self._doubt = "", threading.Event(), ""
        self._threads: list[threading.Thread] = []
        self._told: tuple[object, ...] = (True, "", "")
        self._reachability = Reachability(True, "", "", clock.now(), None)
        self._breaker.on_change(self._answers)

    def __repr__(self) -> str:
        return f"Cluster({self.name!r}, {self.server!r})"

    # for readers

    @property
    def server(self) -> str:
        """The address of the API server."""
        return self.transport.server

    @property
    def identity(self) -> str:
        """The UID of the namespace kube-system, by which a cluster is known; empty while unknown or not allowed."""
        return self._identity

    def wait_identity(self, timeout: float) -> bool:
        """Wait until `identity` is known, or known not to be allowed, at most `timeout` seconds; return whether it is.

        Whoever writes the identity down waits for it first: it does not change afterwards.
        """
        return self._clock.sleep(self._identified, timeout)

    @property
    def reachable(self) -> bool:
        """Whether calls go out: false while the cluster is dark."""
        return not self._breaker.dark

    @property
    def reachability(self) -> Reachability:
        """Whether the cluster answers and serves what is watched, and if not, why and since when."""
        ok, reason, message = self._judge()
        with self._lock:
            known = self._reachability
            since = known.since if (known.ok, known.reason) == (ok, reason) else self._clock.now()
            self._reachability = Reachability(ok, reason, message, since, self._breaker.last_contact)
            return self._reachability

    def informers(self) -> tuple[Informer, ...]:
        """Return all that have been asked for."""
        with self._lock:
            return tuple(self._informers.values())

    def informer(self, resource: Resource, namespace: str = "", options: InformerOptions | None = None) -> Informer:
        """Return the informer of a resource in one namespace, or (empty) in all: always the same one.

        The first to ask makes it, with its options; it starts with the cluster, or now if that is engaged.
        """
        with self._lock:
            if (resource, namespace) in self._informers:
                return self._informers[resource, namespace]
            informer = self._make(resource, namespace, options or self._options.informer)
            self._informers[resource, namespace] = informer
            if self._engaged:
                informer.start()
        return informer

    def on_reachability(self, callback: "Callable[[Cluster], None]") -> None:
        """Call `callback(cluster)` whenever `reachability` changes, or a store becomes complete, fresh or stale.

        In the thread that noticed, which waits for it: it is short.
        """
        with self._lock:
            self._callbacks = (*self._callbacks, callback)

    # for the owner

    def report(self) -> None:
        """Bring the informers' series up to date; called before metrics are read."""
        for informer in self.informers():
            informer.report()

    def engage(self) -> None:
        """Start the probe and all informers, and look for the cluster's identity; blocks for nothing."""
        with self._lock:
            self._engaged = True
            informers = tuple(self._informers.values())
        self._probe.start()
        self._threads.append(self._supervisor.spawn(f"identity/{self.name}", self._identify))
        for informer in informers:
            informer.start()

    def renew(self, credentials: Credentials) -> None:
        """Reach the cluster with other credentials from now on, under the same stores.

        CredentialsError when they cannot be used: then all stays as it is. Streams that work go on, and what was
        refused is tried again at once. At another address all is listed again, and nothing is written before it is
        known to be the same cluster, if its identity was known.
        """
        moved, well = self.transport.renew(credentials), self.reachability.ok
        if moved:
            self._moved()
        elif not well:
            for informer in self.informers():
                informer.nudge()
        self._probe.hurry()

    def disengage(self) -> None:
        """End all threads and calls at once, and let go of the stores; for good, and without a delete."""
        self._ended.set()
        with self._lock:
            informers = tuple(self._informers.values())
            self._informers, self._engaged, self._callbacks = {}, False, ()
        for informer in informers:
            informer.ask_stop()
        self.transport.stop()
        for informer in informers:
            informer.stop()
        self._probe.stop()
        for thread in self._threads:
            thread.join()
        self.transport.close()

    def _moved(self) -> None:
        if self._identity:
            self._doubt = f"{self.server} is another address, and not yet known to lead to the same cluster"
        if self._identified.is_set():
            self._threads.append(self._supervisor.spawn(f"identity/{self.name}", self._identify))
        for informer in self.informers():
            informer.relist()
        self._changed()

    def _make(self, resource: Resource, namespace: str, options: InformerOptions) -> Informer:
        informer = Informer(
            self.transport,
            resource,
            namespace,
            clock=self._clock,
            # one generator each: the delays of one reflector then do not depend on those of another
            random=Random(self._random.random()),  # noqa: S311  spreads load, keeps no secret
            supervisor=self._supervisor,
            metrics=self._metrics,
            options=options,
        )
        informer.on_change(self._changed)
        self._metrics.set("informer_fresh", 0.0, member=self.name, kind=resource.kind)
        return informer

    def _answers(self, reachable: bool) -> None:
        """Follow the breaker: stores of a dark cluster are stale, and streams from before are not to be trusted.

        Calls that still wait for it hold up those who made them, and have no answer to hope for.
        """
        if not reachable:
            self.transport.give_up_calls()
        for informer in self.informers():
            if reachable:
                informer.bright()
            else:
                informer.dark()
        if reachable is not self._answering:
            _log.info("member answers again" if reachable else "member is dark", member=self.name)
        self._answering = reachable
        self._changed()

    def _changed(self) -> None:
        """Tell the callbacks, if what readers can see is another thing than what they were told last."""
        found = self.reachability
        # of credentials each new message is news; those of a network that fails differ without meaning
        message = found.message if found.reason in _OURS_TO_MEND else ""
        seen = found.ok, found.reason, message, *(informer.freshness.state for informer in self.informers())
        with self._lock:
            callbacks, self._told = () if seen == self._told else self._callbacks, seen
        self._show_freshness()
        for callback in callbacks:
            callback(self)

    def _show_freshness(self) -> None:
        """Set the gauge of each kind: it is fresh where it is in all namespaces that are watched."""
        fresh: dict[str, bool] = {}
        for informer in self.informers():
            kind = informer.resource.kind
            fresh[kind] = fresh.get(kind, True) and informer.freshness.fresh
        for kind, value in fresh.items():
            self._metrics.set("informer_fresh", float(value), member=self.name, kind=kind)

    def _judge(self) -> tuple[bool, str, str]:
        if self._doubt:
            return False, IDENTITY_CHANGED, self._doubt
        match self._breaker.state:
            case Dark(reason=reason, message=message):
                return False, reason, message
        for informer in self.informers():
            fault = informer.last_fault
            if fault is None:
                continue
            if fault.cause in _REFUSALS:
                return False, _REFUSALS[fault.cause], self._words(fault.detail)
            if not informer.freshness.fresh:
                return False, fault.reason or CONNECTION_REFUSED, self._words(fault.detail)
        return True, "", ""

    def _words(self, detail: str) -> str:
        """Return an error without the name of the cluster before it."""
        return detail.removeprefix(f"{self.name}: ")

    def _identify(self) -> None:
        backoff = Backoff(self._random, self._clock)
        while not self._ended.is_set():
            try:
                self._compare(self._ask_identity())
            except Stopped:
                return
            except InformerError as error:
                _log.debug("identity not known yet", member=self.name, error=str(error))
                self._clock.sleep(self._ended, backoff.next())
            else:
                self._identified.set()
                return

    def _compare(self, identity: str) -> None:
        """Take an identity for the cluster's own, unless it has another one already."""
        before = self._doubt
        if not self._identity or not identity or identity == self._identity:
            self._identity, self._doubt = self._identity or identity, ""
        else:
            ids = f"id {self._identity} > {identity}"
            self._doubt = f"{self.server} is another cluster now ({ids}); nothing is done there"
            self._metrics.inc("member_identity_changes_total", member=self.name)
        if self._doubt != before:
            self._changed()

    def _ask_identity(self) -> str:
        try:
            found = self.client.get(NAMESPACES, "", IDENTITY_NAMESPACE)
        except ApiError as error:
            if is_server_error(error) or is_throttled(error):
                raise
            _log.info("identity unknown", member=self.name, error=str(error))
            return ""
        return str(found["metadata"].get("uid", ""))
