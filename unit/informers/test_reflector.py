"""The reflector against an API server that speaks real HTTP: which requests follow which answers, and when."""

import threading
from random import Random

import pytest
from fakes.exchange import Exchange, answer, failure, hold, reset, status_object
from fakes.objects import WIDGETS_PATH, bookmark, event, line, listed, widget
from fakes.rig import Rigged, rig
from multicasskop.informers.freshness import FreshnessState
from multicasskop.informers.informer import InformerOptions
from multicasskop.informers.key import Key
from multicasskop.informers.reflector import draw_timeout
from multicasskop.informers.states import Cause
from structlog.testing import capture_logs

NEXT = "next-page"
EXPIRED = status_object(410, "Expired", "too old resource version")
INTERNAL = status_object(500, "InternalError", "etcdserver: no leader")


def test_01_first_list() -> None:
    """The first list asks for version 0, and the watch after it begins at the list's version and no item's."""
    with rig() as it:
        watch = it.syncing("a", "b", version=3)
        assert watch.wait_opened().query["resourceVersion"] == "3"
        assert it.lists()[0] == {"limit": "500", "resourceVersion": "0"}


def test_02_empty_list(rigged: Rigged) -> None:
    """An empty list makes the informer synced with an empty store, and is watched from its version."""
    with rigged() as it:
        it.syncing(version=10)
        it.until(lambda: it.informer.freshness.fresh)
        assert it.informer.has_synced
        assert (len(it.informer.store), it.informer.store.version) == (0, "10")


def test_03_pages() -> None:
    """Three pages are one replace with items in order, and version parameters stand on the first request alone."""
    with rig() as it:
        tokens = {"c": "2", "a": "3", "b": ""}
        pages = [listed(widget(name, 5), version=10, token=token) for name, token in tokens.items()]
        it.server.on("GET", WIDGETS_PATH, *map(answer, pages))
        watch = it.server.on_watch(WIDGETS_PATH)
        it.start()
        watch.wait_opened()
        assert it.lists() == [
            {"limit": "500", "resourceVersion": "0"},
            {"limit": "500", "continue": "2"},
            {"limit": "500", "continue": "3"},
        ]
        assert it.journal.lines == ["add c@5", "add a@5", "add b@5"]
        assert it.informer.store.version == "10"


def test_04_expired_token() -> None:
    """A token that expires on page three leads to one full list, and nothing of the first attempt is ever shown."""
    with rig() as it:
        pages = [listed(widget(name, 5), version=10, token=name) for name in ("ghost", "phantom")]
        whole = answer(listed(widget("a", 11), version=12))
        it.server.on("GET", WIDGETS_PATH, *map(answer, pages), failure(410, "Expired"), whole)
        watch = it.server.on_watch(WIDGETS_PATH)
        it.start()
        watch.wait_opened()
        assert it.lists()[3:] == [{"resourceVersion": "0"}]
        assert it.journal.lines == ["add a@11"]


def test_05_expired_on_opening(rigged: Rigged) -> None:
    """A watch refused with 410 is followed by a list not older than the last version, and then by a watch."""
    with rigged() as it:
        it.on_list(version=10)
        it.refuse_watches(failure(410, "Expired"))
        it.on_list(version=20)
        it.on_watch()
        it.start()
        it.past_list()
        it.until(lambda: it.informer.freshness.fresh and it.informer.store.version == "20")
        assert {"resourceVersion": "10", "resourceVersionMatch": "NotOlderThan"}.items() <= it.lists()[1].items()


def test_06_expired_in_stream(rigged: Rigged) -> None:
    """An ERROR event 410 in the middle of a stream leads to a list, and events before it were applied."""
    with rigged() as it:
        watch = it.syncing(version=10)
        it.on_list(widget("a", 11), widget("b", 15), version=20)
        it.on_watch()
        watch.send(event("ADDED", widget("a", 11)), event("ERROR", EXPIRED))
        assert it.journal.wait_for(2) == ["add a@11", "add b@15"]
        assert it.lists()[1]["resourceVersion"] == "11"


def test_07_relist_refused_as_expired(rigged: Rigged) -> None:
    """A list that is refused as expired, too, is followed by one without a version."""
    with rigged() as it:
        it.on_list(version=10)
        it.refuse_watches(failure(410, "Expired"))
        it.refuse_lists(failure(410, "Expired"))
        it.on_list(version=20)
        it.on_watch()
        it.start()
        it.past_list()
        it.let_pass()
        assert "resourceVersion" not in it.lists(3)[2]


def test_08_version_too_large(rigged: Rigged) -> None:
    """A list whose version the server has not reached is followed by a consistent one, not before Retry-After."""
    with rigged() as it:
        it.on_list(version=10)
        it.refuse_watches(failure(410, "Expired"))
        causes = ({"reason": "ResourceVersionTooLarge", "message": "Too large resource version"},)
        refusal = failure(504, "Timeout", "Too large", causes=causes, details={"retryAfterSeconds": 1})
        it.refuse_lists(refusal)
        it.on_list(version=8)
        it.on_watch()
        it.start()
        it.past_list()
        assert it.let_pass() == 1
        assert "resourceVersion" not in it.lists(3)[2]


def test_09_bookmark(rigged: Rigged) -> None:
    """A bookmark moves the resume point that the next watch uses, and reaches no handler."""
    with rigged() as it:
        watch = it.syncing(version=10)
        again = it.on_watch()
        watch.send(bookmark(17))
        it.until(lambda: it.informer.store.version == "17")
        watch.cut()
        it.let_pass()
        assert again.wait_opened().query["resourceVersion"] == "17"
        assert it.journal.lines == []


def test_10_clean_end(rigged: Rigged) -> None:
    """A stream that ends cleanly is taken up again from the last version within a second, without a list."""
    with rigged() as it:
        watch = it.syncing(version=10)
        again = it.on_watch()
        watch.send(event("ADDED", widget("a", 11)))
        it.journal.wait_for(1)
        watch.end()
        assert 0 <= it.let_pass() <= 1
        assert again.wait_opened().query["resourceVersion"] == "11"
        assert len(it.lists()) == 1


def test_11_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that is silent for too long is taken up again at once, without a list, and the log says silent."""
    monkeypatch.setattr("multicasskop.informers.reflector.TIMEOUT_RANGE", (0, 0))
    monkeypatch.setattr("multicasskop.informers.silence.READ_TIMEOUT_MARGIN", 0.05)
    with capture_logs() as logs, rig() as it:
        it.syncing(version=10)
        it.server.on_watch(WIDGETS_PATH)
        assert it.watches(2)[1]["resourceVersion"] == "10"
        assert len(it.lists()) == 1
    assert next(log["retry_seconds"] for log in logs if log["event"] == "stream silent") == 0


def test_12_throttled(rigged: Rigged) -> None:
    """After a 429 with Retry-After 3 the watch is tried again, not before 3 s, and without a list."""
    with rigged() as it:
        it.on_list(version=10)
        it.refuse_watches(failure(429, "TooManyRequests", headers={"Retry-After": "3"}))
        again = it.on_watch()
        it.start()
        it.past_list()
        assert it.let_pass() >= 3
        assert again.wait_opened().query["resourceVersion"] == "10"
        assert len(it.lists()) == 1


def test_13_backoff(rigged: Rigged) -> None:
    """Ten failures grow the delay, jittered and capped, and two healthy minutes make it start low again."""
    with rigged() as it:
        it.refuse_lists(*[reset] * 10)
        watch = it.syncing(version=10)
        delays = [it.let_pass() for _ in range(10)]
        for delay, low in zip(delays, [0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30, 30, 30], strict=True):
            assert low <= delay <= 2 * low
        watch.wait_opened()
        it.clock.advance(120)
        watch.cut()
        assert 0.8 <= it.paused() <= 1.6


def test_14_unauthorized_once() -> None:
    """A 401 is followed by exactly one immediate retry, with credentials read anew and from the same version."""
    with rig() as it:
        it.on_list(version=10)
        it.server.on("WATCH", WIDGETS_PATH, failure(401, "Unauthorized"))
        again = it.server.on_watch(WIDGETS_PATH)
        it.start()
        assert again.wait_opened().query["resourceVersion"] == "10"
        again.cut()
        it.server.on("WATCH", WIDGETS_PATH, failure(401, "Unauthorized"))
        it.let_pass()
        it.server.wait_for(4, "WATCH", WIDGETS_PATH)
        assert it.paused() > 0
        assert len(it.watches()) == 4


def test_15_forbidden_for_an_hour(rigged: Rigged) -> None:
    """An hour of 403 costs at most 130 requests, is called forbidden, and access makes the store fresh in a minute."""
    with rigged() as it:
        it.refuse_lists(failure(403, "Forbidden"))
        it.start()
        while it.clock.monotonic() < 3600:
            it.let_pass()
        it.paused()
        assert len(it.lists()) <= 130
        assert it.informer.freshness.reason == "forbidden"
        before = it.clock.monotonic()
        it.on_list(version=10)
        watch = it.on_watch()
        it.let_pass()
        watch.wait_opened()
        it.until(lambda: it.informer.freshness.fresh)
        assert it.clock.monotonic() - before <= 60


def test_16_kind_absent_at_start(rigged: Rigged) -> None:
    """While the kind is not served the informer is not synced and says why, and it syncs without a restart."""
    with rigged() as it:
        it.refuse_lists(answer("404 page not found\n", 404))
        it.start()
        it.paused()
        freshness = it.informer.freshness
        assert (freshness.state, freshness.reason) == (FreshnessState.NEVER_SYNCED, "kind-not-served")
        it.on_list(widget("a", 5), version=10)
        it.on_watch()
        it.let_pass()
        it.journal.wait_for(1)
        it.until(lambda: it.informer.has_synced)


def test_17_kind_removed(rigged: Rigged) -> None:
    """When the kind is removed later the store is kept and becomes stale, and no delete is made up."""
    with rigged() as it:
        watch = it.syncing("a")
        it.journal.wait_for(1)
        it.refuse_watches(answer("404 page not found\n", 404))
        watch.wait_opened()
        watch.cut()
        while it.clock.monotonic() < 90:
            it.let_pass()
        it.paused()
        freshness = it.informer.freshness
        assert (freshness.state, freshness.reason) == (FreshnessState.STALE, "kind-not-served")
        assert it.informer.store.get(Key("ns", "a")) is not None
        assert it.journal.lines == ["add a@5"]
        assert len(it.lists()) == 1


def broken_stream(exchange: Exchange) -> None:
    """Open a stream whose only line is an InternalError."""
    exchange.head(200, {"Content-Type": "application/json", "Transfer-Encoding": "chunked"})
    exchange.chunk(line(event("ERROR", INTERNAL)) + b"\n")
    exchange.chunk(b"")


@pytest.mark.parametrize(("seconds", "lists"), [pytest.param(30, 1, id="30s"), pytest.param(90, 2, id="90s")])
def test_18_internal_errors(rigged: Rigged, seconds: float, lists: int) -> None:
    """ERROR events InternalError are met by watches from the same version for a minute, and then by one list."""
    with rigged() as it:
        it.on_list(version=10)
        it.refuse_watches(broken_stream)
        it.start()
        it.paused()
        while it.clock.next_due() is not None and it.paused() + it.clock.monotonic() <= seconds:
            it.let_pass()
        assert {query["resourceVersion"] for query in it.watches()} == {"10"}
        assert len(it.lists()) == lists


def test_23_unknown_type(rigged: Rigged) -> None:
    """Events of an unknown type are ignored and logged once, and the stream goes on."""
    with capture_logs() as logs, rigged() as it:
        watch = it.syncing()
        watch.send(*[event("COMPACTED", widget("x", 11))] * 3, event("ADDED", widget("a", 12)))
        assert it.journal.wait_for(1) == ["add a@12"]
    assert [log["what"] for log in logs if log["event"] == "ignored"] == ["unknown type 'COMPACTED'"]


@pytest.mark.parametrize("kind", ["Status", "Table", "GadgetList"])
def test_24_no_list(kind: str) -> None:
    """A body that is no list of this kind is a fault and no empty list, whatever the status says."""
    with rig() as it:
        it.server.on("GET", WIDGETS_PATH, answer({"kind": kind, "apiVersion": "v1", "metadata": {}}))
        it.start()
        it.paused()
        assert not it.informer.has_synced
        assert it.informer.last_fault is not None
        assert it.informer.last_fault.cause is Cause.NOT_A_LIST


def test_25_watch_timeouts() -> None:
    """The timeouts asked for over 1,000 draws lie in [300, 600] and are spread."""
    random = Random(3)
    draws = [draw_timeout(random) for _ in range(1000)]
    assert 300 <= min(draws) < 310
    assert 590 < max(draws) <= 600
    assert len(set(draws)) > 200


def test_26_selection() -> None:
    """Selectors and the namespace's path are on every list, page and watch."""
    options = InformerOptions(label_selector="app=x", field_selector="metadata.name!=y", page_size=2)
    with rig(namespace="team", options=options) as it:
        path = "/apis/example.com/v1/namespaces/team/widgets"
        pages = [listed(widget("a", 5, namespace="team"), version=10, token=token) for token in ("2", "")]
        it.server.on("GET", path, *map(answer, pages))
        watch = it.server.on_watch(path)
        it.start()
        watch.wait_opened()
        requests = it.server.received()
        assert [request.path for request in requests] == [path] * 3
        for request in requests:
            assert request.query["labelSelector"] == "app=x"
            assert request.query["fieldSelector"] == "metadata.name!=y"


@pytest.mark.parametrize("moment", ["read", "backoff", "paging"])
@pytest.mark.timeout(5)
def test_27_stop(moment: str) -> None:
    """A stop ends a blocked read, a delay and a list of 200 pages, after the page under way, in a second each."""
    pages = [answer(listed(widget("a", 5), version=10, token=f"t{number}")) for number in range(200)]
    with rig() as it:
        match moment:
            case "read":
                it.syncing().wait_opened()
            case "backoff":
                it.server.on("GET", WIDGETS_PATH, reset)
                it.start()
                it.paused()
            case "paging":
                asked = threading.Event()
                it.server.on("GET", WIDGETS_PATH, *pages[:3], hold(asked, pages[3]), *pages[4:])
                it.start()
                it.lists(4)
                it.informer.ask_stop()
                asked.set()
        stopping = threading.Thread(target=it.informer.stop)
        stopping.start()
        stopping.join(1.0)
        assert not stopping.is_alive()
        assert len(it.lists()) <= 4
        assert it.journal.lines == []
