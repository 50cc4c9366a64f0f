"""Mark the Go operator's children as ours: one small patch each, to nothing but an annotation.

Whatever interrupts it, it is begun again from what is there: a child that carries the mark is passed over. Each patch
holds for the very version that was looked at, so a child that has changed since is left, and said so.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from multicasskop.crds.names import FIELD_MANAGER, OWNER
from multicasskop.informers.client import Client
from multicasskop.informers.deadline import Deadline
from multicasskop.informers.errors import InformerError, is_conflict, is_not_found
from multicasskop.operator.migration.survey import Candidate, Member
from multicasskop.reconcilers.multicasskop.facts import Child
from multicasskop.reconcilers.multicasskop.ownership import Origin, mark_of
from multicasskop.reconcilers.multicasskop.watches import CASSANDRACLUSTERS
from multicasskop.reconcilers.patch import with_preconditions


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one child."""

    namespace: str
    name: str
    member: str
    done: bool
    text: str


def take_over(candidate: Candidate, client: Callable[[str], Client], deadline: Deadline) -> Iterator[Taken]:
    """Mark the children of one MultiCasskop, member by member, and tell of each as it is done; ends at a failure."""
    key = candidate.parent.meta.key
    for member in candidate.members:
        if member.child is None:
            continue
        try:
            text = "unchanged: it was ours already" if member.mine else _mark(candidate, member, client, deadline)
        except InformerError as error:
            yield Taken(key.namespace, key.name, member.name, False, _why(error))
            return
        yield Taken(key.namespace, key.name, member.name, True, text)


def _mark(candidate: Candidate, member: Member, client: Callable[[str], Client], deadline: Deadline) -> str:
    child: Child | None = member.child
    assert child is not None  # noqa: S101 - looked at by the caller
    mark = mark_of(candidate.parent.meta, candidate.home_id, Origin.MIGRATED)
    patch = {"metadata": {"annotations": {OWNER: mark.text()}}}
    body = with_preconditions(patch, child.meta.uid, child.meta.version)
    answer = client(member.name).merge_patch(
        CASSANDRACLUSTERS,
        child.key.namespace,
        child.key.name,
        body,
        field_manager=FIELD_MANAGER,
        deadline=deadline,
    )
    generation = answer["metadata"].get("generation")
    return f"{child.key} marked as ours; generation {generation}, as before"


def _why(error: InformerError) -> str:
    if is_conflict(error) or is_not_found(error):
        return "the child has changed since it was looked at; run the command again"
    return str(error)
