"""Operations on single nodes: cleanup, rebuild, upgradesstables, remove, as the labels of their pods ask for.

They begin while no action is due or under way and no node joins: in one rack at a time, on a few nodes at once. That a
node is to be told stands in the rack's status before it is. So a new process knows what was begun; how it ended it
does not know. What may be done twice is then done again, a removal is looked up, and a rebuild is told as an error:
a person shall look.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from multicasskop.crds.cassandracluster.status import RackStatus
from multicasskop.reconcilers.cassandracluster.facts import Facts, Rack
from multicasskop.reconcilers.cassandracluster.operation_status import Stage, Turn, labelled, listed, running, told
from multicasskop.reconcilers.cassandracluster.operation_turn import Look, turn
from multicasskop.reconcilers.cassandracluster.rack_status import is_finished
from multicasskop.reconcilers.cassandracluster.ring import Ring
from multicasskop.reconcilers.cassandracluster.wishes import Wish, wishes
from multicasskop.reconcilers.cassandracluster.words import Phase
from multicasskop.reconcilers.cassandracluster.writes import Write

AT_ONCE: Final = 4
_ACTIVE: Final = frozenset({Stage.RUN, Stage.RUNS, Stage.WAITS_FOR_NODE})


@dataclass(frozen=True, slots=True)
class Operations:
    """The statuses with what was begun and ended; the writes; sentences on what went wrong, and what is waited for."""

    statuses: Mapping[str, RackStatus]
    writes: tuple[Write, ...] = ()
    failures: tuple[str, ...] = ()
    waiting: str = ""
    again: float | None = None


def operations(facts: Facts, ring: Ring, statuses: Mapping[str, RackStatus]) -> Operations:
    """Take the operations of all pods a step further; `statuses` are those that the walk over the racks has led to.

    The status is to be written before the writes are made. Raises Unanswered where a node must be asked.
    """
    busy = next((rack for rack in facts.racks if not _is_at_rest(statuses[rack.id])), None)
    look = Look(facts, ring, closed=f"the action of rack {busy.id}" if busy is not None else "")
    said, turns = dict(statuses), list[Turn]()
    for rack in _in_turn(facts, statuses):
        taken = tuple(_taken(look, rack, statuses[rack.id], turns))
        said[rack.id] = told(statuses[rack.id], taken, wishes(facts, rack), facts.now)
        turns.extend(taken)
    return _whole(facts, said, turns)


def _is_at_rest(status: RackStatus) -> bool:
    return is_finished(status) and status.phase != Phase.INITIALIZING


def _in_turn(facts: Facts, statuses: Mapping[str, RackStatus]) -> tuple[Rack, ...]:
    """The racks; those in which nodes are at something come first, so that no other begins beside them."""
    return tuple(sorted(facts.racks, key=lambda rack: not listed(statuses[rack.id])))


def _taken(look: Look, rack: Rack, status: RackStatus, before: list[Turn]) -> Iterator[Turn]:
    """What becomes of each wish of a rack: all for the operation that is its turn, the others wait."""
    found = wishes(look.facts, rack)
    name = running(status) or next((wish.name for wish in found), "")
    elsewhere = any(each.stage in _ACTIVE for each in before)
    at_it = len(listed(status))
    for wish in found:
        if wish.name != name:
            yield Turn(wish, Stage.WAITS, f"{name} of rack {rack.id}")
            continue
        full = "other nodes to end" if elsewhere or at_it >= AT_ONCE else ""
        taken = turn(look, wish, status.pod_last_operation, full)
        at_it += taken.stage is Stage.RUN and wish.pod.name not in listed(status)
        yield taken


def _whole(facts: Facts, said: Mapping[str, RackStatus], turns: list[Turn]) -> Operations:
    writes = tuple(write for each in turns for write in (*each.writes, *labelled(each, facts.now)))
    failures = tuple(_sentence(each.wish, each.said) for each in turns if each.stage is Stage.FAILED)
    waits = next((each for each in turns if each.stage in (Stage.WAITS, Stage.WAITS_FOR_NODE)), None)
    waiting = f"{_sentence(waits.wish, '')} waits for {waits.said}" if waits is not None else ""
    again = 10.0 if waits is not None else None
    return Operations(said, writes, failures, waiting, again)


def _sentence(wish: Wish, said: str) -> str:
    return f"{wish.name or 'operation'} of {wish.pod.name}{f': {said}' if said else ''}"
