"""Surrounds a run, so that its log lines carry its ids and its writes become spans; a run that did nothing is none."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

from multicasskop.informers.answers import subject
from multicasskop.informers.clock import Clock
from multicasskop.informers.errors import ApiError, NotLeader, Stopped, is_conflict
from multicasskop.informers.tracing import Exchange, Sent, tracing
from multicasskop.reconcilers.request import Context
from multicasskop.reconcilers.spans import ERROR_TYPE, MEMBER, OWN, RECONCILE, RESULT, Span, Value
from multicasskop.reconcilers.trace_context import TraceContext
from multicasskop.reconcilers.traces import Traces
from structlog.contextvars import bound_contextvars

_HTTPS: Final = 443


@contextmanager
def traced_run(
    traces: Traces, clock: Clock, parent: TraceContext | None, context: Context, attributes: Mapping[str, Value]
) -> Iterator["Run | None"]:
    """Surround one run, a child of `parent` or a trace of its own. Gives None while spans are not wanted."""
    if not traces.on:
        yield None
        return
    own = traces.fresh_child(parent) if parent else traces.fresh_root()
    run, began = Run(traces, clock, own, attributes), clock.now()
    error: Exception | None = None
    ids = {"trace_id": own.trace_id, "span_id": own.span_id, "trace_flags": f"{own.sampled:02x}"}
    try:
        with tracing(run), bound_contextvars(**ids):
            yield run
    except Exception as raised:
        error = raised
        raise
    finally:
        if run.wrote or error is not None:
            about = {f"{OWN}cause": context.cause, f"{OWN}reconcile_id": context.reconcile_id, **_ending(error)}
            failed = "" if isinstance(error, NotLeader | Stopped) else _failure(error)
            traces.send(Span(RECONCILE, own, parent, began, clock.now(), {**attributes, **about}, failed))


class Run:
    """One traced run; tells the transport which headers go along, and makes a span of each write.

    For the thread that runs it. `wrote` says whether a write was tried.
    """

    def __init__(self, traces: Traces, clock: Clock, context: TraceContext, attributes: Mapping[str, Value]) -> None:
        self._traces, self._clock, self.context, self.attributes = traces, clock, context, attributes
        self.wrote = False
        self._parent: TraceContext | None = None

    @contextmanager
    def under(self, parent: TraceContext | None) -> Iterator[None]:
        """Let the writes in this block that succeed be children of `parent`; the run stays that of all others."""
        before, self._parent = self._parent, parent
        try:
            yield
        finally:
            self._parent = before

    @contextmanager
    def span(self, name: str, attributes: Mapping[str, Value]) -> Iterator[None]:
        """Make a span of this block, with the writes in it as its children."""
        parent = self._parent or self.context
        context, began = self._traces.fresh_child(parent), self._clock.now()
        error = ""
        try:
            with self.under(context):
                yield
        except Exception as raised:
            error = type(raised).__name__
            raise
        finally:
            about = {**self.attributes, **attributes}
            self._traces.send(Span(name, context, parent, began, self._clock.now(), about, error))

    @contextmanager
    def write(self, sent: Sent) -> Iterator[Exchange]:
        """Surround one write."""
        context, began = self._traces.fresh_child(self._parent or self.context), self._clock.now()
        exchange = Exchange({"traceparent": str(context)})
        self.wrote = True
        error: Exception | None = None
        try:
            yield exchange
        except Exception as raised:
            error = raised
            raise
        finally:
            parent = self.context if error is not None or self._parent is None else self._parent
            about = {**self.attributes, **_http(sent, exchange, error)}
            name = f"{sent.method} {subject(sent.method, sent.path).kind}"
            now = self._clock.now()
            self._traces.send(Span(name, context, parent, began, now, about, _failure(error), client=True))


def _ending(error: Exception | None) -> dict[str, Value]:
    match error:
        case None:
            return {RESULT: "success"}
        case NotLeader() | Stopped():
            return {RESULT: "cancellation", ERROR_TYPE: type(error).__name__}
        case _:
            return {RESULT: "failure", ERROR_TYPE: _type_of(error)}


def _http(sent: Sent, exchange: Exchange, error: Exception | None) -> dict[str, Value]:
    where = urlsplit(sent.server)
    found: dict[str, Value] = {
        MEMBER: sent.member,
        "http.request.method": sent.method,
        "url.path": sent.path,
        "server.address": where.hostname or "",
        "server.port": where.port or _HTTPS,
    }
    if exchange.tries > 1:
        found["http.request.resend_count"] = exchange.tries - 1
    if status := exchange.status or (error.status if isinstance(error, ApiError) else 0):
        found["http.response.status_code"] = status
    if audit_id := exchange.answer.get("audit-id"):
        found[f"{OWN}audit_id"] = audit_id
    return found | ({ERROR_TYPE: _type_of(error)} if error is not None else {})


def _type_of(error: Exception) -> str:
    return str(error.status) if isinstance(error, ApiError) else type(error).__name__


def _failure(error: Exception | None) -> str:
    """Why a person or a retry is needed; a conflict is neither: somebody else was faster."""
    return "" if error is None or is_conflict(error) else type(error).__name__
