"""One informer against a scripted API server, over real sockets and with time that stands still."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from random import Random

from fakes.api_server import FakeApiServer, Watch
from fakes.clock import FakeClock
from fakes.exchange import PATIENCE, Answer, Received, answer
from fakes.objects import WIDGETS, WIDGETS_PATH, Json, event, listed, mark, widget
from multicasskop.informers.changes import Change
from multicasskop.informers.credentials import Credentials
from multicasskop.informers.informer import Informer, InformerOptions
from multicasskop.informers.metrics import Metrics
from multicasskop.informers.supervisor import Supervisor
from multicasskop.informers.transport import Transport, TransportOptions


@dataclass
class Journal:
    """A handler that keeps what it is told, as `kind name@version`, and lets a test wait for it."""

    changes: list[Change] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, change: Change) -> None:
        """Handle a change."""
        with self._changed:
            self.changes.append(change)
            self._changed.notify_all()

    def all(self, changes: Iterable[Change]) -> None:
        """Handle the changes of a commit."""
        for change in changes:
            self(change)

    @property
    def lines(self) -> list[str]:
        """What was told so far; a deletion whose final state is not known has a question mark."""
        with self._changed:
            return [told(change) for change in self.changes]

    def wait_for(self, count: int) -> list[str]:
        """Return what was told when it is at least `count` changes."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.changes) >= count, PATIENCE):
                raise AssertionError(f"{len(self.changes)} changes, not {count}: {self.lines}")
            return self.lines


def told(change: Change) -> str:
    """Return a change as a word."""
    mark = "" if change.final_state_known else "?"
    return f"{change.kind.value}{mark} {change.record.key.name}@{change.record.version}"


def until(condition: Callable[[], bool]) -> None:
    """Return once the condition holds, which something under way in another thread brings about."""
    waiting = threading.Event()
    for _ in range(int(PATIENCE / 0.002)):
        if condition():
            return
        waiting.wait(0.002)
    raise AssertionError(f"never came true within {PATIENCE} s")


@dataclass
class Rig:
    """The parts; `server`, `clock` and `journal` are what tests speak to."""

    server: FakeApiServer
    clock: FakeClock
    transport: Transport
    supervisor: Supervisor
    informer: Informer
    journal: Journal
    failure_expected: bool = False
    streamed: bool = False
    """Whether the informer asks for its lists as the beginning of a stream, and gets them so."""
    _list: Watch | None = None

    def start(self) -> None:
        """Start the informer, once everything is scripted that it is going to ask for."""
        self.informer.start()

    def syncing(self, *names: str, version: int = 10) -> Watch:
        """Script a first list of these names and a watch after it, start, and return the watch."""
        self.on_list(*(widget(name, 5) for name in names), version=version)
        watch = self.on_watch()
        self.start()
        return watch

    def lists(self, count: int = 0) -> list[dict[str, str]]:
        """Return the queries of all lists, in pages or streamed, when there are at least `count`."""
        return self._asked(count, lambda request: request.verb == "GET" or "sendInitialEvents" in request.query)

    def watches(self, count: int = 0) -> list[dict[str, str]]:
        """Return the queries of all watches that follow a list, when there are at least `count`."""
        return self._asked(count, lambda request: request.verb == "WATCH" and "sendInitialEvents" not in request.query)

    def _asked(self, count: int, wanted: Callable[[Received], bool]) -> list[dict[str, str]]:
        found: list[dict[str, str]] = []

        def there() -> bool:
            found[:] = [request.query for request in self.server.received("", WIDGETS_PATH) if wanted(request)]
            return len(found) >= count

        until(there)
        return found

    def on_list(self, *objects: Json, version: int | str) -> None:
        """Answer the next list by these objects; a stream ends behind them unless a watch is scripted next."""
        if self.streamed:
            beginning = (*(event("ADDED", each) for each in objects), mark(version))
            self._list = self.server.on_watch(WIDGETS_PATH, Watch(beginning=beginning, goes_on=False))
        else:
            self.server.on("GET", WIDGETS_PATH, answer(listed(*objects, version=version)))

    def on_watch(self) -> Watch:
        """Let the list that was scripted last go on as a watch, or answer the next watch by a stream: its live end."""
        known, self._list = self._list, None
        if known is None:
            return self.server.on_watch(WIDGETS_PATH)
        known.goes_on = True
        return known

    def refuse_lists(self, *answers: Answer) -> None:
        """Answer the next requests for a list so."""
        self.server.on("WATCH" if self.streamed else "GET", WIDGETS_PATH, *answers)

    def past_list(self) -> None:
        """Let the pause pass that follows a list's stream when it has ended with the list."""
        if self.streamed:
            self.let_pass()

    def refuse_watches(self, *answers: Answer) -> None:
        """Answer the next watches so; a list that was scripted before ends in good order."""
        self._list = None
        self.server.on("WATCH", WIDGETS_PATH, *answers)

    def until(self, condition: Callable[[], bool]) -> None:
        """Return once the condition holds."""
        until(condition)

    def paused(self) -> float:
        """Return how long the reflector is going to wait, once it does."""
        self.clock.wait_for_waiters(1)
        due = self.clock.next_due()
        assert due is not None
        return due - self.clock.monotonic()

    def let_pass(self) -> float:
        """Let the pause that the reflector is in pass, and return how long it was."""
        seconds = self.paused()
        self.clock.advance(seconds)
        return seconds


@contextmanager
def rig(
    *,
    namespace: str = "",
    options: InformerOptions | None = None,
    transport_options: TransportOptions | None = None,
    metrics: Metrics | None = None,
    streamed: bool = False,
) -> Iterator[Rig]:
    """Lend a rig whose informer has not been started; whatever the test did, its threads are gone afterwards."""
    clock, supervisor, journal = FakeClock(), Supervisor(), Journal()
    with FakeApiServer() as server:
        credentials = Credentials(server=server.url, source="test")
        transport = Transport("m", credentials, clock=clock, guard=None, options=transport_options)
        informer = Informer(
            transport,
            WIDGETS,
            namespace,
            clock=clock,
            random=Random(7),
            supervisor=supervisor,
            metrics=metrics,
            options=options,
            streamed_lists=streamed,
        )
        informer.add_handler(journal, name="journal")
        it = Rig(server, clock, transport, supervisor, informer, journal, streamed=streamed)
        try:
            yield it
        finally:
            informer.ask_stop()
            transport.stop()
            informer.stop()
            transport.close()
    assert it.failure_expected or supervisor.failure is None
    assert supervisor.join_all(PATIENCE) == ()


Rigged = Callable[..., AbstractContextManager[Rig]]
