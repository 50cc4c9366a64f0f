"""What the MultiCasskop reconciler measures, as one table."""

from typing import Final

from multicasskop.informers.metrics import Family

_HOURS: Final = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 7200.0, 14400.0)

MULTICASSKOP_FAMILIES: Final = (
    Family("child_writes_total", "counter", "writes to children", ("member", "operation", "result")),
    Family("child_drift_total", "counter", "children that were edited by hand", ("member", "policy")),
    Family("orphans", "gauge", "children left behind in members that could not be reached", ("member",)),
    Family("deletions_blocked", "gauge", "deletions that wait for the member", ("member",)),
    Family("gate_wait_seconds", "histogram", "from a write to Running and Done for it", ("member",), _HOURS),
)
