"""One run of a workload under a plan: what was written, what happened, where it ended."""

import time
from dataclasses import dataclass

from multicasskop.world.campaign.end_state import State, end_state
from multicasskop.world.campaign.stage import Stage
from multicasskop.world.campaign.workloads import WORKLOADS, last
from multicasskop.world.kinds import CASSANDRACLUSTERS
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
    began = time.monotonic()
    names = stage.faults.arm(*plan.rules)
    try:
        workload.act(stage, name)
        heal(stage, plan, names)
        stage.wait(workload.done(stage.namespace, name), since)
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
    )


def heal(stage: Stage, plan: Plan, names: tuple[str, ...]) -> None:
    """Clear the rules so many seconds after the first one has struck, if the plan says so."""
    if plan.heal_after is not None:
        stage.faults.rules.wait_any_hit(names, 30)
        stage.faults.rules.wait_cleared(names[0], plan.heal_after)
        stage.faults.clear()
