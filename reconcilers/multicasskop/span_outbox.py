"""What is traced of reports: the spans that a report ends are sent when that report has been written, not before.

Otherwise a process that dies between the two would leave them to be sent once more by the next one.
"""

import threading
from collections import OrderedDict
from dataclasses import replace
from datetime import datetime
from typing import Final

from multicasskop.crds.base import Json
from multicasskop.informers.key import Key
from multicasskop.reconcilers.multicasskop.span_set import steps_waiting
from multicasskop.reconcilers.spans import GATE, OWN, PROGRESS, STEP, Mark, Span
from multicasskop.reconcilers.trace_context import TraceContext
from multicasskop.reconcilers.traces import Traces

_STEPS: Final = 1024
_MARKS: Final = 64


class SpanOutbox:
    """Holds back the spans of reports that wait, and remembers how gates came along until their steps end. Thread-safe.

    What it remembers may be lost: a gate then has fewer events, and spans of a report that was never written are told
    by whoever writes it.
    """

    def __init__(self, traces: Traces) -> None:
        """Hold nothing."""
        self._traces = traces
        self._lock = threading.Lock()
        self._held: dict[Key, tuple[Span, ...]] = {}
        self._marks: OrderedDict[str, tuple[Mark, ...]] = OrderedDict()

    def hold(self, key: Key, spans: tuple[Span, ...]) -> None:
        """Keep the spans of a report that is written later."""
        if spans:
            with self._lock:
                self._held[key] = self._held.get(key, ()) + spans

    def tell(self, key: Key, spans: tuple[Span, ...]) -> None:
        """Send the spans of a report that was written, and those that waited for one."""
        with self._lock:
            due = self._held.pop(key, ()) + spans
            due = tuple(self._with_marks_locked(span) for span in due)
        self._traces.send(*due)

    def saw(self, status: Json, now: datetime) -> None:
        """Take in what a report says of the members that are waited for."""
        root = TraceContext.parse(status.get("traceparent"))
        with self._lock:
            for step, has in steps_waiting(status, root):
                self._saw_locked(step.span_id, has, now)

    def _saw_locked(self, step: str, has: str, now: datetime) -> None:
        known = self._marks.get(step, ())
        if len(known) < _MARKS and (not known or known[-1].attributes[f"{OWN}has"] != has):
            self._marks[step] = (*known, Mark(PROGRESS, now, {f"{OWN}has": has}))
            self._marks.move_to_end(step)
        while len(self._marks) > _STEPS:
            self._marks.popitem(last=False)

    def _with_marks_locked(self, span: Span) -> Span:
        # not with its gate: one that took too long is told at its time, and again with all that came after
        if span.name == STEP:
            self._marks.pop(span.context.span_id, None)
        if span.name != GATE or span.parent is None:
            return span
        return replace(span, marks=self._marks.get(span.parent.span_id, ()))
