"""Clusters in memory: they speak the interfaces of Cluster, Client and Informer, and fail as they are told.

Objects, versions, generations, finalizers and preconditions behave as on an API server; bytes, sockets and threads are
tested elsewhere. Nothing happens by itself: a write reaches the cache at once, or, while `lagging`, at `deliver`.
"""

from collections.abc import Callable

from fakes.cache import FakeInformer
from fakes.clock import FakeClock
from fakes.server import FakeServer
from multicasskop.informers.cluster import Reachability
from multicasskop.informers.errors import CONNECT_TIMEOUT
from multicasskop.informers.freshness import FreshnessState
from multicasskop.informers.informer import InformerOptions
from multicasskop.informers.resource import Resource


class FakeCluster:
    """One member: a server, its caches, and whether it can be reached."""

    def __init__(self, name: str, clock: FakeClock) -> None:
        """Be reachable, and hold nothing."""
        self.name, self.identity, self._clock = name, f"{name}-identity", clock
        self.server = FakeServer(name, clock)
        self.client = self.transport = self.server
        self.certain, self.ending = True, ""
        self._informers: dict[tuple[str, str], FakeInformer] = {}
        self._callbacks: list[Callable[[FakeCluster], None]] = []
        self._reachability = Reachability(True, "", "", clock.now(), None)

    @property
    def reachability(self) -> Reachability:
        """What the test says."""
        return self._reachability

    def informer(self, resource: Resource, namespace: str = "", options: InformerOptions | None = None) -> FakeInformer:
        """The cache of a resource; always the same."""
        key = resource.plural, namespace
        if key not in self._informers:
            selector = options.label_selector if options else ""
            self._informers[key] = FakeInformer(resource, namespace, self._clock, selector=selector)
            self.server.watchers.append(self._informers[key])
        return self._informers[key]

    def informers(self) -> tuple[FakeInformer, ...]:
        """All that have been asked for."""
        return tuple(self._informers.values())

    def informer_of(self, plural: str) -> FakeInformer:
        """The cache of a kind in all namespaces, which has been asked for."""
        return self._informers[plural, ""]

    def on_reachability(self, callback: Callable[["FakeCluster"], None]) -> None:
        """Call back when the test changes it."""
        self._callbacks.append(callback)

    def lag(self, *, lagging: bool = True) -> None:
        """Hold back what the caches should show, or show it."""
        for informer in self._informers.values():
            informer.lagging = lagging
            if not lagging:
                informer.deliver()

    def tell_ending(self, text: str) -> None:
        """Let its credentials end soon, or not any more."""
        self.ending = text
        for callback in self._callbacks:
            callback(self)

    def go_dark(self, reason: str = CONNECT_TIMEOUT, message: str = "connect timeout") -> None:
        """Answer no call; the caches stay as they are."""
        self.server.dark = True
        self.lag()
        self._turn(False, reason, message, FreshnessState.STALE)

    def come_back(self) -> None:
        """Answer again, and show what was missed."""
        self.server.dark = False
        self._turn(True, "", "", FreshnessState.FRESH)
        self.lag(lagging=False)

    def refuse(self, reason: str, message: str) -> None:
        """Answer, but let nothing be watched; an empty reason ends it."""
        state = FreshnessState.STALE if reason else FreshnessState.FRESH
        self._turn(not reason, reason, message, state)

    def _turn(self, ok: bool, reason: str, message: str, state: FreshnessState) -> None:
        self._reachability = Reachability(ok, reason, message, self._clock.now(), self._clock.now())
        for informer in self._informers.values():
            informer.state = state
        for callback in self._callbacks:
            callback(self)
