"""What is measured: families declared as tables, and the one way to count.

Each layer lists its families; registry and prefix are passed in by the process. A label is a closed set or the name of
a registered member, never anything a user of the cluster may choose freely.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol, Self

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

Kind = Literal["counter", "gauge", "histogram"]
Collector = Counter | Gauge | Histogram


@dataclass(frozen=True, slots=True)
class Family:
    """One metric: its name without prefix, what it is, and by which labels it is told apart."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

MEMBER_FAMILIES = (
    Family("member_reachable", "gauge", "whether the member answers", ("member",)),
    Family("member_last_contact_timestamp_seconds", "gauge", "when the member was last heard of", ("member",)),
    Family("member_probe_duration_seconds", "histogram", "round trip of a probe", ("member",), _FAST),
    Family("member_probe_failures_total", "counter", "probes that failed", ("member", "reason")),
    Family("member_identity_changes_total", "counter", "times the address led to another cluster", ("member",)),
    Family("member_credential_expiry_timestamp_seconds", "gauge", "when its token or certificate ends", ("member",)),
    Family("api_requests_total", "counter", "requests, without probes", ("member", "verb", "kind", "code")),
    Family("api_request_duration_seconds", "histogram", "time to the answer", ("member", "verb", "kind"), _FAST),
    Family("api_throttle_seconds_total", "counter", "time the server asked us to wait", ("member",)),
)

INFORMER_FAMILIES = (
    Family("informer_fresh", "gauge", "whether the store follows the server", ("member", "kind")),
    Family("informer_last_event_timestamp_seconds", "gauge", "when the last event came", ("member", "kind")),
    Family("informer_objects", "gauge", "objects in the store", ("member", "kind")),
    Family("informer_bytes", "gauge", "bytes of the objects in the store", ("member", "kind")),
    Family("informer_lists_total", "counter", "lists, by what made them necessary", ("member", "kind", "reason")),
    Family("informer_watches_total", "counter", "watches, by how they ended", ("member", "kind", "reason")),
    Family("informer_events_total", "counter", "events of watches", ("member", "kind", "type")),
    Family("informer_listener_depth", "gauge", "changes that wait for a handler with a thread", ("member", "kind")),
    Family(
        "informer_listener_oldest_seconds",
        "gauge",
        "how long the oldest waits, summed over namespaces",
        ("member", "kind"),
    ),
    Family("informer_faults_total", "counter", "what should not have come", ("member", "kind", "fault")),
)

QUEUE_FAMILIES = (
    Family("queue_depth", "gauge", "items that are ready", ("priority",)),
    Family("queue_oldest_seconds", "gauge", "how long the oldest ready item has waited"),
    Family("queue_wait_seconds", "histogram", "from ready to taken", ("priority",), _FAST),
    Family("queue_work_seconds", "histogram", "from taken to done", ("priority",), _FAST),
    Family("queue_retries_total", "counter", "items added again after a failure"),
)


class Series(Protocol):
    """One series of a family, for whoever counts in it often; only what fits the family's kind may be called."""

    def inc(self, amount: float = 1.0) -> None:
        """Add to a counter or a gauge."""

    def set(self, value: float) -> None:
        """Set a gauge."""

    def observe(self, amount: float) -> None:
        """Put a value into a histogram."""


class Metrics:
    """Counts what has been declared, into the registry it was given.

    A name that was not declared raises KeyError, wrong labels raise ValueError, the wrong verb for a kind raises
    AttributeError: all three are bugs, and loud ones. `Metrics.none()` takes every name and keeps nothing. May be used
    from any thread.
    """

    def __init__(self, prefix: str, registry: CollectorRegistry | None, families: Iterable[Family] = ()) -> None:
        """Count under `prefix` (as `multicasskop`, without the underscore) into `registry`."""
        self._prefix, self._registry = prefix, registry
        self._collectors: dict[str, Collector] = {}
        self.declare(families)

    @classmethod
    def none(cls) -> Self:
        """Return one that keeps nothing."""
        return cls("", None)

    def declare(self, families: Iterable[Family]) -> None:
        """Add families; a name that is taken raises ValueError."""
        if self._registry is not None:
            self._collectors |= {family.name: _collector(self._prefix, family, self._registry) for family in families}

    def series(self, name: str, **labels: str) -> Series:
        """Return one series, which exists from now on with the value 0."""
        if self._registry is None:
            return _DISCARD
        collector = self._collectors[name]
        series: Series = collector.labels(**labels) if labels else collector  # type: ignore[assignment]
        return series

    def inc(self, name: str, amount: float = 1.0, **labels: str) -> None:
        """Add to a counter or a gauge; an amount of 0 makes the series exist."""
        self.series(name, **labels).inc(amount)

    def set(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""
        self.series(name, **labels).set(value)

    def observe(self, name: str, value: float, **labels: str) -> None:
        """Put a value into a histogram."""
        self.series(name, **labels).observe(value)

    def remove(self, name: str, **labels: str) -> None:
        """Take one series away, if it is there: there is nothing to be said any more."""
        if self._registry is not None:
            self._collectors[name].remove_by_labels(labels)

    def forget(self, **labels: str) -> None:
        """Remove every series that has all these labels: what they named is gone."""
        for collector in self._collectors.values():
            if labels.keys() <= set(collector._labelnames):
                collector.remove_by_labels(labels)


class _Discard:
    """A series that keeps nothing."""

    def inc(self, amount: float = 1.0) -> None:
        """Count nothing."""

    def set(self, value: float) -> None:
        """Set nothing."""

    def observe(self, amount: float) -> None:
        """Observe nothing."""


_DISCARD = _Discard()


def _collector(prefix: str, family: Family, registry: CollectorRegistry) -> Collector:
    name = f"{prefix}_{family.name}" if prefix else family.name
    match family.kind:
        case "counter":
            return Counter(name, family.help, family.labels, registry=registry)
        case "gauge":
            return Gauge(name, family.help, family.labels, registry=registry)
        case "histogram":
            buckets = family.buckets or Histogram.DEFAULT_BUCKETS
            return Histogram(name, family.help, family.labels, registry=registry, buckets=buckets)
