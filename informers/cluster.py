"""One Kubernetes cluster: how it is reached, what is watched there, and whether it answers."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from random import Random

import structlog
from multicasskop.informers.breaker import Breaker, Dark
from multicasskop.informers.causes import cause_of
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
    Stopped,
)
from multicasskop.informers.freshness import FreshnessState
from multicasskop.informers.guard import WriteGuard
from multicasskop.informers.identity import Identity
from multicasskop.informers.informer import STREAMED_LISTS, Informer, InformerOptions
from multicasskop.informers.metrics import Metrics
from multicasskop.informers.news import News
from multicasskop.informers.probe import Probe, ProbeOptions
from multicasskop.informers.recognition import Change, Recognition
from multicasskop.informers.resource import Resource
from multicasskop.informers.states import Cause
from multicasskop.informers.supervisor import Supervisor
from multicasskop.informers.transport import Transport, TransportOptions
from multicasskop.informers.ways import Shift

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
    streamed_lists: bool = STREAMED_LISTS
    """Whether lists are asked for as the beginning of a watch, or in pages."""


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
        expected: str = "",
    ) -> None:
        """Prepare, without a call; CredentialsError when certificates cannot be used.

        `expected` is the identity that the cluster must have; without it, it is the one that it has first.
        """
        self.name, self.guard, self._ending = name, guard, ""
        self._clock, self._random, self._supervisor = clock, random, supervisor
        self._metrics, self._options = metrics or Metrics.none(), options or ClusterOptions()
        self._breaker, self._identity = Breaker(name, clock), Identity(name, expected)
        self.transport = Transport(
            name,
            credentials,
            clock=clock,
            guard=guard,
            metrics=self._metrics,
            options=self._options.transport,
            breaker=self._breaker,
            identity=self._identity,
        )
        self.client = Client(self.transport)
        self._probe = Probe(
            self.transport,
            self._breaker,
            clock=clock,
            supervisor=supervisor,
            metrics=self._metrics,
            options=self._options.probe,
            awake=self._changed,
        )
        self._lock, self._judging = threading.Lock(), threading.Lock()
        self._informers: dict[tuple[Resource, str], Informer] = {}
        self._news = News(self._seen, (True, "", "", True, ""), self._show_freshness)
        self._engaged, self._answering, self._relist_due, self._over = False, True, False, False
        self._recognition = Recognition(
            self.transport, self._identity, self._recognized, clock=clock, random=random, supervisor=supervisor
        )
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
        return self._identity.uid

    @property
    def certain(self) -> bool:
        """Whether it is known to be the cluster that it was, as far as that is known of it at all."""
        return self._identity.sure

    @property
    def ending(self) -> str:
        """That what the cluster is reached with ends soon, in words; empty while there is time."""
        return self._ending

    def wait_identity(self, timeout: float) -> bool:
        """Wait until `identity` is known, or known not to be allowed, at most `timeout` seconds; return whether it is.

        Whoever writes the identity down waits for it first: once it is known it does not change.
        """
        return self._recognition.wait(timeout)

    @property
    def reachable(self) -> bool:
        """Whether calls go out: false while the cluster is dark."""
        return not self._breaker.dark

    @property
    def reachability(self) -> Reachability:
        """Whether the cluster answers and serves what is watched, and if not, why and since when."""
        # one judgement after the other: an older one must not say since when a newer one holds
        with self._judging:
            ok, reason, message = self._judge()
            known = self._reachability
            since = known.since if (known.ok, known.reason) == (ok, reason) else self._clock.now()
            self._reachability = Reachability(ok, reason, message, since, self._breaker.last_contact)
            return self._reachability

    def informers(self) -> tuple[Informer, ...]:
        """Return all that have been asked for and that the cluster cannot be used without."""
        return tuple(informer for informer in self._all_informers() if informer.vital)

    def _all_informers(self) -> tuple[Informer, ...]:
        with self._lock:
            return tuple(self._informers.values())

    def informer(self, resource: Resource, namespace: str = "", options: InformerOptions | None = None) -> Informer:
        """Return the informer of a resource in one namespace, or (empty) in all: always the same one.

        The first to ask makes it, with its options; it starts with the cluster, or now if that is engaged. Stopped once
        the cluster has been disengaged.
        """
        with self._lock:
            if self._over:
                raise Stopped(f"{self.name}: the cluster has been let go")
            if (resource, namespace) in self._informers:
                return self._informers[resource, namespace]
            informer = self._make(resource, namespace, options or self._options.informer)
            self._informers[resource, namespace] = informer
            if self._engaged:
                informer.start()
        return informer

    def on_reachability(self, callback: "Callable[[Cluster], None]") -> None:
        """Call `callback(cluster)` whenever `reachability`, `certain`, `ending` or the trust in a store changes.

        In the thread that noticed, or in one that is telling others already, which waits for it: it is short. What
        changes by time alone, as trust does when no stream came back, is noticed within a few seconds.
        """
        self._news.follow(partial(callback, self))

    # for the owner

    def report(self) -> None:
        """Bring the informers' series up to date; called before metrics are read."""
        for informer in self._all_informers():
            informer.report()
        self._show_freshness()

    def engage(self) -> None:
        """Start the probe and all informers, and look for the cluster's identity; blocks for nothing."""
        with self._lock:
            self._engaged = True
            informers = tuple(self._informers.values())
        self._probe.start()
        self._recognition.begin()
        for informer in informers:
            informer.start()

    def renew(self, credentials: Credentials) -> None:
        """Reach the cluster with other credentials from now on, under the same stores.

        CredentialsError when they cannot be used: then all stays as it is. Streams that work go on, and what was
        refused is tried again at once. Where they lead to another address, or trust another CA, nothing is read or
        written before it is known to be the same cluster, if its identity was known; at another address all is listed
        again then.
        """
        well, doubted = self.reachability.ok, False

        def leaving(shift: Shift) -> None:
            """Be in doubt before the first call can go elsewhere."""
            nonlocal doubted
            self._relist_due = self._relist_due or shift is Shift.MOVED
            doubted = shift is not Shift.NONE and self._identity.doubt()

        shift = self.transport.renew(credentials, leaving)
        if doubted:
            # once more: who was asked since, and before the change, is the old one
            self._identity.doubt()
            self._recognition.begin()
            self._changed()
        else:
            if self._engaged and self._identity.ask_again():
                self._recognition.begin()
            if shift is Shift.MOVED or not well:
                self._resume()
        self._probe.hurry()

    def expect(self, identity: str) -> None:
        """Take this for the identity that the cluster must have: a person says so."""
        if self._identity.expect(identity):
            self._relist_due = True
            self._recognition.begin()
            self._changed()

    def tell_ending(self, text: str) -> None:
        """Let readers know that the credentials end soon, or (empty) that they do not any more."""
        if text != self._ending:
            self._ending = text
            self._changed()

    def disengage(self) -> None:
        """End all threads and calls at once, and let go of the stores; for good, and without a delete."""
        self._recognition.ask_stop()
        with self._lock:
            informers = tuple(self._informers.values())
            self._informers, self._engaged, self._over = {}, False, True
        self._news.end()
        for informer in informers:
            informer.ask_stop()
        self.transport.stop()
        for informer in informers:
            informer.stop()
        self._probe.stop()
        self._recognition.stop()
        self.transport.close()

    def _resume(self) -> None:
        """Let the informers go on, from scratch if their versions may mean nothing any more."""
        relist, self._relist_due = self._relist_due, False
        for informer in self._all_informers():
            if relist:
                informer.relist()
            elif informer.last_fault is not None or not informer.freshness.fresh:
                informer.nudge()

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
            streamed_lists=self._options.streamed_lists,
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
        elif self._identity.doubt(lenient=True):
            self._recognition.begin()
        for informer in self._all_informers():
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
        self._news.look()

    def _seen(self) -> tuple[object, ...]:
        found = self.reachability
        # of credentials each new message is news; those of a network that fails differ without meaning
        message = found.message if found.reason in _OURS_TO_MEND else ""
        states = ((informer.name, informer.freshness.state) for informer in self.informers())
        # a store that has not been filled yet is no news: it begins so
        trust = (each for each in states if each[1] is not FreshnessState.NEVER_SYNCED)
        return found.ok, found.reason, message, self.certain, self._ending, *trust

    def _show_freshness(self) -> None:
        """Set the gauge of each kind: it is fresh where it is in all namespaces that are watched."""
        fresh: dict[str, bool] = {}
        for informer in self._all_informers():
            kind = informer.resource.kind
            fresh[kind] = fresh.get(kind, True) and informer.freshness.fresh
        for kind, value in fresh.items():
            self._metrics.set("informer_fresh", float(value), member=self.name, kind=kind)

    def _judge(self) -> tuple[bool, str, str]:
        if self._identity.another:
            return False, IDENTITY_CHANGED, f"{self.server} {self._identity.another}"
        match self._breaker.state:
            case Dark(reason=reason, message=message):
                return False, reason, message
        # the informers are not let through, and know only that
        problem = None if self._identity.sure else self._recognition.problem
        if problem is not None and (refused := _REFUSALS.get(cause_of(problem))):
            return False, refused, self._words(str(problem))
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

    def _recognized(self, change: Change) -> None:
        """Go on when it is known again which cluster it is, and tell what was found."""
        if change.found_another:
            self._metrics.inc("member_identity_changes_total", member=self.name)
        if change.sure_again:
            self._resume()
        if change.news:
            self._changed()
