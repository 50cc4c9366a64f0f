"""The spans of CassKop: what it does is part of the trace that whoever wrote the CassandraCluster has begun.

The ids are drawn from what the status says, so that a span that outlives a process is sent by the next one as the same.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from multicasskop.crds.cassandracluster import CassandraCluster
from multicasskop.crds.conditions import ConditionType
from multicasskop.crds.names import TRACEPARENT
from multicasskop.reconcilers.cassandracluster.words import Status
from multicasskop.reconcilers.conditions import find_condition
from multicasskop.reconcilers.spans import ERROR_TYPE, Span, SpanRule, Value
from multicasskop.reconcilers.trace_context import TraceContext

Json = dict[str, Any]

ACTION: Final = "casskop action"
RACK: Final = "casskop rack"
CALL: Final = "jolokia call"
_OWN: Final = "casskop."
COMMON: Final = (f"{_OWN}namespace", f"{_OWN}name", f"{_OWN}generation")

SPANS: Final = (
    SpanRule(ACTION, "the span whose `traceparent` the object carries", "something is due", "Done", ("action",)),
    SpanRule(RACK, ACTION, "due in the rack", "done there", ("rack", "action")),
    SpanRule(CALL, ACTION, "request", "answer", ("pod", "question", ERROR_TYPE), client=True),
)
"""In the order in which they are documented; writes and runs are as those of the other reconciler."""


def about(cluster: CassandraCluster) -> dict[str, Value]:
    """The attributes of every span that is about one CassandraCluster."""
    meta = cluster.metadata
    return dict(zip(COMMON, (meta.namespace, meta.name, meta.generation), strict=True))


def root_of(cluster: CassandraCluster) -> TraceContext | None:
    """The span that this work goes on from; None where nobody left one."""
    return TraceContext.parse(cluster.metadata.annotations.get(TRACEPARENT))


def action_of(cluster: CassandraCluster) -> TraceContext | None:
    """The span of what is done for this generation."""
    root = root_of(cluster)
    return root.child(ACTION, cluster.metadata.uid, cluster.metadata.generation) if root is not None else None


def spans_of(cluster: CassandraCluster, before: Json, after: Json, now: datetime) -> tuple[Span, ...]:
    """The spans that have ended when the status goes from one to the other."""
    return tuple(_spans(cluster, before, after, now))


def _spans(cluster: CassandraCluster, before: Json, after: Json, now: datetime) -> Iterator[Span]:
    action, common = action_of(cluster), about(cluster)
    if action is None:
        return
    known = before.get("cassandraRackStatus") or {}
    for rack, status in (after.get("cassandraRackStatus") or {}).items():
        was, did = _last_action(known.get(rack) or {}), _last_action(status)
        began = _instant(did.get("startTime"))
        if did.get("status") == Status.DONE != was.get("status") and began is not None:
            attributes = {**common, "rack": rack, "action": did.get("name", "")}
            context = action.child(RACK, rack, did.get("name"), did.get("startTime"))
            yield Span(RACK, context, action, began, _instant(did.get("endTime")) or now, attributes)
    since = _unready_since(before, after)
    if since is not None:
        attributes = {**common, "action": after.get("lastClusterAction") or ""}
        yield Span(ACTION, action, root_of(cluster), since, now, attributes)


def _last_action(rack: Json) -> Json:
    return rack.get("cassandraLastAction") or {}


def _unready_since(before: Json, after: Json) -> datetime | None:
    """Since when it was not ready, if it has just become so."""
    was = find_condition(before.get("conditions") or (), ConditionType.READY) or {}
    now = find_condition(after.get("conditions") or (), ConditionType.READY) or {}
    turned = was.get("status") == "False" and now.get("status") == "True"
    return _instant(was.get("lastTransitionTime")) if turned else None


def _instant(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
