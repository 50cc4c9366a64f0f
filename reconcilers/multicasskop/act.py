"""Carry out what was decided; what came of each write is an outcome, not an exception.

Only what concerns the whole run is raised: the lease is lost, the time is over, the process stops.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

from multicasskop.crds.multicasskop import Drift
from multicasskop.crds.names import FINALIZER
from multicasskop.informers.clusters import Clusters
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import (
    CONNECT_TIMEOUT,
    DeadlineExceeded,
    InformerError,
    MemberUnreachable,
    NotLeader,
    Stopped,
)
from multicasskop.informers.metrics import Metrics
from multicasskop.reconcilers.multicasskop.children import ChildWriter
from multicasskop.reconcilers.multicasskop.drift import Cause
from multicasskop.reconcilers.multicasskop.facts import Parent
from multicasskop.reconcilers.multicasskop.failures import Attempt, explain
from multicasskop.reconcilers.multicasskop.managers import migrated
from multicasskop.reconcilers.multicasskop.memory import Memory
from multicasskop.reconcilers.multicasskop.outcomes import Done, NotDone, Outcome, Overtaken
from multicasskop.reconcilers.multicasskop.ownership import Origin
from multicasskop.reconcilers.multicasskop.parents import ParentWriter
from multicasskop.reconcilers.multicasskop.watches import CASSANDRACLUSTERS
from multicasskop.reconcilers.multicasskop.writes import (
    AddFinalizer,
    ChildWrite,
    CreateChild,
    DeleteChild,
    LearnAge,
    PatchChild,
    PatchSeeds,
    RemoveFinalizer,
    Write,
    as_migrated,
)
from multicasskop.reconcilers.spans import MEMBER, OWN, SEEDS, Value
from multicasskop.reconcilers.traced_run import Run

_WHOLE_RUN: Final = (NotLeader, DeadlineExceeded, Stopped)
_VERBS: Final = {
    CreateChild: ("create", ""),
    PatchChild: ("patch", ""),
    PatchSeeds: ("patch", "status"),
    DeleteChild: ("delete", ""),
    LearnAge: ("get", ""),
}
_OPERATIONS: Final = {CreateChild: "create", PatchChild: "apply", PatchSeeds: "status", DeleteChild: "delete"}


class Actor:
    """Writes to all clusters, for several workers at a time."""

    def __init__(
        self, clusters: Clusters, children: ChildWriter, parents: ParentWriter, memory: Memory, metrics: Metrics
    ) -> None:
        """Write through the clients of `clusters`."""
        self._clusters, self._children, self._parents = clusters, children, parents
        self._memory, self._metrics = memory, metrics

    def act(
        self, parent: Parent, writes: Sequence[Write], deadline: Deadline, run: Run | None = None
    ) -> tuple[Outcome, ...]:
        """Carry out the writes in order; a member that did not take one gets no more of them.

        With a `run` each of them is traced under the step that it begins.
        """
        outcomes: list[Outcome] = []
        closed: set[str] = set()
        if any(isinstance(write, DeleteChild) for write in writes) and not self._still_asks(parent, deadline):
            return tuple(Overtaken(write, "the MultiCasskop has changed") for write in writes)
        for write in writes:
            member = getattr(write, "member", "")
            if member in closed:
                continue
            with _traced(run, write):
                outcome = self._one(parent, write, deadline)
            outcomes.append(outcome)
            if not isinstance(outcome, Done):
                closed.add(member)
        return tuple(outcomes)

    def _one(self, parent: Parent, write: Write, deadline: Deadline) -> Outcome:
        match write:
            case AddFinalizer():
                return self._parents.add(parent, write, deadline)
            case RemoveFinalizer():
                return self._parents.remove(parent, write, deadline)
            case _:
                return self._to_member(parent, write, deadline)

    def _still_asks(self, parent: Parent, deadline: Deadline) -> bool:
        """Before anything is destroyed: whether the parent, read live, is still the same and still asks for it."""
        if parent.meta.deleting:
            return self._parents.is_still_going(parent, deadline)
        return self._parents.is_unchanged(parent, deadline)

    # to members

    def _to_member(self, parent: Parent, write: ChildWrite | LearnAge, deadline: Deadline) -> Outcome:
        outcome = self._tried(parent, write, deadline)
        self._count(write, outcome)
        uid = parent.meta.uid
        match outcome:
            case Done():
                self._memory.succeeded(uid, write.member)
            case NotDone(trouble=trouble):
                self._memory.failed(parent.meta.key, uid, write.member, trouble.reason, trouble.message, trouble.wait)
        return outcome

    def _tried(self, parent: Parent, write: ChildWrite | LearnAge, deadline: Deadline) -> Outcome:
        try:
            return self._sent(parent, write, deadline)
        except _WHOLE_RUN:
            raise
        except InformerError as error:
            verb, subresource = _VERBS[type(write)]
            tried = Attempt(write.member, verb, CASSANDRACLUSTERS, write.key, subresource)
            return NotDone(write, explain(error, tried))

    def _sent(self, parent: Parent, write: ChildWrite | LearnAge, deadline: Deadline) -> Outcome:
        cluster = self._clusters.get(write.member)
        if cluster is None:
            raise MemberUnreachable(write.member, "the member is not registered any more")
        match write:
            case CreateChild():
                return self._children.create(cluster, write, deadline)
            case PatchChild():
                return self._children.patch(cluster, self._with_origin(parent, write, deadline), deadline)
            case PatchSeeds():
                return self._children.seeds(cluster, write, deadline)
            case DeleteChild():
                return self._children.delete(cluster, write, parent.meta.uid, deadline)
            case LearnAge():
                return self._children.learn(cluster, write, deadline)

    def _with_origin(self, parent: Parent, write: PatchChild, deadline: Deadline) -> PatchChild:
        """A child that is the same as wanted comes from the Go operator, if that one has put the finalizer here."""
        if write.origin is not Origin.AGREED or FINALIZER not in parent.meta.finalizers:
            return write
        return as_migrated(write) if migrated(self._parents.live(parent.meta.key, deadline)) else write

    def _count(self, write: ChildWrite | LearnAge, outcome: Outcome) -> None:
        operation = _OPERATIONS.get(type(write))
        if operation:
            self._metrics.inc("child_writes_total", member=write.member, operation=operation, result=_result(outcome))
        if isinstance(write, PatchChild) and write.cause is Cause.DRIFT and isinstance(outcome, Done):
            self._metrics.inc("child_drift_total", member=write.member, policy=Drift.CORRECT.value)


@contextmanager
def _traced(run: Run | None, write: Write) -> Iterator[None]:
    """Let a write stand under its step, and the delivery of seeds be a span of its own."""
    with ExitStack() as around:
        if run is not None:
            around.enter_context(run.under(getattr(write, "step", None)))
            if isinstance(write, PatchSeeds):
                about: dict[str, Value] = {MEMBER: write.member, f"{OWN}seeds": len(write.seeds)}
                around.enter_context(run.span(SEEDS, about))
        yield


def _result(outcome: Outcome) -> str:
    match outcome:
        case Done():
            return "success"
        case Overtaken():
            return "conflict"
        case NotDone(trouble=trouble):
            return "timeout" if trouble.reason == CONNECT_TIMEOUT else "refused" if trouble.refused else "error"
