"""The reflector's parts: how failures are judged, and what streams look like."""

import gzip
import threading
from datetime import timedelta
from email.utils import format_datetime
from random import Random
from types import SimpleNamespace
from typing import cast

import pytest
from fakes.api_server import Watch
from fakes.clock import FakeClock
from fakes.exchange import PATIENCE, answer, failure, reset, status_object
from fakes.objects import WIDGETS, WIDGETS_PATH, event, line, listed, widget
from fakes.rig import Rig, Rigged, rig
from multicasskop.informers.bodies import Stream
from multicasskop.informers.causes import cause_of
from multicasskop.informers.changes import Change
from multicasskop.informers.decoding import Added, Decoder
from multicasskop.informers.errors import (
    AnswerTooLarge,
    ApiError,
    ConnectError,
    CredentialsError,
    EndlessList,
    InformerError,
    MemberUnreachable,
    ReadTimeout,
    StreamCorrupt,
    TerminalError,
    TlsError,
    UnexpectedAnswer,
)
from multicasskop.informers.errors import Cause as StatusCause
from multicasskop.informers.packing import PACKED_FROM
from multicasskop.informers.reflector import RUSH, Reflector, Source
from multicasskop.informers.states import Cause
from structlog.testing import capture_logs

TOO_LARGE = StatusCause("ResourceVersionTooLarge", "", "")


def test_lasting_fault_is_logged_once(rigged: Rigged) -> None:
    """A fault that lasts is a warning when it begins, and no more than a detail each time it is met again."""
    with capture_logs() as logs, rigged() as it:
        it.refuse_lists(*[failure(403, "Forbidden")] * 3, reset)
        it.start()
        for _ in range(4):
            it.let_pass()
        it.paused()
    told = [log["event"] for log in logs if log["log_level"] == "warning"]
    assert told == ["stream forbidden", "stream unreachable"]


STATUS_CAUSES = [
    pytest.param(ApiError("m", 410, "Expired"), Cause.EXPIRED, id="410"),
    pytest.param(ApiError("m", 500, "Expired"), Cause.EXPIRED, id="reason Expired"),
    pytest.param(ApiError("m", 504, causes=[TOO_LARGE]), Cause.TOO_LARGE_VERSION, id="version too large"),
    pytest.param(ApiError("m", 504, "Timeout"), Cause.SERVER_ERROR, id="504"),
    pytest.param(ApiError("m", 503), Cause.SERVER_ERROR, id="503"),
    pytest.param(ApiError("m", 500, "StorageReadError"), Cause.STORAGE, id="storage"),
    pytest.param(ApiError("m", 429), Cause.THROTTLED, id="429"),
    pytest.param(ApiError("m", 401), Cause.UNAUTHORIZED, id="401"),
    pytest.param(ApiError("m", 403), Cause.FORBIDDEN, id="403"),
    pytest.param(ApiError("m", 404), Cause.KIND_NOT_SERVED, id="404"),
    pytest.param(ApiError("m", 404, object_name="x", object_kind="widgets"), Cause.KIND_NOT_SERVED, id="404 by name"),
    pytest.param(ApiError("m", 400), Cause.BAD_REQUEST, id="400"),
    pytest.param(ApiError("m", 422), Cause.BAD_REQUEST, id="422"),
    pytest.param(ApiError("m", 406), Cause.UNEXPECTED, id="406"),
    pytest.param(ConnectError("m", "refused"), Cause.UNREACHABLE, id="refused"),
    pytest.param(ReadTimeout("m", "silence before the answer"), Cause.UNREACHABLE, id="no answer"),
    pytest.param(TlsError("m", "certificate"), Cause.UNREACHABLE, id="tls"),
    pytest.param(MemberUnreachable("m", "dark"), Cause.UNREACHABLE, id="dark"),
    pytest.param(CredentialsError("file", "empty"), Cause.NO_CREDENTIALS, id="no credentials"),
    pytest.param(StreamCorrupt("m", "garbage"), Cause.CORRUPT, id="garbage"),
    pytest.param(UnexpectedAnswer("m", "a Status"), Cause.NOT_A_LIST, id="no list"),
    pytest.param(EndlessList("m", "on and on"), Cause.ENDLESS_LIST, id="endless list"),
    pytest.param(AnswerTooLarge("m", "too much"), Cause.PAGE_TOO_LARGE, id="large page"),
    pytest.param(TerminalError("whatever"), Cause.UNEXPECTED, id="anything else"),
]


@pytest.mark.parametrize(("error", "cause"), STATUS_CAUSES)
def test_causes(error: InformerError, cause: Cause) -> None:
    """Every error that a request or a stream may end with is judged under one cause."""
    assert cause_of(error) is cause


def started(it: Rig) -> threading.Event:
    """Start the informer; the event is set when its stream is up, and the time of that taken."""
    up = threading.Event()
    it.informer.on_change(lambda: up.set() if it.server.received("WATCH") else None)
    it.start()
    return up


def test_storage_restored_from_a_snapshot(rigged: Rigged) -> None:
    """A server that is silent for a minute is asked how far it is; when that is behind, all of it is listed anew."""
    with capture_logs() as logs, rigged() as it:
        it.on_list(widget("a", 300), widget("late", 340), version=345)
        watch = it.on_watch()
        up = started(it)
        assert up.wait(PATIENCE)
        it.until(lambda: it.informer.freshness.fresh)
        if it.streamed:  # what began with a list has shown that the server is as far as that
            watch.end()
            watch = it.on_watch()
            it.let_pass()
            watch.wait_opened()
            it.until(lambda: it.informer.freshness.fresh and it.informer.last_fault is None)
        it.server.on("GET", WIDGETS_PATH, answer(listed(version=120)))
        it.on_list(widget("a", 100), version=120)
        again = it.on_watch()
        it.clock.advance(61)
        watch.end()
        it.let_pass()
        assert again.wait_opened().query.get("resourceVersion") == (None if it.streamed else "120")
        seen, consistent = it.lists()[1:]
        assert seen == {"limit": "1"}
        assert "resourceVersion" not in consistent
        again.send(event("MODIFIED", widget("a", 121)))
        told = ["add a@300", "add late@340", "delete? late@340", "update a@100", "update a@121"]
        assert it.journal.wait_for(5) == told
        assert it.informer.activity.version == "121"
    (said,) = [log for log in logs if log["event"] == "stream restored"]
    assert (said["log_level"], "behind 345" in said["detail"]) == ("warning", True)


def test_server_without_bookmarks_is_asked_once(rigged: Rigged) -> None:
    """A silent server that is not behind is watched on from the same version, without a list."""
    with rigged() as it:
        it.on_list(version=10)
        watches = [it.on_watch() for _ in range(2)]
        assert started(it).wait(PATIENCE)
        it.on_list(widget("a", 11), version=11)
        it.clock.advance(400)
        watches[0].end()
        it.let_pass()
        assert watches[1].wait_opened().query["resourceVersion"] == "10"
        assert it.journal.lines == []


def test_compression() -> None:
    """Compression is asked for on lists, and not on watches, whose events would wait for each other."""
    with rig() as it:
        watch = it.syncing()
        assert watch.wait_opened().headers["accept-encoding"] == "identity"
        assert it.server.received("GET")[0].headers["accept-encoding"] == "gzip"


def test_compressed_list() -> None:
    """A list that comes compressed is read as any other."""
    with rig() as it:
        body = gzip.compress(line(listed(widget("a", 5), version=10)))
        it.server.on("GET", WIDGETS_PATH, answer(body, headers={"Content-Encoding": "gzip"}))
        it.server.on_watch(WIDGETS_PATH)
        it.start()
        assert it.journal.wait_for(1) == ["add a@5"]


def test_stream_without_chunks() -> None:
    """Events of a stream whose chunking a proxy has removed are delivered as they come."""
    with rig() as it:
        it.on_list(version=10)
        watch = it.server.on_watch(WIDGETS_PATH, Watch(chunked=False))
        it.start()
        for version in (11, 12, 13):
            watch.send(event("MODIFIED", widget("a", version)))
            it.journal.wait_for(version - 10)
        assert it.journal.lines == ["add a@11", "update a@12", "update a@13"]


class Bytes:
    """A stream that brings these bytes in one piece, and ends."""

    def __init__(self, content: bytes) -> None:
        self._pieces = [content, b""]

    def read(self) -> bytes:
        """What comes next."""
        return self._pieces.pop(0)

    def be_patient(self, seconds: float) -> None:
        """All is there already."""


@pytest.mark.parametrize(("events", "packed"), [(1, True), (RUSH // PACKED_FROM, False)], ids=["few", "a rush"])
def test_what_comes_in_a_rush_is_kept_as_it_is(events: int, packed: bool) -> None:
    """Objects that come one by one are packed; there is no time for it when many come at once."""
    large = line(event("ADDED", widget("a", 20) | {"spec": "x" * PACKED_FROM})) + b"\n"
    source = cast(Source, SimpleNamespace(decoder=Decoder("m", WIDGETS)))
    reflector = Reflector("m/widgets", source, lambda _: None, clock=FakeClock(), random=Random(1))
    (batch,) = reflector._read(cast(Stream, Bytes(large * events)), 60.0)
    assert [cast(Added, found).item.record.packed for found in batch] == [packed] * events


def test_short_streams() -> None:
    """Three streams in a row that end at once are answered by a list."""
    with rig() as it:
        it.on_list(version=10)
        it.server.on("WATCH", WIDGETS_PATH, *[answer(b"")] * 3)
        it.on_list(version=20)
        last = it.server.on_watch(WIDGETS_PATH)
        it.start()
        for _ in range(3):
            assert it.paused() >= 0.8
            assert len(it.lists()) == 1
            it.let_pass()
        assert last.wait_opened().query["resourceVersion"] == "20"


def test_storage_error(rigged: Rigged) -> None:
    """An object that the server cannot read from its storage ends the watch, and a list follows after a delay."""
    with rigged() as it:
        watch = it.syncing(version=10)
        it.on_list(version=20)
        it.on_watch()
        watch.send(event("ERROR", status_object(500, "StorageReadError", "cannot decode")))
        assert it.let_pass() >= 0.8
        assert it.lists(2)[1]["resourceVersionMatch"] == "NotOlderThan"


def test_dates_and_long_waits() -> None:
    """Retry-After may be a date, and nobody waits for longer than five minutes."""
    with rig() as it:
        date = format_datetime(it.clock.now() + timedelta(seconds=90), usegmt=True)
        for seconds in (date, "86400"):
            it.server.on("GET", WIDGETS_PATH, failure(429, headers={"Retry-After": seconds}))
        it.on_list(version=10)
        it.server.on_watch(WIDGETS_PATH)
        it.start()
        assert it.let_pass() == 90
        assert it.let_pass() == 300
        it.until(lambda: it.informer.has_synced)


@pytest.mark.parametrize("moment", ["watching", "pausing"])
def test_another_address_is_listed_consistently(rigged: Rigged, moment: str) -> None:
    """At another address versions mean nothing: all is listed anew, at once, and without one of the old versions."""
    with rigged() as it:
        watch = it.syncing("a", "b", version=1000)
        it.until(lambda: it.informer.freshness.fresh)
        if moment == "pausing":
            watch.cut()
            it.paused()
        it.on_list(widget("b", 3), version=7)
        it.on_watch()
        it.informer.relist()
        assert "resourceVersion" not in it.lists(2)[1]
        it.until(lambda: it.informer.store.version == "7")
        assert [record.key.name for record in it.informer.store.list()] == ["b"]


def test_reader_that_leaves_ends_the_thread(rigged: Rigged) -> None:
    """What is no Exception ends the reflector, and the owner of threads is told, so that all ends in good order."""

    def leave(_: Change) -> None:
        raise SystemExit(3)

    with rigged() as it:
        it.informer.add_handler(leave, name="leaves")
        it.syncing("a")
        assert it.supervisor.failed.wait(10)
        assert it.supervisor.failure is not None
        assert it.supervisor.failure[0] == "reflector/m/widgets"
        it.failure_expected = True
