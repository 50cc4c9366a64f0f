"""What all parts of the process share: made once, handed on whole."""

from dataclasses import dataclass
from random import Random

from multicasskop.informers.clock import Clock
from multicasskop.informers.metrics import Metrics
from multicasskop.informers.supervisor import Supervisor
from multicasskop.reconcilers.traces import Traces


@dataclass(frozen=True, slots=True)
class Means:
    """Time, chance, the owner of threads, and where figures and spans go."""

    clock: Clock
    random: Random
    supervisor: Supervisor
    metrics: Metrics
    traces: Traces
