"""Streams that are being opened: whoever must not wait for one ends the wait."""

from dataclasses import dataclass, field
from random import Random
from typing import cast

import pytest
from fakes.api_server import FakeApiServer
from fakes.clock import FakeClock
from fakes.clusters import KUBE_SYSTEM, NAMESPACE, plant
from fakes.exchange import PATIENCE, answer, silence
from fakes.objects import WIDGETS, WIDGETS_PATH, event, listed, widget
from fakes.rig import Rig, Rigged, rig, until
from fakes.wire import PATH, WATCH, Background, failure_of, transport_to
from multicasskop.informers.bodies import Stream
from multicasskop.informers.decoding import Decoder
from multicasskop.informers.errors import ConnectError, ConnectionClosed
from multicasskop.informers.opening import Opening
from multicasskop.informers.reflector import OPENING_TIMEOUT, Reflector, Source
from multicasskop.informers.states import Cause, Listed, Memory

pytestmark = pytest.mark.timeout(8)


def waiting(it: Rig) -> int:
    """Let the informer wait for the answer to its watch, and return how many requests for streams that took."""
    it.on_list(version=10)
    it.refuse_watches(silence)
    it.start()
    it.past_list()
    return len(it.server.wait_for(2 if it.streamed else 1, "WATCH", WIDGETS_PATH))


@pytest.mark.parametrize("what", ["nudge", "bright", "relist"])
def test_what_calls_for_a_new_stream_ends_the_wait_for_one(rigged: Rigged, what: str) -> None:
    """Whoever has reason to believe that another try succeeds does not wait for the one under way, nor for a delay."""
    with rigged() as it:
        asked = waiting(it)
        if what == "relist":
            it.on_list(widget("a", 5), version=7)
        again = it.on_watch()
        getattr(it.informer, what)()
        again.wait_opened()
        until(lambda: it.informer.freshness.fresh and it.informer.last_fault is None)
        assert len(it.server.received("WATCH", WIDGETS_PATH)) == asked + 1


def test_list_that_is_being_opened_is_given_up_too() -> None:
    """A stream that begins with a list, and is not answered, is asked for anew as any watch is."""
    with rig(streamed=True) as it:
        it.refuse_lists(silence)
        it.start()
        it.lists(1)
        it.on_list(widget("a", 5), version=10)
        it.on_watch()
        it.informer.nudge()
        assert it.journal.wait_for(1) == ["add a@5"]


def test_darkness_ends_the_wait(rigged: Rigged) -> None:
    """Of a member that is dark no answer is waited for; the next try comes after a delay."""
    with rigged() as it:
        waiting(it)
        it.informer.dark()
        assert it.paused() > 0
        assert it.informer.last_fault is not None
        assert it.informer.last_fault.cause is Cause.UNREACHABLE


def test_darkness_leaves_an_open_stream(rigged: Rigged) -> None:
    """A stream that stands goes on while its member is dark: what it brings is true."""
    with rigged() as it:
        watch = it.syncing("a")
        watch.send(event("MODIFIED", widget("a", 11)))
        it.journal.wait_for(2)
        it.informer.dark()
        watch.send(event("MODIFIED", widget("a", 12)))
        assert it.journal.wait_for(3)[2] == "update a@12"


def test_stop_ends_the_wait(rigged: Rigged) -> None:
    """An informer that waits for the answer to its watch ends within a second."""
    with rigged() as it:
        waiting(it)
        Background(it.informer.stop).outcome(1.0)


def test_member_that_is_back_is_followed_at_once() -> None:
    """A watch that was asked for before the member vanished does not keep the store stale when it is back."""
    with plant() as it:
        it.server.on("GET", KUBE_SYSTEM, answer(NAMESPACE))
        it.server.on("GET", WIDGETS_PATH, answer(listed(widget("a", 5), version=10)))
        it.server.on("WATCH", WIDGETS_PATH, silence)
        informer = it.cluster.informer(WIDGETS)
        it.cluster.engage()
        assert it.cluster.wait_identity(PATIENCE)
        it.server.wait_for(1, "WATCH", WIDGETS_PATH)
        it.cluster._breaker.open(ConnectError("m", "gone"))
        until(lambda: informer.last_fault is not None)
        back = it.server.on_watch(WIDGETS_PATH)
        it.cluster._breaker.close()
        back.wait_opened()
        until(lambda: informer.freshness.fresh and it.cluster.reachability.ok)
        assert it.clock.monotonic() == 0


@dataclass
class Answers:
    """A source whose streams open at once; it keeps how long was waited for what."""

    decoder: Decoder
    head: list[float] = field(default_factory=list)
    later: list[float] = field(default_factory=list)

    def watch(self, version: str, timeout: int, read_timeout: float) -> Stream:
        """Open a watch."""
        self.head.append(read_timeout)
        return cast(Stream, self)

    def be_patient(self, seconds: float) -> None:
        """Wait so long from now on."""
        self.later.append(seconds)


@pytest.mark.parametrize(
    ("harmless", "first_line"), [pytest.param(False, 66, id="usual"), pytest.param(True, 610, id="without bookmarks")]
)
def test_a_watch_has_half_a_minute_to_begin(harmless: bool, first_line: float) -> None:
    """A server that takes a request for a watch answers it soon; only what it brings may take its time."""
    source = Answers(Decoder("m", WIDGETS))
    reflector = Reflector("m/widgets", cast(Source, source), lambda _: None, clock=FakeClock(), random=Random(1))
    reflector._silence.harmless = harmless
    reflector._opened(Listed(Memory("10")), 600)
    assert (source.head, source.later) == ([OPENING_TIMEOUT], [first_line])


@pytest.mark.parametrize("early", [True, False], ids=["before it was sent", "while it is waited for"])
def test_opening_is_cut(early: bool) -> None:
    """A stream is given up whenever it is cut: also one that has no connection yet ends as soon as it has."""
    with FakeApiServer() as server:
        server.on("WATCH", PATH, silence)
        transport, what = transport_to(server), Opening()

        def open_it() -> object:
            with what.begun():
                return failure_of(lambda: transport.stream(PATH, WATCH))

        if early:
            what.cut()
        call = Background(open_it)
        if not early:
            server.wait_for(1, "WATCH", PATH)
            what.cut()
        assert isinstance(call.outcome(), ConnectionClosed)


def test_calls_are_not_cut_with_a_stream() -> None:
    """A call of the same thread is no part of what it opens: it may be a write, and land all the same."""
    with FakeApiServer() as server:
        server.on("GET", PATH, answer({}))
        transport, what = transport_to(server), Opening()
        what.cut()
        with what.begun():
            assert transport.request("GET", PATH).status == 200
