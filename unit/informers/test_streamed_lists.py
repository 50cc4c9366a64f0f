"""Lists as the beginning of a stream, against an API server that speaks real HTTP; and what becomes of its refusals."""

from collections.abc import Callable
from random import Random
from types import SimpleNamespace
from typing import cast

import pytest
from fakes.clock import FakeClock
from fakes.exchange import Answer, answer, failure
from fakes.objects import WIDGETS, WIDGETS_PATH, Json, bookmark, event, line, listed, mark, widget
from fakes.rig import Rig, rig
from multicasskop.informers import listing
from multicasskop.informers.bodies import Stream
from multicasskop.informers.decoding import Decoder
from multicasskop.informers.packing import PACKED_FROM
from multicasskop.informers.reflector import LIST_PAUSE, OPENING_TIMEOUT, RUSH, Reflector, Source
from multicasskop.informers.states import Cause, Output, PageListed

ASKED = {
    "watch": "true",
    "sendInitialEvents": "true",
    "resourceVersion": "0",
    "resourceVersionMatch": "NotOlderThan",
    "allowWatchBookmarks": "true",
}


def added(*names: str, version: int = 5) -> list[Json]:
    """Events of a list."""
    return [event("ADDED", widget(name, version)) for name in names]


def cause(it: Rig) -> Cause:
    """Why the reflector waits."""
    assert it.informer.last_fault is not None
    return it.informer.last_fault.cause


def test_19_list_is_complete_at_the_mark() -> None:
    """Nothing of a list is seen before its mark, all of it is at the mark, and the same stream goes on."""
    with rig(streamed=True) as it:
        watch = it.server.on_watch(WIDGETS_PATH)
        it.start()
        asked = watch.wait_opened().query
        watch.send(*added("b", "a"))
        it.until(lambda: it.informer.activity.last_byte is not None)
        assert (it.informer.has_synced, len(it.informer.store), it.journal.lines) == (False, 0, [])
        watch.send(mark(10), event("MODIFIED", widget("a", 11)))
        assert it.journal.wait_for(3) == ["add b@5", "add a@5", "update a@11"]
        assert it.informer.freshness.fresh
        assert it.informer.store.version == "11"
        assert [change.initial for change in it.journal.changes] == [True, True, False]
        assert asked.items() >= ASKED.items()
        assert 300 <= int(asked["timeoutSeconds"]) <= 600
        assert len(it.server.received()) == 1


def test_19_resumes_as_any_stream() -> None:
    """A stream that began with a list and ends is taken up again from the last version, as a watch."""
    with rig(streamed=True) as it:
        watch = it.syncing("a", version=10)
        watch.send(event("ADDED", widget("b", 12)))
        it.journal.wait_for(2)
        again = it.on_watch()
        watch.end()
        it.let_pass()
        asked = again.wait_opened().query
        assert (asked["resourceVersion"], "sendInitialEvents" in asked) == ("12", False)


def test_20_bookmark_that_is_no_mark() -> None:
    """A bookmark without the annotation, or with another value of it, does not end a list."""
    other = mark(8)
    other["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"] = "false"
    with rig(streamed=True) as it:
        watch = it.server.on_watch(WIDGETS_PATH)
        it.start()
        watch.send(*added("a"), bookmark(7), other, event("?", widget("a", 8)))
        it.until(lambda: bool(it.informer._strange))
        assert (it.informer.has_synced, it.informer.store.version) == (False, "")
        watch.send(mark(10))
        assert it.journal.wait_for(1) == ["add a@5"]


@pytest.mark.parametrize("end", ["cut", "reset"])
def test_21_cut_before_the_mark(end: str) -> None:
    """A stream that breaks off before its mark changes nothing, and is asked for again, after a pause."""
    with rig(streamed=True) as it:
        watch = it.syncing("a", version=10)
        it.journal.wait_for(1)
        broken, whole = it.server.on_watch(WIDGETS_PATH), it.server.on_watch(WIDGETS_PATH)
        watch.send(event("ERROR", {"code": 410, "reason": "Expired"}))
        assert broken.wait_opened().query.items() >= (ASKED | {"resourceVersion": "10"}).items()
        broken.send(*added("ghost", version=12))
        (broken.cut if end == "cut" else broken.reset)()
        assert it.let_pass() >= 0.8
        assert [record.key.name for record in it.informer.store.list()] == ["a"]
        whole.send(*added("b", version=13), mark(20))
        assert it.journal.wait_for(3) == ["add a@5", "delete? a@5", "add b@13"]
        assert len(it.lists()) == 3


@pytest.mark.parametrize("status", [400, 422])
def test_22_refused(status: int) -> None:
    """A server that refuses the parameters is asked for pages at once, and not for a stream at the next list."""
    with rig(streamed=True) as it:
        it.server.on("WATCH", WIDGETS_PATH, failure(status, "Invalid", "sendInitialEvents: Forbidden"))
        for version in (10, 20):
            it.server.on("GET", WIDGETS_PATH, answer(listed(widget("a", version), version=version)))
        watch, again = it.server.on_watch(WIDGETS_PATH), it.server.on_watch(WIDGETS_PATH)
        it.start()
        assert watch.wait_opened().query["resourceVersion"] == "10"
        it.until(lambda: it.informer.freshness.fresh)
        assert it.clock.monotonic() == 0
        watch.send(event("ERROR", {"code": 410, "reason": "Expired"}))
        assert again.wait_opened().query["resourceVersion"] == "20"
        assert ["sendInitialEvents" in query for query in it.lists()] == [True, False, False]


def ignored(it: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a server that does not know the parameters: the objects come, and then nothing."""
    monkeypatch.setattr("multicasskop.informers.reflector.LIST_PAUSE", 0.05)
    it.server.on_watch(WIDGETS_PATH).beginning = (*added("ghost"),)


def ended(it: Rig, _: pytest.MonkeyPatch) -> None:
    """Be a server whose streams end before a mark has come."""
    watch = it.server.on_watch(WIDGETS_PATH)
    watch.beginning, watch.goes_on = (*added("ghost"),), False


@pytest.mark.parametrize("server", [ignored, ended])
def test_parameters_without_an_effect(
    server: Callable[[Rig, pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no mark comes, because of a silence or the stream's end, the list is asked for in pages, at once."""
    with rig(streamed=True) as it:
        server(it, monkeypatch)
        it.server.on("GET", WIDGETS_PATH, answer(listed(widget("a", 5), version=10)))
        it.server.on_watch(WIDGETS_PATH)
        it.start()
        assert it.journal.wait_for(1) == ["add a@5"]
        assert it.clock.monotonic() == 0
        assert it.lists()[1] == {"limit": "500", "resourceVersion": "0"}


def test_deleted_before_the_mark() -> None:
    """What is deleted before the mark is not in the list, whatever old line comes after it; what changed is."""
    with rig(streamed=True) as it:
        watch = it.server.on_watch(WIDGETS_PATH)
        it.start()
        watch.send(*added("a", "b", "c"), event("DELETED", widget("b", 7)), event("MODIFIED", widget("c", 8)))
        watch.send(*added("b"), mark(10))
        assert it.journal.wait_for(2) == ["add a@5", "add c@8"]


def test_nudge_is_no_sign_of_the_server() -> None:
    """A stream that was given up because the member is back says nothing of whether the server streams lists."""
    with rig(streamed=True) as it:
        first, second = it.server.on_watch(WIDGETS_PATH), it.server.on_watch(WIDGETS_PATH)
        it.start()
        first.wait_opened()
        first.send(*added("ghost"))
        it.until(lambda: it.informer._reflector._stream is not None)
        it.informer.bright()
        second.send(*added("a"), mark(10))
        assert it.journal.wait_for(1) == ["add a@5"]


def test_38_list_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """S38: a stream that brings more than a list may hold is given up, counted from nothing the next time."""
    monkeypatch.setattr(listing, "OBJECTS_MAX", 2)
    with rig(streamed=True) as it:
        watch, again = it.server.on_watch(WIDGETS_PATH), it.server.on_watch(WIDGETS_PATH)
        it.start()
        watch.send(*added("a", "b", "c"))
        it.paused()
        assert cause(it) is Cause.ENDLESS_LIST
        again.beginning = (*added("a", "b"), mark(10))
        it.let_pass()
        assert it.journal.wait_for(2) == ["add a@5", "add b@5"]


GARBAGE = b'{"type":"ADDED","object":{"metadata":{"name":5}}}\n'


def test_object_that_no_stream_gets_past() -> None:
    """A line that cannot be read, twice, leads to pages, which leave the one object out."""
    with rig(streamed=True) as it:
        for _ in range(2):
            it.server.on_watch(WIDGETS_PATH).beginning = (*added("a"), GARBAGE)
        it.server.on("GET", WIDGETS_PATH, answer(listed(widget("a", 5), {"metadata": {"name": 5}}, version=10)))
        it.server.on_watch(WIDGETS_PATH)
        it.start()
        it.let_pass()
        it.let_pass()
        assert it.journal.wait_for(1) == ["add a@5"]


def test_poison_in_a_list() -> None:
    """An object that is nested too deep is in the store, without what lies too deep."""
    with rig(streamed=True) as it:
        bad = line(event("ADDED", widget("bad", 5, deep="HERE"))).replace(b'"HERE"', b"[" * 3000 + b"]" * 3000)
        it.server.on_watch(WIDGETS_PATH).beginning = (*added("a"), bad + b"\n", mark(10))
        it.start()
        assert it.journal.wait_for(2) == ["add a@5", "add bad@5"]
        assert [record.deep for record in it.informer.store.list()] == [False, True]


REFUSED = failure(504, "Timeout", causes=({"reason": "ResourceVersionTooLarge", "message": "too large"},))
TOO_LARGE = {"code": 504, "reason": "Timeout", "details": {"causes": [{"reason": "ResourceVersionTooLarge"}]}}


def in_stream(exchange: object) -> None:
    """As a real server does it: the stream is opened, and the refusal its only line."""
    answer(line(event("ERROR", TOO_LARGE)) + b"\n")(exchange)  # type: ignore[arg-type]


@pytest.mark.parametrize("refusal", [REFUSED, in_stream], ids=["answer", "event"])
def test_server_that_is_behind(refusal: Answer) -> None:
    """A server that has not reached the version is asked for a list as fresh as can be, streamed as well."""
    with rig(streamed=True) as it:
        watch = it.syncing("a", version=300)
        it.journal.wait_for(1)
        it.server.on("WATCH", WIDGETS_PATH, refusal)
        it.on_list(widget("a", 100), version=120)
        it.on_watch()
        watch.send(event("ERROR", {"code": 410, "reason": "Expired"}))
        assert it.journal.wait_for(2) == ["add a@5", "update a@100"]
        consistent = it.lists(3)[2]
        assert "resourceVersion" not in consistent
        assert consistent["resourceVersionMatch"] == "NotOlderThan"


class Noted:
    """A stream that brings these pieces, and notes how long it is waited for."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces, self.patience = [*pieces, b""], list[float]()

    def read(self) -> bytes:
        """What comes next."""
        self.patience.append(0)
        return self._pieces.pop(0)

    def be_patient(self, seconds: float) -> None:
        """Note it."""
        self.patience.append(seconds)

    def close(self) -> None:
        """There is nothing to close."""


def reflected(*pieces: bytes) -> tuple[Reflector, Noted, list[Output]]:
    """Let a reflector read all of such a stream, and none of what follows it."""
    stream, said = Noted(*pieces), list[Output]()

    def open_stream(_memory: object, _timeout: int, patience: float) -> Stream:
        stream.patience.append(patience)
        return cast(Stream, stream)

    source = SimpleNamespace(decoder=Decoder("m", WIDGETS), list_stream=open_stream, listed=list)
    clock = FakeClock()
    reflector = Reflector(
        "m/widgets", cast(Source, source), said.append, clock=clock, random=Random(1), streamed_lists=True
    )
    for _ in range(len(pieces) + 1):
        reflector._take(reflector._perceive())
    return reflector, stream, said


def test_patience_until_the_mark() -> None:
    """A list may pause for ten seconds; what follows the mark has the patience of any stream."""
    sent = [line(each) + b"\n" for each in (*added("a"), mark(10), bookmark(11))]
    _, stream, _ = reflected(*sent)
    assert stream.patience[:4] == [OPENING_TIMEOUT, LIST_PAUSE, 0, 0]
    assert 310 <= stream.patience[4] <= 610
    assert stream.patience[5:] == [0]


@pytest.mark.parametrize(("more", "seen"), [([], False), ([bookmark(11)], True)], ids=["mark", "bookmark"])
def test_mark_promises_no_bookmarks(more: list[Json], seen: bool) -> None:
    """Streams are not expected to bring bookmarks because a list ended with its mark."""
    reflector, _, _ = reflected(*(line(each) + b"\n" for each in (mark(10), *more)))
    assert reflector._silence.bookmarks is seen


def test_list_is_packed() -> None:
    """Objects of a list are packed, however many come at once: they are there to stay."""
    large = line(event("ADDED", widget("a", 20) | {"spec": "x" * PACKED_FROM})) + b"\n"
    _, _, said = reflected(large * (RUSH // PACKED_FROM))
    (page,) = [output for output in said if isinstance(output, PageListed)]
    assert all(found.record.packed for found in page.items)
