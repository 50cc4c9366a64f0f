"""Writes the new owner into a child's mark: one annotation, for the very version that was judged, and nothing else."""

from dataclasses import dataclass
from typing import Final

from multicasskop.crds.names import OWNER
from multicasskop.informers.errors import InformerError, is_conflict, is_not_found
from multicasskop.operator.access import Access
from multicasskop.operator.moving.judge import Done, Homes, Take
from multicasskop.operator.moving.survey import Case, judged
from multicasskop.reconcilers.multicasskop.watches import CASSANDRACLUSTERS

MANAGER: Final = "multicasskop-move-home"
TRIES: Final = 5
"""CassKop writes its status while it works, and each of its writes is another version to be judged anew."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one child."""

    case: Case
    ours: bool
    why: str = ""


def take(case: Case, access: Access, homes: Homes) -> Taken:
    """Rewrite the mark, unless somebody else did meanwhile; raises InformerError when the member does not let us.

    Each try is for one version of one object. When that has changed, the child is read and judged again.
    """
    for _ in range(TRIES):
        if isinstance(case.verdict, Done):
            return Taken(case, ours=True)
        if not isinstance(case.verdict, Take) or case.live is None:
            return Taken(case, ours=False, why=getattr(case.verdict, "why", ""))
        try:
            access.patch(CASSANDRACLUSTERS, case.live, mark(case.verdict), MANAGER)
        except InformerError as error:
            if not (is_conflict(error) or is_not_found(error)):
                raise
            case = again(case, access, homes)
        else:
            return Taken(case, ours=True)
    return Taken(case, ours=False, why=f"changed {TRIES} times while it was written to")


def mark(verdict: Take) -> dict[str, object]:
    """The patch."""
    return {"metadata": {"annotations": {OWNER: verdict.mark.text()}}}


def again(case: Case, access: Access, homes: Homes) -> Case:
    """The case as it is now."""
    key = case.desired.key
    return judged(case, access.find(CASSANDRACLUSTERS, key.namespace, key.name), homes)
