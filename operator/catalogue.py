"""All metric families of the operator, joined from the tables of the layers."""

from multicasskop.informers.metrics import INFORMER_FAMILIES, MEMBER_FAMILIES, QUEUE_FAMILIES, Family
from multicasskop.operator.lease.loop import LEASE_FAMILIES
from multicasskop.reconcilers.metrics import CONTROLLER_FAMILIES, EVENT_FAMILIES
from multicasskop.reconcilers.multicasskop.metrics import MULTICASSKOP_FAMILIES

PREFIX = "multicasskop"

PROCESS_FAMILIES = (
    Family("build_info", "gauge", "1, with what was built", ("version", "revision", "python")),
    Family("member_info", "gauge", "1, for each member", ("member", "role", "server_version")),
    Family("log_messages_total", "counter", "lines that were logged", ("level",)),
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
