"""Whether the nodes of a later member would find the ring: what must be looked at, and what follows from it.

The start script of CassKop's bootstrap image tries the Jolokia port of each seed, and makes the pod its own only seed
when none answers: a ring of its own. So before a later member is made the operator looks whether a seed of a member
that runs answers. It sees that from where it stands, not from the member, so by default it only warns.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from multicasskop.crds.codes import Code
from multicasskop.reconcilers.multicasskop.facts import Child
from multicasskop.reconcilers.multicasskop.members import Absent, Case, Ready, State
from multicasskop.reconcilers.multicasskop.seed_answers import Answer, SeedProbe
from multicasskop.reconcilers.multicasskop.seeds import Seeds, first_pods

PORT: Final = 8778
# any of them is enough, and each may take seconds
LOOKED_AT: Final = 3
AGAIN_SECONDS: Final = 5.0
_NEW: Final = frozenset({"", "Initializing"})


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What is known of the seeds that the next nodes are to find.

    `ask` are names to be looked at now, `trouble` says that none of them answers and why, `holds` whether no later
    member may be made for it, and `again` when to look again (monotonic seconds).
    """

    ask: Seeds = ()
    trouble: str = ""
    holds: bool = False
    again: float | None = None


NO_INQUIRY: Final = Inquiry()


def inquire(case: Case, states: Mapping[str, State]) -> Inquiry:
    """Judge the seeds of members that run, as long as another member is yet to be made or has yet to start."""
    looked = case.facts.looked
    names = _needed(case, states) if looked.probe is not SeedProbe.OFF else ()
    if not names:
        return NO_INQUIRY
    known, now = [looked.answers[name] for name in names if name in looked.answers], case.facts.monotonic
    if any(answer.ok for answer in known):
        return NO_INQUIRY
    required = looked.probe is SeedProbe.REQUIRE
    due = tuple(name for name in names if _is_due(looked.answers.get(name), now))
    if len(known) < len(names):
        return Inquiry(due, holds=required)
    trouble = "; ".join(_words(name, answer) for name, answer in zip(names, known, strict=True))
    return Inquiry(due, trouble, required, min(answer.at for answer in known) + AGAIN_SECONDS)


def _needed(case: Case, states: Mapping[str, State]) -> Seeds:
    """The seeds of members that run; those of anybody where a given list names none of their pods."""
    if not any(_is_new(case.facts.members[name].child, state) for name, state in states.items()):
        return ()
    runs = [case.wish.children[name] for name, state in states.items() if isinstance(state, Ready)]
    if not runs:
        return ()
    pods = {pod for child in runs for dc in child.datacenters for pod in first_pods(dc, child.key.name)}
    own = tuple(seed for seed in case.seeds.ring if seed.partition(".")[0] in pods)
    return (own or case.seeds.ring)[:LOOKED_AT]


def _is_new(child: Child | None, state: State) -> bool:
    return isinstance(state, Absent) or (child is not None and child.phase in _NEW)


def _is_due(answer: Answer | None, now: float) -> bool:
    return answer is None or now - answer.at >= AGAIN_SECONDS


def _words(name: str, answer: Answer) -> str:
    if not answer.resolved:
        return f"{Code.SEED_UNRESOLVED.value} {name} does not resolve as seen from the operator"
    why = f" ({answer.why})" if answer.why else ""
    return f"{Code.SEED_SILENT.value} {name} takes no connection on {PORT} as seen from the operator{why}"
