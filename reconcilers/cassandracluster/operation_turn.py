"""What becomes of one pod's operation now: it waits, is begun, goes on, or has ended."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from multicasskop.crds.cassandracluster.status import PodOperation
from multicasskop.reconcilers.cassandracluster.facts import Facts, Rack, Scene
from multicasskop.reconcilers.cassandracluster.gates import nobody_joins
from multicasskop.reconcilers.cassandracluster.jolokia.addresses import by_address, plain
from multicasskop.reconcilers.cassandracluster.jolokia.answers import Compaction, Failed
from multicasskop.reconcilers.cassandracluster.jolokia.operations import RebuildFrom, RemoveAddress
from multicasskop.reconcilers.cassandracluster.jolokia.questions import Compactions, HostIds, LeavingNodes, Streams
from multicasskop.reconcilers.cassandracluster.kinds import CLAIMS, PODS, STATEFULSETS
from multicasskop.reconcilers.cassandracluster.operation_status import Stage, Turn
from multicasskop.reconcilers.cassandracluster.own_claims import own_claims
from multicasskop.reconcilers.cassandracluster.pods import ordinal_of
from multicasskop.reconcilers.cassandracluster.ring import Ring
from multicasskop.reconcilers.cassandracluster.wishes import Wish, rack_of
from multicasskop.reconcilers.cassandracluster.words import Status
from multicasskop.reconcilers.cassandracluster.writes import Delete, Guard, Run, Write

_COMPACTIONS: Final = {"cleanup": "Cleanup", "upgradesstables": "Upgrade sstables"}
_UNKNOWN: Final = "the operator was restarted while it ran, and nobody saw how it ended: set ToDo to run it again"


@dataclass(frozen=True, slots=True)
class Look:
    """What turns are decided on; `closed` is what keeps all operations from beginning."""

    facts: Facts
    ring: Ring
    closed: str = ""


def turn(look: Look, wish: Wish, operation: PodOperation | None, full: str) -> Turn:
    """What becomes of a wish; `operation` is the last one of its rack, `full` says why no more nodes may begin."""
    if wish.problem:
        return Turn(wish, Stage.WAITS, look.closed) if look.closed else Turn(wish, Stage.FAILED, wish.problem)
    known = operation if operation is not None and operation.name == wish.name else PodOperation()
    begun = wish.pod.name in (known.pods or ())
    if wish.pod.uid in look.ring.busy:
        return _while_busy(look, wish, begun=begun)
    outcome = look.ring.ended.get(wish.pod.uid)
    if begun and outcome is not None and outcome.work == wish.work and not _may_go_on(outcome.failed):
        return _ended(look, wish, known, outcome.failed)
    if wish.status == Status.TODO and not (begun and isinstance(wish.work, RemoveAddress)):
        return _begin(look, wish, "" if begun else full)
    if not begun and (wish.pod.name in (known.pods_ok or ()) or wish.pod.name in (known.pods_ko or ())):
        # its end was said, and its label was not written any more
        return Turn(wish, Stage.DONE if wish.pod.name in (known.pods_ok or ()) else Stage.FAILED, "it has ended")
    return _go_on(look, wish, known)


def _while_busy(look: Look, wish: Wish, *, begun: bool) -> Turn:
    if look.ring.running.get(wish.pod.uid) == wish.work:
        return Turn(wish, Stage.RUNS)
    return Turn(wish, Stage.WAITS_FOR_NODE if begun else Stage.WAITS, "what its node is at")


def _may_go_on(failed: Failed | None) -> bool:
    return failed is not None and failed.may_be_under_way


def _ended(look: Look, wish: Wish, known: PodOperation, failed: Failed | None) -> Turn:
    if failed is not None:
        return Turn(wish, Stage.FAILED, failed.message)
    return Turn(wish, Stage.DONE, writes=tuple(_left_behind(look.facts, wish, known)))


def _begin(look: Look, wish: Wish, full: str) -> Turn:
    if look.closed or full:
        return Turn(wish, Stage.WAITS, look.closed or full)
    if not wish.pod.answers:
        return Turn(wish, Stage.WAITS, f"pod {wish.pod.name}, which is not ready")
    joins = nobody_joins(Scene(look.facts, look.facts.racks[0], look.ring))
    if joins:
        return Turn(wish, Stage.WAITS, f"the ring: {joins}")
    if isinstance(wish.work, RebuildFrom) and _is_at_it(look, wish) is True:
        return Turn(wish, Stage.RUNS)
    return _run(wish)


def _run(wish: Wish) -> Turn:
    assert wish.work is not None  # noqa: S101 - a wish without a problem has work
    return Turn(wish, Stage.RUN, writes=(Run(wish.pod, wish.work, f"{wish.name} is asked for"),))


def _go_on(look: Look, wish: Wish, known: PodOperation) -> Turn:
    """It was begun, and this process did not see its end."""
    if not wish.pod.answers:
        return Turn(wish, Stage.WAITS_FOR_NODE, f"pod {wish.pod.name}, which is not ready")
    at_it = _is_at_it(look, wish)
    if at_it:
        said = at_it.message if isinstance(at_it, Failed) else "its end"
        return Turn(wish, Stage.WAITS_FOR_NODE, said)
    if isinstance(wish.work, RebuildFrom):
        return Turn(wish, Stage.FAILED, _UNKNOWN)
    if isinstance(wish.work, RemoveAddress):
        return _removed(look, wish, wish.work, known)
    return _again(look, wish)


def _again(look: Look, wish: Wish) -> Turn:
    """What may be done twice: only what is left to do is done."""
    return _run(wish) if not look.closed else Turn(wish, Stage.WAITS_FOR_NODE, look.closed)


def _is_at_it(look: Look, wish: Wish) -> bool | Failed:
    """Whether the node shows that it is at the work."""
    if isinstance(wish.work, RebuildFrom):
        streams = look.ring.ask(wish.pod, Streams())
        return streams if isinstance(streams, Failed) else any("Rebuild" in each for each in streams)
    if isinstance(wish.work, RemoveAddress):
        leaving = look.ring.ask(wish.pod, LeavingNodes())
        return leaving if isinstance(leaving, Failed) else bool(leaving)
    found = look.ring.ask(wish.pod, Compactions())
    return found if isinstance(found, Failed) else _holds(found, _COMPACTIONS[wish.name])


def _holds(found: tuple[Compaction, ...], kind: str) -> bool:
    return any(compaction.kind == kind for compaction in found)


# a node that was lost


def _removed(look: Look, wish: Wish, work: RemoveAddress, known: PodOperation) -> Turn:
    members = look.ring.ask(wish.pod, HostIds())
    if isinstance(members, Failed):
        return Turn(wish, Stage.WAITS_FOR_NODE, members.message)
    return _again(look, wish) if plain(work.address) in by_address(members) else _ended(look, wish, known, None)


def _left_behind(facts: Facts, wish: Wish, known: PodOperation) -> Iterator[Write]:
    """The claims and the pod of a node that was removed: those of before the operation, and no newer ones."""
    rack = rack_of(facts, wish.lost)
    found = rack.statefulset if rack is not None else None
    if rack is None or found is None or known.start_time is None:
        return
    guard = Guard(STATEFULSETS, found.name, found.uid, found.version)
    why = f"its node was removed by {wish.pod.name}"
    for claim in own_claims(facts, rack):
        if claim.ordinal == ordinal_of(wish.lost) and not claim.deleting and _is_before(claim.created, known):
            yield Delete(CLAIMS, claim.name, claim.uid, guards=(guard,), why=why)
    yield from _pod(rack, wish, known, why)


def _pod(rack: Rack, wish: Wish, known: PodOperation, why: str) -> Iterator[Delete]:
    pod = rack.pod(ordinal_of(wish.lost))
    if pod is not None and _is_before(pod.created, known):
        yield Delete(PODS, pod.name, pod.uid, at_once=True, why=why)


def _is_before(created: str, known: PodOperation) -> bool:
    made = datetime.fromisoformat(created) if created else datetime.max.replace(tzinfo=UTC)
    return known.start_time is not None and made < known.start_time
