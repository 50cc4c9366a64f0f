"""One resource of one cluster, from the wire to the handlers."""

import threading

from fakes.exchange import PATIENCE, answer, failure, reset
from fakes.objects import WIDGETS_PATH, Json, bookmark, event, line, listed, widget
from fakes.rig import Journal, Rigged, rig
from multicasskop.informers.changes import Change
from multicasskop.informers.freshness import FreshnessState
from multicasskop.informers.informer import LISTENER_GAUGES, Activity, InformerOptions
from multicasskop.informers.key import Key
from multicasskop.informers.metrics import INFORMER_FAMILIES, Metrics
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs


def test_65_an_hour_without_the_cluster(rigged: Rigged) -> None:
    """After an hour with 3 adds, 2 updates and 1 delete exactly these six are told, and a store that was readable."""
    before = [widget(name, 5) for name in ("same", "b", "c", "gone")]
    after = [widget("same", 5), widget("b", 20), widget("c", 21), *(widget(name, 22) for name in "xyz")]
    with rigged() as it:
        it.on_list(*before, version=10)
        watch = it.on_watch()
        it.refuse_watches(reset)
        it.start()
        it.journal.wait_for(4)
        watch.wait_opened()
        watch.cut()
        while it.clock.monotonic() < 3600:
            it.let_pass()
        assert it.informer.freshness.state is FreshnessState.STALE
        assert len(it.informer.store) == 4
        assert it.informer.has_synced
        it.paused()
        it.refuse_watches(failure(410, "Expired"))
        it.on_list(*after, version=30)
        it.on_watch()
        it.let_pass()
        it.until(lambda: it.informer.freshness.fresh)
        assert it.journal.lines[4:] == [
            "delete? gone@5",
            "update b@20",
            "update c@21",
            "add x@22",
            "add y@22",
            "add z@22",
        ]
        assert not any(change.initial for change in it.journal.changes[4:])


def test_metrics(rigged: Rigged) -> None:
    """Lists, watches, events, oddities and size are counted, and exist with 0 from the start."""
    registry = CollectorRegistry()
    metrics = Metrics("t", registry, INFORMER_FAMILIES)

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"t_informer_{name}", {"member": "m", "kind": "Widget", **labels})

    with rigged(metrics=metrics) as it:
        assert value("lists_total", reason="expired") == 0
        it.on_list(widget("a", 5), version=10)
        watch = it.on_watch()
        it.start()
        lines: list[Json] = [event("MODIFIED", widget("a", 11)), event("MODIFIED", widget("a", 11)), bookmark(12)]
        lines += [event("DELETED", widget("x", 13)), event("MODIFIED", widget("a", 9)), event("?", widget("a", 14))]
        watch.send(*lines, event("ADDED", widget("b", 15)))
        it.journal.wait_for(3)
        watch.end()
        it.paused()
        it.informer.report()
        assert value("lists_total", reason="first") == 1
        assert value("watches_total", reason="ended") == 1
        assert [value("events_total", type=kind) for kind in ("upsert", "delete", "bookmark")] == [4, 1, 1]
        faults = {fault: value("faults_total", fault=fault) for fault in ("duplicate", "unknown_delete", "late")}
        assert faults == {"duplicate": 1, "unknown_delete": 1, "late": 1}
        assert value("faults_total", fault="skipped") == 1
        assert (value("objects"), value("bytes")) == (2, it.informer.store.size_bytes)
        assert value("last_event_timestamp_seconds") == it.clock.now().timestamp()


def test_poison_is_counted_and_named(rigged: Rigged) -> None:
    """An object that is nested too deep is in the store, counted, and named in the log; the stream goes on."""
    registry = CollectorRegistry()
    metrics = Metrics("t", registry, INFORMER_FAMILIES)
    with rigged(metrics=metrics) as it, capture_logs() as logs:
        it.on_list(widget("a", 5), version=10)
        watch = it.on_watch()
        it.start()
        bad = line(event("MODIFIED", widget("bad", 11, deep="HERE"))).replace(b'"HERE"', b"[" * 3000 + b"]" * 3000)
        watch.write(bad + b"\n")
        watch.send(event("ADDED", widget("b", 12)))
        it.journal.wait_for(3)
        assert it.journal.lines == ["add a@5", "add bad@11", "add b@12"]
        faults = {"member": "m", "kind": "Widget", "fault": "deep"}
        assert registry.get_sample_value("t_informer_faults_total", faults) == 1
    (told,) = [entry for entry in logs if entry["event"] == "object nested too deep"]
    assert (told["member"], told["object"]) == ("m", "ns/bad")


def test_two_namespaces_share_a_gauge() -> None:
    """The gauges of a kind hold the sum over all namespaces that are watched."""
    registry = CollectorRegistry()
    metrics = Metrics("t", registry, INFORMER_FAMILIES)
    with rig(namespace="one", metrics=metrics) as one, rig(namespace="two", metrics=metrics) as two:
        for it, namespace in ((one, "one"), (two, "two")):
            path = f"/apis/example.com/v1/namespaces/{namespace}/widgets"
            it.server.on("GET", path, answer(listed(widget("a", 5, namespace=namespace), version=10)))
            watch = it.server.on_watch(path)
            it.start()
            watch.wait_opened()
            it.informer.report()
            it.informer.report()
        two_bytes = one.informer.store.size_bytes + two.informer.store.size_bytes
        assert registry.get_sample_value("t_informer_objects", {"member": "m", "kind": "Widget"}) == 2
        assert registry.get_sample_value("t_informer_bytes", {"member": "m", "kind": "Widget"}) == two_bytes
        assert (one.informer.name, two.informer.name) == ("m/widgets/one", "m/widgets/two")


def test_what_waits_for_listeners(rigged: Rigged) -> None:
    """How many changes wait for a listener that is busy, and for how long, is seen when metrics are read."""
    registry, labels = CollectorRegistry(), {"member": "m", "kind": "Widget"}
    busy, go = threading.Event(), threading.Event()

    def slow(_: Change) -> None:
        busy.set()
        assert go.wait(PATIENCE)

    def shown() -> list[float | None]:
        it.informer.report()
        return [registry.get_sample_value(f"t_{name}", labels) for name in LISTENER_GAUGES]

    with rigged(metrics=Metrics("t", registry, INFORMER_FAMILIES)) as it:
        assert shown() == [None, None]
        registration = it.informer.add_listener(slow, name="slow")
        assert shown() == [0, 0]
        it.on_list(widget("a", 5), widget("b", 5), widget("c", 5), version=10)
        watch = it.on_watch()
        it.start()
        watch.wait_opened()
        assert busy.wait(PATIENCE)
        it.clock.advance(7)
        assert shown() == [2, 7]
        go.set()
        assert registration.wait_synced(PATIENCE)
        assert shown() == [0, 0]


def test_activity(rigged: Rigged) -> None:
    """What has been going on can be had: the last byte, the last event, the version and the lists."""
    with rigged() as it:
        assert it.informer.activity == Activity(None, None, "", 0)
        it.on_list(version=10)
        watch = it.on_watch()
        it.start()
        watch.wait_opened()
        it.until(lambda: it.informer.freshness.fresh)
        it.clock.advance(5)
        watch.send(bookmark(12))
        it.until(lambda: it.informer.activity == Activity(5.0, 5.0, "12", 1))


def test_item_without_name() -> None:
    """An item without a name is left out, counted and said, and the others are there."""
    with capture_logs() as logs, rig() as it:
        it.server.on("GET", WIDGETS_PATH, answer(listed({"metadata": {}}, widget("a", 5), version=10)))
        it.server.on_watch(WIDGETS_PATH)
        it.start()
        assert it.journal.wait_for(1) == ["add a@5"]
    assert [log["what"] for log in logs if log["event"] == "ignored"] == ["object without name"]


def test_corrupt_line(rigged: Rigged) -> None:
    """A line that cannot be read ends the stream, which is taken up again behind the last good event."""
    with rigged() as it:
        it.on_list(version=10)
        watch = it.on_watch()
        again = it.on_watch()
        it.start()
        watch.send(event("ADDED", widget("a", 11)), b'{"type":"ADDED","obj\n')
        it.let_pass()
        assert again.wait_opened().query["resourceVersion"] == "11"
        assert it.journal.lines == ["add a@11"]
        assert len(it.lists()) == 1


def test_on_change(rigged: Rigged) -> None:
    """Whoever asked is told of the first list, of the stream, and of its interruption."""
    with rigged() as it:
        seen: list[tuple[bool, FreshnessState]] = []
        it.informer.on_change(lambda: seen.append((it.informer.has_synced, it.informer.freshness.state)))
        it.on_list(version=10)
        watch = it.on_watch()
        it.start()
        watch.wait_opened()
        it.until(lambda: len(seen) == 2)
        watch.cut()
        it.paused()
        assert seen == [(True, FreshnessState.FRESH)] * 3


def test_wait_synced(rigged: Rigged) -> None:
    """Waiting for the first list ends with it, or with its time."""
    with rigged() as it:
        it.on_list(version=10)
        it.on_watch()
        assert not it.informer.wait_synced(0.0)
        it.start()
        assert it.informer.wait_synced(10.0)


def test_resync() -> None:
    """A resync that was asked for comes once in its period, give or take a tenth, and costs no request."""
    with rig(options=InformerOptions(resync_seconds=3600)) as it:
        asked = Journal()
        it.informer.add_handler(asked, name="asked", resync=True)
        it.on_list(widget("a", 5), version=10)
        watch = it.server.on_watch(WIDGETS_PATH)
        it.start()
        watch.wait_opened()
        assert 3240 <= it.let_pass() <= 3960
        assert asked.wait_for(2) == ["add a@5", "update a@5"]
        assert it.journal.lines == ["add a@5"]
        assert len(it.server.received()) == 2


def test_nudge_ends_a_delay_and_renews_a_stream(rigged: Rigged) -> None:
    """When the member is back a delay ends at once, and a stream from before is replaced by a new one."""
    with rigged() as it:
        it.refuse_lists(reset)
        it.start()
        it.paused()
        it.on_list(version=10)
        first = it.on_watch()
        it.informer.bright()
        first.wait_opened()
        it.until(lambda: it.informer.freshness.fresh)
        second = it.on_watch()
        it.informer.dark()
        assert it.informer.freshness.reason == "dark"
        it.informer.bright()
        assert second.wait_opened().query["resourceVersion"] == "10"
        it.until(lambda: it.informer.freshness.fresh)
        assert it.clock.monotonic() == 0


def test_stop_keeps_the_store(rigged: Rigged) -> None:
    """A stop leaves the store readable, and no handler hears of deletes."""
    with rigged() as it:
        it.on_list(widget("a", 5), version=10)
        it.on_watch()
        it.start()
        it.journal.wait_for(1)
        it.informer.stop()
        assert it.informer.store.get(Key("ns", "a")) is not None
        assert it.journal.lines == ["add a@5"]
