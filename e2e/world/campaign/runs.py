"""One run of a workload under a plan: what was written, what happened, where it ended."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from multicasskop.world.campaign.end_state import State, end_state
from multicasskop.world.campaign.stage import GRACE, Stage
from multicasskop.world.campaign.workloads import WORKLOADS, last
from multicasskop.world.kinds import CASSANDRACLUSTERS
from multicasskop.world.proxy.actions import Terminate
from multicasskop.world.proxy.plans import Plan
from multicasskop.world.proxy.trace import Passed
from multicasskop.world.recorder import Entry


@dataclass(frozen=True)
class Ran:
    """What one run leaves to be judged. `hits` is how often faults struck; `log` the operator's lines meanwhile."""

    plan: Plan
    members: tuple[str, ...]
    writes: tuple[Passed, ...]
    requests: tuple[Passed, ...]
    history: tuple[Entry, ...]
    state: State
    log: tuple[str, ...]
    hits: int
    seconds: float
    ends: tuple[str, ...] = ()
    """What was wrong with how an operator ended that was asked to stop."""
    began: float = 0.0
    recovery: float | None = None
    """Seconds from the healing to the end; None where nothing was healed before it."""
    stores: tuple[str, ...] = ()
    """Where the operator's stores did not agree with the servers afterwards."""

    @property
    def children(self) -> tuple[Entry, ...]:
        """What happened to the children."""
        return tuple(entry for entry in self.history if entry.plural == CASSANDRACLUSTERS.plural)


def run(stage: Stage, plan: Plan) -> Ran:
    """Prepare in peace, arm the rules, act, and wait for the end and for quiet.

    Rules that the plan heals are cleared after its time, the others at the end. An operator that a rule has killed is
    started again. TimeoutError when the end never comes.
    """
    word = str(plan.workload)
    workload, name = WORKLOADS[word], stage.new_name(word)
    if plan.touches_streams:
        stage.operator.kill()
        stage.revive()
    workload.prepare(stage, name)
    stage.wait_quiet()
    since, requests, lines = last(stage), len(stage.faults.trace.requests()), len(stage.operator.lines())
    began, pid = time.monotonic(), stage.operator.pid
    stage.leases.clear()
    names = stage.faults.arm(*plan.rules)
    try:
        workload.act(stage, name)
        healed = heal(stage, plan, names)
        stage.wait(workload.done(stage.namespace, name), since)
        recovery = None if healed is None else time.monotonic() - healed
        in_time = not is_stopped(stage, plan, names) or stage.wait_ended(pid)
        stage.revive()
        stage.wait_quiet()
    finally:
        stage.faults.clear()
    passed = sorted(stage.faults.trace.requests()[requests:], key=lambda entry: entry.number)
    return Ran(
        plan,
        stage.world.members,
        tuple(entry for entry in passed if entry.is_counted and entry.name == name),
        tuple(passed),
        tuple(entry for entry in stage.recorder.entries() if entry.at > since and entry.name.startswith(name)),
        end_state(stage.world, stage.namespace, name),
        stage.operator.lines()[lines:],
        sum(stage.faults.rules.hits(rule) for rule in names),
        time.monotonic() - began,
        tuple(ends_of(stage, plan, names, in_time=in_time)),
        began,
        recovery,
        stage.stores(),
    )


def is_stopped(stage: Stage, plan: Plan, names: tuple[str, ...]) -> bool:
    """Whether a rule has asked the operator to stop."""
    asking = (name for name, rule in zip(names, plan.rules, strict=True) if isinstance(rule.action, Terminate))
    return any(stage.faults.rules.hits(name) for name in asking)


def ends_of(stage: Stage, plan: Plan, names: tuple[str, ...], *, in_time: bool) -> Iterator[str]:
    """What was wrong with the end of an operator that was asked to stop."""
    if not is_stopped(stage, plan, names):
        return
    if not in_time:
        yield f"it had not ended {GRACE:g}s after it was asked to stop"
    yield from (f"it has ended, and {holder} still held the lease" for holder in stage.leases if holder)


def heal(stage: Stage, plan: Plan, names: tuple[str, ...]) -> float | None:
    """Clear the rules so many seconds after the first one has struck, if the plan says so; when that was."""
    if plan.heal_after is None:
        return None
    stage.faults.rules.wait_any_hit(names, 30)
    stage.faults.rules.wait_cleared(names[0], plan.heal_after)
    stage.faults.clear()
    return time.monotonic()
