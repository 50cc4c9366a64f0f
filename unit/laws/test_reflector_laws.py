"""The law of list and watch: whatever fails on the way, in the end the store holds what the server holds."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

from fakes.clock import FakeClock
from fakes.law import law
from fakes.objects import WIDGETS, Json, bookmark, event, line, listed, mark, widget
from fakes.rig import Journal
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from multicasskop.informers.changes import ChangeKind
from multicasskop.informers.errors import ApiError, ConnectionClosed, InformerError, ReadTimeout
from multicasskop.informers.informer import Informer, InformerOptions
from multicasskop.informers.supervisor import Supervisor
from multicasskop.informers.transport import Response
from multicasskop.informers.versions import is_older

MEMBER = "m"
REFUSALS: dict[str, InformerError] = {
    "refused": ConnectionClosed(MEMBER, "refused"),
    "expired": ApiError(MEMBER, 410, "Expired"),
    "throttled": ApiError(MEMBER, 429, "TooManyRequests", retry_after=2),
    "broken": ApiError(MEMBER, 500, "InternalError"),
    "forbidden": ApiError(MEMBER, 403, "Forbidden"),
    "not served": ApiError(MEMBER, 404, "NotFound"),
    "bad request": ApiError(MEMBER, 400, "BadRequest"),
}
# what comes in one read; what ends the stream stands behind events, and before some
BUNDLES = {
    "bundle": ("fine", "fine", "twice", "bookmark", "stale", "odd"),
    "bundle with garbage": ("fine", "garbage", "fine"),
    "bundle with error": ("fine", "stale", "error 410", "twice"),
}
STREAM_FAULTS = (
    *BUNDLES,
    "cut",
    "silent",
    "end",
    "garbage",
    "twice",
    "stale",
    "error 410",
    "error 500",
    "bookmark",
    "odd",
)
WEATHER = st.lists(
    st.sampled_from(("fine", "twice", "stale", *STREAM_FAULTS, *REFUSALS)) | st.just("fine"), max_size=12
)
CHANGES = st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from("12"), st.booleans()), min_size=1, max_size=8)


class NothingMore(Exception):  # noqa: N818  not a failure
    """The stream is quiet: the server has told all there is to tell."""


class JumpingClock(FakeClock):
    """A clock on which every wait is over at once, with its time passed."""

    def wait(self, condition: object, timeout: float | None) -> bool:
        """Let the time pass."""
        self.advance(timeout or 0.0)
        return False


@dataclass
class ModelServer:
    """A server that is too simple to be wrong, and the weather on the way to it; stands in for the transport."""

    member: str = MEMBER
    version: int = 1
    oldest: int = 1
    objects: dict[str, Json] = field(default_factory=dict)
    history: list[tuple[int, Json]] = field(default_factory=list)
    weather: list[str] = field(default_factory=list)

    def change(self, kind: str, name: str, uid: str) -> None:
        """Create, change or delete an object."""
        self.version += 1
        obj = widget(name, self.version, uid=uid)
        if kind == "DELETED":
            del self.objects[name]
        else:
            self.objects[name] = obj
        self.history.append((self.version, event(kind, obj)))

    def request(
        self, _method: str, _path: str, *, query: Sequence[tuple[str, str]], headers: object = None
    ) -> Response:
        """Answer a list."""
        asked = dict(query)
        if (fault := self.next_weather()) in REFUSALS:
            raise REFUSALS[fault]
        names, version = sorted(self.objects), self.version
        start = 0
        if "continue" in asked:
            assert "resourceVersion" not in asked
            at, start = (int(part) for part in asked["continue"].split(":"))
            if at != self.version:  # pages come from one moment, which a token remembers only while nothing changes
                raise REFUSALS["expired"]
        end = start + int(asked.get("limit", "1000"))
        token = f"{version}:{end}" if end < len(names) else ""
        page = [self.objects[name] for name in names[start:end]]
        return Response(200, {}, line(listed(*page, version=version, token=token)))

    def stream(self, _path: str, query: Sequence[tuple[str, str]], _read_timeout: float) -> "ModelStream":
        """Open a watch, or a stream that begins with a list."""
        asked = dict(query)
        if (fault := self.next_weather()) in REFUSALS:
            raise REFUSALS[fault]
        if "sendInitialEvents" in asked:
            return self.list_stream()
        version = int(asked["resourceVersion"])
        if version < self.oldest:
            raise REFUSALS["expired"]
        return ModelStream(self, version)

    def list_stream(self) -> "ModelStream":
        """Begin with what there is; what happens before all of it was told comes before the mark, too."""
        objects = [event("ADDED", self.objects[name]) for name in sorted(self.objects)]
        return ModelStream(self, self.version, first=objects, unmarked=True)

    def next_weather(self) -> str:
        """Return what befalls the next call."""
        return self.weather.pop(0) if self.weather else "fine"


@dataclass
class ModelStream:
    """A watch; each read brings one event, what the weather makes of it, or several of them at once."""

    server: ModelServer
    version: int
    sent: list[Json] = field(default_factory=list)
    first: list[Json] = field(default_factory=list)
    unmarked: bool = False

    def read(self) -> bytes:
        """Return the next event, or several at once."""
        fault = self.server.next_weather()
        first, *more = BUNDLES.get(fault, (fault,))
        found = [self.brought(first)]
        for each in more:
            with suppress(NothingMore):
                found.append(self.brought(each))
        return b"".join(found)

    def brought(self, fault: str) -> bytes:
        """Return what a read brings when this befalls it."""
        told = {
            "bookmark": bookmark(self.version),
            "error 410": event("ERROR", {"code": 410, "reason": "Expired"}),
            "error 500": event("ERROR", {"code": 500, "reason": "InternalError"}),
            "odd": event("ODD", widget("odd", self.version)),
        }
        match fault:
            case "cut" | "refused":
                raise ConnectionClosed(MEMBER, "cut")
            case "silent":
                raise ReadTimeout(MEMBER, "silent")
            case "end":
                return b""
            case "garbage":
                return b'{"type":"ADD\n'
            case "twice" if self.sent:
                return line(self.sent[-1]) + b"\n"
            case "stale" if self.sent:
                return line(self.of_the_dead()) + b"\n"
            case _ if fault in told:
                return line(told[fault]) + b"\n"
        return self.next_event()

    def next_event(self) -> bytes:
        """Return an object of the list, what happened after the version that the stream has reached, or the mark."""
        if self.first:
            self.sent.append(self.first.pop(0))
            return line(self.sent[-1]) + b"\n"
        for version, found in self.server.history:
            if version > self.version:
                self.version = version
                self.sent.append(found)
                return line(found) + b"\n"
        if self.unmarked:
            self.unmarked = False
            return line(mark(self.version)) + b"\n"
        raise NothingMore

    def of_the_dead(self) -> Json:
        """Return an event of an object that is gone by now, if there was one."""
        dead = (it for it in self.sent if it["object"]["metadata"]["name"] not in self.server.objects)
        return next(dead, self.sent[0])

    def be_patient(self, _seconds: float) -> None:
        """Nothing waits here."""

    def shutdown(self) -> None:
        """Nobody is blocked here."""

    def close(self) -> None:
        """There is nothing to close."""


class ReflectorMachine(RuleBasedStateMachine):
    """Objects come and go while the way to the server is bad."""

    streamed = False

    @initialize()
    def begin(self) -> None:
        """Begin with a handler, before the first list."""
        self.server, self.clock, self.journal = ModelServer(), JumpingClock(), Journal()
        transport: Any = self.server
        self.informer = Informer(
            transport,
            WIDGETS,
            clock=self.clock,
            random=Random(1),
            supervisor=Supervisor(),
            options=InformerOptions(page_size=2),
            streamed_lists=self.streamed,
        )
        self.reached = ""
        self.informer.add_handler(self.journal, name="journal")

    @rule(changes=CHANGES)
    def change_unseen(self, changes: list[tuple[str, str, bool]]) -> None:
        """Objects change while the reflector does not look."""
        for change in changes:
            self.change(*change)

    @rule(changes=CHANGES, weather=WEATHER, steps=st.integers(1, 4))
    def change_seen(self, changes: list[tuple[str, str, bool]], weather: list[str], steps: int) -> None:
        """Objects change while the reflector works, in this weather."""
        self.server.weather = list(weather)
        for change in changes:
            self.change(*change)
            for _ in range(steps):
                self.step()
        self.server.weather = []

    def change(self, name: str, uid: str, gone: bool) -> None:
        """Create an object, or change or delete it; while it lives it keeps its uid."""
        known = self.server.objects.get(name)
        if known is None:
            self.server.change("ADDED", name, uid)
        else:
            self.server.change("DELETED" if gone else "MODIFIED", name, known["metadata"]["uid"])

    @rule()
    def compact(self) -> None:
        """The server forgets its history."""
        self.server.oldest = self.server.version

    @rule()
    def settle(self) -> None:
        """In fine weather the reflector comes to rest, and the store is the server's."""
        for _ in range(100):
            if not self.step():
                break
        else:
            raise AssertionError("no rest after 100 steps in fine weather")
        versions = {name: obj["metadata"]["resourceVersion"] for name, obj in self.server.objects.items()}
        assert {record.key.name: record.version for record in self.informer.store.list()} == versions
        assert self.informer.freshness.fresh

    def step(self) -> bool:
        """Let one thing happen; return whether there was anything left."""
        reflector = self.informer._reflector
        try:
            reflector._take(reflector._perceive())
        except NothingMore:
            # the reader of a quiet stream would wait here; it can be asked again
            reflector._batches = reflector._read(reflector._stream, 600) if reflector._stream else iter(())
            return False
        return True

    @invariant()
    def the_store_does_not_travel_back(self) -> None:
        """The version that the store reflects never becomes older."""
        version = self.informer.store.version
        assert not is_older(version, self.reached)
        self.reached = version

    @invariant()
    def handler_follows(self) -> None:
        """What the handler was told leads to what the store holds, at every moment."""
        known: dict[str, str] = {}
        for change in self.journal.changes:
            name = change.key.name
            assert (name in known) == (change.kind is not ChangeKind.ADD)
            if change.new is None:
                del known[name]
            else:
                known[name] = change.new.version
        assert known == {record.key.name: record.version for record in self.informer.store.list()}


class StreamedMachine(ReflectorMachine):
    """The same, with lists as the beginning of streams."""

    streamed = True


TestReflector = ReflectorMachine.TestCase
TestReflector.__doc__ = "In any weather handlers follow the store, and in fine weather the store follows the server."
TestReflector.settings = law(100, 30)

TestStreamed = StreamedMachine.TestCase
TestStreamed.__doc__ = "The same holds where lists come as the beginning of streams."
TestStreamed.settings = law(100, 30)
