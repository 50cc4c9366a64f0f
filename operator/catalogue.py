"""All metric families of the operator, joined from the tables of the layers."""

from multicasskop.informers.metrics import INFORMER_FAMILIES, MEMBER_FAMILIES, QUEUE_FAMILIES, Family, Metrics
from multicasskop.operator.lease.loop import LEASE_FAMILIES
from multicasskop.reconcilers.metrics import CONTROLLER_FAMILIES, EVENT_FAMILIES
from multicasskop.reconcilers.multicasskop.metrics import MULTICASSKOP_FAMILIES
from prometheus_client import CollectorRegistry, disable_created_metrics

PREFIX = "multicasskop"

PROCESS_FAMILIES = (
    Family("build_info", "gauge", "1, with what was built", ("version", "revision", "python")),
    Family("member_info", "gauge", "1, for each member", ("member", "role", "server_version")),
    Family("member_token_renewals_total", "counter", "renewals of a member's token", ("member", "result")),
    Family("log_messages_total", "counter", "lines that were logged", ("level",)),
    Family("spans_dropped_total", "counter", "spans that were not delivered", ("reason",)),
)

FAMILIES: tuple[Family, ...] = (
    *PROCESS_FAMILIES,
    *LEASE_FAMILIES,
    *MEMBER_FAMILIES,
    *INFORMER_FAMILIES,
    *QUEUE_FAMILIES,
    *CONTROLLER_FAMILIES,
    *EVENT_FAMILIES,
    *MULTICASSKOP_FAMILIES,
)
"""In the order in which they are documented; names without the prefix."""


def new_metrics(prefix: str = PREFIX) -> tuple[CollectorRegistry, Metrics]:
    """A registry of its own with all families, and nothing of the Python process in it."""
    # one more series per counter and histogram, with a time that nobody asks for
    disable_created_metrics()  # type: ignore[no-untyped-call]
    registry = CollectorRegistry()
    return registry, Metrics(prefix, registry, FAMILIES)
