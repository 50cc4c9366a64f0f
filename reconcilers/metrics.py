"""What the controller loop and the event recorder measure, as one table."""

from typing import Final

from multicasskop.informers.metrics import Family

# a run that writes to several API servers takes up to its deadline of two minutes
_RUN_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)

RESULTS: Final = ("success", "refused", "conflict", "timeout", "error")

CONTROLLER_FAMILIES: Final = (
    Family("workers", "gauge", "workers that take requests"),
    Family("workers_busy", "gauge", "workers that are at a run"),
    Family("reconcile_longest_running_seconds", "gauge", "age of the oldest run that has not ended"),
    Family("reconcile_total", "counter", "runs that ended", ("result",)),
    Family("reconcile_duration_seconds", "histogram", "from begin to end of a run", ("result",), _RUN_SECONDS),
)

EVENT_FAMILIES: Final = (
    Family("events_emitted_total", "counter", "events written", ("type", "reason")),
    Family("events_dropped_total", "counter", "events not written", ("cause",)),
)
