"""From commits to handlers."""

import math
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import structlog
from multicasskop.informers.changes import Change, added, updated
from multicasskop.informers.clock import Clock
from multicasskop.informers.errors import Stopped
from multicasskop.informers.listeners import Listener
from multicasskop.informers.predicates import Predicate
from multicasskop.informers.store import Store
from multicasskop.informers.supervisor import Supervisor

SLOW_CALL = 0.010

Handler = Callable[[Change], None]
T = TypeVar("T")

_log = structlog.get_logger("multicasskop.informers")


def key_mapper(mapper: Callable[[Change], Iterable[T]], sink: Callable[[T], object]) -> Handler:
    """Return the handler that hands each key of a change to `sink`: nearly all handlers are that."""

    def handle(change: Change) -> None:
        """Hand on all keys that a change concerns; of none, nothing."""
        for key in mapper(change):
            sink(key)

    return handle


class Target(Protocol):
    """Where a registration's changes go: a function called at once, or a listener."""

    def offer(self, change: Change) -> None:
        """Take a change."""
        ...

    def when_done(self, callback: Callable[[], None]) -> None:
        """Call back when all that was offered has been handled."""
        ...

    def remove(self) -> None:
        """End."""
        ...


@dataclass(frozen=True, slots=True)
class _Inline:
    offer: Handler

    def when_done(self, callback: Callable[[], None]) -> None:
        """Nothing is under way: call back at once."""
        callback()

    def remove(self) -> None:
        """Nothing to end."""


class Registration:
    """One handler's place in the dispatch.

    `has_synced`: the store was complete once, and the handler has finished with everything that was in it when the
    handler came.
    """

    def __init__(
        self, owner: "Dispatcher", name: str, target: Target, predicate: Predicate | None, *, resync: bool
    ) -> None:
        self.name, self.wants_resync = name, resync
        self._owner, self.target, self._predicate = owner, target, predicate
        self._synced = threading.Event()
        self._removed = False

    @property
    def has_synced(self) -> bool:
        """Whether the handler has seen all that there was at its beginning."""
        return self._synced.is_set()

    def wait_synced(self, timeout: float) -> bool:
        """Wait for `has_synced`, at most `timeout` seconds; return it."""
        return self._owner.clock.sleep(self._synced, timeout)

    def remove(self) -> None:
        """Stop the calls: none begins after this has returned. Harmless when repeated, and from within the handler."""
        self._removed = True
        self._owner.forget(self)
        self.target.remove()

    def offer(self, change: Change) -> None:
        """Deliver a change, if it matters and the handler is still wanted."""
        if not self._removed and (self._predicate is None or self._matters(change, self._predicate)):
            self.target.offer(change)

    def settle(self) -> None:
        """Note that all there was has been offered."""
        if not self.has_synced:
            self.target.when_done(self._synced.set)

    def _matters(self, change: Change, predicate: Predicate) -> bool:
        if change.old is None or change.new is None:
            return True
        try:
            return predicate(change.old, change.new)
        except Exception:  # noqa: BLE001  a broken predicate must not hide changes
            _log.exception("predicate failed", stream=self._owner.name, handler=self.name, object=str(change.key))
            return True


class Dispatcher:
    """Tells handlers what changed in a store.

    For each handler, and each object: changes in commit order, the first of them an add, after a delete only an add;
    every object that lives at the end has been added. Nothing is promised about states in between, nor about the order
    among objects or handlers. The store shows a change, or what followed it, before any handler hears of it.

    Handlers run in the thread that commits and must take microseconds; a listener has a thread of its own. What a
    handler raises as an Exception is logged and counted, and that notification is not repeated; other handlers, and
    the stream, do not notice.
    """

    def __init__(
        self, name: str, store: Store, clock: Clock, supervisor: Supervisor, failed: Callable[[], None] = lambda: None
    ) -> None:
        """`name` is what threads are called after (`member/plural`); `failed` is told of each handler's failure."""
        self.name, self._store, self.clock, self._supervisor, self._failed = name, store, clock, supervisor, failed
        self._registrations: tuple[Registration, ...] = ()
        self._settled = self._closed = False
        self._threads: list[threading.Thread] = []
        self._where = {"member": name.partition("/")[0], "stream": name}
        store.subscribe(self._dispatch)

    def add_handler(
        self, handler: Handler, *, name: str, predicate: Predicate | None = None, resync: bool = False
    ) -> Registration:
        """Call `handler` in the committing thread; at first, here and now, with an initial add for each object."""
        target = _Inline(self._isolated(name, handler, SLOW_CALL))
        with self._store.committing():
            return self._register_locked(Registration(self, name, target, predicate, resync=resync))

    def add_listener(
        self, handler: Handler, *, name: str, predicate: Predicate | None = None, resync: bool = False
    ) -> Registration:
        """Call `handler`, which may block, in a thread of its own; it may miss states in between."""
        listener = Listener(name, self._isolated(name, handler, math.inf), self.clock)
        with self._store.committing():
            registration = self._register_locked(Registration(self, name, listener, predicate, resync=resync))
            # under the lock: whoever closes either sees both, registration and thread, or neither
            thread = self._supervisor.spawn(f"listener/{self.name}/{name}", listener.run)
            self._threads = [*filter(threading.Thread.is_alive, self._threads), thread]
        return registration

    def resync(self) -> None:
        """Deliver each object again, as an update from itself to itself, to the handlers that asked for it."""
        with self._store.committing():
            wanting = [registration for registration in self._registrations if registration.wants_resync]
            for record in self._store.list() if wanting else ():
                for registration in wanting:
                    registration.offer(updated(record, record))

    def waiting(self) -> tuple[int, float]:
        """Return how many changes wait for listeners, and how long the oldest of them has, in seconds."""
        listeners = [target for each in self._registrations if isinstance(target := each.target, Listener)]
        return sum(each.depth for each in listeners), max((each.age for each in listeners), default=0.0)

    def close(self) -> None:
        """Remove all handlers, let none come any more, and wait for the threads of listeners to end."""
        with self._store.committing():
            self._closed = True
            registrations, threads = self._registrations, self._threads
        # not under the lock: a listener may hold its end up until it has had that lock
        for registration in registrations:
            registration.remove()
        for thread in threads:
            thread.join()

    def forget(self, registration: Registration) -> None:
        """Leave a registration out from now on; waits for a dispatch that is under way in another thread."""
        with self._store.committing():
            self._registrations = tuple(known for known in self._registrations if known is not registration)

    def _register_locked(self, registration: Registration) -> Registration:
        if self._closed:
            raise Stopped(f"{self.name}: no handler can be added, the informer has been stopped")
        for record in self._store.list():
            registration.offer(added(record, initial=True))
        self._registrations = (*self._registrations, registration)
        if self._store.synced:
            registration.settle()
        return registration

    def _dispatch(self, changes: tuple[Change, ...]) -> None:
        registrations = self._registrations
        for change in changes:
            for registration in registrations:
                registration.offer(change)
        # those that came later are settled when they register
        if not self._settled and self._store.synced:
            self._settled = True
            for registration in registrations:
                registration.settle()

    def _isolated(self, name: str, handler: Handler, slow: float) -> Handler:
        def call(change: Change) -> None:
            """Handle one change; a failure is logged and counted, and reaches nobody else."""
            began = self.clock.monotonic()
            try:
                handler(change)
            except Exception:  # noqa: BLE001  one handler's failure is its own
                _log.exception("handler failed", **self._where, handler=name, object=str(change.key))
                self._failed()
            took = self.clock.monotonic() - began
            if took > slow:
                _log.warning("slow handler", **self._where, handler=name, milliseconds=round(took * 1e3, 1))

        return call
