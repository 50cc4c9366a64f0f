"""The event recorder: what is sent, and what happens when it cannot be."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

import pytest
from fakes.clock import FakeClock
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import ApiError, ConnectError, NotLeader
from multicasskop.informers.metrics import Metrics
from multicasskop.informers.resource import Resource
from multicasskop.informers.supervisor import Supervisor
from multicasskop.reconcilers.event_reason import NORMAL, WARNING
from multicasskop.reconcilers.event_series import SERIES_ENDS
from multicasskop.reconcilers.events import EventRecorder, Json, reference_to
from multicasskop.reconcilers.metrics import EVENT_FAMILIES
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

REAL_SECONDS = 10.0
RING: Json = {
    "apiVersion": "db.orange.com/v2",
    "kind": "MultiCasskop",
    "metadata": {"namespace": "shop", "name": "ring", "uid": "u1", "resourceVersion": "7"},
}
FORBIDDEN = ApiError("home", 403, "Forbidden", "may not create events")
GONE = ApiError("home", 404, "NotFound", "gone", object_kind="events", object_name="e")


@dataclass
class FakeClient:
    """Keeps what it is sent, or fails as it was told; `gate` holds its answers back."""

    errors: list[Exception] = field(default_factory=list)
    sent: list[tuple[str, str, str, Json]] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    grown: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        self.gate.set()

    def create(self, resource: Resource, namespace: str, body: Json, *, deadline: Deadline | None = None) -> Json:
        """Take a new event."""
        return self._take("create", resource.path(namespace), body["metadata"]["name"], body)

    def merge_patch(
        self, resource: Resource, namespace: str, name: str, body: Json, *, deadline: Deadline | None = None
    ) -> Json:
        """Take a change of one."""
        return self._take("patch", resource.path(namespace), name, body)

    def _take(self, verb: str, path: str, name: str, body: Json) -> Json:
        self.gate.wait(REAL_SECONDS)
        if self.errors:
            raise self.errors.pop(0)
        with self.grown:
            self.sent.append((verb, path, name, body))
            self.grown.notify_all()
        return body

    def wait_sent(self, count: int) -> None:
        """Return when that many calls have come."""
        with self.grown:
            assert self.grown.wait_for(lambda: len(self.sent) >= count, REAL_SECONDS), f"only {len(self.sent)} calls"


class Rig:
    """A recorder over a fake clock and a fake client."""

    def __init__(self) -> None:
        self.clock, self.client, self.supervisor = FakeClock(), FakeClient(), Supervisor()
        self.registry = CollectorRegistry()
        self.recorder = EventRecorder(
            self.client,
            "multicasskop",
            self.clock,
            random=Random(3),
            supervisor=self.supervisor,
            instance="pod-1_abc",
            metrics=Metrics("mck", self.registry, EVENT_FAMILIES),
        )
        self.recorder.start()

    def event(self, reason: str = "GateWaiting", note: str = "eu: wants Running", member: str = "eu") -> None:
        """Record an event about the ring and wait until it was tried."""
        self.recorder.event(RING, NORMAL, reason, note, member=member)
        self.clock.wait_for_waiters(1)
        assert self.recorder.flush(5)

    def count(self, name: str, **labels: str) -> float | None:
        """A counter."""
        return self.registry.get_sample_value(f"mck_{name}", labels)

    def end(self) -> None:
        """Stop and join."""
        self.client.gate.set()
        self.recorder.stop()
        assert self.supervisor.join_all(REAL_SECONDS) == ()


@pytest.fixture
def rig() -> Iterator[Rig]:
    """A running recorder."""
    rig = Rig()
    yield rig
    rig.end()


def test_an_event_as_it_is_sent(rig: Rig) -> None:
    """An event says who reports what about which object, and carries no series until it repeats."""
    rig.event()
    (verb, path, name, body) = rig.client.sent[0]
    assert (verb, path) == ("create", "/apis/events.k8s.io/v1/namespaces/shop/events")
    assert name.startswith("ring.")
    assert body == {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"namespace": "shop", "name": name},
        "eventTime": "2030-01-01T00:00:00.000000Z",
        "reportingController": "multicasskop",
        "reportingInstance": "pod-1_abc",
        "action": "Reconcile",
        "type": "Normal",
        "reason": "GateWaiting",
        "note": "eu: wants Running",
        "regarding": {
            "apiVersion": "db.orange.com/v2",
            "kind": "MultiCasskop",
            "namespace": "shop",
            "name": "ring",
            "uid": "u1",
        },
    }
    assert rig.count("events_emitted_total", type="Normal", reason="GateWaiting") == 1


def test_a_repeat_moves_the_series_on(rig: Rig) -> None:
    """The same event again patches the series of the object that is there, and nothing else of it."""
    rig.event()
    rig.clock.advance(1)
    rig.event()
    (verb, _, name, body) = rig.client.sent[1]
    assert (verb, name) == ("patch", rig.client.sent[0][2])
    assert body == {"series": {"count": 2, "lastObservedTime": "2030-01-01T00:00:01.000000Z"}}


def test_a_repeat_waits_for_its_minute(rig: Rig) -> None:
    """Without a flush a repeat is written when a minute has passed since the last write."""
    rig.event()
    rig.recorder.event(RING, NORMAL, "GateWaiting", "eu: wants Running", member="eu")
    with rig.clock._changed:
        assert rig.clock._changed.wait_for(lambda: rig.clock.next_due() == 60.0, REAL_SECONDS)
    rig.clock.advance(60)
    rig.clock.wait_for_waiters(1)
    assert rig.recorder.flush(0)
    assert [verb for verb, *_ in rig.client.sent] == ["create", "patch"]


def test_a_series_whose_object_has_expired_is_made_again(rig: Rig) -> None:
    """When the server has forgotten the event, the series goes on in a new one with the count it had."""
    rig.event()
    rig.client.errors.append(GONE)
    rig.event()
    (verb, _, _, body) = rig.client.sent[1]
    assert (verb, body["series"]["count"]) == ("create", 2)


def test_a_forbidden_event_is_logged_once_and_counted(rig: Rig) -> None:
    """Without the right to write events nothing fails: one warning, and a count."""
    rig.client.errors.extend([FORBIDDEN, FORBIDDEN])
    with capture_logs() as logs:
        rig.event("StepStarted")
        rig.event("GateWaiting")
        rig.event("GatePassed")
    assert [(line["log_level"], line["reason"]) for line in logs] == [("warning", "StepStarted")]
    assert rig.count("events_dropped_total", cause="refused") == 2
    assert [body["reason"] for *_, body in rig.client.sent] == ["GatePassed"]


def test_an_unreachable_server_does_not_end_the_recorder(rig: Rig) -> None:
    """An event that got no answer is lost, the next one is written."""
    rig.client.errors.append(ConnectError("home", "connection refused"))
    with capture_logs():
        rig.event("StepStarted")
        rig.event("GatePassed")
    assert [body["reason"] for *_, body in rig.client.sent] == ["GatePassed"]


def test_a_standby_writes_no_events_and_says_nothing(rig: Rig) -> None:
    """Events of a process that does not lead are dropped without a log line."""
    rig.client.errors.append(NotLeader())
    with capture_logs() as logs:
        rig.event()
    assert (logs, rig.count("events_dropped_total", cause="not_leader")) == ([], 1)


def test_recording_never_waits_for_the_server(rig: Rig) -> None:
    """While the server does not answer, events are taken in at once, and written when it does."""
    rig.client.gate.clear()
    for number in range(50):
        rig.recorder.event(RING, WARNING, f"Reason{number}", "note")
    assert rig.client.sent == []
    rig.client.gate.set()
    rig.clock.wait_for_waiters(1)
    assert rig.recorder.flush(5)
    assert len(rig.client.sent) == 50


def test_flush_gives_up_after_its_time(rig: Rig) -> None:
    """A flush does not wait longer than it may for a server that hangs."""
    rig.client.gate.clear()
    rig.recorder.event(RING, NORMAL, "GatePassed", "note")
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(rig.recorder.flush(5)))
    thread.start()
    with rig.clock._changed:
        assert rig.clock._changed.wait_for(lambda: rig.clock.next_due() == 5.0, REAL_SECONDS)
    rig.clock.advance(5)
    thread.join(REAL_SECONDS)
    assert answers == [False]


def test_a_recorder_that_was_never_started_does_not_hold_up_the_end() -> None:
    """On a standby a flush returns at once, and tells whether anything is lost."""
    recorder = EventRecorder(FakeClient(), "multicasskop", FakeClock(), random=Random(3), supervisor=Supervisor())
    assert recorder.flush(5)
    recorder.event(RING, NORMAL, "GatePassed", "note")
    assert not recorder.flush(5)


def test_after_stop_nothing_is_taken_in(rig: Rig) -> None:
    """Events recorded after the end are dropped."""
    rig.recorder.stop()
    rig.recorder.event(RING, NORMAL, "GatePassed", "note")
    assert rig.supervisor.join_all(REAL_SECONDS) == ()
    assert rig.client.sent == []


def test_notes_are_cut_to_what_the_server_takes(rig: Rig) -> None:
    """A note is one line of at most 1,024 bytes, cut between characters."""
    rig.event(note="é" * 2000 + "\nend")
    note = rig.client.sent[0][3]["note"]
    assert len(note.encode()) <= 1024
    assert note.endswith("é…")


def test_events_about_cluster_scoped_objects_go_to_default(rig: Rig) -> None:
    """An object without a namespace has its events in the namespace `default`, as Kubernetes does."""
    rig.recorder.event({"kind": "Namespace", "metadata": {"name": "shop"}}, NORMAL, "Seen", "note")
    rig.clock.wait_for_waiters(1)
    assert rig.recorder.flush(5)
    assert rig.client.sent[0][1].endswith("/namespaces/default/events")
    assert rig.client.sent[0][3]["regarding"] == {"kind": "Namespace", "name": "shop"}


def test_long_names_leave_room_for_the_suffix(rig: Rig) -> None:
    """The name of an event fits the server's 253 characters whatever the object is called."""
    named = {**RING, "metadata": {**RING["metadata"], "name": "r" * 253}}
    rig.recorder.event(reference_to(named), NORMAL, "Seen", "note")
    rig.clock.wait_for_waiters(1)
    assert rig.recorder.flush(5)
    assert len(rig.client.sent[0][2]) <= 253


def test_a_wave_of_events_is_written_at_a_steady_pace(rig: Rig) -> None:
    """After a burst of 12 events twenty a second are written, so that news never crowd out the work they tell of."""
    for number in range(65):
        rig.recorder.event(RING, NORMAL, f"Reason{number}", "a note")
    for count in range(12, 32):
        rig.client.wait_sent(count)
        rig.clock.wait_for_waiters(1)
        assert len(rig.client.sent) == count
        rig.clock.advance(0.0501)
    assert rig.recorder.flush(5)
    assert len(rig.client.sent) == 65


def test_an_idle_recorder_forgets_what_has_ended(rig: Rig) -> None:
    """Where nothing happens any more, what was said of objects that came and went is not kept."""
    rig.event()
    with rig.clock._changed:
        assert rig.clock._changed.wait_for(lambda: rig.clock.next_due() is not None, REAL_SECONDS)
    rig.clock.advance(SERIES_ENDS + 2)
    rig.clock.wait_for_waiters(1)
    assert len(rig.recorder._ledger) == 0


def test_what_was_said_of_what_is_gone_is_written_and_forgotten(rig: Rig) -> None:
    """When an object is over its last news are still sent, and nothing of it is kept."""
    rig.client.gate.clear()
    rig.recorder.event(RING, NORMAL, "Deleted", "gone")
    rig.recorder.over(reference_to(RING))
    rig.client.gate.set()
    rig.client.wait_sent(1)
    assert rig.recorder.flush(5)
    assert len(rig.recorder._ledger) == 0
