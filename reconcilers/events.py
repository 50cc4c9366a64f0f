"""Events for people: what happened to an object, shown by `kubectl describe`."""

import threading
from collections.abc import Mapping
from datetime import datetime
from random import Random
from typing import Any, Final, Protocol

import structlog
from multicasskop.informers.clock import Clock
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import InformerError, NotLeader, is_not_found, one_line
from multicasskop.informers.metrics import Metrics
from multicasskop.informers.queue.limiter import RetryBucket
from multicasskop.informers.resource import Resource
from multicasskop.informers.supervisor import Supervisor
from multicasskop.reconcilers.event_series import EVERY, EventLedger, Reference, Topic, Write

Json = dict[str, Any]

EVENTS: Final = Resource("events.k8s.io", "v1", "events", "Event")

# limits of the API, in bytes
_NOTE_MAX: Final = 1024
_NAME_MAX: Final = 200
_CALL_SECONDS: Final = 5.0
# a wave of news, say fifty objects submitted at once, must not slow down the work that it is about
_BURST: Final = 12
_PER_SECOND: Final = 20.0
DROPPED: Final = ("full", "not_leader", "refused")


class EventClient(Protocol):
    """The calls of a client that recording needs."""

    def create(self, resource: Resource, namespace: str, body: Json, *, deadline: Deadline | None = None) -> Json:
        """Make one object."""
        ...

    def merge_patch(
        self, resource: Resource, namespace: str, name: str, body: Json, *, deadline: Deadline | None = None
    ) -> Json:
        """Change one object."""
        ...


class EventRecorder:
    """Writes events about objects in one cluster, from a thread of its own.

    Guarantees: `event` never blocks on the network and never raises because of it; repeats are written as a series once
    a minute, what the same reason and member of an object have to say anew at once, five times a minute, and all of
    them at most 20 a second after a burst of 12; memory is bounded. What cannot be written, because the server refuses
    or does not answer, is logged and counted, and lost: events are news, the conditions are the truth. `instance` names
    this process, `component` what it is part of.
    """

    def __init__(
        self,
        client: EventClient,
        component: str,
        clock: Clock,
        *,
        random: Random,
        supervisor: Supervisor,
        instance: str = "",
        metrics: Metrics | None = None,
        every: float = EVERY,
        name: str = "events",
    ) -> None:
        self._client, self._component, self._instance = client, component, instance or component
        self._clock, self._random, self._supervisor, self._name = clock, random, supervisor, name
        self._metrics = metrics or Metrics.none()
        self._ledger = EventLedger(self._new_name, every)
        self._changed = threading.Condition()
        self._writing = self._stopped = self._hurried = False
        self._bucket = RetryBucket[str](clock, _PER_SECOND, _BURST)
        self._thread: threading.Thread | None = None
        self._trouble = ""
        self._log: structlog.typing.FilteringBoundLogger = structlog.get_logger("multicasskop.events")
        for cause in DROPPED:
            self._metrics.series("events_dropped_total", cause=cause)

    def start(self) -> None:
        """Begin to write; events recorded before are not lost."""
        self._thread = self._supervisor.spawn(self._name, self._run)

    def event(
        self, regarding: Mapping[str, Any] | Reference, type_: str, reason: str, note: str, *, member: str = ""
    ) -> None:
        """Record that something happened to an object; `type_` is `Normal` or `Warning`, `note` one sentence."""
        reference = regarding if isinstance(regarding, Reference) else reference_to(regarding)
        topic = Topic(reference, str(type_), str(reason), member)
        with self._changed:
            if self._stopped:
                return
            if self._ledger.record(topic, one_line(note, _NOTE_MAX), self._clock.monotonic(), self._clock.now()):
                self._changed.notify_all()
            else:
                self._metrics.inc("events_dropped_total", cause="full")

    def over(self, gone: Reference) -> None:
        """Forget an object that is gone, whatever its UID was; what was said of it will still be written."""
        with self._changed:
            self._ledger.over(gone)

    def flush(self, timeout: float) -> bool:
        """Write what waits, at most `timeout` seconds long; return whether all has been tried.

        A recorder that was never started writes nothing, and has nothing to wait for.
        """
        if self._thread is None:
            return self._ledger.next_due() is None
        with self._changed:
            self._hurried = True
            self._ledger.hurry()
            self._changed.notify_all()
            done = self._wait_written_locked(self._clock.monotonic() + timeout)
            self._hurried = False
            return done

    def _wait_written_locked(self, end: float) -> bool:
        while self._writing or self._ledger.next_due() is not None:
            left = end - self._clock.monotonic()
            if left <= 0:
                return False
            self._clock.wait(self._changed, left)
        return True

    def stop(self) -> None:
        """End the thread after the write under way; what is recorded from now on is dropped."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _run(self) -> None:
        while writes := self._next():
            for write in writes:
                self._await_turn()
                self._send(write)

    def _await_turn(self) -> None:
        with self._changed:
            turn = self._clock.monotonic() + self._bucket.delay(self._name)
            while not (self._stopped or self._hurried) and (left := turn - self._clock.monotonic()) > 0:
                self._clock.wait(self._changed, left)

    def _next(self) -> list[Write]:
        """Wait for what is due; nothing means stopped."""
        with self._changed:
            self._writing = False
            self._changed.notify_all()
            while not self._stopped:
                now = self._clock.monotonic()
                if writes := self._ledger.due(now):
                    self._writing = True
                    return writes
                wakes = self._ledger.wakes_at()
                self._clock.wait(self._changed, None if wakes is None else wakes - now)
            return []

    def _send(self, write: Write) -> None:
        topic = write.topic
        try:
            self._write(write)
        except NotLeader:
            self._dropped(write, "not_leader")
        except InformerError as error:
            self._dropped(write, "refused")
            self._complain(write, str(error))
        else:
            self._trouble = ""
            self._metrics.inc("events_emitted_total", type=topic.type, reason=topic.reason)

    def _write(self, write: Write) -> None:
        namespace = write.topic.regarding.namespace or "default"
        if write.repeats:
            try:
                self._client.merge_patch(EVENTS, namespace, write.name, _moved_on(write), deadline=self._deadline())
            except InformerError as error:
                # the server keeps events for an hour; the series goes on as a new object of that name
                if not is_not_found(error):
                    raise
            else:
                return
        body = _event(write, namespace, self._component, self._instance)
        self._client.create(EVENTS, namespace, body, deadline=self._deadline())

    def _dropped(self, write: Write, cause: str) -> None:
        self._metrics.inc("events_dropped_total", cause=cause)
        with self._changed:
            self._ledger.failed(write.topic)

    def _complain(self, write: Write, error: str) -> None:
        # the same trouble with every event is said once
        if error != self._trouble:
            self._trouble = error
            about = write.topic.regarding
            place = f"{about.namespace}/{about.name}"
            self._log.warning("event not written", mck=place, reason=write.topic.reason, error=error)

    def _deadline(self) -> Deadline:
        return Deadline(self._clock, _CALL_SECONDS)

    def _new_name(self, topic: Topic) -> str:
        return f"{topic.regarding.name[:_NAME_MAX].rstrip('.-')}.{self._random.getrandbits(64):016x}"


def reference_to(obj: Mapping[str, Any]) -> Reference:
    """The reference to an object as the server sends it."""
    metadata = obj["metadata"]
    return Reference(
        obj.get("apiVersion") or "",
        obj.get("kind") or "",
        metadata.get("namespace") or "",
        metadata["name"],
        metadata.get("uid") or "",
    )


def _event(write: Write, namespace: str, component: str, instance: str) -> Json:
    topic = write.topic
    event = {
        "apiVersion": EVENTS.api_version,
        "kind": EVENTS.kind,
        "metadata": {"namespace": namespace, "name": write.name},
        "eventTime": _micro_time(write.first),
        "reportingController": component,
        "reportingInstance": instance[:128],
        "action": "Reconcile",
        "type": topic.type,
        "reason": topic.reason,
        "note": write.note,
        "regarding": _object_reference(topic.regarding),
    }
    return event | _moved_on(write) if write.count > 1 else event


def _moved_on(write: Write) -> Json:
    return {"series": {"count": max(2, write.count), "lastObservedTime": _micro_time(write.last)}}


def _object_reference(reference: Reference) -> Json:
    fields = {
        "apiVersion": reference.api_version,
        "kind": reference.kind,
        "namespace": reference.namespace,
        "name": reference.name,
        "uid": reference.uid,
    }
    return {key: value for key, value in fields.items() if value}


def _micro_time(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
