"""When a child is Running and Done for the very spec that is wanted, and not for the one before.

Our CassKop says which generation it has observed. The Go CassKop does not; it leaves the whole object of its last pass
in an annotation, and writes annotation and status in two requests: between them stand some milliseconds of the new
annotation with the old Running and Done, which a watch does see. So there, besides the annotation's generation, an
action must have been seen since our last write, or none for the time called settle.
"""

from dataclasses import dataclass
from typing import Final

from multicasskop.reconcilers.multicasskop.facts import Child, Trace
from multicasskop.reconcilers.multicasskop.restart import waiting_racks

WANTS: Final = "Running + Done"
# it is only a hint that something was put back, and its name stays although nothing is going on
_NO_ACTION: Final = "CorrectCRDConfig"
_SEED_ACTION: Final = "UpdateSeedList"


@dataclass(frozen=True, slots=True)
class Open:
    """The child is what it is to be, and at rest.

    `verified` is False when only the last report says so; `silent` when CassKop was never seen to act on our write.
    """

    verified: bool = True
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Shut:
    """It is not yet; `until` is when time alone may open the gate, in monotonic seconds."""

    has: str
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """It looks so, but the age of our last write is needed to tell."""

    has: str


Gate = Open | Shut | Ask


def gate(child: Child, trace: Trace, settle: float, now: float, *, told_ready: bool) -> Gate:
    """Judge a child whose spec and seeds are the wanted ones; `told_ready` is what the last report said of it."""
    has = describe(child)
    if not child.running:
        return Shut(has)
    waiting = waiting_racks(child)
    if waiting:
        return Shut(f"{has}, restart not begun in {', '.join(waiting)}")
    if not child.caught_up:
        return Shut(f"{has}, generation {child.meta.generation} not processed (CassKop is at {child.processed})")
    if child.reports_generation and not trace.seeds:
        return Open()
    if trace.written_at is None:
        return Open(verified=False) if told_ready else Ask(has)
    if _acted(child, trace):
        return Open()
    until = trace.written_at + settle
    return Open(silent=bool(trace.hash)) if now >= until else Shut(f"{has}, no action seen yet", until)


def describe(child: Child) -> str:
    """Phase, action and its status, as CassKop reports them."""
    return f"phase={child.phase or '-'} action={child.action or '-'} status={child.action_status or '-'}"


def _acted(child: Child, trace: Trace) -> bool:
    """Whether CassKop was seen to act on our last write."""
    names = trace.acted | ({child.action} if child.action != trace.before else set())
    return _SEED_ACTION in names if trace.seeds else bool(names - {"", _NO_ACTION})
