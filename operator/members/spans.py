"""Spans of members: how long it took until all of one was known, and how long it did not answer."""

import threading
from datetime import datetime

from multicasskop.informers.clock import Clock
from multicasskop.informers.cluster import Cluster
from multicasskop.reconcilers.spans import MEMBER, MEMBER_DARK, MEMBER_ENGAGE, REASON, Span, Value
from multicasskop.reconcilers.traces import Traces


class MemberSpans:
    """Called whenever something about one member may have changed; short, and without a call."""

    def __init__(self, traces: Traces, clock: Clock) -> None:
        self._traces, self._clock = traces, clock
        self._lock = threading.Lock()
        self._registered: datetime | None = clock.now()
        self._dark: tuple[datetime, str] | None = None

    def __call__(self, cluster: Cluster) -> None:
        """Send the span that has ended, if one has."""
        found, informers = cluster.reachability, cluster.informers()
        fresh = found.ok and bool(informers) and all(informer.freshness.fresh for informer in informers)
        with self._lock:
            spans = (*self._engaged_locked(cluster.name, fresh=fresh), *self._bright_locked(cluster.name, ok=found.ok))
            if not found.ok and self._dark is None:
                self._dark = found.since, found.reason
        self._traces.send(*spans)

    def _engaged_locked(self, member: str, *, fresh: bool) -> tuple[Span, ...]:
        if not fresh or self._registered is None:
            return ()
        began, self._registered = self._registered, None
        return (self._span(MEMBER_ENGAGE, began, {MEMBER: member}),)

    def _bright_locked(self, member: str, *, ok: bool) -> tuple[Span, ...]:
        if not ok or self._dark is None:
            return ()
        (began, reason), self._dark = self._dark, None
        return (self._span(MEMBER_DARK, began, {MEMBER: member, REASON: reason}, error=reason),)

    def _span(self, name: str, began: datetime, about: dict[str, Value], error: str = "") -> Span:
        return Span(name, self._traces.fresh_root(), None, began, self._clock.now(), about, error)
