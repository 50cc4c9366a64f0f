"""Say what was seen and done: events, log lines, metrics, and the status if it has changed."""

from dataclasses import replace
from typing import Any, Protocol

import structlog
from multicasskop.crds.base import Json
from multicasskop.crds.names import FIELD_MANAGER, MULTICASSKOP_KIND, api_version
from multicasskop.informers.clock import Clock
from multicasskop.informers.clusters import Clusters
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import ApiError, is_not_found
from multicasskop.informers.key import Key
from multicasskop.informers.metrics import Metrics
from multicasskop.reconcilers.event_reason import WARNING
from multicasskop.reconcilers.event_series import Reference
from multicasskop.reconcilers.multicasskop.blocked import Blocked
from multicasskop.reconcilers.multicasskop.condition_set import hindrances
from multicasskop.reconcilers.multicasskop.events import news_of, passed_gate
from multicasskop.reconcilers.multicasskop.facts import Meta, Parent
from multicasskop.reconcilers.multicasskop.memory import Memory, Report
from multicasskop.reconcilers.multicasskop.news import News, seconds_since
from multicasskop.reconcilers.multicasskop.pace import Pace
from multicasskop.reconcilers.multicasskop.picture import Picture
from multicasskop.reconcilers.multicasskop.span_outbox import SpanOutbox
from multicasskop.reconcilers.multicasskop.span_set import spans_of
from multicasskop.reconcilers.multicasskop.status import starts, status_of, status_patch
from multicasskop.reconcilers.multicasskop.watches import MULTICASSKOPS
from multicasskop.reconcilers.request import Context
from multicasskop.reconcilers.traces import Traces

Log = structlog.typing.FilteringBoundLogger


class Recorder(Protocol):
    """Takes events; never blocks and never raises."""

    def event(self, regarding: Reference, type_: str, reason: str, note: str, *, member: str = "") -> None:
        """Record that something happened to an object."""
        ...

    def over(self, gone: Reference) -> None:
        """Forget an object that is gone; what was said of it will still be written."""
        ...


class Reporter:
    """Tells people and programs about one reconcile. Thread-safe."""

    def __init__(
        self,
        clusters: Clusters,
        recorder: Recorder,
        memory: Memory,
        clock: Clock,
        pace: Pace,
        metrics: Metrics,
        traces: Traces,
        own_namespace: str = "",
    ) -> None:
        """Write statuses to the home cluster, as fast as `pace` allows, and events through `recorder`."""
        self._clusters, self._recorder, self._memory, self._clock = clusters, recorder, memory, clock
        self._pace, self._metrics, self._own_namespace = pace, metrics, own_namespace
        self._traces, self._outbox = traces, SpanOutbox(traces)
        self._blocked = Blocked(metrics)

    def report(self, picture: Picture, context: Context) -> float | None:
        """Record what is new, and write the status if it says something else than before.

        In a rush the status is written a little later; what is returned is in how many seconds.
        """
        parent = picture.facts.parent
        picture = replace(picture, beside_operator=parent.meta.key.namespace == self._own_namespace)
        for news in news_of(picture):
            self._tell(parent.meta, news, context.log)
        self._measure(picture)
        self._show_trace(picture, context.log)
        now = self._clock.now()
        status = status_of(picture, now)
        spans = spans_of(picture, status, now)
        self._outbox.saw(status, now)
        patch = None if picture.let_go else status_patch(parent.stored, status)
        if patch is None:
            self._agree(parent)
            self._outbox.tell(parent.meta.key, spans if picture.let_go else ())
            return None
        wait = self._wait(parent.meta, status)
        if wait is not None:
            self._outbox.hold(parent.meta.key, spans)
            return wait
        self._write(parent.meta, status, patch, context.deadline)
        self._outbox.tell(parent.meta.key, spans)
        return None

    def _agree(self, parent: Parent) -> None:
        """What is stored says what we would say: from now on it is what we have said, whatever others make of it."""
        meta, known = parent.meta, self._memory.report(parent.meta.key, parent.meta.uid)
        if known is None or known.due is not None:
            self._memory.said(meta.key, Report(meta.uid, parent.stored, known.version if known else meta.version))

    def over(self, key: Key) -> None:
        """Send what still waits for a report of an object that is gone, and remember and count it no more."""
        self._recorder.over(Reference(api_version(), MULTICASSKOP_KIND, *key))
        self._blocked.saw(key, (), self._clusters.names())
        self._outbox.tell(key, ())

    def _show_trace(self, picture: Picture, log: Log) -> None:
        """Say where a new trace can be looked at, when that is known."""
        root = picture.facts.root
        where = self._traces.link(root) if root is not None and starts(picture) else ""
        if where:
            log.info("rollout traced", mck=str(picture.facts.parent.meta.key), trace_url=where)

    def _measure(self, picture: Picture) -> None:
        waits = () if picture.let_go else tuple(name for name, _, _ in hindrances(picture))
        self._blocked.saw(picture.facts.parent.meta.key, waits, self._clusters.names())
        for name, member in picture.members.items():
            waited = seconds_since(picture, member.facts.told.step_since) if passed_gate(member) else None
            if waited is not None:
                self._metrics.observe("gate_wait_seconds", max(0.0, waited), member=name)

    def _wait(self, meta: Meta, status: Json) -> float | None:
        """Take or keep a moment for writing a status; None when it has come."""
        now, known = self._clock.monotonic(), self._memory.report(meta.key, meta.uid)
        due = known.due if known is not None and known.due is not None else self._pace.next()
        if due <= now:
            return None
        self._memory.said(meta.key, known.waiting(status, due) if known else Report(meta.uid, status, due=due))
        return due - now

    def _tell(self, meta: Meta, news: News, log: Log) -> None:
        self._recorder.event(_reference(meta), news.type, news.reason, news.note, member=news.member)
        fields: dict[str, Any] = {"mck": str(meta.key), "note": news.note}
        if news.member:
            fields["member"] = news.member
        (log.warning if news.type == WARNING else log.info)(_words(news.reason), **fields)

    def _write(self, meta: Meta, status: Json, patch: Json, deadline: Deadline) -> None:
        # the watch may be faster than the answer, and must know it for ours
        self._memory.said(meta.key, Report(meta.uid, status))
        try:
            answer = self._clusters.home.client.merge_patch(
                MULTICASSKOPS,
                meta.key.namespace,
                meta.key.name,
                {**patch, "metadata": {"uid": meta.uid}},
                subresource="status",
                field_manager=FIELD_MANAGER,
                deadline=deadline,
            )
        except ApiError as error:
            if not is_not_found(error):
                raise
            return
        written = Parent.of(answer)
        self._memory.said(meta.key, Report(meta.uid, written.status, written.meta.version))


def _reference(meta: Meta) -> Reference:
    return Reference(api_version(), MULTICASSKOP_KIND, meta.key.namespace, meta.key.name, meta.uid)


def _words(reason: str) -> str:
    """`StepStarted` as a log message: `step started`."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in reason).strip()
