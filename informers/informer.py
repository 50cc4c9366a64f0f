"""One resource of one cluster, kept in a store and told to handlers."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random

import structlog
from multicasskop.informers.clock import Clock
from multicasskop.informers.dispatch import Dispatcher, Handler, Registration
from multicasskop.informers.freshness import Freshness, FreshnessTracker
from multicasskop.informers.listing import PAGE_SIZE, Selection, Server
from multicasskop.informers.metrics import Metrics, Series
from multicasskop.informers.poison import NESTING_MAX
from multicasskop.informers.predicates import Predicate
from multicasskop.informers.record import Item
from multicasskop.informers.reflector import Reflector
from multicasskop.informers.resource import Resource
from multicasskop.informers.snapshot import Snapshot
from multicasskop.informers.states import (
    Cause,
    Delete,
    Delta,
    Deltas,
    Fault,
    Ignored,
    Output,
    PageListed,
    RelistBegun,
    RelistEnded,
    StreamUp,
    Unlisted,
    Upsert,
    VersionAdvanced,
)
from multicasskop.informers.store import Outcome, Store
from multicasskop.informers.supervisor import Supervisor
from multicasskop.informers.transport import Transport

_log = structlog.get_logger("multicasskop.informers")
FIRST_LIST = "first"
EVENT_TYPES = {Upsert: "upsert", Delete: "delete", VersionAdvanced: "bookmark"}
_OUTCOMES = (outcome.value for outcome in Outcome if outcome is not Outcome.APPLIED)
SIZE_GAUGES = ("informer_objects", "informer_bytes")
LISTENER_GAUGES = ("informer_listener_depth", "informer_listener_oldest_seconds")
FAULTS = ("decode", "skipped", "deep", "index", "handler", *_OUTCOMES)
RESYNC_JITTER = 0.1
STREAMED_LISTS = False
"""Servers compress no watch: a streamed list has many times the bytes of one in pages."""
# of a server that makes up new types for ever
STRANGE_KEPT = 100


@dataclass(frozen=True, slots=True)
class InformerOptions:
    """What to watch and how; `resync_seconds` 0 means never.

    A cluster can be used without what is not `vital`: that says nothing of whether it is reachable, or complete.
    """

    label_selector: str = ""
    field_selector: str = ""
    page_size: int = PAGE_SIZE
    resync_seconds: float = 0.0
    vital: bool = True


@dataclass(frozen=True, slots=True)
class Activity:
    """When the stream last brought a byte, and an event or a bookmark (monotonic, or never); what the store reflects.

    `lists` counts the complete ones, of which the first is one.
    """

    last_byte: float | None
    last_event: float | None
    version: str
    lists: int


class Informer:
    """List and watch of one resource in one namespace (empty: all), into a store, out to handlers.

    Never gives up and never raises for what the server does: `freshness` says how far the store can be trusted.
    Handlers may be added before and after the start, and when it has been stopped no more: Stopped.
    """

    def __init__(
        self,
        transport: Transport,
        resource: Resource,
        namespace: str = "",
        *,
        clock: Clock,
        random: Random,
        supervisor: Supervisor,
        metrics: Metrics | None = None,
        options: InformerOptions | None = None,
        streamed_lists: bool = STREAMED_LISTS,
    ) -> None:
        self._options = options or InformerOptions()
        self._clock, self._random, self._supervisor = clock, random, supervisor
        self.member, self.resource, self.namespace = transport.member, resource, namespace
        self.vital = self._options.vital
        self.name = "/".join(filter(None, (self.member, resource.plural, namespace)))
        self._where = {"member": self.member, "stream": self.name}
        self._metrics = _Counts(metrics or Metrics.none(), self.member, resource.kind)
        self.store = Store(index_failed=lambda: self._metrics.fault("index"))
        self._dispatcher = Dispatcher(self.name, self.store, clock, supervisor, lambda: self._metrics.fault("handler"))
        self._tracker = FreshnessTracker(clock)
        selection = Selection(resource, namespace, self._options.label_selector, self._options.field_selector)
        server = Server(transport, selection, self.member, self._options.page_size)
        self._reflector = Reflector(
            self.name, server, self._receive, clock=clock, random=random, streamed_lists=streamed_lists
        )
        self._synced = threading.Event()
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        self._list = Snapshot()
        self._list_reason, self._lists = FIRST_LIST, 0
        self._streaming = False
        self._strange: set[str] = set()
        self._on_change: Callable[[], None] = lambda: None
        self.last_fault: Fault | None = None

    # for readers

    @property
    def has_synced(self) -> bool:
        """Whether the store was complete once; true for ever after."""
        return self._synced.is_set()

    def wait_synced(self, timeout: float) -> bool:
        """Wait for `has_synced`, at most `timeout` seconds; return it."""
        return self._clock.sleep(self._synced, timeout)

    @property
    def freshness(self) -> Freshness:
        """Whether the store follows the server at this moment, and why not."""
        return self._tracker.freshness()

    @property
    def activity(self) -> Activity:
        """What has been going on, for whoever looks for the reason of a freshness."""
        return Activity(self._reflector.last_heard, self._tracker.last_event, self.store.version, self._lists)

    def add_handler(
        self, handler: Handler, *, name: str, predicate: Predicate | None = None, resync: bool = False
    ) -> Registration:
        """Call `handler` for each change, in the reflector's thread: it must take microseconds."""
        return self._dispatcher.add_handler(handler, name=name, predicate=predicate, resync=resync)

    def add_listener(
        self, handler: Handler, *, name: str, predicate: Predicate | None = None, resync: bool = False
    ) -> Registration:
        """Call `handler`, which may block, in a thread of its own; changes it is late for are merged."""
        self._metrics.listened_to()
        return self._dispatcher.add_listener(handler, name=name, predicate=predicate, resync=resync)

    # for the owner

    def report(self) -> None:
        """Bring those series up to date that would cost too much at every event; called before metrics are read."""
        last = self._tracker.last_event
        ago = None if last is None else timedelta(seconds=self._clock.monotonic() - last)
        self._metrics.report(self.store, None if ago is None else self._clock.now() - ago, self._dispatcher.waiting())

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call back, in the reflector's thread, when a list is complete, and when a stream comes up or is interrupted.

        To be set before the start.
        """
        self._on_change = callback

    def start(self) -> None:
        """Begin; returns at once, whatever the server does. Once only."""
        self._threads.append(self._supervisor.spawn(f"reflector/{self.name}", self._reflector.run))
        if self._options.resync_seconds > 0:
            self._threads.append(self._supervisor.spawn(f"resync/{self.name}", self._resync))

    def stop(self) -> None:
        """End all threads and wait for them; the store stays readable, and no handler hears of deletes.

        A request under way is waited for, for no longer than its own timeout; `Cluster.disengage` cuts it off.
        """
        self.ask_stop()
        for thread in self._threads:
            thread.join()
        self._dispatcher.close()

    def ask_stop(self) -> None:
        """Make the threads end, without waiting for them."""
        self._stopped.set()
        self._reflector.stop()

    def dark(self) -> None:
        """Note that the cluster does not answer: nor will it what has just been asked for."""
        self._tracker.dark()
        self._reflector.give_up()

    def bright(self) -> None:
        """Note that the cluster answers again: the stream is renewed at once, also one that is being opened."""
        self._tracker.bright()
        self._reflector.nudge()

    def nudge(self) -> None:
        """Try again now: what the cluster is reached with has changed."""
        self._reflector.nudge()

    def relist(self) -> None:
        """List again from scratch: the cluster's address is another one. The store stays until that list is there."""
        self._reflector.relist()

    # the reflector's outputs

    def _receive(self, output: Output) -> None:
        match output:
            case Deltas(deltas):
                self._apply(deltas)
            case RelistBegun():
                self._list = Snapshot()
            case PageListed(items):
                self._list.put(items)
                self._note_deep(items)
            case Unlisted(items):
                self._list.remove(items)
            case RelistEnded(version):
                self._replace(version)
            case StreamUp():
                self._up()
            case Fault():
                self._interrupted(output)
            case Ignored(what):
                self._ignored(what)

    def _apply(self, deltas: Iterable[Delta]) -> None:
        outcomes = self.store.apply(deltas)
        self._tracker.event()
        self._metrics.events(deltas)
        self._note_deep(delta.item for delta in deltas if isinstance(delta, Upsert))
        for outcome in outcomes:
            if outcome is not Outcome.APPLIED:
                self._metrics.fault(outcome.value)

    def _replace(self, version: str) -> None:
        items, self._list = self._list.items(), Snapshot()
        changes = self.store.replace(items, version)
        self._tracker.listed()
        self._lists += 1
        self._synced.set()
        self._metrics.list(self._list_reason)
        _log.info("listed", **self._where, objects=len(items), changes=len(changes), reason=self._list_reason)
        self._on_change()

    def _up(self) -> None:
        self._streaming, self.last_fault = True, None
        self._tracker.stream_up()
        self._on_change()

    def _interrupted(self, fault: Fault) -> None:
        if self._streaming:
            self._metrics.watch_ended(fault.cause)
        self._streaming, self._list_reason, self.last_fault = False, fault.cause.value, fault
        if fault.cause in {Cause.CORRUPT, Cause.NOT_A_LIST, Cause.ENDLESS_LIST}:
            self._metrics.fault("decode")
        self._tracker.interrupted(fault.cause)
        self._on_change()

    def _ignored(self, what: str) -> None:
        self._metrics.fault("skipped")
        if what not in self._strange and len(self._strange) < STRANGE_KEPT:
            self._strange.add(what)
            _log.warning("ignored", **self._where, what=what)

    def _note_deep(self, items: Iterable[Item]) -> None:
        for item in items:
            if item.record.deep:
                self._metrics.fault("deep")
                object_ = str(item.record.key)
                _log.warning("object nested too deep", **self._where, object=object_, kept_levels=NESTING_MAX)

    def _resync(self) -> None:
        period = self._options.resync_seconds
        while not self._clock.sleep(self._stopped, period * self._random.uniform(1 - RESYNC_JITTER, 1 + RESYNC_JITTER)):
            self._dispatcher.resync()


class _Counts:
    """An informer's series, made once: they exist from the start, and counting costs no look-up."""

    def __init__(self, metrics: Metrics, member: str, kind: str) -> None:
        def each(name: str, label: str, values: Iterable[str]) -> dict[str, Series]:
            """A series for each value of a label, there from the start."""
            return {value: metrics.series(name, member=member, kind=kind, **{label: value}) for value in values}

        causes = [cause.value for cause in Cause]
        self._lists = each("informer_lists_total", "reason", (FIRST_LIST, *causes))
        self._watches = each("informer_watches_total", "reason", causes)
        self._events = each("informer_events_total", "type", EVENT_TYPES.values())
        self._faults = each("informer_faults_total", "fault", FAULTS)
        self._last_event = metrics.series("informer_last_event_timestamp_seconds", member=member, kind=kind)
        self._waiting = [partial(metrics.series, name, member=member, kind=kind) for name in LISTENER_GAUGES]
        self._gauges = [metrics.series(name, member=member, kind=kind) for name in SIZE_GAUGES]
        self._lock = threading.Lock()
        self._seen, self._told = dict.fromkeys(self._events, 0), dict.fromkeys(self._events, 0)
        self._counted: tuple[float, ...] = 0, 0, 0, 0.0

    def listened_to(self) -> None:
        """Have the gauges of listeners: most kinds have none, and fifty members have many kinds."""
        with self._lock:
            self._gauges[2:] = [make() for make in self._waiting]

    def events(self, deltas: Iterable[Delta]) -> None:
        """Count in the reflector's thread, at the cost of additions."""
        for delta in deltas:
            self._seen[EVENT_TYPES[type(delta)]] += 1

    def list(self, reason: str) -> None:
        """Count a list and why it was made."""
        self._lists[reason].inc()

    def watch_ended(self, cause: Cause) -> None:
        """Count a watch that ended, by its cause."""
        self._watches[cause.value].inc()

    def fault(self, fault: str) -> None:
        """Count something that should not be."""
        self._faults[fault].inc()

    def report(self, store: Store, last_event: datetime | None, waiting: tuple[int, float]) -> None:
        """Move series by what is new since the last report: informers of several namespaces share them."""
        with self._lock:
            for kind, series in self._events.items():
                seen = self._seen[kind]
                series.inc(seen - self._told[kind])
                self._told[kind] = seen
            sizes = (len(store), store.size_bytes, *waiting)
            for gauge, now, before in zip(self._gauges, sizes, self._counted, strict=False):
                gauge.inc(now - before)
            self._counted = sizes
        if last_event is not None:
            self._last_event.set(last_event.timestamp())
